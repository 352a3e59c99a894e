"""``projectors generations`` and ``projectors checkpoints``: what is kept of the views, and dropping it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger.errors import LedgerFault
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from ledger.settings import Settings
from projectors.bootstrap import identity_of, open_log, views_dir
from projectors.cli.options import JsonOption, ViewsOption, chooses_log, chosen_views
from projectors.cli.screen import print_json, print_table, say
from projectors.define.view import View
from projectors.marks import files
from projectors.marks.choose import Place, opened_state, places
from projectors.reading.verify import check_digests
from projectors.stores import generations
from projectors.stores.store import open_store

NOT_DONE: Final = 1

Row = dict[str, Any]

checkpoints_app = typer.Typer(no_args_is_help=True, help="Copies of views at marked blocks, to begin from.")
generations_app = typer.Typer(no_args_is_help=True, help="What was built of each view, and which serves.")


@generations_app.command("list")
@chooses_log
def list_generations(
    settings: Settings,
    views: ViewsOption = "",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Every generation: whether it serves, where it stands, its checkpoints, its bytes on the disk."""
    root, chosen = views_dir(settings.data), chosen_views(views)
    with open_log(settings) as log:
        rows = [row for view in chosen for row in _generations(root, view, log)]
    _print("generations", rows, as_json=as_json)


@generations_app.command("drop")
@chooses_log
def drop_generation(
    view: Annotated[str, typer.Argument(help="Name of the view.")],
    name: Annotated[str, typer.Argument(help="Name of the generation, such as gen-1.")],
    settings: Settings,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, say what would go.")] = False,
) -> None:
    """Delete a generation that does not serve, with its checkpoints. Past reads may take longer then."""
    root = views_dir(settings.data)
    chosen = chosen_views(view)[0]
    if not yes:
        say(f"would delete {root / chosen.name / name}; give --yes to do it")
        raise typer.Exit(NOT_DONE)
    generations.drop(root, chosen.name, name)
    say(f"{name} of {chosen.name} is deleted")


@checkpoints_app.command("list")
@chooses_log
def list_checkpoints(
    settings: Settings,
    views: ViewsOption = "",
    *,
    check: Annotated[bool, typer.Option("--check", help="Add up the digests of all rows too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Every checkpoint: its block, whether it counts still, and whether it can be built on.

    Exit code 1 says that one cannot.
    """
    root, chosen = views_dir(settings.data), chosen_views(views)
    with open_log(settings) as log:
        rows = [row for view in chosen for row in _checkpoints(root, view, log, deep=check)]
    _print("checkpoints", rows, as_json=as_json)
    if any(row["fault"] for row in rows):
        raise typer.Exit(NOT_DONE)


def _generations(root: Path, view: View, log: LogReader) -> Iterator[Row]:
    for number in generations.numbers(root, view.name):
        place = root / view.name / generations.name_of(number)
        height, fault = _stands_at(place, view, log)
        yield {
            "view": view.name,
            "generation": place.name,
            "serving": generations.serving(root, view.name) == place,
            "height": height,
            "checkpoints": len(files.heights(place, range(log.partitions))),
            "bytes": _bytes(place),
            "fault": fault,
        }


def _stands_at(place: Path, view: View, log: LogReader) -> tuple[int, str]:
    """The lowest block of the partitions, 0 with the reason where it cannot be read."""
    heights = []
    for number in range(log.partitions):
        try:
            store = open_store(place / str(number), identity_of(view, log, number), writable=False)
            heights.append(store.cursor().height)
            store.close()
        except LedgerFault as fault:
            return 0, fault.what
    return min(heights), ""


def _checkpoints(root: Path, view: View, log: LogReader, *, deep: bool) -> Iterator[Row]:
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    head = log.head()
    chain = rollbacks.chain(0 if head is None else head.height)
    for place in reversed(places(root, view.name, log.partitions)):
        digest, seq, fault = _looked_into(place, view, log, deep=deep)
        yield {
            "view": view.name,
            "generation": place.generation.name,
            "height": place.height,
            "seq": seq,
            "on_chain": chain.is_on_chain(place.height),
            "seal_digest": digest,
            "bytes": _bytes(place.path),
            "fault": fault,
        }


def _looked_into(place: Place, view: View, log: LogReader, *, deep: bool) -> tuple[str, int, str]:
    """Seal digest and seq of a checkpoint, and what is wrong with it."""
    try:
        with opened_state(place, view, log) as state:
            cursor = next(iter(state.partitions.values())).cursor
            findings = list(check_digests(state)) if deep else []
            return cursor.digest, cursor.seq, "; ".join(finding.what for finding in findings)
    except LedgerFault as fault:
        return "", 0, fault.what


def _bytes(place: Path) -> int:
    """Bytes of all files below a directory; those that are linked elsewhere too count here as well."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _print(title: str, rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        print_json({title: list(rows)})
    else:
        print_table(title, rows)
