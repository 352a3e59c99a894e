"""Options and arguments that several commands share, and what they stand for.

Every command reads a log, so the options that choose one are given to all of them at one place:
``chooses_log``.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ledger.errors import SettingsFault
from ledger.settings import Settings, load_settings
from projectors.define.view import View
from projectors.views.files import known_views, views_named

_LOG_OPTIONS: Final = {
    "data": Annotated[
        Path | None,
        typer.Option(
            "--data", help="Directory of the ledger and its views, or LEDGER_DATA.", show_default="data"
        ),
    ],
    "brokers": Annotated[
        str | None,
        typer.Option(
            "--brokers", metavar="HOST:PORT", help="Read the log of this Kafka cluster, or LEDGER_BROKERS."
        ),
    ],
    "topic_prefix": Annotated[
        str | None,
        typer.Option(
            "--topic-prefix",
            help="How the topics' names begin, or LEDGER_TOPIC_PREFIX.",
            show_default="ledger",
        ),
    ],
    "id": Annotated[
        str | None,
        typer.Option("--ledger-id", help="Name that the ledger must have, or LEDGER_ID.", show_default="any"),
    ],
}
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


def chooses_log(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose the log; it takes what they say as ``settings``."""

    @wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401
        chosen = {name: given.pop(name) for name in _LOG_OPTIONS}
        command(**given, settings=load_settings(**chosen))

    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _LOG_OPTIONS.items()
    ]
    own = inspect.signature(command)
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in own.parameters.items()
        if name != "settings"
    ]
    with_options.__signature__ = own.replace(parameters=[*parameters, *options])  # type: ignore[attr-defined]
    return with_options


def chosen_views(names: str) -> list[View]:
    """Views by name or file, with commas; all that are known for an empty text."""
    try:
        return views_named([name for name in names.split(",") if name] or list(known_views()))
    except SettingsFault as unknown:
        raise typer.BadParameter(unknown.what) from unknown


def log_choice(settings: Settings) -> list[str]:
    """The options that choose the same log again."""
    if not settings.brokers:
        return ["--data", str(settings.data)]
    prefix = ("--topic-prefix", settings.topic_prefix)
    return ["--data", str(settings.data), "--brokers", settings.brokers, *prefix]


def partition_numbers(text: str, partitions: int) -> list[int]:
    """Numbers of partitions, with commas; none for an empty text."""
    parts = [part for part in text.split(",") if part]
    if any(not part.isdecimal() or int(part) >= partitions for part in parts):
        raise typer.BadParameter(f"{text!r} are not partitions from 0 to {partitions - 1}")
    return [int(part) for part in parts]
