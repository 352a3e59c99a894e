"""The plan of a correction, made from the replay of a counterfactual and what was collected beside it.

The order of work is that of ``ledger.core.rules.corrected``. Before the plan is written it is tried on a
copy of the ledger: an account that would not carry the position it gets back is paid the difference to
the counterfactual instead, and the trial says what everybody will be worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.core.messages import (
    FIELDS,
    ApplyCorrection,
    CorrectionPayment,
    FillReversal,
    FundingCorrection,
    IndexRestatement,
    OrderReinstatement,
    ShareCorrection,
)
from ledger.core.plan_digest import CORRECTION, PlanHead
from ledger.core.refusals import RefusalCode
from ledger.core.rules.corrected import Corrected, sign_of_side
from ledger.core.rules.corrections import PARTS, RECORDS, correction_body, refuse_lines
from ledger.core.rules.margin import account_value_e8
from ledger.core.rules.money import BANKRUPTCY_COVER, PENALTY, REFUND, REPAYMENT, VAULT_WITHDRAWAL
from ledger.core.rules.positions import offsets
from ledger.core.rules.shares import price_of
from ledger.core.rules.words import ORDER_UNTRIGGERED
from ledger.core.state import State
from ledger.core.values import E8
from ledger.errors import PlanInvalid, SettingsFault, invariant
from ledger.incident.correction.collect import Collector, Takeover
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.plan import Plan
from ledger.incident.valuation import worth_of

NO_DIGEST: Final = "0" * 64
NOW_US: Final = 0


@dataclass(slots=True)
class Parts:
    """The lists of a correction while they are made, and what people should know besides."""

    indices: list[IndexRestatement] = field(default_factory=list)
    funding: list[FundingCorrection] = field(default_factory=list)
    fills: list[FillReversal] = field(default_factory=list)
    payments: list[CorrectionPayment] = field(default_factory=list)
    shares: list[ShareCorrection] = field(default_factory=list)
    orders: list[OrderReinstatement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What operators say of a correction."""

    incident_id: str
    reason: str


def plan_correction(done: Counterfactual, collected: Collector, asked: Asked) -> Plan:
    """The plan that restates every index that differs at the end of the window.

    Raises ``SettingsFault`` when no index differs, or the window has an earlier correction; ``PlanInvalid``
    when the ledger would refuse it, as it does for an account that was closed since.
    """
    recorded = done.recorded
    if collected.restated_seq:
        raise SettingsFault(
            f"event {collected.restated_seq} restated an index within the window",
            remedy="Choose a window that begins after it",
        )
    parts = Parts()
    _indices(parts, done, collected)
    if not parts.indices:
        raise SettingsFault(
            "no funding index of the window differs from the corrected one", remedy="Name other ticks"
        )
    _funding(parts, recorded, collected)
    undone = undone_takeovers(done, collected)
    cash: list[str] = []
    for name in taken_over_in_both(done):
        parts.notes.append(f"{name} was taken over in both histories: that is left as it is")
    _takeovers(parts, undone, recorded, frozenset())
    _vaults(parts, done, collected)
    trial = _trial(parts, recorded, asked, done)
    cash = trial.unhealthy()
    if cash:
        parts.fills.clear()
        parts.payments = [one for one in parts.payments if not one.liquidation_id]
        _takeovers(parts, undone, recorded, frozenset(cash))
        trial = _trial(parts, recorded, asked, done)
        _cash(parts, done, trial.scratch, cash)
    _orders(parts, done, undone, trial.scratch, collected, frozenset(cash))
    trial = _trial(parts, recorded, asked, done)
    return _plan(parts, done, trial, asked, cash)


def undone_takeovers(done: Counterfactual, collected: Collector) -> list[Takeover]:
    """Takeovers that happened in reality only, in order of seq."""
    both = {one.liquidation_id for one in done.replay.liquidations}
    return [
        takeover for liquidation_id, takeover in collected.takeovers.items() if liquidation_id not in both
    ]


def taken_over_in_both(done: Counterfactual) -> list[str]:
    """Accounts with a takeover that both histories have, of whatever size, in order of names."""
    both = {one.liquidation_id for one in done.replay.liquidations}
    return sorted({one.account for one in done.replay.liquidations_recorded if one.liquidation_id in both})


def command_of(plan: Plan, producer: str, number: int, issued_at_us: int) -> ApplyCorrection:
    """The command that applies a correction plan."""
    body: Mapping[str, Any] = plan.body
    made: list[list[Any]] = []
    for part, record in zip(PARTS, RECORDS, strict=True):
        kind = _KINDS[record]
        width = len(FIELDS[record])
        rows = body[part]
        invariant(all(len(row) == width for row in rows), f"{part} of the plan has rows of another width")
        made.append([kind(*row) for row in rows])
    return ApplyCorrection(
        producer,
        number,
        issued_at_us,
        plan.head.incident_id,
        body["reason"],
        plan.digest,
        plan.report_digest,
        body["head_seq"],
        *made,
    )


