"""Health, readiness and metrics of a service over HTTP.

``/healthz`` answers 200 while the service's loop turns, 503 when it has stood still for longer than
``STALL_S``; ``/readyz`` answers 200 in a role that does its work; ``/metrics`` is for Prometheus.
"""

import json
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app

from ledger.errors import SettingsFault

STALL_S: Final = 90.0
"""A loop that has not turned for this long is stuck: a commit is given up after 60 s."""


@final
class Pulse:
    """What a service says of itself; written by its loop, read by the HTTP thread."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.role = "starting"
        self.ready = False
        self.height = 0
        self._turned_s = time.monotonic()

    def beat(self) -> None:
        """The loop turned."""
        self._turned_s = time.monotonic()

    def now(self, role: str, *, ready: bool) -> None:
        """The service is in this role; ``ready`` when it does its work in it."""
        self.role = role
        self.ready = ready
        self.beat()

    def stalled_s(self) -> float:
        """Seconds since the loop turned."""
        return time.monotonic() - self._turned_s


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Requests of probes are not worth a line."""


@final
class Watch:
    """The HTTP server of a service; ``port`` 0 takes any free one."""

    def __init__(self, pulse: Pulse, registry: CollectorRegistry, host: str, port: int) -> None:
        self._pulse = pulse
        self._metrics = make_wsgi_app(registry)
        try:
            self._server: WSGIServer = make_server(host, port, self._answer, handler_class=_Quiet)
        except OSError as failure:
            raise SettingsFault(f"cannot listen ({failure})", where=f"{host}:{port}") from failure
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._metrics(environ, start_response)  # type: ignore[no-any-return]
        pulse = self._pulse
        good = {"/healthz": pulse.stalled_s() < STALL_S, "/readyz": pulse.ready}.get(path)
        status = "404 Not Found" if good is None else "200 OK" if good else "503 Service Unavailable"
        body = {"service": pulse.service, "role": pulse.role, "ready": pulse.ready, "height": pulse.height}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(body).encode() + b"\n"]
