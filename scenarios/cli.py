"""``ledger demo``. Loaded with every ``ledger`` command, so what it plays is imported when it plays."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.cli.exits import Exit
from ledger.cli.output import print_json

STAGES: Final = {
    "runs": "both runs, side by side",
    "play": "playing",
    "project": "folding the views",
    "log": "verifying the log",
    "views, in columns": "folding them again",
    "views, event by event": "deriving them again",
}
ACCOUNTS: Final = 2_000
"""A quarter of the full tape, whose counts and pools of money are scaled with it."""


def demo(
    data: Annotated[
        Path, typer.Option("--data", help="Where to put the ledgers; an earlier demo there is replaced.")
    ] = Path("demo-data"),
    accounts: Annotated[
        int, typer.Option("--accounts", min=200, help="Generated traders; the full tape has 8000.")
    ] = ACCOUNTS,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same ledgers, byte for byte.")] = 1,
    account: Annotated[
        str, typer.Option("--account", help="Whose statement to show; the busiest by default.")
    ] = "",
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=2, help="Runs at a time.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,  # noqa: FBT002
) -> None:
    """Play the day of 2026-01-19 twice, under the rules of January and under today's.

    Two years of real BTC and ETH marks and funding with generated accounts lead up to it. Writes two
    ledgers, folds their views, verifies both, writes report.html beside them and prints a summary.
    Exit code 1 says that a verification found something.
    """
    from scenarios.day.demo import PAGE, run_demo  # noqa: PLC0415  see the top of this file
    from scenarios.day.page import write_page  # noqa: PLC0415
    from scenarios.day.plots import plots  # noqa: PLC0415
    from scenarios.day.summary import print_report  # noqa: PLC0415
    from scenarios.progress import stages  # noqa: PLC0415

    with stages(STAGES) as progress:
        report = run_demo(data, accounts, seed, account, progress, jobs)
    report["page"] = str(data / PAGE)
    write_page(data / PAGE, report, plots(report["runs"]))
    if as_json:
        print_json(report)
    else:
        print_report(report)
    clean = all(run["verification"]["clean"] for run in report["runs"].values())
    raise typer.Exit(Exit.CLEAN if clean else Exit.FINDINGS)
