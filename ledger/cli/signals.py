"""SIGTERM and SIGINT as an event, for services that look at it between two steps."""

import signal
import threading


def set_on_signals(stop: threading.Event) -> None:
    """Set ``stop`` when the process is asked to end, so that what is at hand can be finished."""

    def receive(_number: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, receive)
