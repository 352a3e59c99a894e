"""Why an account was liquidated, and what rollbacks made void, from rows.

A step that the ledger did not compute moves an index by a jump: ``index_after - index_before - step``. What
the jumps since a position was last settled did to it, ``-size * sum of jumps``, is unexplained funding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from ledger.core.values import E8, PPM
from projectors.api.asking import at_of
from projectors.api.models import explaining as shapes
from projectors.api.resources.account import liquidation
from projectors.api.resources.margin import Holding, standing
from projectors.api.resources.markets import steps
from projectors.api.resources.values import e8, e8_of, e12, given_e8, ms, number, text
from projectors.api.served import Asked, Served, When
from projectors.reading.answers import Row
from projectors.reading.lines import Lined
from projectors.views.portfolio import BUCKET_S

ROLLBACKS_MAX: Final = 8
"""Newest rollbacks that are looked through for what they made void."""

_E12: Final = 10**12
_TOLERANCE_E8: Final = 2
_US: Final = 1_000_000


class Void(NamedTuple):
    """A row that a rollback made void, with its seq."""

    row: Row
    rollback_seq: int


class Range(NamedTuple):
    """The events that a rollback made void."""

    rollback_seq: int
    first_seq: int
    last_seq: int


def void_ranges(asked: Asked) -> list[Range]:
    """What the newest rollbacks made void, by what is known, up to the moment asked about."""
    question = asked.moment().question
    ranges = [
        Range(number(row, "seq"), number(row, "void_from_seq"), number(row, "void_to_seq"))
        for row in asked.known_rollbacks()
    ]
    if question is not None:
        until = question.as_of.seq
        ranges = [one._replace(last_seq=min(one.last_seq, until)) for one in ranges]
    return [one for one in ranges[-ROLLBACKS_MAX:] if one.first_seq <= one.last_seq]


def void_by(ranges: Iterable[Range], seq: int) -> int:
    """The newest rollback that made an event void; 0 for none."""
    return max((one.rollback_seq for one in ranges if one.first_seq <= seq <= one.last_seq), default=0)


def void_rows(
    served: Served,
    ranges: Sequence[Range],
    views: tuple[Sequence[str], Sequence[str], str],
    read: Callable[[Asked], Lined],
) -> Iterator[Void]:
    """Rows of void events, in order: each range is asked for as it was known at its end."""
    market, own, account = views
    for one in ranges:
        when = When(str(one.last_seq), str(one.last_seq))
        with served.asked(when, market, own, account) as asked:
            rows = list(read(asked).on(one.first_seq - 1))
        for row in rows:
            yield Void(row, one.rollback_seq)


def step(row: Row, market: Row, void: int) -> shapes.FundingStep:
    """A step with its bounds; ``market`` is the row of its market."""
    before, after, applied = (
        number(row, "index_before_e8"),
        number(row, "index_after_e8"),
        number(row, "step_e8"),
    )
    restated = row["index_source"] == "RESTATED"
    computed = after if restated else before + applied
    spot, period_ms = number(row, "spot_e8"), number(market, "funding_period_s") * 1_000
    largest = max(
        number(market, "funding_rate_max_e12") * spot // _E12, abs(number(row, "premium_applied_e8"))
    )
    most = _TOLERANCE_E8
    if period_ms:
        most += largest * number(row, "elapsed_applied_ms") // period_ms
    return shapes.FundingStep(
        market=text(row, "market"),
        seq=number(row, "seq"),
        observed_at=number(row, "observed_at_ms") or ms(row, "recorded_at_us"),
        elapsed_ms=number(row, "elapsed_applied_ms"),
        gap=bool(number(row, "gap")),
        paused=bool(number(row, "paused")),
        underlying_price=e8(spot),
        funding_rate=e12(number(row, "rate_e12")),
        funding_premium=e8_of(row, "premium_e8"),
        index_before=e8(before),
        index_after=e8(after),
        index_computed=e8(computed),
        bound_low=e8(after if restated else before - most),
        bound_high=e8(after if restated else before + most),
        within=restated or abs(after - computed) <= _TOLERANCE_E8 or abs(after - before) <= most,
        source=text(row, "index_source"),
        void_by=void,
    )


def index_ends(asked: Asked, market: str, width_s: int, buckets: int) -> list[tuple[int, int]]:
    """The index of a market at the ends of its newest buckets: Unix seconds, and 1e-8.

    Only buckets in which it was looked at are there, and the newest one before them.
    """
    ends: dict[int, int] = {}
    for row in asked.market.rows_of("portfolio", "indices", market):
        start = number(row, "bucket") * BUCKET_S
        ends[start // width_s * width_s + width_s] = number(row, "index_e8")
    found = sorted(ends.items())
    first = asked.moment().recorded_at_us // (width_s * _US) * width_s + width_s - buckets * width_s
    older = sum(end <= first for end, _ in found)
    return found[max(0, older - 1) :]


def explanation(asked: Asked, public: Asked, account: Row, seq: int, void: int) -> shapes.Explanation | None:
    """Why an account was liquidated by the event ``seq``, the newest there; ``None`` if it was not.

    ``asked`` has the account's rows, ``public`` those of everybody, of the same moment.
    """
    name = text(account, "account")
    taken = next(asked.lines("activity", "liquidations", name).on(seq - 1), None)
    if taken is None or number(taken, "seq") != seq:
        return None
    found = standing(asked, account)
    held = [_held(asked, public, name, one) for one in found.holdings]
    value = number(taken, "account_value_e8") - sum(unexplained for _, unexplained in held)
    required, fair = number(taken, "mmr_e8"), bool(number(taken, "has_fair"))
    return shapes.Explanation(
        at=at_of(public),
        liquidation=liquidation(taken),
        void_by=void,
        positions=[one for one, _ in held],
        account_value_explained=e8(value),
        healthy_explained=value > 0 and required < value,
        healthy_fair=fair and 0 < number(taken, "account_value_fair_e8") > number(taken, "mmr_fair_e8"),
    )


def _held(asked: Asked, public: Asked, account: str, one: Holding) -> tuple[shapes.HeldPosition, int]:
    """A position, and its funding that nothing explains, in 1e-8."""
    prices = next((row for row in public.rows("exchange", "prices") if row["market"] == one.market), {})
    times = asked.rows_of("activity", "position_times", account, one.market)
    since = number(times[0], "changed_seq") if times else 0
    taken = list(steps(public, one.market).on(since))
    jumps = [row for row in taken if _jump_e8(row)]
    unexplained = -one.size_e8 * sum(_jump_e8(row) for row in jumps) // E8
    shape = shapes.HeldPosition(
        market=one.market,
        side="LONG" if one.size_e8 > 0 else "SHORT",
        size=e8(one.size_e8),
        average_entry_price=e8(one.cost_e8 * E8 // one.size_e8),
        mark_price=e8(one.mark_e8),
        underlying_price=e8_of(prices, "spot_e8"),
        external_fair_price=given_e8(prices, "external_fair"),
        funding_index=e8(one.index_e8),
        cached_funding_index=e8(one.cached_e8),
        unrealized_pnl=e8(one.unrealized_e8),
        accrued_funding=e8(one.accrued_e8),
        funding_unexplained=e8(unexplained),
        maintenance_margin_requirement=e8(
            abs(one.size_e8) * one.mark_e8 * one.factor_e12 // (E8 * PPM * PPM)
        ),
        price_seq=number(prices, "price_seq"),
        funding_seq=max((number(row, "seq") for row in taken), default=0),
        unexplained_seq=min((number(row, "seq") for row in jumps), default=0),
    )
    return shape, unexplained


def _jump_e8(row: Row) -> int:
    """How far a step moved an index besides what the ledger computed; 0 within the tolerance."""
    jump = number(row, "index_after_e8") - number(row, "index_before_e8") - number(row, "step_e8")
    return jump if abs(jump) > _TOLERANCE_E8 else 0
