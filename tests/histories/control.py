"""What operators do in a history: statuses up and down, rules, and orders outside a band."""

from typing import Final

from ledger.core.messages import (
    AnyCommand,
    CancelOutsideBand,
    ChangeRule,
    ChangeStatus,
    RegisterKey,
    RevokeKey,
)
from tests.histories.author import Author
from tests.histories.feeds import fair_prices, funding, update_of

STATUSES: Final = ("maintenance", "cancel_only", "post_only", "ok")
RULES: Final = (
    ("gates", ("observe", "enforce", "perhaps")),
    ("bands", ("off", "on")),
    ("stale_ticks_max", ("3", "12", "0", "-1", "03")),
    ("tick_age_max_ms", ("1000", "30000", "999")),
    ("gate_hold_ms", ("0", "5000", "30000")),
    ("gate_quiet_ms", ("0", "1000")),
    ("reopen_band_ppm", ("5000", "100", "1000001")),
    ("outflow_hour_ppm", ("1000000000", "1000")),
    ("outflow_hour_least_e8", ("0", "100000000000000")),
    ("outflow_day_least_e8", ("100000000000", "1000000000000000")),
    ("funding_change_max_ppm", ("100", "1", "0")),
    ("liquidation_accounts_max", ("1", "1000", "0")),
    ("liquidation_notional_max_e8", ("100000000000", "0")),
    ("liquidator_value_min_e8", ("-100000000000000", "0")),
    ("liquidation_window_ms", ("1000", "60000", "5")),
    ("mode.liquidations", ("post_only,ok", "ok")),
    ("mode.trades", ("post_only,ok", "ok", "ok,post_only")),
    ("mode.triggers", ("post_only,ok", "ok")),
    ("mode.other_orders", ("post_only,ok", "ok")),
    ("mode.nonsense", ("ok",)),
    ("", ("",)),
)
GUARDS: Final = (
    "G1",
    "G1r",
    "G2",
    "G2p",
    "G2r",
    "G3",
    "G4",
    "G4a",
    "G4f",
    "G5",
    "G5x",
    "G5w",
    "G6",
    "G7a",
    "G7b",
    "G9",
)
POLICIES: Final = ("enforce", "refuse", "observe", "observe:999999999")
OBSERVING: Final = (*POLICIES, "observe:60", "observe:3600")


def set_rule(author: Author, rule: str, value: str) -> AnyCommand:
    """One rule."""
    return ChangeRule(*author.head("operator"), rule, "system", value)


def change_rule(author: Author) -> AnyCommand:
    """Some rule, sometimes one that there is not or a value that it cannot have."""
    rule, values = author.chooser.pick(RULES)
    return set_rule(author, rule, author.chooser.pick(values))


def all_observed(issued_at_us: int) -> list[AnyCommand]:
    """Every guard told to observe only, for a week, by a producer of its own."""
    return [
        ChangeRule("observer", number, issued_at_us, f"guard.{guard}", "system", "observe:604800")
        for number, guard in enumerate(GUARDS[:-1], start=1)
    ]


def change_policy(author: Author) -> AnyCommand:
    """Policy of some guard."""
    policies = OBSERVING if author.observing else POLICIES
    return set_rule(author, f"guard.{author.chooser.pick(GUARDS)}", author.chooser.pick(policies))


def change_status(author: Author) -> AnyCommand:
    """Any status and any switch, wanted or not."""
    status = author.chooser.pick(("", *STATUSES, "asleep"))
    switch = author.chooser.pick(("", "held", "open", "closed", "ajar"))
    return ChangeStatus(*author.head("operator"), status, switch, "as asked")


def reopen(author: Author) -> AnyCommand | None:
    """One step upwards when something is not open, with feeds that allow it."""
    world = author.world
    if world.status != "ok":
        after = STATUSES[STATUSES.index(world.status) + 1]
        author.plan(fair_prices, funding, fair_prices)
        author.plan(lambda later: ChangeStatus(*later.head("operator"), after, "open", "reopening"))
        return fair_prices(author)
    if world.switch != "open":
        return ChangeStatus(*author.head("operator"), "", "open", "checked")
    closed = [name for name, m in world.markets.items() if m.status in ("cancel_only", "post_only")]
    if not closed:
        return None
    author.plan(fair_prices, lambda later: update_of(later, closed[0], {"status": "ok"}))
    return fair_prices(author)


def cancel_outside_band(author: Author) -> AnyCommand | None:
    """Orders of some account that a restricted mode may forbid."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    return CancelOutsideBand(*author.head("keeper"), found[0], market[0])


def bad_key(author: Author) -> AnyCommand:
    """A key that cannot be registered, or one that is not there; a good one would end unsigned histories."""
    if author.chooser.integer(0, 1):
        return RevokeKey(*author.head("operator"), "ops-1")
    name, digits, role = author.chooser.pick(
        (
            ("", "ab", "operator"),
            ("ops-1", "ab", "operator"),
            ("ops-1", "AB", "operator"),
            ("ops-1", "ab", "king"),
        )
    )
    operator = "" if role == "operator" and digits == "ab" else "Ada"
    return RegisterKey(*author.head("operator"), name, digits * 32, role, operator)
