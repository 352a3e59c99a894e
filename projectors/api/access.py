"""Who a request comes from, how often that one may ask, and whose data it may see."""

import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from projectors.api.faults import ApiFault, bad_request
from projectors.api.tokens import TOKEN_CHARACTERS_MAX, Caller, Scope, Token, Tokens, now_ms

CALLERS_MAX: Final = 10_000
"""Callers whose rate is remembered; the one that asked longest ago is forgotten for a new one."""

PAST_COST: Final = 5.0
"""As how many requests a read of the past counts: it may have to be folded."""

_MOMENTS: Final = frozenset({"as_of", "known_at", "a", "b"})
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
_BEARER: Final = HTTPBearer(auto_error=False, description="A token of `projectors tokens issue`.")


class Rates:
    """A bucket per caller that holds ``burst`` requests and gets ``per_s`` back every second."""

    def __init__(self, per_s: float, burst: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, cost: float = 1.0) -> float:
        """Take ``cost`` requests; returns the seconds until there are so many, 0 when they were taken."""
        cost = min(cost, self._burst)
        now = self._now()
        left, since = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_s)
        wait_s = max(0.0, (cost - left) / self._per_s)
        self._buckets[caller] = (left if wait_s else left - cost, now)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return wait_s


class Gate:
    """Lets callers in: by token, by rate."""

    def __init__(self, tokens: Tokens, rates: Rates) -> None:
        self._tokens = tokens
        self._rates = rates

    def knows(self, presented: str) -> bool:
        """Whether a token that was let in once still is."""
        token = self._tokens.find(presented)
        return token is not None and not _expired(token)

    def caller(self, host: str, presented: str | None, cost: float = 1.0) -> Caller:
        """Who presents a token, or anybody without one. Raises ``ApiFault`` 401 and 429."""
        if presented is None:
            self.take(f"host {host}", cost)
            return Caller(f"host {host}", Scope.PUBLIC)
        token = self._tokens.find(presented) if len(presented) <= TOKEN_CHARACTERS_MAX else None
        if token is None:
            self.take(f"host {host}", cost)
            raise ApiFault(
                HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "the token is not known", headers=_CHALLENGE
            )
        self.take(f"token {token.name}", cost)
        if _expired(token):
            raise ApiFault(
                HTTPStatus.UNAUTHORIZED, "TOKEN_EXPIRED", "the token has expired", headers=_CHALLENGE
            )
        return token.caller()._replace(name=f"token {token.name}")

    def take(self, who: str, cost: float = 1.0) -> None:
        """Count ``cost`` requests of somebody. Raises ``ApiFault`` 429 when that is too many."""
        wait_s = self._rates.take(who, cost)
        if wait_s:
            raise ApiFault(
                HTTPStatus.TOO_MANY_REQUESTS,
                "RATE_LIMIT_EXCEEDED",
                "too many requests; ask again later",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )


def _expired(token: Token) -> bool:
    return bool(token.expires_at_ms) and token.expires_at_ms <= now_ms()


def host_of(connection: HTTPConnection) -> str:
    """Where a request comes from."""
    return connection.client.host if connection.client else "unknown"


async def get_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Caller:
    """The caller of a request."""
    gate: Gate = request.app.state.gate
    if credentials is None and "authorization" in request.headers:
        raise ApiFault(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "not a bearer token", headers=_CHALLENGE)
    past = _MOMENTS & request.query_params.keys()
    presented = credentials.credentials if credentials else None
    return gate.caller(host_of(request), presented, PAST_COST if past else 1.0)


def presented_by(request: Request) -> str:
    """The token of a request whose caller is known."""
    return request.headers.get("authorization", "").partition(" ")[2].strip()


AnyCaller = Annotated[Caller, Depends(get_caller)]


async def get_operator(caller: AnyCaller) -> Caller:
    """The caller, who is an operator."""
    require(caller, Scope.OPERATOR)
    return caller


OperatorCaller = Annotated[Caller, Depends(get_operator)]


def require(caller: Caller, *scopes: Scope) -> None:
    """Raise ``ApiFault`` unless the caller has one of some scopes: 401 without a token, 403 with another."""
    if caller.scope in scopes:
        return
    if caller.scope is Scope.PUBLIC:
        raise ApiFault(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "this needs a token", headers=_CHALLENGE)
    raise ApiFault(HTTPStatus.FORBIDDEN, "FORBIDDEN", "the token is not for this")


def own_account(caller: Caller, asked: str | None) -> str:
    """The account that a caller asks about: its own, or for an operator the one that is named."""
    require(caller, Scope.ACCOUNT, Scope.OPERATOR)
    if caller.scope is Scope.ACCOUNT:
        if asked not in (None, caller.account):
            raise ApiFault(HTTPStatus.FORBIDDEN, "FORBIDDEN", "the token is for another account")
        return caller.account
    if not asked:
        raise bad_request("ACCOUNT_MISSING", "name the account that is asked about")
    return asked
