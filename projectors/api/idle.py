"""How long nobody has asked for anything: for a service that ends by itself."""

import threading
import time
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOK_S: Final = 0.5


class Idle:
    """An application, and when it was asked last: a request, or a message on an open channel."""

    def __init__(self, app: ASGIApp, now: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._now = now
        self._asked = now()

    @property
    def seconds(self) -> float:
        """Since it was asked last."""
        return self._now() - self._asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._asked = self._now()

        async def heard() -> Message:
            message = await receive()
            self._asked = self._now()
            return message

        await self._app(scope, heard, send)


def ends_when_idle(idle: Idle, most_s: float, end: Callable[[], None]) -> threading.Thread:
    """Call ``end`` once nobody has asked for ``most_s``; the thread is started."""
    pause = threading.Event()

    def watch() -> None:
        while idle.seconds < most_s:
            pause.wait(min(LOOK_S, most_s))
        end()

    thread = threading.Thread(target=watch, name="idle", daemon=True)
    thread.start()
    return thread
