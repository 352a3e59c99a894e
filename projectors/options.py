"""Options and arguments that several commands share, and what they stand for."""

from pathlib import Path
from typing import Annotated

import typer

from projectors.bootstrap import VIEWS
from projectors.view import View

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Directory of the ledger, or LEDGER_DATA.", show_default="data")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, amounts as decimal strings.")]
ViewsOption = Annotated[str, typer.Option("--views", help="Names of views, with commas; all when left out.")]
LimitOption = Annotated[int, typer.Option("-n", "--limit", min=0, help="At most so many rows; 0 for all.")]
AccountArgument = Annotated[str, typer.Argument(help="Name of the account.")]
AsOfOption = Annotated[
    str,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="Answer as of a seq, block:HEIGHT, a time (RFC 3339) or head.",
        show_default="what is served",
    ),
]
KnownAtOption = Annotated[
    str,
    typer.Option(
        "--known-at",
        metavar="MOMENT",
        help="With the knowledge of that moment: later rollbacks do not count.",
        show_default="--as-of",
    ),
]


def chosen_views(names: str) -> list[View]:
    """Views by name, with commas; all for an empty text."""
    wanted = [name for name in names.split(",") if name] or list(VIEWS)
    for name in wanted:
        if name not in VIEWS:
            raise typer.BadParameter(f"there is no view {name!r}; there are {', '.join(VIEWS)}")
    return [VIEWS[name] for name in wanted]
