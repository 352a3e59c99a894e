"""``projectors view``: looking at views, and trying one's own before it runs."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.settings import Settings
from projectors.bootstrap import open_log
from projectors.cli.options import JsonOption, chooses_log
from projectors.cli.screen import print_json, progress_bar, say, show_tables
from projectors.define.plan import TablePlan
from projectors.define.view import View
from projectors.folding.cut_law import broken_cuts
from projectors.views.files import known_views, load_view

FINDINGS: Final = 1
EVENTS: Final = 200_000

view_app = typer.Typer(no_args_is_help=True, help="Look at views, and try one of your own.")


@view_app.command("list")
def list_views(as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Every view that is known, the ledger's and those of LEDGER_VIEW_FILES, with its tables."""
    rows = [
        {"view": view.name, "version": view.version, **row}
        for view in known_views().values()
        for row in _tables(view)
    ]
    if as_json:
        print_json(rows)
    else:
        show_tables({"views": rows})


@view_app.command("check")
@chooses_log
def check_view(
    file: Annotated[Path, typer.Argument(help="The Python file with the view.")],
    settings: Settings,
    seed: Annotated[int, typer.Option("--seed", help="Where the events are cut.")] = 1,
    events: Annotated[int, typer.Option("--events", min=1, help="At most about so many events.")] = EVENTS,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Load a view, say what its rows are, and try the cut law on it over the log; writes nothing.

    Exit code 1: a table has other rows when the same events are cut differently. Exit code 3: the file cannot
    be used, or the view stops at a block.
    """
    view = load_view(file)
    with open_log(settings) as log, progress_bar() as bar:
        broken, seen = broken_cuts(
            view,
            log,
            seed=seed,
            events_max=events,
            progress=lambda done, tip: bar.update("folding blocks", done, tip),
        )
    if as_json:
        found = [one._asdict() for one in broken]
        print_json(
            {
                "view": view.name,
                "tables": _tables(view),
                "events": seen,
                "lawful": not broken,
                "broken": found,
            }
        )
    else:
        show_tables({f"view {view.name}": _tables(view)})
        for one in broken:
            typer.echo(str(one))
    say(
        f"{len(broken)} findings: rows must not depend on how events are cut"
        if broken
        else f"the cut law holds over {seen} events"
    )
    raise typer.Exit(FINDINGS if broken else 0)


def _tables(view: View) -> list[dict[str, str]]:
    """Name, key and columns of every table."""
    return [
        {
            "table": name,
            "kind": type(plan.definition).__name__.lower() if isinstance(plan, TablePlan) else "extract",
            "key": ", ".join(plan.key),
            "columns": ", ".join(
                f"{column}: {kind}" for column, kind in plan.columns.items() if column[0] != "_"
            ),
            "rows": "the same in every partition" if plan.broadcast else "by partition",
        }
        for name, plan in view.plan.shown().items()
    ]
