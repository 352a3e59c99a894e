"""What every read takes and says: the two times in, and where the answer is true out."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, Final, ParamSpec

from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ledger.log.port import LogReader
from projectors.api.models.base import Answered, At, Error
from projectors.api.resources.values import US_PER_MS
from projectors.api.served import Asked, Served, When
from projectors.past.moments import parse_moment
from projectors.past.question import Question, ask

P = ParamSpec("P")

NAME_MAX: Final = 200
"""Longest name of an account, market, vault or token that is looked for."""

_MOMENT_MAX: Final = 40
_STATUSES: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status.value: {"model": Error, "description": status.phrase} for status in _STATUSES
}
"""What any route may answer besides."""


async def get_when(
    as_of: Annotated[
        str,
        Query(
            max_length=_MOMENT_MAX,
            description="The moment asked about: a seq, block:HEIGHT, a time (RFC 3339) or head.",
            examples=["block:1604710"],
        ),
    ] = "",
    known_at: Annotated[
        str,
        Query(
            max_length=_MOMENT_MAX,
            description="The knowledge used, in the same words; that of the moment when left out.",
            examples=["head"],
        ),
    ] = "",
) -> When:
    """The two times of a read."""
    return When(as_of, known_at)


async def get_served(request: Request) -> Served:
    """The views that are served."""
    served: Served = request.app.state.served
    return served


WhenAsked = Annotated[When, Depends(get_when)]
ServedViews = Annotated[Served, Depends(get_served)]
AccountQuery = Annotated[
    str | None,
    Query(min_length=1, max_length=NAME_MAX, description="Account; operators name one, others have theirs."),
]
MarketQuery = Annotated[str, Query(max_length=NAME_MAX, description="Only this market.")]


def at_of(asked: Asked) -> At:
    """Where an answer is true."""
    moment = asked.moment()
    return At(
        block=moment.height,
        seq=moment.seq,
        recorded_at=moment.recorded_at_us // US_PER_MS,
        head=moment.head,
        as_of=asked.when.as_of,
        known_at=asked.when.known_at,
        stale=asked.stale,
        void=moment.void,
        reason=moment.stopped or asked.market.moment().stopped or asked.unread,
    )


def at_of_question(question: Question, when: When, head: int) -> At:
    """Where an answer from the log itself is true."""
    return At(
        block=question.height,
        seq=question.seq,
        recorded_at=question.recorded_at_us // US_PER_MS,
        head=head,
        as_of=when.as_of,
        known_at=when.known_at,
        stale=False,
        void=False,
        reason="",
    )


@contextmanager
def asked_log(served: Served, when: When) -> Iterator[tuple[LogReader, Question, At]]:
    """The log, and the history that counts at a moment; the newest block when none is named."""
    with served.log() as log:
        question = ask(
            log,
            parse_moment(when.as_of) if when.as_of else None,
            parse_moment(when.known_at) if when.known_at else None,
        )
        head = log.head()
        yield log, question, at_of_question(question, when, head.height if head else 0)


def at_once(read: Callable[P, Response]) -> Callable[P, Awaitable[Response]]:
    """A read that costs less than to give it to a thread is done in the loop; of the past it is not."""

    @wraps(read)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        when = kwargs.get("when")
        if isinstance(when, When) and when.past:
            return await run_in_threadpool(read, *args, **kwargs)
        return read(*args, **kwargs)

    return answer


def reply(answer: Answered, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """An answer as it is sent; where it is true is in its headers too."""
    at = answer.at
    return Response(
        answer.model_dump_json(),
        status_code=status,
        media_type="application/json",
        headers={
            "Ledger-Block": str(at.block),
            "Ledger-Seq": str(at.seq),
            "Ledger-Stale": "true" if at.stale else "false",
        },
    )
