"""``projectors history``: the files that answer one account's past in milliseconds."""

from typing import Annotated, Final

import typer

from ledger.settings import Settings
from projectors.bootstrap import history_dir, open_log
from projectors.cli.options import JsonOption, chooses_log
from projectors.cli.screen import folding_bar, print_json, say
from projectors.history.build import add_blocks, broken_files, check_place, keep_adding
from projectors.history.files import read_manifest
from projectors.service.interrupts import until_interrupted

FINDINGS: Final = 1

EVERY_S: Final = 10.0
"""How often new events are added: until then reads take them from the log, 50 ms per 100,000."""

history_app = typer.Typer(
    no_args_is_help=True, help="Keep every account's events in one place, for answers about its past."
)


@history_app.command("run")
@chooses_log
def run_history(
    settings: Settings,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,  # noqa: FBT002
    every_s: Annotated[
        float, typer.Option("--every", min=0.1, help="With --follow: seconds between two looks.")
    ] = EVERY_S,
) -> None:
    """Add what the log has, up to its head. Reads about one account at a moment use it from then on."""
    root = history_dir(settings.data)
    with open_log(settings) as log:
        with folding_bar() as progress:
            manifest = add_blocks(root, log, progress)
        if follow:
            say("at the head of the log; following it")
            with until_interrupted() as wait:
                keep_adding(root, log, every_s, wait, say)
            manifest = read_manifest(root)
    say(f"the account history is at block {manifest.height}, seq {manifest.seq}")


@history_app.command("verify")
@chooses_log
def verify_history(settings: Settings, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Check that every file is as it was written, and of this log. Exit code 1 says that one is not."""
    root = history_dir(settings.data)
    manifest = read_manifest(root)
    with open_log(settings) as log:
        check_place(log, manifest)
    found = broken_files(root, manifest)
    files = sum(len(entries) for entries in manifest.files)
    if as_json:
        print_json({"clean": not found, "height": manifest.height, "files": files, "findings": found})
    else:
        for one in found:
            typer.echo(one)
    say(f"{len(found)} findings" if found else f"clean: {files} files, up to block {manifest.height}")
    raise typer.Exit(FINDINGS if found else 0)
