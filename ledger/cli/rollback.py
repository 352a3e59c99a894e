"""``ledger rollback``: compare targets, plan, approve, apply, prove; and the book for the engine."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.bootstrap import arrival_us
from ledger.cli.exits import Exit, say
from ledger.cli.keys import read_key
from ledger.cli.options import BrokersOption, DataOption, JsonOption, PrefixOption
from ledger.cli.output import print_json, print_table
from ledger.cli.plans import (
    HOUR_US,
    AccountsOption,
    HoursOption,
    IncidentOption,
    KeyIdOption,
    KeyOption,
    PlanArgument,
    approve_on,
    ledger_gateway,
    said,
    state_of,
)
from ledger.core.messages import MarkCheckpoint
from ledger.core.refusals import RefusalCode
from ledger.edge.decimals import format_decimal
from ledger.errors import SettingsFault
from ledger.files import write_whole
from ledger.incident.plan import (
    SIGNATURES_NEEDED,
    Plan,
    approved,
    read_plan,
    write_plan,
)
from ledger.incident.rollback.book import book_image, read_image, write_image
from ledger.incident.rollback.planner import Wanted, apply_command, compare, last_block_before, plan_rollback
from ledger.incident.rollback.proof import differences, find_rollback, prove, readable
from ledger.log.opening import open_reader
from ledger.log.port import LogReader
from ledger.settings import load_settings
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recover
from projectors.bootstrap import views_dir
from projectors.reading.mirrored import mirrored_digests

rollback_app = typer.Typer(no_args_is_help=True, help="Go back to a block, as an approved plan says.")
book_app = typer.Typer(no_args_is_help=True, help="The orders that a matching engine should have.")

ToBlockOption = Annotated[
    list[int] | None, typer.Option("--to-block", metavar="HEIGHT", help="Block to go back to.")
]
BeforeOption = Annotated[
    list[int] | None,
    typer.Option("--before-seq", metavar="SEQ", help="Go back to the last block before an event."),
]


@rollback_app.command("compare")
def compare_targets(  # noqa: PLR0913
    to_block: ToBlockOption = None,
    before_seq: BeforeOption = None,
    incident: IncidentOption = "incident",
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what going back to each of some blocks would make void and bring back; change nothing."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    with closing(open_reader(settings)) as log:
        found = compare(log, Checkpoints(settings.writer_dir), _targets(log, to_block, before_seq), incident)
    if as_json:
        print_json({"candidates": found})
    else:
        print_table("candidates", found)


@rollback_app.command("plan")
def plan(  # noqa: PLR0913
    incident: IncidentOption,
    reason: Annotated[str, typer.Option("--reason", help="Why, for everybody who reads the ledger.")],
    to_block: ToBlockOption = None,
    before_seq: BeforeOption = None,
    cover: AccountsOption = None,
    close: AccountsOption = None,
    reinstate: Annotated[
        list[str] | None,
        typer.Option(metavar="TRANSFER", help="Make a void transfer again; may be given several times."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", help="File to write the plan to.")] = Path("plan.json"),
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a plan and print what it says; nothing in the ledger changes.

    Accounts that end negative become receivables; with --cover the Liquidator Vault pays, with --close
    it takes over the positions first.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    with closing(open_reader(settings)) as log:
        targets = _targets(log, to_block, before_seq)
        if len(targets) > 1:
            raise typer.BadParameter("a plan has one target; `ledger rollback compare` takes several")
        wanted = Wanted(targets[0], incident, reason, cover or (), close or (), reinstate or ())
        made = plan_rollback(log, Checkpoints(settings.writer_dir), wanted)
    write_plan(output, made)
    if as_json:
        print_json({"digest": made.digest, "body": made.body, "report": made.report})
    else:
        _print_plan(made)
    say(f"wrote {output}: plan {made.digest}; nothing was changed")


@rollback_app.command("approve")
def approve(  # noqa: PLR0913
    file: PlanArgument,
    key: KeyOption,
    key_id: KeyIdOption,
    transfer: Annotated[
        list[str] | None,
        typer.Option("--transfer", help="Approve that this transfer is made again; each must be named."),
    ] = None,
    hours: HoursOption = 4,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only sign; the second one to sign tells the ledger otherwise.")
    ] = False,
) -> None:
    """Sign a plan; with the second operator's signature the ledger is told, unless --offline.

    Works for plans of every kind.
    """
    found = read_plan(file)
    _require_named(found, transfer or [])
    now_us = arrival_us()
    if found.approval is None or len(found.approval.signatures) < SIGNATURES_NEEDED:
        found = approved(found, (key_id, read_key(key)), now_us, now_us + hours * HOUR_US)
        write_plan(file, found)
    signers = found.approval.signatures if found.approval else ()
    say(f"plan {found.digest}, signed by {', '.join(signer for signer, _ in signers)}")
    if len(signers) < SIGNATURES_NEEDED or offline:
        return
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    state = state_of(settings)
    with ledger_gateway(settings) as gateway:
        approve_on(gateway, found, state)
    say("the ledger knows of the approval")


@rollback_app.command("apply")
def apply(
    file: PlanArgument, data: DataOption = None, brokers: BrokersOption = None, prefix: PrefixOption = None
) -> None:
    """Apply an approved plan: in maintenance, and while the log is as the plan says.

    Two may try: one wins, the other is told. Afterwards a checkpoint is marked, at which every view
    compares itself with the writer. Exit code 1 says that the ledger refused.
    """
    found = read_plan(file)
    now_us = arrival_us()
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    with ledger_gateway(settings) as gateway:
        (answer,) = gateway.answer([apply_command(found, now_us, now_us)], now_us)
        outcome = answer.outcome
        if outcome.code:
            say(f"refused: {said(answer)}")
        else:
            say(f"applied: events {outcome.first_seq} to {outcome.last_seq}")
        if outcome.code in (0, RefusalCode.PLAN_APPLIED):
            # The same command whoever sends it, so that the mark is made once, and by whoever is left.
            mark = MarkCheckpoint(f"mark-{found.digest[:16]}", 1, now_us, "rollback")
            (marked,) = gateway.answer([mark], now_us)
            marked_by = marked.outcome
            say(f"marked: event {marked_by.last_seq}" if marked_by.code == 0 else f"no mark: {said(marked)}")
    if outcome.code:
        raise typer.Exit(Exit.FINDINGS)


@rollback_app.command("prove")
def prove_rollback(  # noqa: PLR0913
    seq: Annotated[
        int, typer.Option("--rollback", metavar="SEQ", help="Event that declared it.", show_default="newest")
    ] = 0,
    check: Annotated[
        Path | None, typer.Option("--check", help="Compare a report with the log instead of making one.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write the report to this file.")] = None,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    *,
    from_zero: Annotated[
        bool, typer.Option("--from-zero", help="Fold from block 1, without a checkpoint of the writer.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Prove from the log that a rollback is what its plan says, and that no void block left a trace.

    The fold begins with the newest checkpoint that a mark before the target vouches for. With views in the
    data directory, their tables are compared too. Exit code 1 says that something was found.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    checkpoints = None if from_zero else Checkpoints(settings.writer_dir)
    with closing(open_reader(settings)) as log:
        if check is not None:
            _check_report(log, check, checkpoints)
            return
        rollback = find_rollback(log, seq)
        report = prove(log, rollback, mirrored_digests(views_dir(settings.data), log), checkpoints)
    if output is not None:
        write_whole(output, json.dumps(report, indent=1, sort_keys=True) + "\n")
    if as_json:
        print_json(report)
    else:
        for line in readable(report):
            typer.echo(line)
    raise typer.Exit(Exit.FINDINGS if report["findings"] else Exit.CLEAN)


@book_app.command("image")
def image(
    output: Annotated[Path, typer.Argument(help="File to write.")],
    key: KeyOption,
    key_id: KeyIdOption,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
) -> None:
    """Write every order of the ledger with a digest, signed by an operator, for a matching engine."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    with closing(open_reader(settings)) as log:
        recovered = recover(log, Checkpoints(settings.writer_dir))
    made = book_image(recovered.state, recovered.height, (key_id, read_key(key)))
    write_image(output, made)
    say(f"{made.orders} orders at block {made.height}, digest {made.digest}")


