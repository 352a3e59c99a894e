"""``ledger incident correct``: restate funding indices and make good what followed, as one approved plan."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ledger.bootstrap import arrival_us
from ledger.cli.exits import Exit, say
from ledger.cli.incident import CorrectionsOption, FromOption, checkpoints_of, chosen_corrections, last_block
from ledger.cli.options import BrokersOption, DataOption, JsonOption, PrefixOption
from ledger.cli.output import print_json, print_table
from ledger.cli.plans import (
    AccountsOption,
    HoursOption,
    IncidentOption,
    KeyIdOption,
    KeyOption,
    OutputOption,
    PlanArgument,
    approve_on,
    ledger_gateway,
    plan_of_kind,
    said,
    send,
    sign_plan,
    state_of,
)
from ledger.core.plan_digest import CORRECTION
from ledger.core.rules.corrections import PARTS
from ledger.edge.decimals import format_decimal
from ledger.incident.correction.parts import Asked, command_of
from ledger.incident.correction.plans import correction_of
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections
from ledger.incident.plan import Plan, write_plan
from ledger.log.opening import open_reader
from ledger.log.port import LogReader
from ledger.settings import load_settings
from ledger.writer.checkpoints import Checkpoints

ACCOUNTS_SHOWN = 20

correct_app = typer.Typer(no_args_is_help=True, help="Restate a funding index and what followed from it.")


@correct_app.command("plan")
def plan_correction(  # noqa: PLR0913
    from_block: FromOption,
    incident: IncidentOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, for a person; it stands on statements.")],
    output: OutputOption,
    corrections: CorrectionsOption = None,
    cover: AccountsOption = None,
    close: AccountsOption = None,
    charge: AccountsOption = None,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Work out a correction of everything since a block, try it on a copy, and write its plan.

    Accounts that end negative become receivables; with --cover the Liquidator Vault pays, with --close
    it takes over the positions. With --charge an account that a wrong gain spared a liquidation pays what
    it has more for it.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    checkpoints = checkpoints_of(settings)
    with closing(open_reader(settings)) as log:
        wrong = _indices(log, corrections, from_block, checkpoints)
        asked = Asked(incident, reason, cover or (), close or (), charge or ())
        plan, _ = correction_of(log, wrong, from_block, asked, checkpoints)
    write_plan(output, plan)
    if as_json:
        print_json({"digest": plan.digest, **plan.report})
    else:
        _print(plan)
    say(f"{output}: plan {plan.digest}, {plan.head.lines} lines")


@correct_app.command("approve")
def approve(plan: PlanArgument, key: KeyOption, key_id: KeyIdOption, hours: HoursOption = 24) -> None:
    """Sign a plan with an operator's key; two different operators have to."""
    sign_plan(plan, CORRECTION, key, key_id, hours)


@correct_app.command("apply")
def apply(
    plan: PlanArgument,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
) -> None:
    """Hand an approved plan to the ledger: in maintenance, on the log it was made for, in one block.

    Exit code 1: the ledger refused it and nothing was changed.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    chosen = plan_of_kind(plan, CORRECTION)
    state = state_of(settings)
    with ledger_gateway(settings) as gateway:
        approve_on(gateway, chosen, state)
        now_us = arrival_us()
        (answer,) = send(gateway, [command_of(chosen, f"apply-{chosen.digest[:16]}", now_us, now_us)])
    outcome = answer.outcome
    if outcome.code:
        say(f"refused: {said(answer)}")
        raise typer.Exit(Exit.FINDINGS)
    say(f"corrected by events {outcome.first_seq} to {outcome.last_seq}")


def _indices(
    log: LogReader, file: Path | None, from_block: int, checkpoints: Checkpoints | None
) -> Corrections:
    """The indices that a file calls wrong, or that the log's own evidence does."""
    wrong, _ = chosen_corrections(log, file, from_block, last_block(log), checkpoints)
    if file is not None:
        return wrong
    return Corrections([], [tick for tick in wrong.ticks if tick.kind == COMPUTED])


def _print(plan: Plan) -> None:
    amounts = ("value_recorded_e8", "funding_e8", "value_corrected_e8", "value_counterfactual_e8")
    accounts = sorted(
        plan.report["accounts"], key=lambda row: -abs(row["value_corrected_e8"] - row["value_recorded_e8"])
    )
    rows = [
        {
            "account": row["account"],
            **{name.removesuffix("_e8").replace("_", " "): format_decimal(row[name], 8) for name in amounts},
        }
        for row in accounts[:ACCOUNTS_SHOWN]
    ]
    if rows:
        print_table(f"accounts, {len(rows)} of {len(accounts)}", rows)
    if plan.report["negative"]:
        negative = [
            {**row, "value_e8": format_decimal(row["value_e8"], 8)} for row in plan.report["negative"]
        ]
        print_table("negative accounts", negative)
    if plan.report["should_have_been_liquidated"]:
        say(f"spared a liquidation: {', '.join(plan.report['should_have_been_liquidated'])}")
    print_table("what the plan does", [{"part": part, "lines": len(plan.body[part])} for part in PARTS])
    for note in plan.report["notes"]:
        say(note)
