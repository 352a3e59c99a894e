"""``POST /v1/commands``: one command in, its durable outcome out."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from ledger.core.messages import AnyCommand
from ledger.edge.commands import LINE_BYTES_MAX, Rejected, SignedLine, read_line
from ledger.edge.outcomes import outcome_object, rejected_object
from projectors.api.access import AnyCaller, require
from projectors.api.asking import ERRORS
from projectors.api.faults import ApiFault
from projectors.api.models.base import Error
from projectors.api.models.chain import Outcome
from projectors.api.resources.values import US_PER_MS
from projectors.api.sending import Sender
from projectors.api.tokens import Caller, Scope, now_ms

_MORE: Final = (HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status.value: {"model": Error, "description": status.phrase} for status in _MORE
}

router = APIRouter(prefix="/v1", tags=["commands"], responses=ERRORS | _REFUSALS)

OWN_COMMANDS: Final = frozenset(
    {
        "CancelAllOrders",
        "CancelOrder",
        "DepositToVault",
        "PlaceOrder",
        "RedeemShares",
        "RequestWithdrawal",
        "Transfer",
    }
)
"""Commands that a token for an account may send, each for this account and no other."""

_EXAMPLE: Final = {
    "command": "PlaceOrder",
    "producer": "desk-1",
    "number": 17,
    "account": "alice",
    "market": "BTC-USD-PERP",
    "side": "BUY",
    "order_type": "LIMIT",
    "size": "0.5",
    "price": "27500",
}


async def get_body(request: Request) -> bytes:
    """The body, up to the longest command. Raises ``ApiFault`` 413 as soon as it is longer."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LINE_BYTES_MAX:
            raise ApiFault(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "COMMAND_TOO_LARGE",
                f"a command has at most {LINE_BYTES_MAX} bytes",
            )
    return bytes(body)


@router.post(
    "/commands",
    response_model=Outcome,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            },
        }
    },
)
async def post_command(
    request: Request, caller: AnyCaller, body: Annotated[bytes, Depends(get_body)]
) -> Response:
    """Send one command, as a line of `ledger submit`, and wait for its durable outcome.

    Sending it again under the same producer and number is safe: the answer is the first outcome, and
    ``duplicate``. 200 is an accepted command; 422 a refused one, with its outcome in ``data``.
    """
    require(caller, Scope.ACCOUNT, Scope.OPERATOR)
    read = await run_in_threadpool(read_line, body, now_ms() * US_PER_MS)
    if isinstance(read, Rejected):
        raise _refused(rejected_object(1, read), HTTPStatus.BAD_REQUEST)
    command, signed = (read.command, read.signed) if isinstance(read, SignedLine) else (read, None)
    _allow(caller, command)
    sender: Sender | None = request.app.state.sender
    if sender is None:
        raise ApiFault(
            HTTPStatus.CONFLICT,
            "COMMANDS_UNAVAILABLE",
            "an embedded ledger has one process that writes: send commands to it with `ledger submit` or "
            "`ledger run`; this service sends to clusters",
        )
    sent = await sender.submit(command, signed)
    answer = outcome_object(1, sent.outcome, duplicate=sent.duplicate)
    if answer.get("code"):
        raise _refused(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    return JSONResponse(_outcome(answer))


def _allow(caller: Caller, command: AnyCommand) -> None:
    """Raise ``ApiFault`` 403 for a command that the caller may not send."""
    if caller.scope is Scope.OPERATOR:
        return
    name = type(command).__name__
    if name not in OWN_COMMANDS or getattr(command, "account", "") != caller.account:
        raise ApiFault(HTTPStatus.FORBIDDEN, "FORBIDDEN", f"the token is not for this {name}")


def _refused(answer: dict[str, Any], status: HTTPStatus) -> ApiFault:
    return ApiFault(status, str(answer["reason"]), str(answer["detail"]), data=_outcome(answer))


def _outcome(answer: dict[str, Any]) -> dict[str, Any]:
    """An outcome as it is sent."""
    return {
        "command_id": answer["command_id"] or "",
        "status": answer["status"],
        "duplicate": answer["duplicate"],
        "recorded_at": answer.get("recorded_at_us", 0) // US_PER_MS,
        "first_seq": answer.get("first_seq", 0),
        "last_seq": answer.get("last_seq", 0),
        "voided_by": answer.get("voided_by", 0),
        "code": answer.get("code", 0),
        "reason": answer.get("reason", ""),
        "detail": answer.get("detail", ""),
        "transient": answer.get("transient", False),
    }