@book_app.command("check")
def check_image(
    file: Annotated[Path, typer.Argument(help="Image of a book.")],
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
) -> None:
    """Check digest and signature of an image with the keys of the ledger; exit code 1 when one is wrong."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    with closing(open_reader(settings)) as log:
        state = recover(log, Checkpoints(settings.writer_dir)).state
    problem = read_image(file).problem(state)
    say(problem or "the image is whole, and signed by an operator")
    raise typer.Exit(Exit.FINDINGS if problem else Exit.CLEAN)


def _targets(log: LogReader, heights: list[int] | None, seqs: list[int] | None) -> list[int]:
    targets = [*(heights or ()), *(last_block_before(log, seq) for seq in seqs or ())]
    if not targets:
        raise typer.BadParameter("name a target with --to-block or --before-seq")
    return targets


def _require_named(found: Plan, named: list[str]) -> None:
    """Every transfer that is made again is approved by name."""
    planned = {subject for subject, treatment in found.body.get("choices", ()) if treatment == "reinstate"}
    if planned != set(named):
        raise SettingsFault(
            f"the plan makes these transfers again: {', '.join(sorted(planned)) or 'none'}",
            where="--transfer",
            remedy="Name each of them with --transfer, and no other",
        )


def _check_report(log: LogReader, file: Path, checkpoints: Checkpoints | None) -> None:
    try:
        report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsFault(
            f"cannot be read: {fault}",
            where=str(file),
            remedy="Name a file that `rollback prove` wrote",
        ) from fault
    found = differences(log, report, checkpoints)
    for line in (*found, *report.get("findings", ())):
        typer.echo(line)
    say(f"{len(found)} differences" if found else "the report is what the log says")
    raise typer.Exit(Exit.FINDINGS if found or report.get("findings") else Exit.CLEAN)


def _print_plan(made: Plan) -> None:
    """What a person needs to see before signing."""
    body, report = made.body, made.report
    void = report["void"]
    print_table(
        f"void: {void['blocks']} blocks, {void['events']} events",
        [{"event": name, "number": count} for name, count in void["by_type"].items()],
    )
    for title, rows, names in (
        ("reinstated", body["reinstated"], ("what", "account", "asset", "amount_e8", "balance_e8")),
        ("negative accounts", body["negative"], ("account", "asset", "balance_e8", "treatment", "after_e8")),
        ("do not send", body["do_not_send"], ("withdrawal_id", "account", "asset", "amount_e8")),
        ("triggered at once", report["triggered_at_once"], ("account", "order_id", "market", "order_type")),
        ("liquidated on reopening", report["liquidated_on_reopening"], ("account", "market", "value_e8")),
    ):
        if rows:
            print_table(title, [{name: _shown(name, row[name]) for name in names} for row in rows])
    for chain in report["chains"]:
        steps = " -> ".join(f"{step['account']} -> {step['counterparty']}" for step in chain["transfers"])
        start, end = chain["deposit"]["account"], chain["withdrawal"]["account"]
        typer.echo(f"chain: deposit of {start}, {steps}, paid to {end}")
    kept = len(body["kept"])
    typer.echo(f"{len(body['cancelled'])} orders cancelled, {kept} take-profit and stop-loss orders kept")
    custody = ", ".join(f"{asset} {format_decimal(amount, 8)}" for asset, amount in body["custody"].items())
    typer.echo(f"custody before and after: {custody}")
    typer.echo(f"state digest at block {body['target']['height']}: {body['target']['state_digest']}")


def _shown(name: str, value: Any) -> Any:  # noqa: ANN401
    return format_decimal(value, 8) if name.endswith("_e8") else value
