"""Redemptions: shares are burned for their part of everything that a vault has.

The funding of every position is settled first, so that equity is what positions and cash are
worth. The profit share comes out of the shares redeemed. Of each position the part
``floor(|S| * shares / supply)``, on the size step, moves to an auxiliary account at its
proportional cost, with as much cash as makes that account worth ``floor(equity * shares /
supply)``; so the price of the shares that stay never falls, and nobody else bears the cost of
the unwinding (decisions.md 27). When nothing moves the cash is paid at once. The auxiliary
account trades like any other until it is flat; then its money goes to the holder.

Events: FundingSettled per position, VaultFeeSettled, VaultSharesBurned; then AccountOpened,
VaultUnwindStarted, the fills of each market, the cash; or the payment alone.
"""

from typing import Final, final

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    AnyEvent,
    CompleteUnwind,
    FillSettled,
    FundingSettled,
    RedeemShares,
    TransferReceived,
    TransferSent,
    VaultSharesBurned,
    VaultUnwindCompleted,
    VaultUnwindStarted,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import VAULT_FLOWS
from ledger.core.rules.accounts import COUNTER_ACCOUNTS, KINDS_WITH_PARENT
from ledger.core.rules.balances import RESTRICTED, refuse_account
from ledger.core.rules.funding import CORRECTION, settled_funding
from ledger.core.rules.health import positions_of
from ledger.core.rules.modes import refuse_mode
from ledger.core.rules.money import UNWINDING, VAULT_WITHDRAWAL, transfer_received, transfer_sent
from ledger.core.rules.shares import (
    VAULT_CLOSED,
    fee_shares_of,
    lots_text,
    price_of,
    refuse_flow,
    refuse_loss,
    settled_equity_e16,
    take_from_lot,
    take_lots,
    unlocked_e8,
)
from ledger.core.rules.trades import Terms, cancel_misfits, fill_fits, settled_fill
from ledger.core.rules.vaults import fee_settled
from ledger.core.rules.words import ACCOUNT_CLOSED, UNWIND_TRANSFER
from ledger.core.state import Account, Holding, State
from ledger.core.values import E8, MAKER, div_up, is_long, is_name
from ledger.core.vault_state import Stake, Unwind, Vault

WITHDRAWAL: Final = "WITHDRAWAL"
AUXILIARY: Final = "AUXILIARY"
UNWOUND: Final = "UNWOUND"


def decide_redeem_shares(state: State, command: RedeemShares, now_us: int) -> Decision:
    """Burn shares, and pay what they are worth or start to unwind it."""
    shares = command.shares_e8
    if shares <= 0:
        return refused(RefusalCode.INVALID_VALUE, f"shares {shares}e-8 is not positive")
    if command.aux_account and not is_name(command.aux_account):
        return refused(RefusalCode.INVALID_VALUE, f"aux_account {command.aux_account!r} is not a name")
    refusal = refuse_mode(state, VAULT_FLOWS)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    holder = state.accounts[command.account]
    if holder.status == RESTRICTED:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {holder.name}")
    vault = state.vaults.get(command.vault)
    if vault is None:
        return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {command.vault!r}")
    refusal = refuse_flow(state, vault, now_us)
    if refusal is not None:
        return refusal
    stake = vault.stakes.get(holder.name)
    if stake is None or stake.shares_e8 < shares:
        held = 0 if stake is None else stake.shares_e8
        return refused(RefusalCode.SHARES_NOT_HELD, f"{holder.name} holds {held}e-8 of {vault.vault}")
    redemption = Redemption(state, vault, holder, stake, shares, command_id(command), now_us)
    refusal = redemption.refuse()
    if refusal is None and redemption.parts:
        refusal = _refuse_aux(state, command.aux_account)
    if refusal is not None:
        return refusal
    events = redemption.events(command.aux_account)
    return (
        accepted(events)
        if redemption.fits(events)
        else refused(RefusalCode.OUT_OF_RANGE, f"a result of the redemption from {vault.vault}")
    )


def _refuse_aux(state: State, name: str) -> Decision | None:
    """Why no auxiliary account of this name can be opened, or None."""
    if not name:
        return refused(RefusalCode.INVALID_VALUE, "aux_account is empty, and there are positions to unwind")
    if name in state.accounts:
        return refused(RefusalCode.ACCOUNT_EXISTS, f"account {name}")
    if ":" in name or name in COUNTER_ACCOUNTS:
        return refused(RefusalCode.ACCOUNT_RESERVED, f"account {name}")
    return None


