"""The breaker on liquidations (G7b): how much is taken over per window of ledger time.

Counted per ledger time and never per block, whose borders depend on timing. A liquidation that
would pass a limit is refused, and may be asked for again in the next window. The first one in a
window is recorded as a trip of the guard; it closes the exchange only when the account would be
healthy at the external fair prices, or there are none, so that nothing outside explains it.
"""

from ledger.core.decision import Decision, refused
from ledger.core.messages import GuardTripped
from ledger.core.refusals import RefusalCode
from ledger.core.rules.guards import BREAKER_GUARD, Trips, bounds
from ledger.core.rules.takeover import Takeover
from ledger.core.state import State


def broken_limit(
    state: State, takeover: Takeover, liquidator_value_e8: int, now_us: int
) -> tuple[str, int, int] | None:
    """The first limit that a liquidation would pass: its name, the value, the bound; None if it may go on.

    ``liquidator_value_e8`` is what the Liquidator Vault is worth afterwards.
    """
    numbers = state.control.numbers
    breaker = state.breaker
    runs = _runs(state, breaker.started_us, now_us)
    accounts = (breaker.accounts if runs else 0) + 1
    notional = (breaker.notional_e8 if runs else 0) + takeover.notional_e8
    loss = (breaker.loss_e8 if runs else 0) + takeover.loss_e8
    for name, value in (
        ("liquidation_accounts_max", accounts),
        ("liquidation_notional_max_e8", notional),
        ("liquidation_loss_max_e8", loss),
    ):
        if numbers[name] and value > numbers[name]:
            return name, value, numbers[name]
    least = numbers["liquidator_value_min_e8"]
    if liquidator_value_e8 < least:
        return "liquidator_value_min_e8", liquidator_value_e8, least
    return None


def refuse_beyond(
    state: State, takeover: Takeover, broken: tuple[str, int, int], now_us: int
) -> tuple[Decision | None, list[GuardTripped]]:
    """What becomes of a liquidation that would pass a limit.

    A refusal; or None under the policy ``observe``, with what is recorded beside the liquidation.
    """
    name, value, bound = broken
    trips = Trips(
        state,
        takeover.liquidation_id,
        state.price_tick_id,
        state.price_source,
        state.price_epoch,
        now_us,
    )
    window_ms = state.control.numbers["liquidation_window_ms"]
    detail = f"{name} is {bound}, and it would be {value} in the window of {window_ms} ms"
    event = trips.trip(BREAKER_GUARD, RefusalCode.LIQUIDATION_BREAKER, detail, name, value)
    least = name == "liquidator_value_min_e8"
    bounds(event, value, bound, bound if least else 0, value if least else bound)
    if _runs(state, state.breaker.tripped_us, now_us):
        code = trips.code
        return refused(RefusalCode.LIQUIDATION_BREAKER, detail) if code else None, []
    if takeover.explained_outside():
        trips.closing = 0
    refusal = trips.refusal()
    return refusal, [] if refusal is not None else [event]


def count_liquidation(state: State, notional_e8: int, recorded_at_us: int) -> None:
    """Count a liquidation, in a new window if the last one is over; for evolve functions only."""
    breaker = state.breaker
    if not _runs(state, breaker.started_us, recorded_at_us):
        breaker.started_us = recorded_at_us
        breaker.accounts = 0
        breaker.notional_e8 = 0
        breaker.loss_e8 = 0
    breaker.accounts += 1
    breaker.notional_e8 += notional_e8


def _runs(state: State, started_us: int, now_us: int) -> bool:
    """Whether the window that began at ``started_us`` still runs."""
    return now_us < started_us + state.control.numbers["liquidation_window_ms"] * 1000
