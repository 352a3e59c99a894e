"""The ``projectors`` command: keep the views up to date, ask them, check them.

Data goes to stdout, talk and progress to stderr. Exit codes: 0 yes or clean, 1 no or findings,
2 usage, 3 could not run.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Annotated, Final

import typer

from ledger.cli.exits import fault_line
from ledger.errors import LedgerFault, SettingsFault
from ledger.service.logging import log_to_stderr
from ledger.settings import Settings
from projectors.bootstrap import open_log, views_dir
from projectors.children import end_with_parent
from projectors.cli.export import export_app
from projectors.cli.history import history_app
from projectors.cli.inventory import checkpoints_app, generations_app
from projectors.cli.options import (
    JsonOption,
    ViewsOption,
    chooses_log,
    chosen_views,
    log_choice,
    partition_numbers,
)
from projectors.cli.rebuild import rebuild_views
from projectors.cli.screen import folding_bar, print_json, progress_bar, say
from projectors.cli.serve import serve, tokens_app
from projectors.cli.show import FINDINGS, diff, show_app
from projectors.cli.view import view_app
from projectors.folding.steps import Timing
from projectors.reading.verify import Sample, verify_views
from projectors.service.follow import Person, keep_up, run_shared
from projectors.service.interrupts import until_interrupted
from projectors.service.watched import Watched
from projectors.views.files import argument_of

COULD_NOT_RUN: Final = 3
USAGE: Final = 2
STAND_S: Final = 1.0
"""How often a service that has nothing left to follow says that it is alive."""

app = typer.Typer(
    name="projectors",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The read side of the ledger: views folded from the event log, and answers from them.",
)
app.add_typer(show_app, name="show")
app.add_typer(checkpoints_app, name="checkpoints")
app.add_typer(generations_app, name="generations")
app.add_typer(history_app, name="history")
app.add_typer(view_app, name="view")
app.add_typer(export_app, name="export")
app.add_typer(tokens_app, name="tokens")
app.command("diff")(diff)
app.command("serve")(serve)
app.command("rebuild")(rebuild_views)


def main() -> None:
    """Entry point of the ``projectors`` program."""
    try:
        app()
    except LedgerFault as fault:
        say(fault_line(fault))
        sys.exit(USAGE if isinstance(fault, SettingsFault) else COULD_NOT_RUN)


@app.command("run")
@chooses_log
def run(  # noqa: PLR0913
    settings: Settings,
    views: ViewsOption = "",
    *,
    follow_log: Annotated[
        bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")
    ] = False,
    listen: Annotated[
        str,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="With --follow: answer /healthz, /readyz and /metrics there, or at LEDGER_LISTEN;"
            " log in JSON.",
        ),
    ] = "",
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Share the partitions; not with --follow.")
    ] = 1,
    partitions: Annotated[str, typer.Option("--partitions", help="Only these partitions, with commas.")] = "",
    profile: Annotated[bool, typer.Option("--profile", help="Say where the time went.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Fold the log into the views, up to its head. Exit code 1 says that a view stopped."""
    chosen = chosen_views(views)
    address = listen or (settings.listen if follow_log else "")
    if address and not follow_log:
        raise typer.BadParameter("a run to the head is over before anybody asks", param_hint="--listen")
    if processes > 1 and follow_log:
        raise typer.BadParameter("several processes run to the head, one follows", param_hint="--processes")
    if with_parent:
        end_with_parent()
    with ExitStack() as opened:
        wait = opened.enter_context(until_interrupted()) if follow_log else None
        service = opened.enter_context(_watched(settings, address)) if address else None
        log = opened.enter_context(open_log(settings, live=follow_log))
        own = partition_numbers(partitions, log.partitions) or None
        if processes > 1:
            arguments = ["run", *log_choice(settings), "--views", ",".join(map(argument_of, chosen))]
            _end(run_shared(views_dir(settings.data), chosen, log, arguments, processes, say))
            return
        runner = keep_up(
            views_dir(settings.data),
            chosen,
            log,
            service or Person(say),
            reporting=folding_bar if service is None else service.reporting,
            wait=wait,
            partitions=own,
        )
        while service is not None and wait is not None and runner.stops and not wait(STAND_S):
            service.alive()
        if profile:
            say(profile_line(runner.timing))
        _end(
            [f"{stop.view}, block {stop.height}: {stop.fault}" for stop in runner.stops.values()]
            + [
                f"{view}, block {height}: a rollback made it void; run all partitions in one go"
                for view, height in runner.departed.items()
                if own is not None and view not in runner.stops
            ]
        )


@app.command("verify")
@chooses_log
def verify(
    settings: Settings,
    views: ViewsOption = "",
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, metavar="N", help="Only N accounts.", show_default="all")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which accounts those are.")] = 1,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Check the log, and derive the views again twice: chains, laws, index steps, digests, every row.

    In columns, as the views are folded, and one event after the other in plain Python. Changes nothing. Exit
    code 1 says that something was found, 3 that it could not be looked for.
    """
    place, chosen = settings.data, chosen_views(views)
    drawn = Sample(sample, seed) if sample else None
    with open_log(settings) as log, progress_bar() as bar:
        findings = list(verify_views(views_dir(place), chosen, log, bar.update, sample=drawn))
    if as_json:
        print_json({"clean": not findings, "findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            typer.echo(str(finding))
    looked_at = f"the rows of {sample} accounts" if sample else "every row of the views"
    say(f"{len(findings)} findings" if findings else f"clean: the log, its laws, and {looked_at}")
    raise typer.Exit(FINDINGS if findings else 0)


def profile_line(timing: Timing) -> str:
    """Where the time of a run went, in µs of all threads per event."""
    events = max(timing.events, 1)
    stages = ("read", "route", "decode", "fold", "write")
    parts = ", ".join(f"{stage} {getattr(timing, stage) / events * 1e6:.2f}" for stage in stages)
    rate = timing.events / max(timing.wall, 1e-9)
    return f"{timing.events} events in {timing.wall:.2f} s, {rate:,.0f}/s; µs per event: {parts}"


@contextmanager
def _watched(settings: Settings, address: str) -> Iterator[Watched]:
    """A service: structured log lines, and somebody who answers at ``address``."""
    log_to_stderr()
    with closing(Watched(views_dir(settings.data), address)) as service:
        try:
            yield service
        except LedgerFault as fault:
            service.met(fault)
            raise


def _end(stops: Sequence[str]) -> None:
    """Leave with code 1 when a view stopped, saying which and why."""
    for stop in stops:
        say(stop)
    if stops:
        raise typer.Exit(FINDINGS)
