"""The events of one rollback: declared, reinstated, cancelled, restricted, completed.

``Rebuilt`` is given the state at the target, with the control state of today, and the facts of the void
events. It makes each event on the state that the one before it left, and evolves that state, so the
state is the one after the rollback in the end. The same inputs give the same events.

1. ``RollbackDeclared``.
2. What really happened outside, in the order in which it was recorded: deposits, payments, failed
   payments, and transfers that the plan makes again. An account that was opened in void blocks is
   opened again just before. The amount of a payment is what left; the loss kept back then is void.
3. Cancellations: every order but waiting take-profit and stop-loss orders. Of those go the ones that
   their owner gave up in void blocks, and the ones that protect nothing without their parent.
4. Accounts that a payment or transfer of step 2 left negative: closed or covered where the plan says so,
   and restricted where they are still negative or were covered.
5. ``RollbackCompleted``.

What cannot be done is noted in ``problems``, and then nothing of it may be used.
"""

from typing import Final, final

from ledger.core.digest import writer_digest
from ledger.core.evolve import evolve
from ledger.core.messages import (
    AccountOpened,
    AnyEvent,
    ApplyRollback,
    DepositCredited,
    RollbackCompleted,
    RollbackDeclared,
    WithdrawalFailed,
)
from ledger.core.rollback.facts import VoidFacts, origin_seq
from ledger.core.rules.balances import RESTRICTED, balance_e8
from ledger.core.rules.cancels import Cancels, by_age
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from ledger.core.rules.money import BANKRUPTCY_COVER, TRANSFER, transfer_received, transfer_sent
from ledger.core.rules.positions import offsets
from ledger.core.rules.reinstated import released, restricted, withdrawn
from ledger.core.rules.rollback import CLOSE, COVER, RECEIVABLE, REINSTATE
from ledger.core.rules.takeover import Takeover
from ledger.core.rules.words import (
    ORDER_UNTRIGGERED,
    PARENT_CANCELLED,
    PROTECTING,
    ROLLED_BACK,
    USER_CANCELED,
)
from ledger.core.state import Account, State

LOSS_IS_VOID: Final = "the loss that was kept back is void"
AS_BEFORE: Final = "as first requested"
"""Destination of a withdrawal that was requested before the target: the state does not keep it."""


@final
class Span:
    """The blocks of a rollback: its target, and the newest block before it."""

    __slots__ = ("head_height", "head_seq", "target_height", "target_seq")

    def __init__(self, target_height: int, target_seq: int, head_height: int, head_seq: int) -> None:
        self.target_height = target_height
        self.target_seq = target_seq
        self.head_height = head_height
        self.head_seq = head_seq


@final
class Line:
    """One reinstated movement: what it is, of whom, how much, and the event that it records again."""

    __slots__ = ("account", "amount_e8", "asset", "balance_e8", "reference", "seq", "what")

    def __init__(self, what: str, account: str, asset: str, amount_e8: int, reference: str, seq: int) -> None:
        self.what = what
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.reference = reference
        self.seq = seq
        self.balance_e8 = 0
        """Of the account in the asset, after it."""


@final
class Negative:
    """An account that ends below zero in an asset, before and after its treatment."""

    __slots__ = ("account", "after_e8", "asset", "balance_e8", "treatment")

    def __init__(self, account: str, asset: str, balance_e8: int, treatment: str) -> None:
        self.account = account
        self.asset = asset
        self.balance_e8 = balance_e8
        self.treatment = treatment
        self.after_e8 = balance_e8


