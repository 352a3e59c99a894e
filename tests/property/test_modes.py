"""The modes as a machine: whatever feeds, operators and traders do, the table and the gates hold."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.core.messages import (
    ChangeStatus,
    GuardTripped,
    PlaceOrder,
    ReleaseWithdrawal,
    RequestWithdrawal,
    SettleOffBookTrade,
    SystemStatusChanged,
    Transfer,
)
from ledger.core.refusals import RefusalCode as Code
from tests.corruptions.rows import ROWS, Row
from tests.corruptions.stream import BTC, Stream
from tests.spec import ask, e8

STATUSES: Final = ("maintenance", "cancel_only", "post_only", "ok")
CODES: Final = {
    "maintenance": Code.SYSTEM_MAINTENANCE,
    "cancel_only": Code.SYSTEM_CANCEL_ONLY,
    "post_only": Code.SYSTEM_POST_ONLY,
}
BAD: Final = [row for row in ROWS if row.number in (1, 3, 16, 25, 26, 38, 39, 42, 48)]


class Modes(RuleBasedStateMachine):
    """``status`` and ``switch`` are what the outcomes say they must be."""

    @initialize()
    def begin(self) -> None:
        self.stream = Stream(observing=False).ready(2)
        self.status, self.switch = "ok", "open"
        self.pending: list[str] = []
        self.seen = len(self.stream.events)

    def _note(self) -> None:
        """Follow the recorded changes: one step upwards at most, and always closed by a guard."""
        news, self.seen = self.stream.events[self.seen :], len(self.stream.events)
        for event in news:
            if isinstance(event, SystemStatusChanged):
                assert (event.status_before, event.withdrawals_before) == (self.status, self.switch)
                rise = STATUSES.index(event.status_after) - STATUSES.index(self.status)
                assert rise <= 1
                if event.guard_seq:
                    assert (rise <= 0, event.withdrawals_after) == (True, "closed")
                self.status, self.switch = event.status_after, event.withdrawals_after
        if any(isinstance(event, GuardTripped) and event.policy == "enforce" for event in news):
            assert self.switch == "closed"

    @rule(count=st.integers(1, 8))
    def good_ticks(self, count: int) -> None:
        for _ in range(count):
            self.stream.next()
            state = self.stream.state
            self.stream.send(self.stream.prices(previous_tick_id=state.price_tick_id))
            self.stream.send(self.stream.funding(previous_tick_id=state.funding_tick_id))
            self._again()
        self._note()

    @rule(row=st.sampled_from(BAD))
    def a_bad_tick(self, row: Row) -> None:
        for command in row.inputs(self.stream):
            self.stream.send(command)
        self._again()
        self._note()

    def _again(self) -> None:
        """The feeds go on from what the ledger has, as feeds do after a refusal."""
        state, stream = self.stream.state, self.stream
        stream.tick = max(state.price_tick_id, state.funding_tick_id)
        state_of = state.markets
        for name in stream.index:
            stream.index[name] = state_of[name].index_e8
            stream.premium[name] = state_of[name].premium_e8
            stream.remainder[name] = state_of[name].remainder
        stream.funded_ms = state.funding_observed_ms

    @rule(status=st.sampled_from(STATUSES), switch=st.sampled_from(("", "open", "held", "closed")))
    def an_operator_asks(self, status: str, switch: str) -> None:
        steps = STATUSES.index(status) - STATUSES.index(self.status)
        decision = self.stream.send(ask(ChangeStatus, status=status, withdrawals=switch))
        if steps > 1:
            assert decision.code == Code.STATUS_STEP
        elif steps < 0 or (steps == 0 and switch not in ("", self.switch)):
            assert decision.code == 0
        elif steps == 1:
            assert decision.code in (0, Code.GATE_CLOSED)
            control = self.stream.state.control
            trips = control.tripped_us and self.stream.now_ms * 1000 - control.tripped_us < 60_000_000
            assert decision.code or not trips, "no gate opens within a minute of a guard"
        self._note()

    @rule(resting=st.booleans())
    def an_order(self, resting: bool) -> None:  # noqa: FBT001
        order = ask(
            PlaceOrder,
            account="ann",
            market=BTC,
            side="BUY",
            order_type="LIMIT",
            instruction="POST_ONLY" if resting else "GTC",
            size_e8=e8("0.01"),
            has_price=1,
            price_e8=e8("92000"),
        )
        code = self.stream.send(order).code
        if self.status == "ok" or (self.status == "post_only" and resting):
            assert code in (0, Code.MARKET_CLOSED, Code.TOO_MANY_ORDERS)
        else:
            assert code == CODES[self.status]

    @rule()
    def a_trade(self) -> None:
        price = self.stream.state.markets[BTC].mark_e8
        fields = {"market": BTC, "buyer": "ann", "seller": "bob", "taker": "NONE"}
        code = self.stream.send(ask(SettleOffBookTrade, price_e8=price, size_e8=e8("0.001"), **fields)).code
        allowed = {0, Code.MARKET_CLOSED}
        assert code in (allowed if self.status == "ok" else {CODES.get(self.status)})

    @rule()
    def a_transfer(self) -> None:
        move = ask(Transfer, account="ann", counterparty="bob", asset="USDC", amount_e8=1)
        code = self.stream.send(move).code
        assert code == (Code.SYSTEM_MAINTENANCE if self.status == "maintenance" else 0)

    @rule()
    def a_withdrawal_is_requested(self) -> None:
        command = ask(RequestWithdrawal, account="bob", asset="USDC", amount_e8=1, destination="0xfeed")
        decision = self.stream.send(command)
        if self.status == "maintenance":
            assert decision.code == Code.SYSTEM_MAINTENANCE
        elif self.switch == "closed":
            assert decision.code == Code.WITHDRAWALS_CLOSED
        else:
            assert decision.code == 0
            self.pending.append(decision.events[0].command_id)

    @precondition(lambda self: self.pending)
    @rule()
    def a_withdrawal_is_released(self) -> None:
        command = ask(ReleaseWithdrawal, account="bob", withdrawal_id=self.pending[-1], external_ref="0x1")
        code = self.stream.send(command).code
        wanted = {"open": 0, "held": Code.WITHDRAWALS_HELD, "closed": Code.WITHDRAWALS_CLOSED}
        assert code == wanted[self.switch]
        if code == 0:
            self.pending.pop()

    @invariant()
    def the_state_is_what_was_recorded(self) -> None:
        if hasattr(self, "stream"):
            control = self.stream.state.control
            assert (control.status, control.withdrawals) == (self.status, self.switch)


TestModes = Modes.TestCase
TestModes.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
