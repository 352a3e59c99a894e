"""The ``projectors`` command: keep the views up to date, ask them, check them.

Data goes to stdout, talk and progress to stderr. Exit codes: 0 yes or clean, 1 no or findings,
2 usage, 3 could not run.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from ledger.errors import LedgerFault, SettingsFault
from ledger.settings import load_settings
from projectors.bootstrap import open_log, views_dir
from projectors.follow import keep_up, rebuild, run_shared
from projectors.options import DataOption, JsonOption, ViewsOption, chosen_views
from projectors.screen import folding_bar, print_json, progress_bar, say
from projectors.show import FINDINGS, diff, show_app
from projectors.steps import Timing
from projectors.verify import verify_views

COULD_NOT_RUN: Final = 3
USAGE: Final = 2

app = typer.Typer(
    name="projectors",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The read side of the ledger: views folded from the event log, and answers from them.",
)
app.add_typer(show_app, name="show")
app.command("diff")(diff)


def main() -> None:
    """Entry point of the ``projectors`` program."""
    try:
        app()
    except LedgerFault as fault:
        say(str(fault))
        sys.exit(USAGE if isinstance(fault, SettingsFault) else COULD_NOT_RUN)


@app.command("run")
def run(
    data: DataOption = None,
    views: ViewsOption = "",
    *,
    follow_log: Annotated[
        bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")
    ] = False,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Share the partitions; not with --follow.")
    ] = 1,
    partitions: Annotated[str, typer.Option("--partitions", help="Only these partitions, with commas.")] = "",
    profile: Annotated[bool, typer.Option("--profile", help="Say where the time went.")] = False,
) -> None:
    """Fold the log into the views, up to its head. Exit code 1 says that a view stopped."""
    place, chosen = load_settings(data=data).data, chosen_views(views)
    if processes > 1 and follow_log:
        raise typer.BadParameter("several processes run to the head, one follows", param_hint="--processes")
    with open_log(place) as log:
        if processes > 1:
            arguments = ["run", "--data", str(place), "--views", ",".join(view.name for view in chosen)]
            _end(run_shared(views_dir(place), chosen, log, arguments, processes, say))
            return
        own = _numbers(partitions, log.partitions)
        runner = keep_up(
            views_dir(place),
            chosen,
            log,
            say,
            reporting=folding_bar,
            waiting=_until_interrupted if follow_log else None,
            partitions=own,
        )
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


@app.command("rebuild")
def rebuild_view(
    view: Annotated[str, typer.Argument(help="Name of the view.")], data: DataOption = None
) -> None:
    """Build a view again from the first block, beside the old one, and switch to it when it is done."""
    place, chosen = load_settings(data=data).data, chosen_views(view)
    with open_log(place) as log, progress_bar() as bar:
        built, stops = rebuild(
            views_dir(place), chosen[0], log, lambda done, head: bar.update("folding blocks", done, head)
        )
    if built is not None:
        say(f"{view} is served from {built.name} now; the generation before it is kept")
    _end(stops)


@app.command("verify")
def verify(
    data: DataOption = None,
    views: ViewsOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Check the log and fold it again beside the views: chains, laws, index steps, digests, rows.

    Changes nothing. Exit code 1 says that something was found.
    """
    place, chosen = load_settings(data=data).data, chosen_views(views)
    with open_log(place) as log, progress_bar() as bar:
        findings = list(verify_views(views_dir(place), chosen, log, bar.update))
    if as_json:
        print_json({"clean": not findings, "findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            typer.echo(str(finding))
    say(f"{len(findings)} findings" if findings else "clean: the log, its laws, and every row of the views")
    raise typer.Exit(FINDINGS if findings else 0)


def profile_line(timing: Timing) -> str:
    """Where the time of a run went, in µs of all threads per event."""
    events = max(timing.events, 1)
    stages = ("read", "route", "decode", "fold", "write")
    parts = ", ".join(f"{stage} {getattr(timing, stage) / events * 1e6:.2f}" for stage in stages)
    rate = timing.events / max(timing.wall, 1e-9)
    return f"{timing.events} events in {timing.wall:.2f} s, {rate:,.0f}/s; µs per event: {parts}"


def _numbers(text: str, partitions: int) -> list[int] | None:
    parts = [part for part in text.split(",") if part]
    if any(not part.isdecimal() or int(part) >= partitions for part in parts):
        raise typer.BadParameter(
            f"{text!r} are not partitions from 0 to {partitions - 1}", param_hint="--partitions"
        )
    return [int(part) for part in parts] or None


def _end(stops: Sequence[str]) -> None:
    """Leave with code 1 when a view stopped, saying which and why."""
    for stop in stops:
        say(stop)
    if stops:
        raise typer.Exit(FINDINGS)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[float], bool]]:
    """Waits until an interrupt or a request to end says to stop; a step in progress is finished first."""
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(one, lambda _number, _frame: stop.set()) for one in signals]
    try:
        yield stop.wait
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
