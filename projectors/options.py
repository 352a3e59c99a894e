"""Options and arguments that several commands share, and what they stand for."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import SettingsFault
from projectors.user_views import known_views, views_named
from projectors.view import View

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Directory of the ledger, or LEDGER_DATA.", show_default="data")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, amounts as decimal strings.")]
ViewsOption = Annotated[
    str,
    typer.Option(
        "--views", help="Names of views, or files of your own (.py), with commas.", show_default="all"
    ),
]
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
    """Views by name or file, with commas; all that are known for an empty text."""
    try:
        return views_named([name for name in names.split(",") if name] or list(known_views()))
    except SettingsFault as unknown:
        raise typer.BadParameter(unknown.what) from unknown
