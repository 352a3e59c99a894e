"""The plan of a correction, made from the replay of a counterfactual and what was collected beside it.

The order of work is that of ``ledger.core.rules.corrected``. Before the plan is written it is tried on a
copy of the ledger: an account that would not carry the position it gets back is paid the difference to
the counterfactual instead, and the trial says what everybody will be worth.
"""

from typing import Any

from ledger.core.messages import (
    CorrectionPayment,
    FundingCorrection,
    IndexRestatement,
)
from ledger.core.plan_digest import CORRECTION, PlanHead
from ledger.core.refusals import RefusalCode
from ledger.core.rules.corrected import Corrected
from ledger.core.rules.corrections import PARTS, correction_body, refuse_lines
from ledger.core.rules.margin import account_value_e8
from ledger.core.rules.money import REFUND, REPAYMENT
from ledger.core.state import State
from ledger.errors import PlanInvalid, SettingsFault
from ledger.incident.correction.collect import Collector
from ledger.incident.correction.negatives import charge, treat_negatives
from ledger.incident.correction.parts import Asked, Parts
from ledger.incident.correction.takeovers import correct_takeovers, reinstate_orders, spared
from ledger.incident.correction.vaults import correct_vaults
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.plan import Plan
from ledger.incident.valuation import worth_of


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
    correct_takeovers(parts, collected, recorded, frozenset())
    _repayments(parts, collected)
    correct_vaults(parts, done, collected)
    trial, cash = _carried(parts, done, collected, asked)
    reinstate_orders(parts, done, trial.scratch, collected, frozenset(cash))
    charge(parts, done, trial.scratch, asked)
    trial = _trial(parts, recorded, asked, done)
    negatives = treat_negatives(parts, trial, asked)
    if parts.negatives:
        trial = _trial(parts, recorded, asked, done)
    return _plan(parts, done, trial, asked, cash, negatives)


def _carried(
    parts: Parts, done: Counterfactual, collected: Collector, asked: Asked
) -> tuple[Corrected, list[str]]:
    """A trial in which everybody carries what it gets, and who is paid in place of a position.

    Raises ``PlanInvalid`` when somebody does not carry what no reversal gave it.
    """
    recorded = done.recorded
    trial = _trial(parts, recorded, asked, done)
    cash: list[str] = []
    found = trial.unhealthy()
    while found:
        if set(found) <= set(cash):
            raise PlanInvalid(
                f"{found[0]} would be below maintenance, or over a position limit, after the correction",
                remedy="Bring money into it first, or compensate by refunds",
            )
        cash = sorted({*cash, *found})
        parts.drop_unwinds(recorded, cash)
        parts.fills.clear()
        parts.payments = [one for one in parts.payments if not one.liquidation_id]
        correct_takeovers(parts, collected, recorded, frozenset(cash))
        trial = _trial(parts, recorded, asked, done)
        found = trial.unhealthy()
    taken = {takeover.started.account for takeover in collected.takeovers.by_id.values()}
    cash = [name for name in cash if name in taken]
    _cash(parts, done, trial.scratch, cash)
    return trial, cash


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


def _repayments(parts: Parts, collected: Collector) -> None:
    """Socialised losses that the corrected books do not have, or have besides."""
    for sent, released_seq in collected.repayments:
        parts.payments.append(
            CorrectionPayment(
                sent.account, sent.counterparty, REPAYMENT, sent.amount_e8, "", "", released_seq
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


def _trial(parts: Parts, recorded: State, asked: Asked, done: Counterfactual) -> Corrected:
    """The correction worked out on a copy; ``unhealthy`` says who does not carry what.

    Raises ``PlanInvalid`` when the ledger would refuse it for any other reason.
    """
    command = parts.command(recorded, asked)
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


def _plan(
    parts: Parts,
    done: Counterfactual,
    trial: Corrected,
    asked: Asked,
    cash: list[str],
    negatives: list[dict[str, Any]],
) -> Plan:
    recorded = done.recorded
    paid = sum(one.amount_e8 for one in parts.payments if one.payer == recorded.liquidator)
    paid += sum(one.amount_e8 for one in parts.negatives)
    command = parts.command(recorded, asked)
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
    report = {**_report(parts, done, trial, cash), "negative": negatives}
    return Plan(head, correction_body(command), report)


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
    return {
        "from_height": done.window.first.height,
        "accounts": accounts,
        "cash_in_place_of_a_position": cash,
        "should_have_been_liquidated": spared(done),
        "house_value_e8": 0 if house is None else account_value_e8(house),
        "takeovers_reversed": len({fill.liquidation_id for fill in parts.fills if fill.whole}),
        "notes": parts.notes,
    }
