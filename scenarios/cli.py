"""``ledger demo``. Loaded with every ``ledger`` command, so what it plays is imported when it plays."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.cli.exits import Exit
from ledger.cli.output import print_json

STAGES: Final = {
    "play": "playing",
    "project": "folding the views",
    "log": "verifying the log",
    "views, in columns": "folding them again",
    "views, event by event": "deriving them again",
}


def demo(
    data: Annotated[
        Path, typer.Option("--data", help="Where to put the ledger; an earlier demo there is replaced.")
    ] = Path("demo-data"),
    accounts: Annotated[int, typer.Option("--accounts", min=20, help="Generated traders.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same ledger, byte for byte.")] = 1,
    days: Annotated[int, typer.Option("--days", min=0, help="Days of the series to play; 0 for all.")] = 0,
    account: Annotated[
        str, typer.Option("--account", help="Whose statement to print; the busiest by default.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,  # noqa: FBT002
) -> None:
    """Replay two years of real BTC and ETH marks and funding rates with generated accounts.

    Writes a ledger, folds its views, verifies both, and prints what happened. The series are
    real, the accounts are not. Exit code 1 says that the verification found something.
    """
    from scenarios.history.demo import run_demo  # noqa: PLC0415  see the top of this file
    from scenarios.history.progress import stages  # noqa: PLC0415
    from scenarios.history.tables import print_report  # noqa: PLC0415

    with stages(STAGES) as progress:
        report = run_demo(data, accounts, seed, days, account, progress)
    if as_json:
        print_json(report)
    else:
        print_report(report)
    raise typer.Exit(Exit.CLEAN if report["verification"]["clean"] else Exit.FINDINGS)
