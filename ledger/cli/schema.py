"""``ledger schema``: the JSON Schema of what goes in and what comes out."""

import typer

from ledger.cli.output import print_json
from ledger.edge.models import commands_json_schema
from ledger.edge.records import events_json_schema

schema_app = typer.Typer(no_args_is_help=True, help="Print JSON Schemas.")


@schema_app.command("commands")
def commands() -> None:
    """Print the JSON Schema of a line of `ledger submit`: every command."""
    print_json(commands_json_schema())


@schema_app.command("events")
def events() -> None:
    """Print the JSON Schema of the events that `ledger log show` prints."""
    print_json(events_json_schema())
