"""Gates: the conditions under which a market may open, asked at every price tick and at the opening."""

from typing import Final, final

from ledger.core.rules.words import STATUS_HALTED, STATUS_SETTLED
from ledger.core.state import Market, State
from ledger.core.values import PPM

FAIR_MAX_PPM: Final = 5_000
"""How far mark and mid may be from the external fair price when a market opens: 50 bps."""


@final
class Gate:
    """A condition on the way out of a mode, with its value and bound; ``binds``: alone it keeps it closed."""

    __slots__ = ("binds", "bound", "holds", "name", "value")

    def __init__(self, name: str, value: str, bound: str, *, holds: bool, binds: bool = True) -> None:
        self.name = name
        self.value = value
        self.bound = bound
        self.holds = holds
        self.binds = binds

    def text(self) -> str:
        """The gate for a person: its name, what it found, what it wants."""
        return f"{self.name} {'holds' if self.holds else 'fails'}: {self.value}, wants {self.bound}"


def open_markets(state: State) -> list[Market]:
    """Markets that are neither halted nor settled."""
    return [
        market for market in state.markets.values() if market.status not in (STATUS_HALTED, STATUS_SETTLED)
    ]


def is_fresh(market: Market, now_ms: int) -> bool:
    """Whether the market has a mark that is not older than its ``price_age_max_ms`` (0: any age)."""
    if market.mark_e8 == 0:
        return False
    return market.price_age_max_ms == 0 or now_ms - market.price_observed_ms <= market.price_age_max_ms


def market_gate(state: State, market: Market, now_us: int) -> Gate:
    """The gate of one market on its way to ``ok``; the value is the first condition that fails."""
    hold_ms = state.control.numbers["gate_hold_ms"]
    name = "market " + market.market
    problem = "" if is_fresh(market, now_us // 1000) else "its prices are too old"
    problem = problem or opening_problem(market)
    held_ms = market.price_observed_ms - market.calm_since_ms if market.calm_since_ms else 0
    if problem:
        return Gate(name, problem, "a fair book", holds=False, binds=False)
    return Gate(
        name, f"a fair book for {held_ms} ms", f"at least {hold_ms} ms", holds=held_ms >= hold_ms, binds=False
    )


def opening_problem(market: Market) -> str:
    """What is wrong with book and prices of a market that wants to open; empty: nothing."""
    if not (market.has_bid and market.has_ask):
        return "a side of the book is empty"
    if not market.has_external_fair:
        return "there is no external fair price"
    spread = market.ask_e8 - market.bid_e8
    if market.spread_max_ppm and spread * 2 * PPM > market.spread_max_ppm * (market.ask_e8 + market.bid_e8):
        return f"spread {spread}e-8 is above {market.spread_max_ppm} ppm"
    depth = min(market.bid_depth_e8, market.ask_depth_e8)
    if depth < market.depth_min_e8:
        return f"depth {depth}e-8 is below {market.depth_min_e8}e-8"
    fair = market.external_fair_e8
    if abs(market.mark_e8 - fair) * PPM > FAIR_MAX_PPM * fair:
        return f"mark {market.mark_e8}e-8 is not within {FAIR_MAX_PPM} ppm of {fair}e-8"
    if abs(market.ask_e8 + market.bid_e8 - 2 * fair) * PPM > FAIR_MAX_PPM * 2 * fair:
        return f"mid is not within {FAIR_MAX_PPM} ppm of {fair}e-8"
    return ""


def note_calm(market: Market, observed_before_ms: int) -> None:
    """Keep ``calm_since_ms`` after a price tick; a pause longer than ``price_age_max_ms`` begins anew."""
    if opening_problem(market):
        market.calm_since_ms = 0
        return
    paused = market.price_observed_ms - observed_before_ms > market.price_age_max_ms > 0
    if market.calm_since_ms == 0 or paused:
        market.calm_since_ms = market.price_observed_ms
