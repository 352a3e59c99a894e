"""What a correction makes good of vaults: redemptions at a wrong price, their unwindings, and shares.

A flow that both histories have is put at the price of the counterfactual. One that reality alone has stays:
its money moved; its shares are put at the price that the vault had in the counterfactual just then. One that
the counterfactual alone has never moved money and gives no shares.
"""

from ledger.core.messages import (
    CorrectionPayment,
    FillReversal,
    ShareCorrection,
    VaultSharesBurned,
    VaultSharesMinted,
)
from ledger.core.rules.money import VAULT_WITHDRAWAL
from ledger.core.rules.positions import trade_value_e8
from ledger.core.rules.shares import price_of
from ledger.core.state import State
from ledger.core.values import BUY, E8, SELL
from ledger.incident.correction.collect import Collector, Flow, Moved, Place
from ledger.incident.correction.parts import Parts
from ledger.incident.counterfactual.run import Counterfactual


def correct_vaults(parts: Parts, done: Counterfactual, collected: Collector) -> None:
    """Payments, unwindings and shares of every vault with a flow in the window."""
    recorded, flows = done.recorded, collected.flows
    for transfer_id, flow in flows.by_id.items():
        if isinstance(flow, VaultSharesBurned):
            _redemption(parts, done, collected, transfer_id, flow)
    for place, moved in flows.moved.items():
        should = collected.counterfactual_flows.moved.get(place)
        if place[0] in collected.counterfactual_flows.by_id and place[0] in recorded.unwinds:
            _unwinding(parts, recorded, place, moved, 0 if should is None else should.size_e8)
    for one in sorted(flows.by_id.keys() ^ collected.counterfactual_flows.by_id.keys()):
        parts.notes.append(_note(one, collected))
    for name, vault in sorted(recorded.vaults.items()):
        for holder in sorted(
            vault.stakes.keys() | done.state.vaults[name].stakes.keys() | _holders(collected, name)
        ):
            _share(parts, done, collected, (name, holder))


def _holders(collected: Collector, vault: str) -> set[str]:
    """Who had a flow in the window."""
    return {holder for name, holder in collected.flows.first if name == vault}


def _note(transfer_id: str, collected: Collector) -> str:
    if transfer_id in collected.flows.by_id:
        return f"vault flow {transfer_id} would have been refused: it stays, at the corrected price"
    return f"vault flow {transfer_id} was refused and should not have been: it stays out"


