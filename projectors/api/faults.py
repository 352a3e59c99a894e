"""What goes wrong with a request: ``{error, message, data}`` and a status; the one place for it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ledger.errors import Action, LedgerFault, MomentUnknown, SettingsFault, ViewMissing, ViewStopped


class ApiFault(Exception):
    """A request that is answered with an error: ``code`` is for programs, ``message`` for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.code = code
        self.message = message
        self.data = data
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The error as it is sent."""
        return {"error": self.code, "message": self.message, "data": self.data}


def bad_request(code: str, message: str) -> ApiFault:
    """The request says something that cannot be."""
    return ApiFault(HTTPStatus.BAD_REQUEST, code, message)


def not_found(what: str) -> ApiFault:
    """There is nothing by that name at that moment."""
    return ApiFault(HTTPStatus.NOT_FOUND, "NOT_FOUND", what)


def busy(message: str, after_s: int = 1) -> ApiFault:
    """Nothing is wrong with the request; it may be sent again."""
    return ApiFault(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY", message, headers={"Retry-After": str(after_s)})


def of_ledger(fault: LedgerFault) -> ApiFault:
    """A fault of the ledger as an answer: what a caller said wrongly, or what is not there for now.

    Only ``what`` and ``remedy`` are sent; where it happened is for the log of the service.
    """
    message = f"{fault.what}. {fault.remedy}."
    if isinstance(fault, MomentUnknown):
        return bad_request("MOMENT_UNKNOWN", message)
    if isinstance(fault, SettingsFault):
        return bad_request("INVALID_PARAMETER", message)
    code = "VIEW_MISSING" if isinstance(fault, ViewMissing) else "SERVICE_UNAVAILABLE"
    if isinstance(fault, ViewStopped):
        code = "VIEW_STOPPED"
    after = {"Retry-After": "1"} if fault.action is Action.RETRY else {}
    return ApiFault(HTTPStatus.SERVICE_UNAVAILABLE, code, message, headers=after)
