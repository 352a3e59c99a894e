"""``ledger incident``: what a corrupted input did, what each remedy costs. Nothing here writes to the log."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
import typer

from ledger.cli.exits import Exit, say
from ledger.cli.options import BrokersOption, DataOption, JsonOption, LedgerIdOption, PrefixOption
from ledger.cli.output import print_fields, print_json, print_table
from ledger.edge.decimals import format_decimal
from ledger.errors import LedgerMissing, SettingsFault
from ledger.files import write_whole
from ledger.incident.audit import Audit, Options, audit, suspect
from ledger.incident.correction_files import parse_corrections, read_corrections, record_of
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.record import CASES
from ledger.incident.propose import corrections_of
from ledger.incident.report import differences, evidence_record, report_of
from ledger.incident.report_file import DIGEST, read_report, write_report
from ledger.log.opening import open_reader
from ledger.log.port import LogReader
from ledger.settings import Settings, load_settings
from ledger.writer.checkpoints import Checkpoints

SHOWN: Final = 20
"""Accounts shown in a table unless more are asked for."""
AMOUNT_DIGITS: Final = 8

incident_app = typer.Typer(no_args_is_help=True, help="Audit an incident and compare its remedies.")

FromOption = Annotated[
    int,
    typer.Option("--from-block", min=1, metavar="H", help="The last good block: the window begins after it."),
]
ToOption = Annotated[
    int | None,
    typer.Option("--to-block", min=2, metavar="R", help="Last block of the window.", show_default="head"),
]
CorrectionsOption = Annotated[
    Path | None,
    typer.Option(
        "--corrections",
        help="Correction file, as `propose` writes it.",
        show_default="what the log's own evidence shows",
    ),
]
OrphansOption = Annotated[
    Literal["house", "drop"],
    typer.Option("--orphan-trades", help="What a trade with one feasible side becomes."),
]
GraceOption = Annotated[
    int | None,
    typer.Option("--grace-ticks", min=0, help="Price ticks a keeper has to answer.", show_default="the rule"),
]
DivergenceOption = Annotated[
    int | None,
    typer.Option(
        "--divergence-ppm", min=1, help="Bound of mark against fair price.", show_default="the market's own"
    ),
]
FlaggedOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="ACCOUNT=REASON", help="An account that gets no refund, and why."),
]


@incident_app.command("propose")
def propose(  # noqa: PLR0913
    from_block: FromOption,
    to_block: ToOption = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write a correction file.")] = None,
    divergence_ppm: DivergenceOption = None,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Propose a correction set from the log's own evidence: funding steps and divergences of marks.

    Exit code 1 says that something is suspicious.
    """
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    with closing(open_reader(settings)) as log:
        last = last_block(log, to_block)
        evidence, before = suspect(log, from_block, last, divergence_ppm, checkpoints_of(settings))
    found = record_of(corrections_of(evidence))
    rows = [evidence_record(one) for one in evidence]
    if output is not None:
        write_whole(output, orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    if as_json:
        print_json({"corrections": found, "evidence": rows, "last_block_before": before})
    elif rows:
        print_table("suspicious inputs", rows)
    where = f"; block {before} is the last before the first of them" if rows else ""
    say(f"blocks {from_block + 1} to {last}: {len(rows)} findings{where}")
    raise typer.Exit(Exit.FINDINGS if rows else Exit.CLEAN)


@incident_app.command("audit")
def audit_command(  # noqa: PLR0913
    from_block: FromOption,
    to_block: ToOption = None,
    corrections: CorrectionsOption = None,
    orphan_trades: OrphansOption = "house",
    grace_ticks: GraceOption = None,
    divergence_ppm: DivergenceOption = None,
    exclude: FlaggedOption = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Show one account: each number with its events.")
    ] = None,
    most: Annotated[int, typer.Option("-n", "--count", min=1, help="Accounts to show.")] = SHOWN,
    report: Annotated[Path | None, typer.Option("--report", help="Write the whole report as JSON.")] = None,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Replay the window under corrected inputs and say, per account, what the corruption did to it."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    options = Options(orphan_trades, grace_ticks, divergence_ppm, (), flagged_accounts(exclude))
    found = _audited(settings, from_block, to_block, corrections, options)
    content = report_of(found)
    if report is not None:
        write_report(report, content)
        say(f"{report}: digest {content[DIGEST]}")
    if as_json:
        print_json(_effect(content, account) if account else content)
    elif account:
        _print_account(_effect(content, account))
    else:
        _print_audit(content, most)


@incident_app.command("compare")
def compare(  # noqa: PLR0913
    from_block: FromOption,
    to_block: ToOption = None,
    target: Annotated[
        list[int] | None, typer.Option("--target", help="Another rollback target; may be given often.")
    ] = None,
    corrections: CorrectionsOption = None,
    grace_ticks: GraceOption = None,
    divergence_ppm: DivergenceOption = None,
    exclude: FlaggedOption = None,
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Put the remedies side by side: rollback to every target, surgical correction, compensation A to D."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    options = Options(
        grace_ticks=grace_ticks,
        divergence_ppm=divergence_ppm,
        targets=tuple(target or ()),
        flagged=flagged_accounts(exclude),
    )
    began = time.perf_counter()
    found = _audited(settings, from_block, to_block, corrections, options)
    rate = max(1, round(found.done.events / (time.perf_counter() - began)))
    content = report_of(found)
    rows = [_remedy(one, rate) for one in content["remedies"]]
    if as_json:
        print_json({"remedies": content["remedies"], "events_per_s": rate, DIGEST: content[DIGEST]})
    else:
        print_table("remedies", rows)
        say(f"apply: what it would write, at the {rate} events a second of this audit")


@incident_app.command("check")
def check(
    report: Annotated[Path, typer.Argument(help="A report that `audit --report` wrote.")],
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
) -> None:
    """Compute a report again from the log and compare every part of it. Exit code 1: it is not the log's."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id)
    given = read_report(report)
    options, window = given["options"], given["window"]
    chosen = Options(
        options["orphan_trades"],
        options["grace_ticks"],
        options["divergence_ppm"],
        tuple(options["targets"]),
        options["flagged"],
    )
    asked = parse_corrections(orjson.dumps(given["corrections"]), str(report))
    with closing(open_reader(settings)) as log:
        found = audit(
            log,
            asked.corrections(),
            window["from_height"],
            window["to_height"],
            chosen,
            checkpoints_of(settings),
        )
        lines = differences(given, orjson.loads(orjson.dumps(report_of(found))))
    for line in lines:
        typer.echo(line)
    say(f"{report}: {'not what the log gives' if lines else 'every number is what the log gives'}")
    raise typer.Exit(Exit.FINDINGS if lines else Exit.CLEAN)


def _audited(
    settings: Settings, from_block: int, to_block: int | None, corrections: Path | None, options: Options
) -> Audit:
    checkpoints = checkpoints_of(settings)
    with closing(open_reader(settings)) as log:
        last = last_block(log, to_block)
        chosen, before = chosen_corrections(
            log, corrections, from_block, last, checkpoints, options.divergence_ppm
        )
        options = replace(options, targets=options.targets or ((before,) if before else ()))
        return audit(log, chosen, from_block, last, options, checkpoints)


def checkpoints_of(settings: Settings) -> Checkpoints | None:
    """The writer's checkpoints, where they lie beside the log."""
    return None if settings.brokers else Checkpoints(settings.writer_dir)


def chosen_corrections(
    log: LogReader,
    file: Path | None,
    from_block: int,
    last: int,
    checkpoints: Checkpoints | None,
    divergence_ppm: int | None = None,
) -> tuple[Corrections, int]:
    """What a file calls wrong, with 0; or what the log's evidence does, with the last block before it."""
    if file is not None:
        return read_corrections(file).corrections(), 0
    evidence, before = suspect(log, from_block, last, divergence_ppm, checkpoints)
    return corrections_of(evidence), before


def last_block(log: LogReader, to_block: int | None = None) -> int:
    """The last block of a window, the newest one unless named. Raises ``LedgerMissing`` on an empty log."""
    head = log.head()
    if head is None:
        raise LedgerMissing("the log has no blocks yet")
    return to_block or head.height


def flagged_accounts(pairs: Sequence[str] | None) -> dict[str, str]:
    """``ACCOUNT=REASON`` as a mapping; raises ``BadParameter`` for anything else."""
    found = {}
    for pair in pairs or ():
        account, equals, reason = pair.partition("=")
        if not (account and equals and reason):
            raise typer.BadParameter(f"{pair!r} is not ACCOUNT=REASON")
        found[account] = reason
    return found


def _effect(content: Mapping[str, Any], account: str) -> dict[str, Any]:
    for effect in content["effects"]:
        if effect["account"] == account:
            found: dict[str, Any] = effect
            return found
    raise SettingsFault(f"nothing differs for account {account!r}", where="--account")


def _amount(value_e8: int) -> str:
    return format_decimal(value_e8, AMOUNT_DIGITS)


def _print_audit(content: Mapping[str, Any], most: int) -> None:
    window, counterfactual, taint = content["window"], content["counterfactual"], content["taint"]
    print_fields(
        f"audit of blocks {window['from_height'] + 1} to {window['to_height']}",
        {
            "commands": window["commands"],
            "events": f"{window['first_seq']} to {window['last_seq']}",
            "corrected commands": counterfactual["counts"]["corrected"],
            "tainted directly": taint["direct_events"],
            "tainted by cause": taint["derived_events"],
            "touched later": taint["touched_events"],
            "wrongful takeovers": len(content["liquidations"]),
            "orphan trades, notional": f"{len(counterfactual['orphan_trades'])}, "
            f"{_amount(counterfactual['orphan_notional_e8'])}",
            "is history": counterfactual["is_history"],
            "digest": content[DIGEST],
        },
    )
    cases = [
        {"commands": number, "case": CASES[name]}
        for name, number in counterfactual["counts"].items()
        if number
    ]
    if cases:
        print_table("where the histories part", cases)
    effects = sorted(content["effects"], key=lambda one: -abs(one["difference_e8"]))
    rows = [
        {
            "account": one["account"],
            "recorded": _amount(one["value_recorded_e8"]),
            "counterfactual": _amount(one["value_counterfactual_e8"]),
            "difference": _amount(one["difference_e8"]),
            "flags": "; ".join(one["flags"]),
        }
        for one in effects[:most]
    ]
    if rows:
        print_table(f"accounts, {len(rows)} of {len(effects)}", rows)
    waves = [
        {
            "market": one["market"],
            "ticks": f"{one['first_tick']}-{one['last_tick']}",
            "greatest ppm": one["greatest_ppm"],
            "takeovers": len(one["liquidations"]),
            "hurt": one["accounts_hurt"],
            "loss": _amount(one["users_loss_e8"]),
            "classes": ", ".join(f"{number} {name}" for name, number in one["classes"].items() if number),
        }
        for one in content["second_wave"]["episodes"]
    ]
    if waves:
        print_table("marks away from their external fair price", waves)


def _print_account(effect: Mapping[str, Any]) -> None:
    rows = [
        {
            "part": name,
            "difference": _amount(part["amount_e8"]),
            "recorded seqs": _few(part["recorded_seqs"]),
            "counterfactual seqs": _few(part["counterfactual_seqs"]),
        }
        for name, part in effect["parts"].items()
    ]
    title = (
        f"{effect['account']}: {_amount(effect['value_recorded_e8'])} recorded, "
        f"{_amount(effect['value_counterfactual_e8'])} had the input been right, "
        f"difference {_amount(effect['difference_e8'])}"
    )
    print_table(title, rows)
    for flag, seqs in effect["flags"].items():
        typer.echo(f"{flag}: seq {_few(seqs)}")


def _few(seqs: Sequence[int]) -> str:
    shown = " ".join(str(seq) for seq in seqs[:SHOWN])
    return shown if len(seqs) <= SHOWN else f"{shown} and {len(seqs) - SHOWN} more"


def _remedy(remedy: Mapping[str, Any], rate: int) -> dict[str, Any]:
    return {
        "remedy": remedy["remedy"],
        "accounts": remedy["accounts_touched"],
        "honest trades voided": remedy["honest_trades_voided"],
        "profits erased": _amount(remedy["profits_erased_e8"]),
        "money needed": _amount(remedy["money_needed_e8"]),
        "false gains kept": _amount(remedy["false_gains_kept_e8"]),
        "apply": f"{remedy['writes']} events, {remedy['writes'] / rate:.1f} s",
        "paid by": remedy["paid_by"]
        + (f", short of {_amount(remedy['shortfall_e8'])}" if remedy["shortfall_e8"] else ""),
    }