def _redemption(
    parts: Parts, done: Counterfactual, collected: Collector, transfer_id: str, burned: VaultSharesBurned
) -> None:
    """What was paid too much goes back to the vault, what was paid too little comes from it."""
    should = collected.counterfactual_flows.by_id.get(transfer_id)
    if isinstance(should, VaultSharesBurned):
        over = burned.pay_e8 - should.pay_e8
    else:
        equity, supply = done.replay.flows_apart.get(transfer_id, (0, 0))
        over = burned.pay_e8 - (equity * burned.shares_e8 // supply if supply > 0 and equity > 0 else 0)
    _pay_back(parts, done.recorded, transfer_id, burned, over)


def _pay_back(
    parts: Parts, recorded: State, transfer_id: str, burned: VaultSharesBurned, over_e8: int
) -> None:
    """Money of a redemption between who has it, the auxiliary account while there is one, and the vault."""
    has = burned.aux_account if transfer_id in recorded.unwinds else burned.holder
    if over_e8:
        pair = (has, burned.account) if over_e8 > 0 else (burned.account, has)
        parts.payments.append(
            CorrectionPayment(*pair, VAULT_WITHDRAWAL, abs(over_e8), "", burned.vault, burned.seq)
        )


def _unwinding(parts: Parts, recorded: State, place: Place, moved: Moved, should_e8: int) -> None:
    """Another part of a position should have moved: the difference goes back at the mark of then.

    At that mark neither side gains by it, and the payment of the redemption has what is left of the cash.
    """
    excess = moved.size_e8 - should_e8
    if excess == 0:
        return
    unwind = recorded.unwinds[place[0]]
    operator = recorded.vaults[unwind.vault].account
    value = trade_value_e8(abs(excess), moved.mark_e8)
    for account, other, seq, sign in (
        (unwind.aux_account, operator, moved.aux_seq, 1),
        (operator, unwind.aux_account, moved.operator_seq, -1),
    ):
        side = BUY if excess * sign > 0 else SELL
        sizes = (abs(excess), moved.mark_e8, value, moved.index_e8)
        parts.unwinds.append(
            FillReversal(account, place[1], other, unwind.unwind_id, seq, 0, 0, side, *sizes, 0, 0)
        )


def _share(parts: Parts, done: Counterfactual, collected: Collector, place: Place) -> None:
    """The shares of one holder that the histories disagree on, at the corrected price of its first flow."""
    name, holder = place
    recorded = done.recorded.vaults[name]
    was = recorded.stakes.get(holder)
    should = done.state.vaults[name].stakes.get(holder)
    held = 0 if was is None else was.shares_e8
    change = (0 if should is None else should.shares_e8) - held + _apart(done, collected, place)
    if change == 0:
        return
    first = collected.flows.first.get(place)
    if first is None:
        parts.notes.append(f"{holder} has {-change}e-8 shares of {name} too many, by profit share: they stay")
        return
    equity, supply = _corrected_price(done, collected, first)
    if held + change < 0:
        change = _redeemed(parts, done, first, -held - change, (equity, supply), held)
        if change == 0:
            return
    lot_id, unlock_at_us = first.transfer_id, 0
    if was is not None:
        for lot in was.lots:
            if lot.lot_id == lot_id:
                unlock_at_us = lot.unlock_at_us
    parts.shares.append(
        ShareCorrection(
            name,
            holder,
            change,
            equity,
            E8 if supply == 0 else price_of(equity, supply),
            was.hwm_e8 if should is None and was is not None else 0 if should is None else should.hwm_e8,
            lot_id,
            unlock_at_us,
            first.seq,
        )
    )


def _redeemed(
    parts: Parts, done: Counterfactual, first: Flow, missing_e8: int, price: tuple[int, int], held_e8: int
) -> int:
    """Shares that should not have been there and are redeemed by now are paid back; what is left to take."""
    equity, supply = price
    over = equity * missing_e8 // supply if supply > 0 and equity > 0 else 0
    if over:
        vault = done.recorded.vaults[first.vault]
        parts.payments.append(
            CorrectionPayment(first.holder, vault.account, VAULT_WITHDRAWAL, over, "", first.vault, first.seq)
        )
    return -held_e8


def _corrected_price(done: Counterfactual, collected: Collector, flow: Flow) -> tuple[int, int]:
    """Equity and supply of the vault before a flow, as they should have been."""
    same = collected.counterfactual_flows.by_id.get(flow.transfer_id)
    if same is not None:
        return same.equity_before_e8, same.supply_before_e8
    return done.replay.flows_apart.get(flow.transfer_id, (flow.equity_before_e8, flow.supply_before_e8))


def _apart(done: Counterfactual, collected: Collector, place: Place) -> int:
    """Shares that the flows of one history alone give a holder, beside those of the counterfactual."""
    here, there = collected.flows, collected.counterfactual_flows
    change = 0
    for transfer_id, flow in here.by_id.items():
        if transfer_id not in there.by_id and flow.vault == place[0]:
            change += _gives(flow, here.fees.get(transfer_id, 0), place[1], done)
    for transfer_id, flow in there.by_id.items():
        if transfer_id not in here.by_id and flow.vault == place[0]:
            change -= _gives(flow, there.fees.get(transfer_id, 0), place[1], None)
    return change


def _gives(flow: Flow, fee_e8: int, holder: str, done: Counterfactual | None) -> int:
    """Shares that a flow adds to a holder; with ``done`` a mint is put at the price of the counterfactual."""
    if isinstance(flow, VaultSharesMinted):
        if flow.holder != holder:
            return 0
        equity, supply = (0, 0) if done is None else done.replay.flows_apart.get(flow.transfer_id, (0, 0))
        return flow.amount_e8 * supply // equity if equity > 0 and supply > 0 else flow.shares_e8
    return -flow.shares_e8 - fee_e8 if flow.holder == holder else 0
