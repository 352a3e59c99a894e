"""Gates on the way out of a mode, computed from the views: which holds, which does not, and why.

The writer asks its own when a status is changed; here they are computed a second time from what was
recorded, at ledger time, so that an operator sees beforehand what a change would be told.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from ledger.core.messages import PricesUpdated
from ledger.core.rulebook import NUMBER_RULES, WORD_RULES
from ledger.core.values import E8, PPM
from ledger.log.blobs import BROADCAST_KEY, iterate
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.api.models.operations import Gate
from projectors.api.resources.values import number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row
from schemas import catalog

STATUSES: Final = ("maintenance", "cancel_only", "post_only", "ok")
FAIR_MAX_PPM: Final = 5_000
"""How far mark and mid may be from the external fair price when a market opens."""

BLOCKS_MAX: Final = 400
"""Blocks that are looked back through for how long a book has been fair."""
_TOGETHER: Final = 50
_US_PER_MS: Final = 1_000
_CLOSED: Final = ("halted", "settled")
_PRICES: Final = catalog()["PricesUpdated"].framing

Since = Mapping[str, int | None]
"""Market -> when its book began to be fair, Unix milliseconds; ``None``: not known, 0: it is not."""


def status_of(asked: Asked) -> str:
    """The mode of the exchange."""
    rows = asked.control("SystemStatusChanged")
    return text(rows[-1], "status_after") if rows else STATUSES[-1]


def ledger_time_us(asked: Asked) -> int:
    """Ledger time: of the moment, or of the newest announcement where a view lags behind."""
    newest = (number(row, "newest_at_us") for row in asked.rows("audit", "broadcasts"))
    return max(asked.moment().recorded_at_us, *newest, 0)


def next_status(status: str) -> str:
    """The mode that comes next upwards; empty in the highest."""
    place = STATUSES.index(status)
    return STATUSES[place + 1] if place + 1 < len(STATUSES) else ""


def rules(asked: Asked) -> dict[str, str]:
    """Rules of the rulebook that were changed, with what they say now."""
    return {text(row, "rule"): text(row, "value_after") for row in asked.control("RuleChanged")}


def rule(asked: Asked, name: str) -> str:
    """What a rule of the rulebook says now, as text."""
    changed = rules(asked).get(name)
    if changed is not None:
        return changed
    return str(NUMBER_RULES[name].default) if name in NUMBER_RULES else WORD_RULES[name].words[0]


def gates(asked: Asked, since: Since) -> list[Gate]:
    """Gates of the next step upwards; none in the highest mode."""
    coming = next_status(status_of(asked))
    if not coming:
        return []
    now_ms = ledger_time_us(asked) // _US_PER_MS
    found = list(_of_every_step(asked, now_ms))
    if coming == STATUSES[-1]:
        found += _book(asked)
        found += _markets(asked, since, now_ms)
    return found


def _of_every_step(asked: Asked, now_ms: int) -> Iterator[Gate]:
    quiet_ms = int(rule(asked, "gate_quiet_ms"))
    tripped = [
        number(row, "recorded_at_us") // _US_PER_MS
        for row in asked.control("GuardTripped")
        if row["policy"] == "enforce"
    ]
    past_ms = now_ms - max(tripped, default=0)
    yield Gate(
        name="guards",
        market="",
        value=f"{past_ms} ms since the last" if tripped else "none has tripped",
        bound=f"at least {quiet_ms} ms",
        holds=not tripped or past_ms >= quiet_ms,
        binds=True,
    )
    markets = [row for row in asked.rows("exchange", "markets") if row["status"] not in _CLOSED]
    if not markets:
        return
    prices = _prices(asked)
    fresh = sum(1 for row in markets if _is_fresh(row, prices.get(text(row, "market"), {}), now_ms))
    yield Gate(
        name="prices",
        market="",
        value=f"{fresh} of {len(markets)} markets fresh",
        bound="at least 1",
        holds=fresh > 0,
        binds=True,
    )
    gap_ms = max(number(row, "funding_gap_max_ms") for row in markets)
    newest = max((number(row, "observed_at_ms") for row in asked.rows("funding", "index")), default=0)
    yield Gate(
        name="funding",
        market="",
        value=f"{now_ms - newest} ms since the last tick",
        bound=f"at most {gap_ms} ms",
        holds=now_ms - newest <= gap_ms,
        binds=True,
    )


def _book(asked: Asked) -> Iterator[Gate]:
    """After a rollback: whether a matching engine has the orders that the ledger has since."""
    rollback = max((number(row, "rollback_seq") for row in asked.rows("exchange", "rollbacks")), default=0)
    if not rollback:
        return
    newest = {text(row, "event"): number(row, "newest_seq") for row in asked.rows("audit", "broadcasts")}
    confirmed = newest.get("BookConfirmed", 0)
    yield Gate(
        name="book",
        market="",
        value=f"confirmed by event {confirmed}" if confirmed else "never confirmed",
        bound=f"after the rollback of event {rollback}",
        holds=confirmed > rollback,
        binds=True,
    )


def _markets(asked: Asked, since: Since, now_ms: int) -> list[Gate]:
    """The gate of every market that would open; it binds when none of them passes."""
    hold_ms = int(rule(asked, "gate_hold_ms"))
    prices = _prices(asked)
    found = []
    for row in asked.rows("exchange", "markets"):
        name = text(row, "market")
        if row["status"] == STATUSES[-1]:
            price = prices.get(name, {})
            found.append(_market(row, price, since.get(name, 0), hold_ms, now_ms))
    binds = not any(gate.holds for gate in found)
    return [gate.model_copy(update={"binds": binds}) for gate in found]


def _market(market: Row, price: Row, since_ms: int | None, hold_ms: int, now_ms: int) -> Gate:
    problem = "" if _is_fresh(market, price, now_ms) else "its prices are too old"
    problem = problem or opening_problem(market, price)
    held_ms = number(price, "observed_at_ms") - since_ms if since_ms else 0
    if problem:
        value, holds = problem, False
    elif since_ms is None:
        value, holds = "a fair book; for how long is not known", False
    else:
        value, holds = f"a fair book for {held_ms} ms", held_ms >= hold_ms
    bound = f"a fair book for at least {hold_ms} ms"
    return Gate(
        name="market", market=text(market, "market"), value=value, bound=bound, holds=holds, binds=False
    )


def opening_problem(market: Row, price: Row) -> str:
    """What is wrong with book and prices of a market that wants to open; empty: nothing."""
    if not (number(price, "has_bid") and number(price, "has_ask")):
        return "a side of the book is empty"
    if not number(price, "has_external_fair"):
        return "there is no external fair price"
    bid, ask, fair = (number(price, name) for name in ("bid_e8", "ask_e8", "external_fair_e8"))
    widest = number(market, "spread_max_ppm")
    if widest and (ask - bid) * 2 * PPM > widest * (ask + bid):
        return f"the spread is {(ask - bid) * 2 * PPM // (ask + bid)} ppm, at most {widest} is allowed"
    depth, least = (
        min(number(price, "bid_depth_e8"), number(price, "ask_depth_e8")),
        number(market, "depth_min_e8"),
    )
    if depth < least:
        return f"one side is {depth * 100 // max(least, 1)}% as deep as it must be ({least // E8})"
    away = abs(number(price, "mark_e8") - fair)
    if away * PPM > FAIR_MAX_PPM * fair:
        return f"the mark is {away * PPM // fair} ppm from the price outside, at most {FAIR_MAX_PPM}"
    if abs(ask + bid - 2 * fair) * PPM > FAIR_MAX_PPM * 2 * fair:
        return f"the middle of the book is more than {FAIR_MAX_PPM} ppm from the price outside"
    return ""


def fair_since(log: LogReader, asked: Asked) -> Since:
    """Since when the books of markets have been fair without a break, from the ticks before the moment."""
    rules = {text(row, "market"): row for row in asked.rows("exchange", "markets")}
    hold_ms = int(rule(asked, "gate_hold_ms"))
    newest = {name: number(row, "observed_at_ms") for name, row in _prices(asked).items()}
    since: dict[str, int | None] = dict.fromkeys(rules)
    known: set[str] = {name for name in rules if name not in newest}
    earliest: dict[str, int] = {}
    for tick in _ticks_back(log, asked.moment().height):
        market, at_ms = tick.market, tick.observed_at_ms
        if market not in rules or market in known:
            continue
        last = earliest.get(market, 0)
        paused = bool(last) and last - at_ms > number(rules[market], "price_age_max_ms") > 0
        if paused or opening_problem(rules[market], _row_of(tick)):
            known.add(market)
            since[market] = last
            continue
        earliest[market] = at_ms
        if newest[market] - at_ms >= hold_ms:
            known.add(market)
            since[market] = at_ms
        if known == rules.keys():
            break
    return since


def _ticks_back(log: LogReader, height: int) -> Iterator[PricesUpdated]:
    """Price ticks up to a block, newest first, of some blocks."""
    lowest = max(1, height - BLOCKS_MAX + 1)
    while height >= lowest:
        first = max(lowest, height - _TOGETHER + 1)
        found: list[PricesUpdated] = []
        at = first
        while at <= height and (read := log.read_partition(0, at, height - at + 1)):
            for block in read:
                for key, value in iterate(block.blob):
                    if key == BROADCAST_KEY and value.startswith(_PRICES):
                        event = decode_event(value)
                        if isinstance(event, PricesUpdated):
                            found.append(event)
            at = read[-1].height + 1
        yield from reversed(found)
        height = first - 1


def _row_of(tick: PricesUpdated) -> Row:
    """What of a tick a gate looks at, as the row of a view."""
    return {
        "has_bid": tick.has_bid,
        "has_ask": tick.has_ask,
        "has_external_fair": tick.has_external_fair,
        "bid_e8": tick.bid_e8,
        "ask_e8": tick.ask_e8,
        "external_fair_e8": tick.external_fair_e8,
        "bid_depth_e8": tick.bid_depth_e8,
        "ask_depth_e8": tick.ask_depth_e8,
        "mark_e8": tick.mark_e8,
    }


def _prices(asked: Asked) -> dict[str, Row]:
    return {text(row, "market"): row for row in asked.rows("exchange", "prices")}


def _is_fresh(market: Row, price: Row, now_ms: int) -> bool:
    oldest = number(market, "price_age_max_ms")
    if not number(price, "mark_e8"):
        return False
    return not oldest or now_ms - number(price, "observed_at_ms") <= oldest
