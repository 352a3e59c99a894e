"""The events of one correction, worked out on a copy of what it touches.

Each event is taken into the copy before the next one is made, so what it says of balances, positions,
shares and orders is what the ledger will have. The order is that of ``spec/incident.md`` 2: indices,
funding, reversals, payments, shares, orders, and the accounts that end below nothing.
"""

from typing import Final, final

from ledger.core.decision import Decision, command_id, refused
from ledger.core.image import scratch_state
from ledger.core.messages import (
    AccountChanged,
    AnyEvent,
    ApplyCorrection,
    CorrectionPayment,
    FillReversal,
    FundingCorrection,
    FundingIndexRestated,
    FundingSettled,
    IndexRestatement,
    NegativeTreatment,
    OrderReinstatement,
    RefundPaid,
    ShareCorrection,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rules import book
from ledger.core.rules.balances import RESTRICTED
from ledger.core.rules.busts import cancel_misfits_of, reversal
from ledger.core.rules.correction_copy import sign_of_side, take, touched
from ledger.core.rules.correction_events import order_again, shares_burned, shares_minted
from ledger.core.rules.funding import CORRECTION
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from ledger.core.rules.margin import rounded_up_e8, value_and_initial_e22
from ledger.core.rules.money import (
    BANKRUPTCY_COVER,
    PENALTY,
    REFUND,
    REPAYMENT,
    VAULT_WITHDRAWAL,
    transfer_received,
    transfer_sent,
)
from ledger.core.rules.positions import offsets
from ledger.core.rules.refunds import paid_e8, refund_id_of
from ledger.core.rules.rollback import CLOSE, COVER
from ledger.core.rules.takeover import Takeover
from ledger.core.rules.words import ACCOUNT_ACTIVE
from ledger.core.state import Account, SettledFill, State, Trade

PAYMENT_KINDS: Final = (PENALTY, BANKRUPTCY_COVER, REPAYMENT, VAULT_WITHDRAWAL, REFUND)
TREATMENTS: Final = (COVER, CLOSE)
CASH_REASON: Final = "position not carried"
"""Reason of what is paid to an account whose positions do not come back."""
_PART_OF_A_FILL: Final = -1
"""In place of the seq of a fill that is reversed in part: its cost cannot come back as it was."""


@final
class Corrected:
    """A correction being worked out; ``events`` are complete once ``work_out`` returned None.

    ``scratch`` is then the touched part of the ledger as the correction leaves it.
    """

    __slots__ = ("command", "covered", "events", "now_us", "restated_seq", "scratch")

    def __init__(self, state: State, command: ApplyCorrection, now_us: int) -> None:
        self.command = command
        self.now_us = now_us
        self.events: list[AnyEvent] = []
        self.covered: set[str] = set()
        self.scratch = scratch_state(state, touched(state, command))
        self.restated_seq = state.seq + 1

    def work_out(self) -> Decision | None:
        """Make every event; a refusal when a line does not fit the ledger."""
        command = self.command
        for entry in command.indices:
            self._restate(entry)
        for line in command.funding:
            self._settle(line)
        for fill in command.fills:
            refusal = self._reverse(fill)
            if refusal is not None:
                return refusal
        for number, payment in enumerate(command.payments, 1):
            self._pay(payment, number)
        for share in command.shares:
            refusal = self._reprice(share)
            if refusal is not None:
                return refusal
        for order in command.orders:
            refusal = self._place(order)
            if refusal is not None:
                return refusal
        refusal = self._refuse_unhealthy()
        for negative in command.negatives:
            if refusal is None:
                refusal = self._treat(negative)
        if refusal is None:
            self._restrict()
        return refusal

    def unhealthy(self) -> list[str]:
        """Accounts with reversed fills that are then below maintenance or over a position limit."""
        found: list[str] = []
        for name in sorted({fill.account for fill in self.command.fills}):
            account = self.scratch.accounts[name]
            if not account.margin_exempt and not _carries(account):
                found.append(name)
        return found

    def _put(self, event: AnyEvent, cause_seq: int) -> None:
        """Record an event and take it into the copy."""
        scratch = self.scratch
        scratch.seq += 1
        event.seq = scratch.seq
        event.recorded_at_us = self.now_us
        event.cause_seq = cause_seq
        self.events.append(event)
        take(scratch, event)

    def _restate(self, entry: IndexRestatement) -> None:
        command = self.command
        market = self.scratch.markets[entry.market]
        approval = self.scratch.control.approvals.get(command.plan_digest)
        event = FundingIndexRestated(
            market=market.market,
            index_before_e8=market.index_e8,
            index_after_e8=entry.index_after_e8,
            remainder_before=market.remainder,
            remainder_after=entry.remainder_after,
            from_seq=entry.from_seq,
            to_seq=entry.to_seq,
            plan_digest=command.plan_digest,
            incident_id=command.incident_id,
            reason=command.reason,
            key_1="" if approval is None else approval.key_1,
            key_2="" if approval is None else approval.key_2,
        )
        self._put(event, 0)

    def _settle(self, line: FundingCorrection) -> None:
        account = self.scratch.accounts[line.account]
        holding = account.holdings[line.market]
        market = holding.market
        event = FundingSettled(
            account=account.name,
            market=market.market,
            settle_kind=CORRECTION,
            position_id=holding.position_id,
            size_e8=holding.size_e8,
            cached_index_before_e8=holding.cached_index_e8,
            cached_index_after_e8=line.cached_index_after_e8,
            funding_index_e8=market.index_e8,
            realized_funding_e8=line.amount_e8,
            dust_e16=line.dust_e16,
            mark_price_e8=market.mark_e8,
            balance_before_e8=account.balance_e8,
            balance_after_e8=account.balance_e8 + line.amount_e8,
            corrects_seq=line.corrects_seq,
        )
        self._put(event, self.restated_seq)

    def _reverse(self, line: FillReversal) -> Decision | None:
        """One side of a fill; the cost comes back as it was while nothing changed the position since."""
        account = self.scratch.accounts[line.account]
        holding = account.holdings.get(line.market)
        if holding is None:
            return _mismatch(f"{account.name} never had a position in {line.market}")
        trade = Trade(line.liquidation_id, line.market, line.price_e8, line.value_e8)
        fill = SettledFill(
            line.reverses_seq if line.whole else _PART_OF_A_FILL,
            account.name,
            sign_of_side(line.side),
            line.fill_size_e8,
            0,
            line.index_e8,
            0,
            line.cost_before_e8,
            0,
            line.position_id_before,
            None,
        )
        event = reversal(account.balance_e8, holding, trade, fill, self.scratch.seq + 1)
        event.reverses_seq = line.reverses_seq
        event.counterparty = line.counterparty
        event.reason = self.command.reason
        self._put(event, self.restated_seq)
        if event.exact:
            holding.changed_seq = line.previous_seq
        misfits: list[AnyEvent] = []
        cancel_misfits_of(misfits, account, event, event.seq)
        for misfit in misfits:
            self._put(misfit, event.seq)
        return None

    def _pay(self, line: CorrectionPayment, number: int) -> None:
        """Both sides of a payment."""
        payer = self.scratch.accounts[line.payer]
        payee = self.scratch.accounts[line.payee]
        command = self.command
        asset = self.scratch.settlement_asset
        name, kind, amount = command_id(command), line.transfer_kind, line.amount_e8
        sent = transfer_sent(name, kind, payer.name, payee.name, asset, amount, payer.balance_e8)
        sent.vault = line.vault
        sent.liquidation_id = line.liquidation_id
        sent.incident_id = command.incident_id
        sent.corrects_seq = line.corrects_seq
        self._put(sent, self.restated_seq)
        if kind == REFUND:
            self._put(self._refund(line, number, payee), sent.seq)
            return
        received = transfer_received(name, kind, payee.name, payer.name, asset, amount, payee.balance_e8)
        received.vault = line.vault
        received.liquidation_id = line.liquidation_id
        received.incident_id = command.incident_id
        received.corrects_seq = line.corrects_seq
        self._put(received, sent.seq)

    def _refund(self, line: CorrectionPayment, number: int, payee: Account) -> RefundPaid:
        """Cash in place of a position."""
        command = self.command
        refund_id = refund_id_of(command.incident_id, payee.name, CASH_REASON)
        before = paid_e8(self.scratch, refund_id)
        return RefundPaid(
            account=payee.name,
            refund_id=refund_id,
            incident_id=command.incident_id,
            plan_digest=command.plan_digest,
            line=number,
            reason=CASH_REASON,
            method=CORRECTION,
            payer=line.payer,
            amount_e8=line.amount_e8,
            paid_before_e8=before,
            paid_after_e8=before + line.amount_e8,
            balance_before_e8=payee.balance_e8,
            balance_after_e8=payee.balance_e8 + line.amount_e8,
        )

    def _reprice(self, line: ShareCorrection) -> Decision | None:
        """Shares that a flow should have given besides, or taken."""
        vault = self.scratch.vaults[line.vault]
        stake = vault.stakes.get(line.holder)
        held = 0 if stake is None else stake.shares_e8
        if held + line.shares_e8 < 0:
            return _mismatch(f"{line.holder} holds {held}e-8 of {line.vault}, not {-line.shares_e8}e-8")
        name = command_id(self.command)
        if line.shares_e8 > 0:
            self._put(shares_minted(vault, line, name), self.restated_seq)
        else:
            self._put(shares_burned(vault, line, name), self.restated_seq)
        return None

    def _place(self, line: OrderReinstatement) -> Decision | None:
        """A take-profit or stop-loss order again, with the id that its owner knows."""
        account = self.scratch.accounts[line.account]
        holding = book.holding_of(self.scratch, account, line.market)
        if line.order_id in account.orders or not offsets(holding.size_e8, sign_of_side(line.side)):
            return _mismatch(f"order {line.order_id!r} of {account.name} is there, or protects nothing")
        self._put(order_again(account, holding, line), self.restated_seq)
        return None

    def _refuse_unhealthy(self) -> Decision | None:
        names = self.unhealthy()
        if not names:
            return None
        return refused(
            RefusalCode.CORRECTION_UNHEALTHY,
            f"{len(names)} accounts would not carry their positions, {names[0]} first",
        )

    def _treat(self, line: NegativeTreatment) -> Decision | None:
        """What the plan says of an account, as far as it is worth less than nothing now."""
        account = self.scratch.accounts[line.account]
        liquidator = self.scratch.accounts.get(self.scratch.liquidator)
        if liquidator is None or liquidator is account:
            return refused(
                RefusalCode.LIQUIDATOR_MISSING,
                f"there is no LIQUIDATOR account to {line.treatment} {line.account}",
            )
        value_e22, _ = value_and_initial_e22(account)
        if value_e22 >= 0:
            return None
        if line.treatment == CLOSE:
            return self._close(account, liquidator)
        name = command_id(self.command) + "/" + account.name
        amount = min(line.amount_e8, rounded_up_e8(-value_e22))
        asset = self.scratch.settlement_asset
        sent = transfer_sent(
            name, BANKRUPTCY_COVER, liquidator.name, account.name, asset, amount, liquidator.balance_e8
        )
        sent.incident_id = self.command.incident_id
        self._put(sent, self.restated_seq)
        received = transfer_received(
            name, BANKRUPTCY_COVER, account.name, liquidator.name, asset, amount, account.balance_e8
        )
        received.incident_id = self.command.incident_id
        self._put(received, sent.seq)
        self.covered.add(account.name)
        return None

    def _close(self, account: Account, liquidator: Account) -> Decision | None:
        """The Liquidator Vault takes over the positions at the marks, without a penalty."""
        held = positions_of(account)
        if not held:
            return _mismatch(f"{account.name} has no position that could be closed")
        name = command_id(self.command) + "/" + account.name
        takeover = Takeover(self.scratch, account, liquidator, name, self.now_us)
        events = takeover.closing(held, health_of(account, IN_FORCE))
        if not takeover.fits():
            return refused(RefusalCode.OUT_OF_RANGE, f"a result of the takeover of {account.name}")
        started_seq = self.scratch.seq + 1
        for event in events:
            self._put(event, self.restated_seq if event is events[0] else started_seq)
        return None

    def _restrict(self) -> None:
        """Accounts worth less than nothing, or covered, may do nothing but pay and reduce."""
        accounts = self.scratch.accounts
        for name in sorted(accounts):
            account = accounts[name]
            if account.margin_exempt or account.status != ACCOUNT_ACTIVE:
                continue
            value_e22, _ = value_and_initial_e22(account)
            if value_e22 < 0 or name in self.covered:
                changed = AccountChanged(name, "status", "", account.status, RESTRICTED, self.command.reason)
                self._put(changed, self.restated_seq)


def _carries(account: Account) -> bool:
    """Whether the account may have its positions: margin for them, and none above its market's limit."""
    held = positions_of(account)
    for holding in held:
        if abs(holding.size_e8) > holding.market.position_limit_e8:
            return False
    return not held or health_of(account, IN_FORCE).healthy()


def _mismatch(detail: str) -> Decision:
    return refused(RefusalCode.CORRECTION_MISMATCH, detail)
