"""``projectors export``: rows and events for other programs, in Parquet or CSV."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.errors import MomentUnknown
from ledger.log.port import LogReader
from ledger.settings import Settings
from projectors.bootstrap import open_log
from projectors.cli.options import AsOfOption, KnownAtOption, chooses_log, chosen_views
from projectors.cli.screen import at_line, folding_bar, say
from projectors.cli.show import asked_answers
from projectors.past.moments import Moment, MomentKind, parse_moment, resolve
from projectors.past.question import ask
from projectors.reading.export import FileFormat, format_of, write_events, write_rows
from projectors.reading.reports import shown_table

export_app = typer.Typer(no_args_is_help=True, help="Write rows of a view, or events, to a file.")

OutOption = Annotated[Path, typer.Option("--out", help="The file; one that is there is replaced at once.")]
FormatOption = Annotated[
    FileFormat | None, typer.Option("--format", help="How to write it.", show_default="by the file's name")
]


@export_app.command("view")
@chooses_log
def export_view(  # noqa: PLR0913
    view: Annotated[str, typer.Argument(help="Name of the view, or its file (.py).")],
    table: Annotated[str, typer.Argument(help="Name of the table.")],
    out: OutOption,
    settings: Settings,
    file_format: FormatOption = None,
    as_of: AsOfOption = "",
    known_at: KnownAtOption = "",
) -> None:
    """Write a table of a view, over all partitions, as it is served or as of a moment."""
    kind = format_of(out, file_format)
    chosen = chosen_views(view)[0]
    shown_table(chosen, table)
    with asked_answers(settings, [chosen], as_of, known_at) as answers:
        count = write_rows(answers.states()[0].rows(table), out, kind)
        say(f"{count} rows in {out}; {at_line(answers.moment())}")


@export_app.command("events")
@chooses_log
def export_events(  # noqa: PLR0913
    out: OutOption,
    settings: Settings,
    file_format: FormatOption = None,
    types: Annotated[
        str, typer.Option("--type", help="Names of events, with commas; of one, fields are columns.")
    ] = "",
    first: Annotated[
        str,
        typer.Option("--from", metavar="MOMENT", help="Where to begin."),
    ] = "1",
    as_of: AsOfOption = "head",
    known_at: KnownAtOption = "",
) -> None:
    """Write the events up to a moment, by default the head; void ones only where they were not void yet.

    --from and --as-of take a seq, block:HEIGHT, a time or head; what they name is included.
    """
    kind = format_of(out, file_format)
    with open_log(settings) as log, folding_bar() as progress:
        question = ask(log, parse_moment(as_of), parse_moment(known_at) if known_at else None)
        start = _first_seq(log, parse_moment(first))
        names = [name for name in types.split(",") if name]
        count = write_events(log, question.chain, (start, question.seq), names, out, kind, progress)
    say(
        f"{count} events in {out}, seq {start} to {question.seq} of the history known at block"
        f" {question.known_at.height}"
    )


def _first_seq(log: LogReader, moment: Moment) -> int:
    """The first event that counts when events are asked for from a moment on."""
    match moment.kind:
        case MomentKind.BLOCK:
            resolve(log, moment, log.head())
            return log.seal(moment.number).first_seq
        case MomentKind.TIME:
            try:
                return resolve(log, Moment(MomentKind.TIME, moment.number - 1), log.head()).seq + 1
            except MomentUnknown:
                return 1
        case MomentKind.SEQ | MomentKind.HEAD:
            return resolve(log, moment, log.head()).seq
