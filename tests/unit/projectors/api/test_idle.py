"""When a service was asked last, and what becomes of one that nobody asks."""

import asyncio
import threading
from collections.abc import MutableMapping
from typing import Any

from starlette.types import Receive, Scope, Send

from projectors.api.idle import Idle, ends_when_idle


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ask(idle: Idle, kind: str, clock: Clock, after_s: float = 0.0) -> None:
    """One connection of a kind, which hears a message after some time."""

    async def receive() -> MutableMapping[str, Any]:
        clock.now += after_s
        return {"type": "message"}

    async def send(_: MutableMapping[str, Any]) -> None:
        """Nobody listens."""

    asyncio.run(idle({"type": kind}, receive, send))


async def hears_one(_scope: Scope, receive: Receive, _send: Send) -> None:
    await receive()


def test_requests_and_messages_count_and_the_beginning_does_not() -> None:
    clock = Clock()
    idle = Idle(hears_one, clock)
    clock.now += 7
    ask(idle, "lifespan", clock)
    assert idle.seconds == 7
    ask(idle, "http", clock)
    assert idle.seconds == 0
    clock.now += 3
    ask(idle, "websocket", clock, after_s=5)
    assert idle.seconds == 0
    clock.now += 2
    assert idle.seconds == 2


def test_it_ends_once_it_was_idle_for_long_enough() -> None:
    clock = Clock()
    ended = threading.Event()
    thread = ends_when_idle(Idle(hears_one, clock), 10.0, ended.set)
    assert not ended.wait(0.05)
    clock.now += 10
    assert ended.wait(10)
    thread.join(10)
