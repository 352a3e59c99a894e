"""What becomes of an input that a guard finds wrong: refused, recorded, and what it closes.

A guard has a policy (``ledger.core.rulebook``). Under ``enforce`` and ``refuse`` the input does not
become an event; the refusal has a ``GuardTripped`` for each guard and market. Under ``enforce`` it
also closes: a price guard the market, every other the exchange, down to ``cancel_only``; and the
withdrawals, since a withdrawal of false profit is the one loss that no rollback takes back. Under
``observe`` the input is taken and the trip is recorded beside it.
"""

from typing import Final, final

from ledger.core.control import STATUS_BITS
from ledger.core.decision import Decision
from ledger.core.messages import AnyEvent, GuardTripped, SystemStatusChanged
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import ENFORCE, OBSERVE, POLICIES
from ledger.core.rules.markets import market_closed_to
from ledger.core.rules.words import STATUS_CANCEL_ONLY, STATUS_OK, STATUS_POST_ONLY, SWITCH_CLOSED
from ledger.core.state import Market, State
from ledger.core.values import LONG_MAX, LONG_MIN, TEXT_MAX

BREAKER_GUARD: Final = "G7b"
"""The breaker on liquidations (``breaker``), which is recorded once in a window."""
RECORDED_MAX: Final = 20
"""Trips of one guard in one tick that are recorded; a tick of a thousand markets fills no log."""

REFUSED_ACTION: Final = "refused"
RECORDED_ACTION: Final = "recorded"
STATUS_ACTION: Final = "status"


@final
class Trips:
    """Collects what trips while one tick is looked at.

    ``code`` is the refusal that comes first by precedence, 0 while the tick can be taken.
    ``closing`` is the number in ``events``, from 1, of the first trip that closes something.
    """

    __slots__ = (
        "_command_id",
        "_counts",
        "_epoch",
        "_now_us",
        "_source",
        "_state",
        "_tick_id",
        "closing",
        "code",
        "detail",
        "events",
    )

    def __init__(
        self, state: State, command_id: str, tick_id: int, source: str, epoch: int, now_us: int
    ) -> None:
        self._state = state
        self._command_id = command_id
        self._tick_id = tick_id
        self._source = source
        self._epoch = epoch
        self._now_us = now_us
        self._counts: dict[str, int] = {}
        self.events: list[AnyEvent] = []
        self.code = 0
        self.detail = ""
        self.closing = 0

    def policy(self, guard: str) -> int:
        """The guard's policy now."""
        return self._state.control.policy(guard, self._now_us)

    def trip(  # noqa: PLR0913
        self,
        guard: str,
        code: RefusalCode,
        detail: str,
        field: str,
        given: int | str,
        market: Market | None = None,
        last_seq: int = 0,
    ) -> GuardTripped:
        """Note that ``guard`` tripped; the event, for its value and bounds to be filled in."""
        policy = self.policy(guard)
        if policy != OBSERVE:
            self.refuse(code, detail)
        event = GuardTripped(
            guard=guard,
            policy=POLICIES[policy],
            action=RECORDED_ACTION if policy == OBSERVE else REFUSED_ACTION,
            input_command_id=self._command_id,
            tick_id=self._tick_id,
            market="" if market is None else market.market,
            field=field,
            given=str(given)[:TEXT_MAX],
            has_value=0,
            value_e8=0,
            expected_e8=0,
            bound_low_e8=0,
            bound_high_e8=0,
            last_accepted_seq=last_seq,
            source=self._source,
            source_epoch=self._epoch,
        )
        count = self._counts.get(guard, 0) + 1
        self._counts[guard] = count
        if count <= RECORDED_MAX:
            self.events.append(event)
            if policy == ENFORCE and self.closing == 0:
                self.closing = len(self.events)
        return event

    def refuse(self, code: RefusalCode, detail: str) -> None:
        """The tick cannot be taken, whatever the policies are."""
        if self.code == 0 or int(code) < self.code:
            self.code = int(code)
            self.detail = detail

    def refusal(self) -> Decision | None:
        """The refusal of a whole tick with everything that it records, or None."""
        if self.code == 0:
            return None
        events = self.events
        if self.closing:
            closed = closed_by_guard(self._state, events[self.closing - 1], self.closing, STATUS_CANCEL_ONLY)
            if closed is not None:
                events.append(closed)
        return Decision(self.code, self.detail, events)


def bounds(event: GuardTripped, value_e8: int, expected_e8: int, low_e8: int, high_e8: int) -> None:
    """Fill in what a guard compared; what does not fit a field is shown as its end."""
    event.has_value = 1
    event.value_e8 = _shown(value_e8)
    event.expected_e8 = _shown(expected_e8)
    event.bound_low_e8 = _shown(low_e8)
    event.bound_high_e8 = _shown(high_e8)


def _shown(value: int) -> int:
    return max(LONG_MIN, min(LONG_MAX, value))


def closed_by_guard(state: State, tripped: AnyEvent, place: int, status: str) -> SystemStatusChanged | None:
    """The exchange down to ``status`` and withdrawals closed, if they are not already.

    ``tripped`` is the ``place``-th event of the decision.
    """
    control = state.control
    after = status if STATUS_BITS[status] < control.bit else control.status
    if after == control.status and control.withdrawals == SWITCH_CLOSED:
        return None
    guard = tripped.guard if isinstance(tripped, GuardTripped) else ""
    event = SystemStatusChanged(
        status_before=control.status,
        status_after=after,
        withdrawals_before=control.withdrawals,
        withdrawals_after=SWITCH_CLOSED,
        reason=f"guard {guard}",
        guard_seq=state.seq + place,
        gates="",
        operator_key="",
        second_key="",
        signature="",
        second_signature="",
    )
    event.cause_seq = state.seq + place
    return event


def market_closed_by_guard(state: State, market: Market, place: int) -> AnyEvent | None:
    """The market down to cancel_only by the ``place``-th event of the decision, if it allows more."""
    if market.status not in (STATUS_OK, STATUS_POST_ONLY):
        return None
    event = market_closed_to(market, STATUS_CANCEL_ONLY)
    event.cause_seq = state.seq + place
    return event


def evolve_guard_tripped(state: State, event: GuardTripped) -> None:
    """Remember when a guard last closed something."""
    if event.policy == POLICIES[ENFORCE]:
        state.control.tripped_us = event.recorded_at_us
    if event.guard == BREAKER_GUARD:
        state.breaker.tripped_us = event.recorded_at_us
