"""``ledger demo``, ``play`` and ``day``. Loaded with every command, so what they play is imported late."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from ledger.cli.exits import Exit, say
from ledger.cli.options import (
    BrokersOption,
    DataOption,
    JsonOption,
    LedgerIdOption,
    PartitionsOption,
    PrefixOption,
)
from ledger.cli.output import print_json, print_table
from ledger.errors import SettingsFault
from ledger.log.opening import open_reader
from ledger.settings import load_settings

STAGES: Final = {
    "runs": "both runs, side by side",
    "protections": "every protection alone, and without it",
    "play": "playing",
    "project": "folding the views",
    "log": "verifying the log",
    "views, in columns": "folding them again",
    "views, event by event": "deriving them again",
}
ACCOUNTS: Final = 2_000
"""A quarter of the full tape, whose counts and pools of money are scaled with it."""
TAPE: Final = "2026-01-19"
RULE_SETS: Final = ("january", "current")
ROWS_SHOWN: Final = 40
AccountsOption = Annotated[
    int, typer.Option("--accounts", min=100, help="Generated traders; the full tape has 8000.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Same seed, same ledgers, byte for byte.")]


def demo(  # noqa: PLR0913
    data: Annotated[
        Path, typer.Option("--data", help="Where to put the ledgers; an earlier demo there is replaced.")
    ] = Path("demo-data"),
    accounts: AccountsOption = ACCOUNTS,
    seed: SeedOption = 1,
    account: Annotated[
        str, typer.Option("--account", help="Whose statement to show; the busiest by default.")
    ] = "",
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=2, help="Runs at a time.")] = 2,
    protections: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--protections", help="Play both waves once more with each protection alone, and without it."
        ),
    ] = False,
    serve: Annotated[  # noqa: FBT002
        bool, typer.Option(help="Leave the dashboard running, which ends after an hour without a request.")
    ] = True,
    down: Annotated[bool, typer.Option("--down", help="Only end the dashboard of an earlier demo.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,  # noqa: FBT002
) -> None:
    """Play the day of 2026-01-19 twice, under the rules of January and under today's.

    Two years of real BTC and ETH marks and funding with generated accounts lead up to it. Writes two
    ledgers, folds their views, verifies both, writes report.html beside them and prints a summary, with
    the address of a dashboard that goes on showing the incident. Exit code 1 says that a verification
    found something.
    """
    from scenarios.day.demo import FOLDERS, PAGE, run_demo  # noqa: PLC0415  see the top of this file
    from scenarios.day.page import write_page  # noqa: PLC0415
    from scenarios.day.plots import plots  # noqa: PLC0415
    from scenarios.day.rules import AS_IT_WAS  # noqa: PLC0415
    from scenarios.day.serving import start, stop  # noqa: PLC0415
    from scenarios.day.summary import print_report  # noqa: PLC0415
    from scenarios.progress import stages  # noqa: PLC0415

    was_running = stop(data)
    if down:
        say("the dashboard has ended" if was_running else "no dashboard of a demo is running here")
        raise typer.Exit(Exit.CLEAN)
    with stages(STAGES) as progress:
        report = run_demo(data, accounts, seed, account, progress, jobs, protections=protections)
    report["page"] = str(data / PAGE)
    write_page(data / PAGE, report, plots(report["runs"]))
    report["dashboard"] = start(data, data / FOLDERS[AS_IT_WAS]).url if serve else ""
    if as_json:
        print_json(report)
    else:
        print_report(report)
    clean = all(run["verification"]["clean"] for run in report["runs"].values())
    raise typer.Exit(Exit.CLEAN if clean else Exit.FINDINGS)


def play(  # noqa: PLR0913
    tape: Annotated[str, typer.Argument(help=f"Which tape; there is {TAPE}.")],
    rule_set: Annotated[
        str, typer.Option("--rule-set", help=f"The rules of the day: {' or '.join(RULE_SETS)}.")
    ] = RULE_SETS[0],
    accounts: AccountsOption = ACCOUNTS,
    seed: SeedOption = 1,
    until: Annotated[
        str,
        typer.Option("--until", help="Stop after this time, UTC: 2026-01-19 05:03:04; the end by default."),
    ] = "",
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    partitions: PartitionsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """Play one run of a tape into a new ledger: on a cluster with --brokers, else in the data directory.

    This process is the writer; events have the times of the tape.
    """
    from scenarios.day.demo import play_one  # noqa: PLC0415  see the top of this file
    from scenarios.day.series import at_ms  # noqa: PLC0415
    from scenarios.progress import stages  # noqa: PLC0415

    if tape != TAPE or rule_set not in RULE_SETS:
        raise SettingsFault(
            f"there is no tape {tape!r} with rules {rule_set!r}",
            remedy=f"The tape is {TAPE}, its rule sets are {' and '.join(RULE_SETS)}",
        )
    settings = load_settings(
        data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id, partitions=partitions
    )
    try:
        until_ms = at_ms(until) if until else None
    except ValueError as fault:
        raise SettingsFault(f"{until!r} is no time: {fault}", where="--until") from fault
    with stages(STAGES) as progress:
        played = play_one(settings, rule_set, accounts, seed, progress, until_ms)
    if as_json:
        print_json(played)
    else:
        head, writing = played["head"], played["writing"]
        say(f"{writing['commands']} commands, {writing['commands_per_s']} a second")
        typer.echo(f"{head['height']} blocks, {head['last_seq']} events, head {head['digest']}")


def day(
    table: Annotated[
        Literal[
            "waves", "liquidations", "steps", "given", "trips", "statuses", "rollbacks", "releases", "refunds"
        ],
        typer.Argument(help="Which table of the report."),
    ],
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    count: Annotated[
        int, typer.Option("-n", "--count", min=1, help="At most so many rows of a table; JSON has all.")
    ] = ROWS_SHOWN,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Answer from the log alone what happened on the day of a tape: each row with the events it is from.

    steps: of an index that the ledger did not compute; given: what they gave to each account;
    releases: money that left between the restart and the maintenance.
    """
    from scenarios.day.facts import Facts  # noqa: PLC0415  see the top of this file
    from scenarios.day.story import TABLES  # noqa: PLC0415

    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        rows = TABLES[table](Facts(log))
    if as_json:
        print_json(rows)
        return
    if rows:
        print_table(table, rows[:count])
    say(f"{min(count, len(rows))} of {len(rows)} rows")