@final
class Redemption:
    """One redemption worked out: what is paid, and which part of each position moves.

    ``parts`` are the positions of which something moves, with its size (1e-8, unsigned).
    """

    __slots__ = (
        "burned_e8",
        "equity_e8",
        "fee_e8",
        "holder",
        "now_us",
        "operator",
        "parts",
        "pay_e8",
        "price_e8",
        "shares_e8",
        "stake",
        "state",
        "unwind_id",
        "vault",
    )

    def __init__(  # noqa: PLR0913
        self,
        state: State,
        vault: Vault,
        holder: Account,
        stake: Stake,
        shares_e8: int,
        unwind_id: str,
        now_us: int,
    ) -> None:
        self.state = state
        self.vault = vault
        self.holder = holder
        self.stake = stake
        self.shares_e8 = shares_e8
        self.unwind_id = unwind_id
        self.now_us = now_us
        self.operator = state.accounts[vault.account]
        supply = vault.supply_e8
        self.equity_e8 = settled_equity_e16(self.operator) // E8
        self.price_e8 = price_of(self.equity_e8, supply)
        self.fee_e8 = fee_shares_of(vault, stake, shares_e8, self.price_e8)
        self.burned_e8 = shares_e8 - self.fee_e8
        self.pay_e8 = self.equity_e8 * self.burned_e8 // supply
        self.parts: list[tuple[Holding, int]] = []
        for holding in positions_of(self.operator):
            step = holding.market.size_step_e8
            part = abs(holding.size_e8) * self.burned_e8 // (supply * step) * step
            if part:
                self.parts.append((holding, part))

    def refuse(self) -> Decision | None:
        """From ``VAULT_INSOLVENT`` to ``OWNER_MINIMUM``, or None."""
        vault = self.vault
        if self.equity_e8 <= 0:
            return refused(RefusalCode.VAULT_INSOLVENT, f"equity of {vault.vault} is {self.equity_e8}e-8")
        refusal = refuse_loss(self.state, vault)
        if refusal is not None:
            return refusal
        if self.pay_e8 == 0:
            return refused(
                RefusalCode.VAULT_AMOUNT_TOO_SMALL, f"{self.shares_e8}e-8 shares are worth nothing"
            )
        unlocked = unlocked_e8(self.stake, self.now_us)
        if unlocked < self.shares_e8:
            return refused(RefusalCode.SHARES_LOCKED, f"{unlocked}e-8 shares are not locked")
        if self.holder.name == vault.owner and vault.status != VAULT_CLOSED:
            left = (self.stake.shares_e8 - self.shares_e8) * self.equity_e8 // vault.supply_e8
            if left < vault.owner_minimum_e8:
                return refused(
                    RefusalCode.OWNER_MINIMUM, f"{left}e-8 would be left, below {vault.owner_minimum_e8}e-8"
                )
        return None

    def events(self, aux_name: str) -> list[AnyEvent]:
        """All events in order; ``aux_name`` is used when something moves."""
        vault = self.vault
        events: list[AnyEvent] = []
        balance = self.operator.balance_e8
        for holding in positions_of(self.operator):
            if holding.cached_index_e8 != holding.market.index_e8:
                settled = settled_funding(self.operator, holding, balance)
                balance = settled.balance_after_e8
                events.append(settled)
        if self.fee_e8:
            owner = vault.stakes.get(vault.owner)
            owner_shares = 0 if owner is None else owner.shares_e8
            events.append(
                fee_settled(vault, self.stake, owner_shares, self.price_e8, self.fee_e8, WITHDRAWAL)
            )
        events.append(self._burned(aux_name if self.parts else ""))
        burned_seq = self.state.seq + len(events)
        first = len(events)
        if self.parts:
            self._unwind(events, aux_name, balance)
        else:
            payer, payee = self.operator.name, self.holder
            self._pay(events, VAULT_WITHDRAWAL, payer, balance, payee.name, payee.balance_e8, self.pay_e8)
        for event in events[first:]:
            event.cause_seq = burned_seq
        return events

    def fits(self, events: list[AnyEvent]) -> bool:
        """Whether everything that is recorded fits its field."""
        if not (is_long(self.equity_e8) and is_long(self.price_e8) and is_long(self.pay_e8)):
            return False
        for event in events:
            match event:
                case FillSettled():
                    if not (fill_fits(event) and is_long(event.price_e8) and is_long(event.value_e8)):
                        return False
                case VaultUnwindStarted():
                    if not (is_long(event.cash_e8) and is_long(event.notional_e8)):
                        return False
                case FundingSettled():
                    if not (is_long(event.balance_after_e8) and is_long(event.realized_funding_e8)):
                        return False
                case VaultSharesBurned():
                    if not is_long(event.net_deposits_after_e8):
                        return False
                case TransferSent() | TransferReceived():
                    if not is_long(event.balance_after_e8):
                        return False
                case _:
                    pass
        return True

    def _burned(self, aux_account: str) -> VaultSharesBurned:
        vault, stake = self.vault, self.stake
        before = stake.shares_e8 - self.fee_e8
        after = before - self.burned_e8
        return VaultSharesBurned(
            account=vault.account,
            vault=vault.vault,
            holder=stake.holder,
            burn_kind=WITHDRAWAL,
            transfer_id=self.unwind_id,
            equity_before_e8=self.equity_e8,
            price_e8=self.price_e8,
            shares_e8=self.burned_e8,
            pay_e8=self.pay_e8,
            aux_account=aux_account,
            lots=lots_text(stake, self.fee_e8, self.burned_e8),
            supply_before_e8=vault.supply_e8,
            supply_after_e8=vault.supply_e8 - self.burned_e8,
            holder_shares_before_e8=before,
            holder_shares_after_e8=after,
            hwm_before_e8=stake.hwm_e8,
            hwm_after_e8=stake.hwm_e8 if after else 0,
            holder_deposited_before_e8=stake.deposited_e8,
            holder_deposited_after_e8=stake.deposited_e8 * after // before,
            net_deposits_before_e8=vault.net_deposits_e8,
            net_deposits_after_e8=vault.net_deposits_e8 - self.pay_e8,
            corrects_seq=0,
        )

    def _unwind(self, events: list[AnyEvent], aux_name: str, balance_e8: int) -> None:
        """Open the auxiliary account, move the parts, and the cash that makes it worth its part."""
        vault, holder = self.vault, self.holder
        parent = holder.parent if holder.kind in KINDS_WITH_PARENT else holder.name
        opened = AccountOpened(aux_name, AUXILIARY, parent, holder.signer_key, 0, holder.fee_tier, 0)
        events.append(opened)
        aux = Account(aux_name, AUXILIARY, parent, "", 0, holder.fee_tier)
        started = VaultUnwindStarted(
            account=vault.account,
            vault=vault.vault,
            holder=holder.name,
            aux_account=aux_name,
            unwind_id=self.unwind_id,
            shares_e8=self.burned_e8,
            supply_e8=vault.supply_e8,
            equity_e8=self.equity_e8,
            pay_e8=self.pay_e8,
            cash_e8=0,
            positions=len(self.parts),
            notional_e8=0,
        )
        events.append(started)
        notional_e16 = 0
        profit_e16 = 0
        given: list[FillSettled] = []
        for holding, part in self.parts:
            mark = holding.market.mark_e8
            fill = self._move(events, aux, holding, part, balance_e8)
            given.append(fill)
            sign = 1 if holding.size_e8 > 0 else -1
            notional_e16 += part * mark
            profit_e16 += sign * (part * mark - fill.value_e8 * E8)
        started.notional_e8 = notional_e16 // E8
        cash = self.pay_e8 - div_up(profit_e16, E8)
        started.cash_e8 = cash
        if cash > 0:
            self._pay(events, UNWINDING, self.operator.name, balance_e8, aux_name, 0, cash)
        elif cash < 0:
            self._pay(events, UNWINDING, aux_name, 0, self.operator.name, balance_e8, -cash)
        for fill in given:
            holding = self.operator.holdings[fill.market]
            if holding.reduce_only_orders:
                cancel_misfits(events, self.operator, fill, 0)

    def _move(
        self, events: list[AnyEvent], aux: Account, holding: Holding, part_e8: int, balance_e8: int
    ) -> FillSettled:
        """Two fills that move a part of a position at its cost; the operator's is returned."""
        market = holding.market
        size = holding.size_e8
        sign = 1 if size > 0 else -1
        left = abs(size) - part_e8
        value = sign * (holding.cost_e8 - holding.cost_e8 * left // abs(size))
        price = max(0, value * E8 // part_e8)
        terms = Terms(market, self.unwind_id, UNWIND_TRANSFER, price, part_e8, self.now_us)
        terms.value_e8 = value
        before = _settled(holding)
        seq = self.state.seq + len(events) + 1
        out = settled_fill(terms, self.operator, before, balance_e8, None, -sign, MAKER, aux.name, seq)
        into = settled_fill(terms, aux, Holding(market), 0, None, sign, MAKER, self.operator.name, seq + 1)
        out.vault = into.vault = self.vault.vault
        events.append(out)
        events.append(into)
        return out

    def _pay(  # noqa: PLR0913
        self,
        events: list[AnyEvent],
        kind: str,
        payer: str,
        payer_balance_e8: int,
        payee: str,
        payee_balance_e8: int,
        amount_e8: int,
    ) -> None:
        """Both sides of a payment of this redemption."""
        asset = self.state.settlement_asset
        sent = transfer_sent(self.unwind_id, kind, payer, payee, asset, amount_e8, payer_balance_e8)
        received = transfer_received(self.unwind_id, kind, payee, payer, asset, amount_e8, payee_balance_e8)
        sent.vault = received.vault = self.vault.vault
        events.append(sent)
        events.append(received)


def _settled(holding: Holding) -> Holding:
    """A copy of a holding whose funding was just settled."""
    after = Holding(holding.market)
    after.size_e8 = holding.size_e8
    after.cost_e8 = holding.cost_e8
    after.cached_index_e8 = holding.market.index_e8
    after.position_id = holding.position_id
    after.open_buy_e8 = holding.open_buy_e8
    after.open_sell_e8 = holding.open_sell_e8
    return after


def decide_complete_unwind(state: State, command: CompleteUnwind, now_us: int) -> Decision:  # noqa: ARG001
    """Pay the holder what the auxiliary account has, once it is flat, and close that account."""
    refusal = refuse_mode(state, VAULT_FLOWS)
    if refusal is not None:
        return refusal
    vault = state.vaults.get(command.vault)
    if vault is None:
        return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {command.vault!r}")
    unwind = state.unwinds.get(command.unwind_id)
    if unwind is None or unwind.vault != vault.vault:
        return refused(RefusalCode.UNWIND_NOT_FOUND, f"no unwinding {command.unwind_id!r} of {vault.vault}")
    aux = state.accounts[unwind.aux_account]
    paid = aux.balance_e8
    if positions_of(aux) or aux.orders or paid < 0:
        return refused(
            RefusalCode.UNWIND_RUNNING, f"account {aux.name} is not flat, has orders, or owes {paid}e-8"
        )
    holder = state.accounts[unwind.holder]
    if not is_long(holder.balance_e8 + paid):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance of {holder.name}")
    asset = state.settlement_asset
    events: list[AnyEvent] = [
        VaultUnwindCompleted(
            account=vault.account,
            vault=vault.vault,
            holder=holder.name,
            aux_account=aux.name,
            unwind_id=unwind.unwind_id,
            paid_e8=paid,
            unwind_pnl_e8=paid - unwind.pay_e8,
        )
    ]
    if paid:
        transfer_id = command_id(command)
        sent = transfer_sent(transfer_id, VAULT_WITHDRAWAL, aux.name, holder.name, asset, paid, paid)
        received = transfer_received(
            transfer_id, VAULT_WITHDRAWAL, holder.name, aux.name, asset, paid, holder.balance_e8
        )
        sent.vault = received.vault = vault.vault
        events.append(sent)
        events.append(received)
    if not any(aux.other_balances.values()) and not any(aux.pending.values()):
        events.append(AccountChanged(aux.name, "status", "", aux.status, ACCOUNT_CLOSED, UNWOUND))
    for event in events[1:]:
        event.cause_seq = state.seq + 1
    return accepted(events)


def evolve_vault_shares_burned(state: State, event: VaultSharesBurned) -> None:
    """Fewer shares, out of the oldest lots; an empty stake is forgotten."""
    vault = state.vaults[event.vault]
    vault.supply_e8 = event.supply_after_e8
    vault.net_deposits_e8 = event.net_deposits_after_e8
    stake = vault.stakes[event.holder]
    stake.shares_e8 = event.holder_shares_after_e8
    stake.hwm_e8 = event.hwm_after_e8
    stake.deposited_e8 = event.holder_deposited_after_e8
    if event.burn_kind == CORRECTION:
        take_from_lot(stake, event.lots.partition("=")[0], event.shares_e8)
    else:
        take_lots(stake, event.shares_e8)
    if stake.shares_e8 == 0:
        del vault.stakes[event.holder]


def evolve_vault_unwind_started(state: State, event: VaultUnwindStarted) -> None:
    """The auxiliary account belongs to the vault until its money is paid."""
    state.unwinds[event.unwind_id] = Unwind(
        event.unwind_id, event.vault, event.holder, event.aux_account, event.pay_e8
    )
    state.accounts[event.aux_account].vault = event.vault


def evolve_vault_unwind_completed(state: State, event: VaultUnwindCompleted) -> None:
    """Nothing is being unwound there any more; the payment is an event of its own."""
    del state.unwinds[event.unwind_id]
    state.accounts[event.aux_account].vault = ""