_KINDS: Final[dict[str, Any]] = {
    "IndexRestatement": IndexRestatement,
    "FundingCorrection": FundingCorrection,
    "FillReversal": FillReversal,
    "CorrectionPayment": CorrectionPayment,
    "ShareCorrection": ShareCorrection,
    "OrderReinstatement": OrderReinstatement,
}


def _indices(parts: Parts, done: Counterfactual, collected: Collector) -> None:
    for name, market in sorted(done.recorded.markets.items()):
        should = done.state.markets[name]
        if should.index_e8 != market.index_e8 or should.remainder != market.remainder:
            steps = collected.steps[name]
            parts.indices.append(
                IndexRestatement(
                    name, should.index_e8, should.remainder, steps.wrong_from_seq, steps.wrong_to_seq
                )
            )


def _funding(parts: Parts, recorded: State, collected: Collector) -> None:
    """One line per position that was settled at a wrong index, and differs for it."""
    restated = {entry.market for entry in parts.indices}
    for (account, market), settlement in sorted(collected.settlements.by_position.items()):
        if market in restated and settlement.differs:
            holding = recorded.accounts[account].holdings[market]
            parts.funding.append(
                FundingCorrection(
                    account,
                    market,
                    holding.cached_index_e8,
                    settlement.cached_e8,
                    settlement.correction_e8,
                    settlement.dust_e16,
                    settlement.seqs[0],
                )
            )


def _takeovers(parts: Parts, undone: list[Takeover], recorded: State, cash: frozenset[str]) -> None:
    """The reversal of every fill, newest first, and the money that goes back; nothing for ``cash``."""
    liquidator = recorded.liquidator
    taken = [takeover for takeover in undone if takeover.started.account not in cash]
    for takeover in reversed(taken):
        for fill in reversed(takeover.fills):
            event = fill.event
            parts.fills.append(
                FillReversal(
                    event.account,
                    event.market,
                    event.counterparty,
                    event.liquidation_id,
                    event.seq,
                    fill.previous_seq,
                    event.side,
                    event.fill_size_e8,
                    event.price_e8,
                    event.value_e8,
                    fill.index_e8,
                    event.cost_before_e8,
                    event.position_id_before,
                )
            )
    for takeover in taken:
        account, liquidation_id = takeover.started.account, takeover.started.liquidation_id
        penalty, cover = takeover.penalty, takeover.cover
        if penalty is not None:
            parts.payments.append(
                CorrectionPayment(
                    liquidator, account, PENALTY, penalty.amount_e8, liquidation_id, "", penalty.seq
                )
            )
        if cover is not None:
            parts.payments.append(
                CorrectionPayment(
                    account, liquidator, BANKRUPTCY_COVER, cover.amount_e8, liquidation_id, "", cover.seq
                )
            )


def _vaults(parts: Parts, done: Counterfactual, collected: Collector) -> None:
    """Socialised losses, what redemptions paid, and the shares of every holder, as they should be."""
    for sent, released_seq in collected.repayments:
        parts.payments.append(
            CorrectionPayment(
                sent.account, sent.counterparty, REPAYMENT, sent.amount_e8, "", "", released_seq
            )
        )
    for transfer_id, burned in collected.burns.items():
        should = collected.counterfactual_burns.get(transfer_id)
        if should is None or should.pay_e8 == burned.pay_e8:
            continue
        over = burned.pay_e8 - should.pay_e8
        has = burned.aux_account if transfer_id in done.recorded.unwinds else burned.holder
        pair = (has, burned.account) if over > 0 else (burned.account, has)
        parts.payments.append(
            CorrectionPayment(*pair, VAULT_WITHDRAWAL, abs(over), "", burned.vault, burned.seq)
        )
    odd = collected.flow_ids ^ collected.counterfactual_flow_ids
    parts.notes.extend(f"vault flow {one} is in one history only and is left as it is" for one in sorted(odd))
    for name, vault in sorted(done.recorded.vaults.items()):
        should_be = done.state.vaults[name].stakes
        for holder in sorted(vault.stakes.keys() | should_be.keys()):
            if odd or (name, holder) not in collected.flows:
                continue
            _share(parts, done, collected, (name, holder))


def _share(parts: Parts, done: Counterfactual, collected: Collector, place: tuple[str, str]) -> None:
    """The shares of one holder that the histories disagree on, at the corrected price of the first flow."""
    name, holder = place
    was = done.recorded.vaults[name].stakes.get(holder)
    should = done.state.vaults[name].stakes.get(holder)
    change = (0 if should is None else should.shares_e8) - (0 if was is None else was.shares_e8)
    if change == 0:
        return
    first = collected.flows[place]
    flow = collected.counterfactual_flows[place][0]
    price = E8 if flow.supply_before_e8 == 0 else price_of(flow.equity_before_e8, flow.supply_before_e8)
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
            flow.equity_before_e8,
            price,
            0 if should is None else should.hwm_e8,
            lot_id,
            unlock_at_us,
            first.seq,
        )
    )


