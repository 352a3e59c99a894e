"""A service that answers on a port of this machine, for clients that want a real connection."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from projectors.api.http import BoundedHttp, BoundedWebSocket

UP_S = 30.0


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The address of an application that answers in a thread, as ``projectors serve`` has it do."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=BoundedHttp,
        loop="uvloop",
        ws=BoundedWebSocket,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="service", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + UP_S
        while not server.started:
            assert thread.is_alive(), "the service ended"
            assert time.monotonic() < deadline, "the service does not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(UP_S)
