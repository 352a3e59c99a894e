"""What operators decide of a correction: who is charged, and what becomes of who ends below nothing."""

from typing import Any

from ledger.core.messages import CorrectionPayment, NegativeTreatment
from ledger.core.rules.corrected import Corrected
from ledger.core.rules.margin import rounded_up_e8, value_and_initial_e22
from ledger.core.rules.money import REPAYMENT
from ledger.core.rules.rollback import CLOSE, COVER, RECEIVABLE
from ledger.core.state import State
from ledger.errors import PlanInvalid
from ledger.incident.correction.parts import Asked, Parts
from ledger.incident.correction.takeovers import spared
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.valuation import worth_of


def charge(parts: Parts, done: Counterfactual, scratch: State, asked: Asked) -> None:
    """What a liquidation that should have been would have cost, where operators decide so."""
    might = spared(done)
    for name in sorted(asked.charge):
        if name not in might:
            raise PlanInvalid(
                f"no wrong gain spared {name} a liquidation: there is nothing to charge",
                remedy=f"Charge none but {', '.join(might) or 'nobody'}",
            )
        account = scratch.accounts.get(name, done.recorded.accounts[name])
        now = worth_of(account, done.state, done.state).value_e8
        more = now - worth_of(done.state.accounts[name], done.state, done.state).value_e8
        if more <= 0:
            raise PlanInvalid(f"{name} has not more than it should have", remedy="Leave it out of --charge")
        parts.payments.append(CorrectionPayment(name, done.recorded.liquidator, REPAYMENT, more, "", "", 0))


def treat_negatives(parts: Parts, trial: Corrected, asked: Asked) -> list[dict[str, Any]]:
    """Who is worth less than nothing after the correction, and what becomes of it."""
    treatments = {**dict.fromkeys(asked.cover, COVER), **dict.fromkeys(asked.close, CLOSE)}
    rows: list[dict[str, Any]] = []
    for name, account in sorted(trial.scratch.accounts.items()):
        value_e22, _ = value_and_initial_e22(account)
        if account.margin_exempt or value_e22 >= 0:
            continue
        treatment = treatments.pop(name, RECEIVABLE)
        owed = rounded_up_e8(-value_e22)
        rows.append({"account": name, "value_e8": -owed, "treatment": treatment})
        if treatment != RECEIVABLE:
            parts.negatives.append(NegativeTreatment(name, treatment, owed if treatment == COVER else 0))
    for name, treatment in sorted(treatments.items()):
        raise PlanInvalid(
            f"account {name} does not end negative: there is nothing to {treatment}",
            remedy=f"These do: {', '.join(row['account'] for row in rows) or 'none'}",
        )
    return rows
