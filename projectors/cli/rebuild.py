"""``projectors rebuild``: views anew from the log, beside what serves."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from ledger.settings import Settings
from projectors.bootstrap import open_log, views_dir
from projectors.cli.options import JsonOption, chooses_log, chosen_views, log_choice, partition_numbers
from projectors.cli.screen import folding_bar, print_json, say
from projectors.past.moments import BLOCK_PREFIX, Moment, MomentKind, parse_moment
from projectors.rebuild.comparison import Comparison, Example
from projectors.rebuild.fold import help_fold
from projectors.rebuild.plan import Ask
from projectors.rebuild.run import Rebuilt, Way, rebuild
from projectors.rebuild.site import Site
from projectors.views.files import argument_of

DIFFERS: Final = 1


@chooses_log
def rebuild_views(  # noqa: PLR0913
    views: Annotated[
        list[str] | None, typer.Argument(help="Names of views, or files of your own (.py).")
    ] = None,
    *,
    settings: Settings,
    every: Annotated[bool, typer.Option("--all", help="All views, in one pass.")] = False,
    from_checkpoint: Annotated[
        int,
        typer.Option("--from-checkpoint", min=0, metavar="HEIGHT", help="Begin with the checkpoint there."),
    ] = 0,
    from_offset: Annotated[
        int,
        typer.Option(
            "--from-offset",
            min=0,
            metavar="SEQ",
            help="Begin after this seq, the end of a block with a checkpoint.",
        ),
    ] = 0,
    to_seq: Annotated[
        int, typer.Option("--to-seq", min=0, metavar="SEQ", help="End there, at a block's end.")
    ] = 0,
    to_block: Annotated[
        int, typer.Option("--to-block", min=0, metavar="HEIGHT", help="End with that block.")
    ] = 0,
    to_time: Annotated[
        str,
        typer.Option(
            "--to-time", metavar="TIME", help="End with the newest block recorded by then (RFC 3339)."
        ),
    ] = "",
    known_at: Annotated[
        str,
        typer.Option(
            "--known-at", metavar="MOMENT", help="With the knowledge of that moment.", show_default="now"
        ),
    ] = "",
    processes: Annotated[int, typer.Option("--processes", min=1, help="Share the partitions.")] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build and compare, and leave what serves.")
    ] = False,
    as_json: JsonOption = False,
    part: Annotated[str, typer.Option("--part", hidden=True)] = "",
) -> None:
    """Build views again beside the old ones, say what is different, and switch to them.

    Reads go on from the old generation, which is kept. With nothing else said, from the first block to
    the head. Started again after a kill, it goes on. With --dry-run exit code 1 says that rows differ.
    """
    root, chosen = views_dir(settings.data), chosen_views(_names(views, every=every))
    ask = Ask(from_checkpoint, from_offset, _target(to_seq, to_block, to_time), _moment(known_at))
    if from_checkpoint and from_offset:
        raise typer.BadParameter("--from-checkpoint and --from-offset name the same thing; give one")
    with open_log(settings) as log:
        if part:
            sites = [Site(root, view, log) for view in chosen]
            runner = help_fold(sites, log, partition_numbers(part, log.partitions))
            raise typer.Exit(1 if runner.stops else 0)
        helpers = ["rebuild", *map(argument_of, chosen), *log_choice(settings)]
        rebuilt = rebuild(
            root,
            chosen,
            log,
            ask,
            Way(processes, helpers, dry_run),
            say,
            reporting=folding_bar,
            compared=lambda comparison: None if as_json else _print(comparison),
        )
    if as_json:
        print_json({"views": [_record(one) for one in rebuilt]})
    for one in rebuilt:
        say(_served(one))
    if dry_run and any(not one.comparison.equal for one in rebuilt):
        raise typer.Exit(DIFFERS)


def _names(views: Sequence[str] | None, *, every: bool) -> str:
    if every == bool(views):
        raise typer.BadParameter("name views, or give --all")
    return ",".join(views or ())


def _target(seq: int, height: int, time: str) -> Moment | None:
    """The moment to end at, of which one may be given."""
    named = [str(seq)] * bool(seq) + [f"{BLOCK_PREFIX}{height}"] * bool(height) + [time] * bool(time)
    if len(named) > 1:
        raise typer.BadParameter("--to-seq, --to-block and --to-time name the same thing; give one")
    moment = _moment(named[0]) if named else None
    if time and moment is not None and moment.kind is not MomentKind.TIME:
        raise typer.BadParameter(f"{time!r} is no time", param_hint="--to-time")
    return moment


def _moment(text: str) -> Moment | None:
    return parse_moment(text) if text else None


def _served(one: Rebuilt) -> str:
    view = one.comparison.view
    if one.generation is None:
        return f"{view} was built up to block {one.comparison.built} and compared; nothing was changed"
    return f"{view} is served from {one.generation.name} now; the generation before it is kept"


def _record(one: Rebuilt) -> dict[str, Any]:
    place = one.generation
    return {**one.comparison.record(), "generation": None if place is None else place.name}


def _print(comparison: Comparison) -> None:
    """What is different, on stdout."""
    if comparison.why_not:
        typer.echo(f"{comparison.view}: nothing to compare with: {comparison.why_not}")
        return
    typer.echo(
        f"{comparison.view}: {'the same rows' if comparison.equal else 'rows differ'};"
        f" block {comparison.served} served, block {comparison.built} built"
    )
    for changes in comparison.tables:
        typer.echo(
            f"  {changes.table}: {changes.added} added, {changes.changed} changed, {changes.gone} gone"
        )
        for kind, examples in changes.examples.items():
            for example in examples:
                typer.echo(f"    {kind} {_example(example)}")


def _example(example: Example) -> str:
    key = " ".join(str(value) for value in example.key.values())
    if example.before is None or example.after is None:
        values = example.before or example.after or {}
        return f"{key}: {' '.join(f'{name}={value}' for name, value in values.items())}"
    names = dict.fromkeys([*example.before, *example.after])
    differing = [
        f"{name} {example.before.get(name, 'nothing')} -> {example.after.get(name, 'nothing')}"
        for name in names
        if example.before.get(name) != example.after.get(name)
    ]
    return f"{key}: {', '.join(differing)}"
