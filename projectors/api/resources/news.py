"""What is new on a channel since it was looked at last."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from projectors.api.asking import at_of
from projectors.api.resources import account as accounts
from projectors.api.resources import markets
from projectors.api.resources.margin import settlement_asset
from projectors.api.resources.values import number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row
from projectors.reading.lines import Lined, seq_of

EVERY: Final = "ALL"
PUBLIC: Final = frozenset({"blocks", "funding_data", "markets_summary", "system_state"})
OWN: Final = frozenset({"account", "fills"})
BY_MARKET: Final = frozenset({"fills", "funding_data", "markets_summary"})

LINES_MAX: Final = 500
"""Lines that are looked at together: so many wait for a client at most."""

Data = dict[str, Any]


class Channel(NamedTuple):
    """A channel as it is named, such as ``fills.BTC-USD-PERP``; ``account`` only where it is one's own."""

    kind: str
    market: str = EVERY
    account: str = ""

    @property
    def name(self) -> str:
        """As a client names it."""
        return f"{self.kind}.{self.market}" if self.kind in BY_MARKET else self.kind


class News(NamedTuple):
    """What to send, oldest first, and how far that goes: a seq, and what was sent of each thing.

    ``more`` says that lines were left for another look, because there were too many.
    """

    data: tuple[Data, ...]
    seq: int
    said: Mapping[str, Data]
    more: bool = False


NOTHING: Final = News((), 0, {})


def read_channel(name: str) -> Channel | None:
    """A channel by name; ``None`` for a name of none."""
    kind, dot, market = name.partition(".")
    if kind not in PUBLIC | OWN or (dot and (kind not in BY_MARKET or not market)):
        return None
    return Channel(kind, market or EVERY)


def news(asked: Asked, channel: Channel, before: News | None) -> News:
    """What a channel has to say after ``before``; of things that have a state, the state at first."""
    match channel.kind:
        case "fills" | "funding_data":
            return _lines(asked, channel, before)
        case _:
            return _states(_state_of(asked, channel), asked.moment().seq, before)


def _lines(asked: Asked, channel: Channel, before: News | None) -> News:
    """Lines that were recorded since; none at first."""
    seq = asked.moment().seq
    if before is None:
        return News((), seq, {})
    if channel.kind == "fills":
        currency = settlement_asset(asked)
        fills, more = _some(asked.lines("activity", "fills", channel.account), before.seq)
        picked = [row for row in fills if channel.market in (EVERY, row["market"])]
        data = tuple(accounts.fill(row, currency).model_dump() for row in picked)
        return News(data, seq_of(fills[-1]) if more else seq, {}, more)
    periods = markets.periods(asked)
    steps, more = _some(markets.steps(asked, "" if channel.market == EVERY else channel.market), before.seq)
    sent = [markets.funding_data(row, periods.get(text(row, "market"), 0)) for row in steps]
    data = tuple(one.model_dump() for one in sent)
    return News(data, seq_of(steps[-1]) if more else seq, {}, more)


def _some(lines: Lined, above: int) -> tuple[list[Row], bool]:
    """Lines after a seq, some at a time, and whether there are more."""
    found = list(islice(lines.on(above), LINES_MAX + 1))
    more = len(found) > LINES_MAX
    return found[:LINES_MAX], more


def _states(states: Mapping[str, Data], seq: int, before: News | None) -> News:
    """The states that are not what was said."""
    said = before.said if before else {}
    return News(tuple(state for name, state in states.items() if said.get(name) != state), seq, states)


def _state_of(asked: Asked, channel: Channel) -> dict[str, Data]:
    at = at_of(asked)
    if channel.kind == "markets_summary":
        return {
            one.symbol: one.model_dump()
            for one in markets.summaries(asked)
            if channel.market in (EVERY, one.symbol)
        }
    if channel.kind == "system_state":
        return {"": markets.state(asked, at).model_dump(exclude={"at"})}
    if channel.kind == "account":
        row = accounts.account_row(asked, channel.account)
        return {} if row is None else {"": accounts.summary(asked, row, at).model_dump(exclude={"at"})}
    rollbacks = asked.rows("exchange", "rollbacks")
    newest = max((number(row, "rollback_seq") for row in rollbacks), default=0)
    return {"": {**at.model_dump(exclude={"as_of", "known_at"}), "rollback_seq": newest}}
