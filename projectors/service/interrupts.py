"""Ending a program that follows a log: at an interrupt, after the step in progress."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def until_interrupted() -> Iterator[Callable[[float], bool]]:
    """Waits until an interrupt or a request to end says to stop; a step in progress is finished first."""
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(one, lambda _number, _frame: stop.set()) for one in signals]
    try:
        yield stop.wait
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
