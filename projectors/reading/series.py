"""What an account was worth over time: the portfolio view, put together in buckets.

At the end of a bucket, with the last of everything recorded by then:

    value   = balance + sum over markets of size * mark - cost - size * (index - cached index),
              rounded down: the account value that margin is judged by
    pnl     = value - value at the end of the bucket before - flow
    funding = funding settled in the bucket + change of what has accrued and is not settled
    flow    = deposits, withdrawals and transfers, in less out

So the total pnl up to any moment is the value less everything that ever flowed in. Marks and indices
move between an account's own events; that is why a bucket in which the account did nothing has a value
of its own. The newest bucket ends at the moment that is asked about.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from ledger.core.values import E8
from ledger.errors import SettingsFault
from projectors.reading.answers import Answers, Row
from projectors.values import outside
from projectors.views.portfolio import BUCKET_S

_BUCKET: Final = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS: Final = {"m": 60, "h": 3_600, "d": 86_400}
_US: Final = 1_000_000

_SUMS: Final = ("volume_e8", "realized_pnl_e8", "realized_funding_e8", "fees_e8", "fills")


def parse_bucket(text: str) -> int:
    """Seconds of a bucket such as ``5m``, ``1h`` or ``1d``. Raises ``SettingsFault`` for another text."""
    found = _BUCKET.fullmatch(text)
    if found is None:
        raise SettingsFault(
            f"{text!r} is no width of a bucket",
            remedy="Give whole minutes, hours or days, such as 5m, 1h or 1d",
        )
    return int(found[1]) * _UNITS[found[2]]


class _Steps:
    """A quantity that keeps its value until the next row: stored buckets in order, and values."""

    def __init__(self, rows: Iterable[Row], column: str) -> None:
        found = sorted((_int(row["bucket"]), _int(row[column])) for row in rows)
        self.buckets = [bucket for bucket, _ in found]
        self.values = [value for _, value in found]

    def before(self, end: int) -> int | None:
        """The newest value of a bucket before ``end``; ``None`` when there is none yet."""
        place = bisect_left(self.buckets, end)
        return self.values[place - 1] if place else None


class _Sought:
    """A market's quantity that keeps its value until the next row, looked up where it is asked for."""

    def __init__(self, answers: Answers, table: str, market: str, column: str) -> None:
        self._of = (answers, table, market, column)
        self._found: dict[int, int | None] = {}

    def before(self, end: int) -> int | None:
        """The newest value of a bucket before ``end``; ``None`` when there is none yet."""
        if end not in self._found:
            answers, table, market, column = self._of
            row = answers.row_before("portfolio", table, market, end)
            self._found[end] = None if row is None else _int(row[column])
        return self._found[end]


class _Sums:
    """A quantity that adds up: stored buckets in order, and the sums up to them."""

    def __init__(self, rows: Iterable[Row], column: str) -> None:
        found = sorted((_int(row["bucket"]), _int(row[column])) for row in rows)
        self.buckets = [bucket for bucket, _ in found]
        self.sums = [0, *accumulate(value for _, value in found)]

    def before(self, end: int) -> int:
        """The sum of all buckets before ``end``."""
        return self.sums[bisect_left(self.buckets, end)]


class _Holding(NamedTuple):
    """What an account had in one market over time, and the market's own figures."""

    size: _Steps
    cost: _Steps
    cached: _Steps
    mark: _Sought
    market_index: _Sought

    def worth(self, end: int) -> tuple[int, int]:
        """Unrealised profit and accrued funding at the end of a stored bucket, each in 1e-16.

        A position in a market that has no mark yet is worth its cost.
        """
        size, cost, mark = self.size.before(end) or 0, self.cost.before(end) or 0, self.mark.before(end)
        accrued = size * ((self.cached.before(end) or 0) - (self.market_index.before(end) or 0))
        return (0 if mark is None else size * mark - cost * E8), accrued


