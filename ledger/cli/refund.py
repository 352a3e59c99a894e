"""``ledger incident refund``: what accounts are owed, as one approved plan, and its payment."""

from contextlib import closing
from secrets import token_hex
from typing import Annotated, Final, Literal

import typer

from ledger.bootstrap import arrival_us
from ledger.cli.exits import Exit, say
from ledger.cli.incident import (
    CorrectionsOption,
    FlaggedOption,
    FromOption,
    checkpoints_of,
    chosen_corrections,
    flagged_accounts,
    last_block,
)
from ledger.cli.options import BrokersOption, DataOption, JsonOption, PrefixOption
from ledger.cli.output import print_json, print_table
from ledger.cli.plans import (
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
from ledger.core.plan_digest import REFUND
from ledger.core.refusals import RefusalCode
from ledger.core.rules.margin import withdrawable_e8
from ledger.edge.decimals import format_decimal, parse_decimal
from ledger.errors import LedgerMissing
from ledger.incident.audit import Audit, Options, audit
from ledger.incident.plan import write_plan
from ledger.incident.refunds.formulas import TITLES, Line
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.refunds.plan import Terms, payments, refund_plan, refuse_shortfall, refuse_void
from ledger.log.opening import open_reader
from ledger.settings import load_settings

LINES_SHOWN: Final = 20
AT_ONCE: Final = 200
"""Payments handed over together."""

refund_app = typer.Typer(no_args_is_help=True, help="Refund an incident from the Liquidator Vault.")


@refund_app.command("plan")
def plan_refunds(  # noqa: PLR0913
    from_block: FromOption,
    incident: IncidentOption,
    output: OutputOption,
    method: Annotated[Literal["A", "B", "B+", "C", "D"], typer.Option("--method", help="Formula.")] = "C",
    corrections: CorrectionsOption = None,
    exclude: FlaggedOption = None,
    cap: Annotated[
        str, typer.Option("--cap", metavar="AMOUNT", help="Most that is paid in all; lines are cut pro rata.")
    ] = "",
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Audit everything since a block and write a plan of refunds, zero lines with their reason."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    checkpoints = checkpoints_of(settings)
    options = Options(flagged=flagged_accounts(exclude))
    with closing(open_reader(settings)) as log:
        last = last_block(log)
        wrong, _ = chosen_corrections(log, corrections, from_block, last, checkpoints)
        found = audit(log, wrong, from_block, last, options, checkpoints)
    lines = lines_of(found.inputs, method, found.excluded)
    plan = refund_plan(_terms(found, incident, last, cap), lines, _notes(found, from_block, method))
    write_plan(output, plan)
    if as_json:
        print_json({"digest": plan.digest, **plan.report})
    else:
        _print(lines)
    say(f"{output}: plan {plan.digest}, {plan.head.lines} lines, {_amount(plan.head.total_e8)} in all")


@refund_app.command("approve")
def approve(plan: PlanArgument, key: KeyOption, key_id: KeyIdOption, hours: HoursOption = 24) -> None:
    """Sign a plan with an operator's key; two different operators have to."""
    sign_plan(plan, REFUND, key, key_id, hours)


@refund_app.command("pay")
def pay(
    plan: PlanArgument,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
) -> None:
    """Pay what is left of an approved plan; again and again changes nothing more.

    Nothing is paid when the Liquidator Vault cannot pay all of it. Exit code 1: a line was refused.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    chosen = plan_of_kind(plan, REFUND)
    state = state_of(settings)
    refuse_void(chosen, state)
    payer = state.accounts.get(chosen.head.payer)
    refuse_shortfall(chosen, state, 0 if payer is None else withdrawable_e8(payer))
    refused: list[str] = []
    paid = 0
    with ledger_gateway(settings) as gateway:
        approve_on(gateway, chosen, state)
        commands = payments(chosen, state, f"pay-{token_hex(8)}", arrival_us())
        for start in range(0, len(commands), AT_ONCE):
            part = commands[start : start + AT_ONCE]
            for command, answer in zip(part, send(gateway, part), strict=True):
                code = answer.outcome.code
                paid += not code
                if code not in (0, RefusalCode.REFUND_SETTLED):
                    refused.append(f"line {command.line} of {command.account}: {said(answer)}")
    for line in refused:
        typer.echo(line)
    say(f"{paid} lines paid, {len(refused)} refused; nothing was left of the others")
    raise typer.Exit(Exit.FINDINGS if refused else Exit.CLEAN)


def _terms(found: Audit, incident: str, head_height: int, cap: str) -> Terms:
    """What the plan is about; a cap is a decimal amount."""
    try:
        cap_e8 = parse_decimal(cap, 8) if cap else 0
    except ValueError as fault:
        raise typer.BadParameter(f"--cap {cap}: {fault}") from fault
    recorded = found.done.recorded
    if not recorded.liquidator:
        raise LedgerMissing("there is no LIQUIDATOR account that could pay")
    head_seq = found.done.window.last.last_seq
    return Terms(recorded.ledger_id, incident, head_height, head_seq, recorded.liquidator, cap_e8)


def _notes(found: Audit, from_block: int, method: str) -> dict[str, object]:
    """What people should know of a plan besides its lines: what the payer could pay when it was made."""
    payer = found.done.recorded.accounts[found.done.recorded.liquidator]
    return {
        "from_height": from_block,
        "method": method,
        "formula": TITLES[method],
        "payable_e8": withdrawable_e8(payer),
    }


def _print(lines: list[Line]) -> None:
    most = sorted(lines, key=lambda line: -line.amount_e8)[:LINES_SHOWN]
    rows = [
        {
            "account": line.account,
            "reason": line.reason,
            "formula": _amount(line.formula_e8),
            "owed": _amount(line.amount_e8),
            "events": " ".join(str(seq) for seq in line.seqs[:3]),
            "note": line.note,
        }
        for line in most
    ]
    if rows:
        print_table(f"lines, {len(rows)} of {len(lines)}", rows)


def _amount(value_e8: int) -> str:
    return format_decimal(value_e8, 8)