@final
class Rebuilt:
    """See the module. ``now_us`` is when all events are recorded, ``custody_e8`` what is outside now."""

    __slots__ = (
        "cancelled",
        "cause_seq",
        "command",
        "command_id",
        "custody_e8",
        "events",
        "facts",
        "kept",
        "lines",
        "negatives",
        "now_us",
        "problems",
        "span",
        "state",
        "state_digest",
        "treatments",
    )

    def __init__(
        self,
        state: State,
        facts: VoidFacts,
        command: ApplyRollback,
        span: Span,
        now_us: int,
        custody_e8: dict[str, int],
    ) -> None:
        self.state = state
        self.facts = facts
        self.command = command
        self.command_id = command.producer + "/" + str(command.number)
        self.span = span
        self.now_us = now_us
        self.custody_e8 = custody_e8
        self.state_digest = writer_digest(state)
        """Of the state at the target."""
        self.cause_seq = 0
        self.events: list[AnyEvent] = []
        self.lines: list[Line] = []
        self.cancelled: list[tuple[str, str, str]] = []
        """(account, order id, reason) of every order that is cancelled."""
        self.kept: list[tuple[str, str]] = []
        """(account, order id) of the take-profit and stop-loss orders that wait as they did."""
        self.negatives: list[Negative] = []
        self.problems: list[str] = []
        self.treatments: dict[str, str] = {}
        for choice in command.choices:
            self.treatments[choice.subject] = choice.treatment

    def make(self) -> None:
        """Make all events; ``state`` is then the one after them."""
        self.state.seq = self.span.head_seq
        self.cause_seq = 0
        declared = self._declared()
        self._emit(declared, self.command.issued_at_us)
        self.cause_seq = declared.seq
        debited = self._reinstate()
        self._cancel_orders()
        self._treat(debited)
        self._check_custody()
        declared.reinstated = len(self.lines)
        declared.cancelled = len(self.cancelled)
        declared.negative_accounts = len(self.negatives)
        total = 0
        for negative in self.negatives:
            total -= negative.after_e8
        completed = RollbackCompleted(
            rollback_seq=declared.seq,
            plan_digest=self.command.plan_digest,
            custody_after_e8=self.state.custody.get(self.state.settlement_asset, 0),
            state_digest_after=writer_digest(self.state),
            reinstated=len(self.lines),
            cancelled=len(self.cancelled),
            negative_total_e8=total,
        )
        self._emit(completed, self.command.issued_at_us)

    def _declared(self) -> RollbackDeclared:
        span = self.span
        command = self.command
        approval = self.state.control.approvals.get(command.plan_digest)
        return RollbackDeclared(
            incident_id=command.incident_id,
            target_height=span.target_height,
            target_seq=span.target_seq,
            void_from_height=span.target_height + 1,
            void_to_height=span.head_height,
            void_from_seq=span.target_seq + 1,
            void_to_seq=span.head_seq,
            plan_digest=command.plan_digest,
            reason=command.reason,
            key_1="" if approval is None else approval.key_1,
            key_2="" if approval is None else approval.key_2,
            signature_1="" if approval is None else approval.signature_1,
            signature_2="" if approval is None else approval.signature_2,
            state_digest_target=self.state_digest,
            reinstated=0,
            cancelled=0,
            negative_accounts=0,
            custody_before_e8=self.custody_e8.get(self.state.settlement_asset, 0),
        )

    def _emit(self, event: AnyEvent, occurred_at_us: int) -> None:
        """Stamp the event, which follows from the declaration unless it says otherwise, and evolve."""
        event.seq = self.state.seq + 1
        event.recorded_at_us = self.now_us
        event.occurred_at_us = occurred_at_us
        event.command_id = self.command_id
        if event.cause_seq == 0:
            event.cause_seq = self.cause_seq
        evolve(self.state, event)
        self.events.append(event)

    def _reinstate(self) -> set[tuple[str, str]]:
        """Record again what happened outside; (account, asset) that were debited."""
        facts = self.facts
        debited: set[tuple[str, str]] = set()
        deposits: dict[int, DepositCredited] = {}
        sent: dict[int, str] = {}
        for deposit in facts.deposits:
            deposits[deposit.seq] = deposit
        for withdrawal_id, left in facts.released.items():
            sent[left.seq] = withdrawal_id
        for withdrawal_id, failed in facts.failed.items():
            if withdrawal_id in self.state.withdrawals and withdrawal_id not in facts.released:
                sent[failed.seq] = withdrawal_id
        for subject, treatment in self.treatments.items():
            if treatment == REINSTATE:
                transfer = facts.transfers.get(subject)
                if transfer is None:
                    self.problems.append(f"no void transfer has the id {subject}")
                else:
                    sent[transfer.seq] = subject
        for seq in sorted([*deposits.keys(), *sent.keys()]):
            deposit_again = deposits.get(seq)
            if deposit_again is not None:
                self._deposit(deposit_again)
            elif sent[seq] in facts.transfers:
                self._transfer(sent[seq], debited)
            elif sent[seq] in facts.released:
                self._payment(sent[seq], debited)
            else:
                self._failure(facts.failed[sent[seq]])
        return debited

    def _is_known(self, account: str, asset: str) -> bool:
        """Whether money can be booked there, after the account is opened again if need be."""
        if asset not in self.state.assets:
            self.problems.append(f"asset {asset} was listed after the target, and money of it moved outside")
            return False
        self._open(account)
        return account in self.state.accounts

    def _open(self, name: str) -> None:
        """Open an account that void blocks had opened, its parent first."""
        if name in self.state.accounts:
            return
        opened = self.facts.opened.get(name)
        if opened is None:
            self.problems.append(f"no event opened account {name}")
            return
        if opened.parent:
            self._open(opened.parent)
        again = AccountOpened(
            account=opened.account,
            kind=opened.kind,
            parent=opened.parent,
            signer_key=opened.signer_key,
            margin_exempt=opened.margin_exempt,
            fee_tier=opened.fee_tier,
            reinstates_seq=origin_seq(opened),
        )
        self._emit(again, opened.occurred_at_us)

    def _line(self, what: str, account: str, asset: str, amount_e8: int, reference: str, seq: int) -> None:
        line = Line(what, account, asset, amount_e8, reference, seq)
        line.balance_e8 = balance_e8(self.state, self.state.accounts[account], asset)
        self.lines.append(line)

    def _deposit(self, was: DepositCredited) -> None:
        name, asset = was.account, was.asset
        if not self._is_known(name, asset):
            return
        before = balance_e8(self.state, self.state.accounts[name], asset)
        again = DepositCredited(
            account=name,
            asset=asset,
            amount_e8=was.amount_e8,
            balance_before_e8=before,
            balance_after_e8=before + was.amount_e8,
            external_ref=was.external_ref,
            bridge=was.bridge,
            external_chain=was.external_chain,
            reinstates_seq=origin_seq(was),
        )
        self._emit(again, was.occurred_at_us)
        reference = was.external_chain + "/" + was.external_ref
        self._line("deposit", name, asset, was.amount_e8, reference, again.reinstates_seq)

    def _payment(self, withdrawal_id: str, debited: set[tuple[str, str]]) -> None:
        """A withdrawal that left: what was pending at the target, or what left from the balance.

        One that was pending with more than what left goes back and is asked for again with that.
        """
        left = self.facts.released[withdrawal_id]
        name, asset, paid = left.account, left.asset, left.paid_e8
        if not self._is_known(name, asset):
            return
        waiting = self.state.withdrawals.get(withdrawal_id)
        if waiting is not None and waiting.amount_e8 == paid:
            pending = self.state.accounts[name].pending[asset]
            again = released(name, withdrawal_id, asset, paid, pending, left.external_ref, origin_seq(left))
            self._emit(again, left.occurred_at_us)
        else:
            asked = self.facts.requested.get(withdrawal_id)
            if waiting is not None:
                self._emit(self._returned(withdrawal_id, LOSS_IS_VOID, origin_seq(left)), left.occurred_at_us)
            elif asked is None:
                self.problems.append(f"no event requested withdrawal {withdrawal_id}")
                return
            request, release = withdrawn(
                self.state,
                name,
                withdrawal_id,
                asset,
                paid,
                AS_BEFORE if asked is None else asked.destination,
                left.external_ref,
                origin_seq(left) if asked is None else origin_seq(asked),
                origin_seq(left),
            )
            self._emit(request, left.occurred_at_us if asked is None else asked.occurred_at_us)
            self._emit(release, left.occurred_at_us)
            if waiting is None:
                debited.add((name, asset))
        self._line("withdrawal", name, asset, -paid, left.external_ref, origin_seq(left))

    def _failure(self, was: WithdrawalFailed) -> None:
        self._emit(self._returned(was.withdrawal_id, was.reason, origin_seq(was)), was.occurred_at_us)
        reference = was.withdrawal_id
        self._line("failed withdrawal", was.account, was.asset, was.amount_e8, reference, origin_seq(was))

    def _returned(self, withdrawal_id: str, reason: str, reinstates_seq: int) -> WithdrawalFailed:
        """All that is still pending of a withdrawal goes back to the balance."""
        waiting = self.state.withdrawals[withdrawal_id]
        account = self.state.accounts[waiting.account]
        pending = account.pending[waiting.asset]
        balance = balance_e8(self.state, account, waiting.asset)
        return WithdrawalFailed(
            account=waiting.account,
            withdrawal_id=withdrawal_id,
            asset=waiting.asset,
            amount_e8=waiting.amount_e8,
            pending_before_e8=pending,
            pending_after_e8=pending - waiting.amount_e8,
            balance_before_e8=balance,
            balance_after_e8=balance + waiting.amount_e8,
            reason=reason,
            reinstates_seq=reinstates_seq,
        )

    def _transfer(self, transfer_id: str, debited: set[tuple[str, str]]) -> None:
        """A void transfer that the plan makes again, whatever the payer can bear."""
        was = self.facts.transfers[transfer_id]
        payer, payee, asset, amount = was.account, was.counterparty, was.asset, was.amount_e8
        if not (self._is_known(payer, asset) and self._is_known(payee, asset)):
            return
        self._move(transfer_id, TRANSFER, payer, payee, asset, amount, was.seq, was.occurred_at_us)
        debited.add((payer, asset))
        self._line("transfer", payer, asset, -amount, transfer_id, was.seq)

    def _move(  # noqa: PLR0913
        self,
        transfer_id: str,
        kind: str,
        payer: str,
        payee: str,
        asset: str,
        amount_e8: int,
        corrects_seq: int,
        occurred_at_us: int,
    ) -> None:
        """Both sides of a movement between two accounts."""
        before = balance_e8(self.state, self.state.accounts[payer], asset)
        sent = transfer_sent(transfer_id, kind, payer, payee, asset, amount_e8, before)
        sent.incident_id = self.command.incident_id
        sent.corrects_seq = corrects_seq
        self._emit(sent, occurred_at_us)
        before = balance_e8(self.state, self.state.accounts[payee], asset)
        received = transfer_received(transfer_id, kind, payee, payer, asset, amount_e8, before)
        received.incident_id = self.command.incident_id
        received.corrects_seq = corrects_seq
        received.cause_seq = sent.seq
        self._emit(received, occurred_at_us)

    def _cancel_orders(self) -> None:
        for name in sorted(self.state.accounts):
            account = self.state.accounts[name]
            if account.orders:
                for market in sorted(account.holdings):
                    if account.holdings[market].orders:
                        self._cancel_in(account, market)

    def _cancel_in(self, account: Account, market: str) -> None:
        holding = account.holdings[market]
        events: list[AnyEvent] = []
        cancels = Cancels(account, market, (holding.open_buy_e8, holding.open_sell_e8), events)
        for order in by_age([order for order in account.orders.values() if order.market == market]):
            reason = ROLLED_BACK
            if order.order_type in PROTECTING and order.status == ORDER_UNTRIGGERED:
                if (account.name, order.order_id) in self.facts.owner_cancels:
                    reason = USER_CANCELED
                elif offsets(holding.size_e8, order.sign):
                    self.kept.append((account.name, order.order_id))
                    continue
                else:
                    reason = PARENT_CANCELLED
            cancels.cancel(order, reason, order.remaining_e8, 0)
            self.cancelled.append((account.name, order.order_id, reason))
        for event in events:
            self._emit(event, self.command.issued_at_us)

    def _treat(self, debited: set[tuple[str, str]]) -> None:
        """Find the accounts that end negative, and do what the plan says of each."""
        treated: set[str] = set()
        for name, asset in sorted(debited):
            account = self.state.accounts[name]
            balance = balance_e8(self.state, account, asset)
            if balance >= 0:
                continue
            treatment = RECEIVABLE
            if asset == self.state.settlement_asset:
                treatment = self.treatments.get(name, RECEIVABLE)
                treated.add(name)
            negative = Negative(name, asset, balance, treatment)
            self.negatives.append(negative)
            if treatment == CLOSE:
                self._close(account)
            elif treatment == COVER:
                self._cover(account, -balance)
            negative.after_e8 = min(0, balance_e8(self.state, account, asset))
            if account.status != RESTRICTED and (negative.after_e8 < 0 or treatment == COVER):
                event = restricted(name, account.status, self.command.incident_id)
                self._emit(event, self.command.issued_at_us)
        for subject, treatment in self.treatments.items():
            if treatment != REINSTATE and subject not in treated:
                self.problems.append(f"account {subject} does not end negative: nothing to {treatment}")

    def _close(self, account: Account) -> None:
        """The Liquidator Vault takes over the positions at the marks of the target, without a penalty."""
        held = positions_of(account)
        liquidator = self.state.accounts.get(self.state.liquidator)
        if not held or liquidator is None or liquidator is account:
            self.problems.append(f"account {account.name} has no position that a LIQUIDATOR could take over")
            return
        takeover = Takeover(
            self.state, account, liquidator, self.command_id + "/" + account.name, self.now_us
        )
        events = takeover.closing(held, health_of(account, IN_FORCE))
        if not takeover.fits():
            self.problems.append(f"a result of the takeover of {account.name} is out of range")
            return
        for event in events:
            self._emit(event, self.command.issued_at_us)
        left = {(account.name, order_id) for order_id in account.orders}
        self.kept = [key for key in self.kept if key[0] != account.name or key in left]

    def _cover(self, account: Account, amount_e8: int) -> None:
        """The Liquidator Vault pays; what it paid is its claim on the account."""
        payer = self.state.liquidator
        if not payer or payer == account.name:
            self.problems.append(f"there is no LIQUIDATOR to cover {account.name}")
            return
        self._move(
            self.command_id + "/" + account.name,
            BANKRUPTCY_COVER,
            payer,
            account.name,
            self.state.settlement_asset,
            amount_e8,
            0,
            self.command.issued_at_us,
        )

    def _check_custody(self) -> None:
        """Nothing outside moved, so custody is the same before and after, in every asset."""
        now = self.state.custody
        for asset in sorted([*self.custody_e8.keys(), *now.keys()]):
            before = self.custody_e8.get(asset, 0)
            if before != now.get(asset, 0):
                self.problems.append(
                    f"custody of {asset} would be {now.get(asset, 0)}e-8, and is {before}e-8"
                )