def _cash(parts: Parts, done: Counterfactual, scratch: State, cash: list[str]) -> None:
    """What accounts that cannot carry their position get instead: the difference to the counterfactual."""
    for name in cash:
        account = scratch.accounts.get(name) or done.recorded.accounts[name]
        now = worth_of(account, done.state, done.state)
        owed = worth_of(done.state.accounts[name], done.state, done.state).value_e8 - now.value_e8
        if owed > 0:
            parts.payments.append(CorrectionPayment(done.recorded.liquidator, name, REFUND, owed, "", "", 0))
        parts.notes.append(f"{name} cannot carry its position: it gets {max(0, owed)}e-8 instead")


def _orders(
    parts: Parts,
    done: Counterfactual,
    undone: list[Takeover],
    scratch: State,
    collected: Collector,
    cash: frozenset[str],
) -> None:
    """Take-profit and stop-loss orders that reversed takeovers cancelled and that should still wait."""
    for takeover in undone:
        for cancelled in takeover.cancelled:
            name = cancelled.account
            if name in cash or cancelled.status_before != ORDER_UNTRIGGERED or name not in scratch.accounts:
                continue
            order = done.state.accounts[name].orders.get(cancelled.order_id)
            holding = scratch.accounts[name].holdings[cancelled.market]
            if (
                order is None
                or order.status != ORDER_UNTRIGGERED
                or not offsets(holding.size_e8, sign_of_side(cancelled.side))
            ):
                continue
            placed = collected.placed.get(order.order_id)
            parts.orders.append(
                OrderReinstatement(
                    name,
                    order.order_id,
                    order.client_id,
                    order.market,
                    cancelled.side,
                    order.order_type,
                    order.instruction,
                    cancelled.remaining_before_e8,
                    order.has_price,
                    order.price_e8,
                    order.trigger_price_e8,
                    order.trigger_condition,
                    order.oco_group,
                    "EXPIRE_TAKER" if placed is None else placed.stp,
                    order.placed_seq if placed is None else placed.seq,
                )
            )


def _command(parts: Parts, recorded: State, asked: Asked) -> ApplyCorrection:
    return ApplyCorrection(
        "plan",
        1,
        NOW_US,
        asked.incident_id,
        asked.reason,
        NO_DIGEST,
        NO_DIGEST,
        recorded.seq,
        parts.indices,
        parts.funding,
        parts.fills,
        parts.payments,
        parts.shares,
        parts.orders,
    )


def _trial(parts: Parts, recorded: State, asked: Asked, done: Counterfactual) -> Corrected:
    """The correction worked out on a copy; ``unhealthy`` says who does not carry what.

    Raises ``PlanInvalid`` when the ledger would refuse it for any other reason.
    """
    command = _command(parts, recorded, asked)
    trial = Corrected(recorded, command, done.window.last.recorded_at_us)
    refusal = refuse_lines(recorded, command)
    if refusal is None:
        refusal = trial.work_out()
        if refusal is not None and trial.unhealthy():
            return trial
    if refusal is not None:
        raise PlanInvalid(
            f"the ledger would refuse it: {RefusalCode(refusal.code).name}, {refusal.detail}",
            remedy="Compensate by refunds, or go back to the block",
        )
    return trial


def _plan(parts: Parts, done: Counterfactual, trial: Corrected, asked: Asked, cash: list[str]) -> Plan:
    recorded = done.recorded
    paid = sum(one.amount_e8 for one in parts.payments if one.payer == recorded.liquidator)
    command = _command(parts, recorded, asked)
    lines = sum(len(getattr(command, part)) for part in PARTS)
    head = PlanHead(
        CORRECTION,
        recorded.ledger_id,
        asked.incident_id,
        done.window.last.height,
        lines,
        paid,
        recorded.liquidator if paid else "",
        0,
    )
    return Plan(head, correction_body(command), _report(parts, done, trial, cash))


def _report(parts: Parts, done: Counterfactual, trial: Corrected, cash: list[str]) -> dict[str, Any]:
    """What people should know before they approve: every account before, after, and as it should be."""
    funding: dict[str, int] = {}
    for line in parts.funding:
        funding[line.account] = funding.get(line.account, 0) + line.amount_e8
    accounts: list[dict[str, Any]] = []
    for name in sorted(trial.scratch.accounts):
        should = done.state.accounts.get(name)
        accounts.append(
            {
                "account": name,
                "value_recorded_e8": account_value_e8(done.recorded.accounts[name]),
                "funding_e8": funding.get(name, 0),
                "value_corrected_e8": account_value_e8(trial.scratch.accounts[name]),
                "value_counterfactual_e8": 0 if should is None else account_value_e8(should),
            }
        )
    house = done.state.accounts.get(done.replay.house)
    injected = sorted(
        {one.account for one in done.replay.liquidations}
        - {one.account for one in done.replay.liquidations_recorded}
    )
    return {
        "from_height": done.window.first.height,
        "accounts": accounts,
        "cash_in_place_of_a_position": cash,
        "should_have_been_liquidated": injected,
        "house_value_e8": 0 if house is None else account_value_e8(house),
        "takeovers_reversed": len({fill.liquidation_id for fill in parts.fills}),
        "notes": parts.notes,
    }
