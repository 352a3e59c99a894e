"""The application: routes, faults as answers, headers; put together by ``create_app``."""

import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger import __version__
from ledger.errors import LedgerFault
from projectors.api.access import Gate, Rates
from projectors.api.dashboard import dashboard
from projectors.api.faults import ApiFault, of_ledger
from projectors.api.live import Live
from projectors.api.live import router as live_routes
from projectors.api.resources.incident_void import Evidence
from projectors.api.routes import (
    account,
    clients,
    commands,
    explaining,
    incidents,
    ledger,
    markets,
    operations,
    proofs,
    showing,
)
from projectors.api.sending import Sender
from projectors.api.served import Served
from projectors.api.tokens import Tokens

PER_S: Final = 200.0
BURST: Final = 400.0

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_logger: Final = logging.getLogger("projectors.api")


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one caller may ask: ``burst`` at once, ``per_s`` for ever."""

    per_s: float = PER_S
    burst: float = BURST


def create_app(
    served: Served,
    tokens: Tokens,
    limits: Limits | None = None,
    sender: Callable[[], Sender] | None = None,
    incidents_dir: Path | None = None,
) -> FastAPI:
    """The application over open views; it starts and closes them. Without ``sender`` it only reads.

    ``incidents_dir`` is where audits and plans lie, those of the settings unless named.
    """
    limits = limits or Limits()
    live = Live(served)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        served.start()
        live.begin()
        app.state.sender = sender() if sender else None
        gc.collect()
        gc.freeze()  # what is there from the start is not looked through again by every full collection
        try:
            yield
        finally:
            if app.state.sender is not None:
                await app.state.sender.close()
            live.end()
            served.close()

    app = FastAPI(
        title="Perp ledger",
        version=__version__,
        description="The exchange's pages and the ledger's own, now and as of any moment.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.served = served
    app.state.live = live
    app.state.gate = Gate(tokens, Rates(limits.per_s, limits.burst))
    app.state.sender = None
    app.state.evidence = Evidence(incidents_dir or served.settings.incidents_dir)
    for routes in (
        account,
        markets,
        ledger,
        explaining,
        operations,
        incidents,
        showing,
        proofs,
        clients,
        commands,
    ):
        app.include_router(routes.router)
    app.include_router(live_routes)
    app.include_router(dashboard())
    app.add_middleware(SafeHeaders)
    app.exception_handler(ApiFault)(_of_api)
    app.exception_handler(LedgerFault)(_of_ledger)
    app.exception_handler(RequestValidationError)(_of_parameters)
    app.exception_handler(HTTPException)(_of_http)
    return app


class SafeHeaders:
    """Puts the headers on every answer that keep a browser from doing anything with it but show it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def _answer(fault: ApiFault) -> JSONResponse:
    return JSONResponse(fault.body(), status_code=fault.status, headers=fault.headers)


async def _of_api(_request: Request, fault: Exception) -> JSONResponse:
    return _answer(fault if isinstance(fault, ApiFault) else _unknown())


async def _of_ledger(request: Request, fault: Exception) -> JSONResponse:
    if not isinstance(fault, LedgerFault):
        return _answer(_unknown())
    answer = of_ledger(fault)
    if answer.status is HTTPStatus.SERVICE_UNAVAILABLE:
        _logger.warning("fault", extra={"path": request.url.path, "fault": str(fault)})
    return _answer(answer)


async def _of_parameters(_request: Request, fault: Exception) -> JSONResponse:
    """What is wrong with which parameter; what was given is not repeated."""
    errors = fault.errors() if isinstance(fault, RequestValidationError) else []
    named = [
        {"parameter": ".".join(str(part) for part in one["loc"][1:]), "problem": str(one["msg"])}
        for one in errors
    ]
    what = "; ".join(f"{one['parameter']}: {one['problem']}" for one in named) or "a parameter is not valid"
    return _answer(ApiFault(HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER", what, data={"parameters": named}))


async def _of_http(_request: Request, fault: Exception) -> JSONResponse:
    status = HTTPStatus(fault.status_code) if isinstance(fault, HTTPException) else HTTPStatus.BAD_REQUEST
    headers = dict(fault.headers or {}) if isinstance(fault, HTTPException) else {}
    return _answer(ApiFault(status, status.name, status.phrase, headers=headers))


def _unknown() -> ApiFault:
    return ApiFault(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", "the service met a bug")