class _Portfolio:
    """Everything of one account that a series is made of."""

    def __init__(self, answers: Answers, account: str) -> None:
        def of(table: str, *key: str) -> list[Row]:
            return answers.rows_of("portfolio", table, *key)

        holdings, cached = _by_market(of("holdings", account)), _by_market(of("cached_indices", account))
        activity, flows, cash = of("activity", account), of("flows", account), of("cash", account)
        self.balance = _Steps(cash, "balance_e8")
        self.flow = _Sums(flows, "flow_e8")
        self.sums = {name: _Sums(activity, name) for name in _SUMS}
        self.holdings = [
            _Holding(
                _Steps(rows, "size_e8"),
                _Steps(rows, "cost_e8"),
                _Steps(cached[market], "cached_index_e8"),
                _Sought(answers, "marks", market, "mark_e8"),
                _Sought(answers, "indices", market, "index_e8"),
            )
            for market, rows in holdings.items()
        ]
        occupied = [_int(row["bucket"]) for rows in (cash, activity, flows) for row in rows]
        self.first = min(occupied, default=None)
        """The first stored bucket in which the account did anything."""

    def standing(self, end: int) -> dict[str, int]:
        """Everything at the end of a stored bucket: what was reached, and what was summed until then."""
        worths = [holding.worth(end) for holding in self.holdings]
        unrealized, accrued = sum(one for one, _ in worths), sum(other for _, other in worths)
        value = (self.balance.before(end) or 0) + (unrealized + accrued) // E8
        sums = {name: sums.before(end) for name, sums in self.sums.items()}
        flow = self.flow.before(end)
        return {
            "value_e8": value,
            "total_pnl_e8": value - flow,
            "flow_e8": flow,
            "funding_e8": sums.pop("realized_funding_e8") + accrued // E8,
            **sums,
        }


def series(answers: Answers, account: str, bucket_s: int, limit: int) -> list[dict[str, Any]]:
    """The newest ``limit`` buckets of an account, oldest first, all for 0; none if it never did anything.

    Raises ``SettingsFault`` for a width that is no multiple of the stored one.
    """
    if bucket_s % BUCKET_S:
        raise SettingsFault(f"{bucket_s} s is no multiple of the {BUCKET_S} s that are stored")
    portfolio = _Portfolio(answers, account)
    if portfolio.first is None:
        return []
    wide = bucket_s // BUCKET_S
    newest = answers.moment().recorded_at_us // (bucket_s * _US)
    first = portfolio.first // wide
    first = max(first, newest - limit + 1) if limit else first
    rows = []
    before = portfolio.standing(first * wide)
    for number in range(first, newest + 1):
        after = portfolio.standing((number + 1) * wide)
        rows.append(outside(_bucket(number * bucket_s * _US, before, after)))
        before = after
    return rows


def standings(answers: Answers, account: str, ends: Sequence[int]) -> list[dict[str, int]]:
    """What was reached and summed up by the ends of stored buckets, in 1e-8."""
    portfolio = _Portfolio(answers, account)
    return [portfolio.standing(end) for end in ends]


def values(answers: Answers, account: str, ends: Sequence[int]) -> list[int]:
    """Account value at the ends of stored buckets, in 1e-8; 0 before the account did anything."""
    portfolio = _Portfolio(answers, account)
    return [portfolio.standing(end)["value_e8"] for end in ends]


def _bucket(start_us: int, before: Mapping[str, int], after: Mapping[str, int]) -> Row:
    """A bucket: the value at its end, and what changed in it."""
    changed = {name: after[name] - before[name] for name in after if name not in {"value_e8", "total_pnl_e8"}}
    return {
        "start_at_us": start_us,
        "value_e8": after["value_e8"],
        "pnl_e8": after["total_pnl_e8"] - before["total_pnl_e8"],
        "total_pnl_e8": after["total_pnl_e8"],
        **changed,
    }


def _by_market(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row["market"])].append(row)
    return found


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
