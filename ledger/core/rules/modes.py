"""The status of the exchange: what each mode allows, and the gates on the way out of it.

Downwards (to a status that allows less) every step is allowed. Upwards it is one step at a time,
and every gate of the step must hold:

* out of ``maintenance`` and ``cancel_only``: both feeds are fresh in some open market, and no guard has
  closed anything for ``gate_quiet_ms``;
* to ``ok``: the same; after a rollback, a matching engine has the orders of the ledger; and for each
  market its own gate: both sides of the book are there, the spread is at most ``spread_max``, each
  side at least ``depth_min`` deep, mark and mid within 50 bps of the external fair price, prices
  fresh, all of it without a break for ``gate_hold_ms``. A market that does not pass goes to
  ``post_only`` by itself while the others open; if none passes, nothing opens.

With the rule ``gates`` at ``observe`` they are recorded and keep nothing closed.
"""

from typing import Final

from ledger.core.control import STATUS_BITS
from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AnyEvent, ChangeStatus, SystemStatusChanged
from ledger.core.proof import Proof
from ledger.core.refusals import RefusalCode
from ledger.core.rules.gates import Gate, is_fresh, market_gate, open_markets
from ledger.core.rules.markets import market_closed_to
from ledger.core.rules.restored import refuse_restored
from ledger.core.rules.words import (
    STATUS_CANCEL_ONLY,
    STATUS_HALTED,
    STATUS_MAINTENANCE,
    STATUS_OK,
    STATUS_POST_ONLY,
    STATUS_SETTLED,
    SWITCH_CLOSED,
    SWITCH_HELD,
    SWITCH_OPEN,
)
from ledger.core.state import Market, State
from ledger.core.values import is_text

SWITCHES: Final = (SWITCH_CLOSED, SWITCH_HELD, SWITCH_OPEN)

MODE_CODES: Final = {
    STATUS_MAINTENANCE: RefusalCode.SYSTEM_MAINTENANCE,
    STATUS_CANCEL_ONLY: RefusalCode.SYSTEM_CANCEL_ONLY,
    STATUS_POST_ONLY: RefusalCode.SYSTEM_POST_ONLY,
    STATUS_OK: RefusalCode.SYSTEM_MODE,
}


def refuse_mode(state: State, capability: int) -> Decision | None:
    """Why the status of the exchange does not allow something (``rulebook.MODE_RULES``), or None."""
    control = state.control
    if not control.modes[capability] & control.bit:
        return refused_by_mode(state)
    return refuse_restored(state) if state.waits else None


def refused_by_mode(state: State) -> Decision:
    """The refusal of what the status of the exchange does not allow."""
    status = state.control.status
    return refused(MODE_CODES[status], f"the exchange is in {status}")


def market_allows(state: State, market: Market, capability: int) -> bool:
    """Whether the market's own status allows something, whatever that of the exchange is."""
    if market.status in (STATUS_HALTED, STATUS_SETTLED):
        return False
    return state.control.modes[capability] & STATUS_BITS[market.status] != 0


def decide_change_status(state: State, command: ChangeStatus, proof: Proof, now_us: int) -> Decision:
    """Another status, another switch of withdrawals, or both at once."""
    control = state.control
    status = command.status or control.status
    switch = command.withdrawals or control.withdrawals
    if status not in STATUS_BITS or switch not in SWITCHES:
        return refused(
            RefusalCode.INVALID_VALUE,
            f"{command.status!r} is no status or {command.withdrawals!r} no switch of withdrawals",
        )
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    if status == control.status and switch == control.withdrawals:
        return refused(
            RefusalCode.NOTHING_TO_CHANGE, f"status {status} and withdrawals {switch} are in force"
        )
    bit = STATUS_BITS[status]
    if bit > control.bit and state.waits:
        return refuse_restored(state)
    if bit > 2 * control.bit:
        return refused(
            RefusalCode.STATUS_STEP, f"{status} does not come next after {control.status}: one step at a time"
        )
    gates: list[Gate] = []
    waiting: list[Market] = []
    if bit > control.bit:
        gates = system_gates(state, now_us)
        if status == STATUS_OK:
            gates.extend(_engine_gate(state))
            waiting = _markets_that_wait(state, gates, now_us)
        closed = [gate for gate in gates if gate.binds and not gate.holds]
        if closed and control.gates:
            return refused(RefusalCode.GATE_CLOSED, closed[0].text())
    changed = SystemStatusChanged(
        status_before=control.status,
        status_after=status,
        withdrawals_before=control.withdrawals,
        withdrawals_after=switch,
        reason=command.reason,
        guard_seq=0,
        gates="; ".join([gate.text() for gate in gates]),
        operator_key=proof.key_1,
        second_key=proof.key_2,
        signature=proof.signature_1,
        second_signature=proof.signature_2,
    )
    events: list[AnyEvent] = [changed]
    if control.gates:
        for market in waiting:
            update = market_closed_to(market, STATUS_POST_ONLY)
            update.cause_seq = state.seq + 1
            events.append(update)
    return accepted(events)


def system_gates(state: State, now_us: int) -> list[Gate]:
    """The gates of every step upwards."""
    control = state.control
    quiet_ms = control.numbers["gate_quiet_ms"]
    since_ms = (now_us - control.tripped_us) // 1000
    quiet = control.tripped_us == 0 or since_ms >= quiet_ms
    tripped = f"{since_ms} ms since the last" if control.tripped_us else "none has tripped"
    gates = [Gate("guards", tripped, f"at least {quiet_ms} ms", holds=quiet)]
    now_ms = now_us // 1000
    markets = open_markets(state)
    if markets:
        fresh = [market for market in markets if is_fresh(market, now_ms)]
        gates.append(
            Gate("prices", f"{len(fresh)} of {len(markets)} markets fresh", "at least 1", holds=bool(fresh))
        )
        gap_ms = max([market.funding_gap_max_ms for market in markets])
        age_ms = now_ms - state.funding_observed_ms
        gates.append(
            Gate(
                "funding", f"{age_ms} ms since the last tick", f"at most {gap_ms} ms", holds=age_ms <= gap_ms
            )
        )
    return gates


def _engine_gate(state: State) -> list[Gate]:
    """After a rollback: whether a matching engine has the orders that the ledger has since."""
    if state.restored_seq == 0:
        return []
    confirmed = f"confirmed by event {state.book_seq}" if state.book_seq else "never confirmed"
    holds = state.book_seq > state.restored_seq
    return [Gate("book", confirmed, f"after the rollback of event {state.restored_seq}", holds=holds)]


def _markets_that_wait(state: State, gates: list[Gate], now_us: int) -> list[Market]:
    """Append the gate of every market that would open; those whose gate fails. If all fail, they bind."""
    own: list[Gate] = []
    waiting: list[Market] = []
    for market in state.markets.values():
        if market.status == STATUS_OK:
            gate = market_gate(state, market, now_us)
            own.append(gate)
            if not gate.holds:
                waiting.append(market)
    if len(waiting) == len(own):
        for gate in own:
            gate.binds = True
    gates.extend(own)
    return waiting


def evolve_system_status_changed(state: State, event: SystemStatusChanged) -> None:
    """Status and switch from now on."""
    control = state.control
    if event.status_after == STATUS_OK and event.status_before != STATUS_OK:
        control.opened_us = event.recorded_at_us
    control.put_status(event.status_after)
    control.withdrawals = event.withdrawals_after
    control.changed_us = event.recorded_at_us
