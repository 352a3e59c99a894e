"""The ledger of an incident and its service, in this process, on a port of its own."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvicorn

from ledger.settings import load_settings
from projectors.api.app import Limits, create_app
from projectors.api.http import BoundedHttp, BoundedWebSocket
from projectors.api.tokens import Tokens
from tests.patient import patient
from tests.wronged import Scene

WITHIN_S: Final = 20.0
_UNLIMITED: Final = Limits(1e9, 1e9)


class Service:
    """The service of a data directory on a port of its own, which can be stopped and started again."""

    def __init__(self, data: Path, tokens: Tokens) -> None:
        self._data = data
        self._tokens = tokens
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the dashboard is."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Answer; returns when it does."""
        served = patient(load_settings(data=self._data, brokers="", id=""))
        config = uvicorn.Config(
            create_app(served, self._tokens, _UNLIMITED),
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            access_log=False,
            ws=BoundedWebSocket,
            http=BoundedHttp,
            timeout_graceful_shutdown=1,
        )
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, name="service", daemon=True)
        self._thread.start()
        until(lambda: server.started, "the service answers")

    def stop(self) -> None:
        """Answer no more."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(WITHIN_S)
            self._server = None


class Site(Scene):
    """The ledger, and the service that answers from it."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.service = Service(data, self.tokens)
        self.service.start()

    def close(self) -> None:
        """Stop everything."""
        self.service.stop()
        super().close()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; an assertion fails when it does not in time."""
    deadline = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"not in {WITHIN_S:g} s: {what}"
        pause.wait(0.02)
