"""The command tree of ``ledger``."""

from typing import Annotated

import typer

from ledger import __version__
from ledger.cli import write
from ledger.cli.cluster import topics_app, writer
from ledger.cli.correct import correct_app
from ledger.cli.incident import incident_app
from ledger.cli.keys import keys_app, sign
from ledger.cli.log import log_app
from ledger.cli.refund import refund_app
from ledger.cli.restart import restart_app
from ledger.cli.rollback import book_app, rollback_app
from ledger.cli.schema import schema_app
from ledger.log.codec import COMPILED
from scenarios.cli import day, demo, play
from services.feeds.cli import feed_app
from services.keeper.cli import keeper

app = typer.Typer(
    name="ledger",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The write side of the ledger: commands in, blocks of events on a durable log.",
)
app.command("init")(write.init)
app.command("submit")(write.submit)
app.command("run")(write.run)
app.command("checkpoint")(write.checkpoint)
app.command("writer")(writer)
app.command("keeper")(keeper)
app.command("sign")(sign)
app.command("demo")(demo)
app.command("play")(play)
app.command("day")(day)
app.add_typer(feed_app, name="feed")
app.add_typer(keys_app, name="keys")
app.add_typer(incident_app, name="incident")
incident_app.add_typer(correct_app, name="correct")
incident_app.add_typer(refund_app, name="refund")
app.add_typer(log_app, name="log")
app.add_typer(restart_app, name="restart")
app.add_typer(rollback_app, name="rollback")
app.add_typer(book_app, name="book")
app.add_typer(topics_app, name="topics")
app.add_typer(schema_app, name="schema")


def _print_version(wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        form = "compiled" if COMPILED else "pure Python"
        typer.echo(f"ledger {__version__} ({form})")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
