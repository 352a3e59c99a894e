"""The report of the demo as tables for a person."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Console
from rich.table import Table

Row = dict[str, Any]

WIDTH: Final = 130
"""Columns of the report where no terminal says how wide it is."""

PAGE_WIDTH: Final = 132
"""Letters of a line where there is no terminal to ask."""


def print_report(report: dict[str, Any]) -> None:
    """Everything on stdout, the answer to "is it sound?" at the end."""
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    about, writing, projecting = report["about"], report["writing"], report["projecting"]
    console.print(
        f"[bold]{day(about['from_ms'] * 1000)} to {day(about['to_ms'] * 1000)}[/bold], {about['ticks']} ticks"
    )
    console.print(f"market data  {about['market_data']}")
    console.print(f"accounts     {about['accounts']} ({about['seed']})")
    console.print()
    commands = [{"command": name, "accepted": count} for name, count in report["commands"].items()]
    refused = [{"refusal": name, "times": count} for name, count in report["refusals"].items()]
    console.print(
        Columns([table("Commands", commands), table("Events", report["events"]), table("Refused", refused)])
    )
    console.print(table("Trial balance", report["trial_balance"]))
    console.print(table("Markets: open interest", columns(report["markets"], OPEN_INTEREST)))
    console.print(table("Markets: funding of all accounts together", columns(report["markets"], FUNDING)))
    console.print(table("Largest positions", report["largest_positions"]))
    console.print(table("Vaults", columns(report["vaults"], VAULTS)))
    console.print(table("Liquidated accounts", report["liquidations"]))
    console.print(table("Refused ticks of the feeds", report["refused_ticks"]))
    lines = [{"time": day(line["recorded_at_us"]), **line} for line in report["statement"]["lines"]]
    shown = columns(lines, ("time", "event", "market", "before", "amount", "after", "reference"))
    console.print(table(f"Statement of {report['statement']['account']}, newest lines", shown))
    console.print(
        f"writing      {writing['commands']:,} commands in {writing['seconds']} s, {about['form']}: "
        f"{writing['commands_per_s']:,}/s with everything around it, "
        f"{writing['commands_per_s_in_the_writer']:,}/s in the writer (small blocks, one fsync each)"
    )
    console.print(
        f"projecting   {projecting['events']:,} events into {projecting['views']} views in "
        f"{projecting['seconds']} s: {projecting['events_per_s']:,}/s"
    )
    print_verification(console, report)


VAULTS = ("vault", "vault_kind", "owner", "equity", "price", "supply", "net_deposits")
OPEN_INTEREST = ("market", "spot", "open_interest", "open_interest_usd", "traded_usd", "fees")
FUNDING = ("market", "funding_index", "funding_paid", "funding_received", "funding_accrued_unsettled")


def print_verification(console: Console, report: dict[str, Any]) -> None:
    """One line when clean; every finding otherwise."""
    verification, head = report["verification"], report["head"]
    if verification["clean"]:
        console.print(
            f"verification [bold green]clean[/bold green]: every byte of {head['height']:,} blocks with "
            f"{head['last_seq']:,} events; {verification['tables_equal_at_checkpoints']} tables equal to the "
            "writer's at checkpoints; "
            "the views folded again from the log are the same"
        )
        console.print(f"head         {head['digest']}")
        return
    console.print("verification [bold red]findings[/bold red]")
    for finding in verification["findings"]:
        console.print(f"  {finding}", markup=False)


def table(title: str, rows: Sequence[Row]) -> Table:
    """Rows with the keys of the first as columns; numbers and amounts stand right."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name, value in (rows[0] if rows else {}).items():
        right = isinstance(value, int) or str(value).lstrip("-").replace(".", "", 1).isdigit()
        heading = name.replace("_", " ")
        shown.add_column(heading, justify="right" if right else "left", overflow="fold", no_wrap=right)
    for row in rows:
        shown.add_row(*(grouped(value) for value in row.values()))
    return shown


def columns(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Some columns of some rows."""
    return [{name: row[name] for name in names} for row in rows]


def grouped(value: object) -> str:
    """A number or a decimal text with its thousands set apart; anything else as it is."""
    text = str(value)
    whole, point, fraction = text.partition(".")
    if not whole.lstrip("-").isdigit() or not (fraction.isdigit() or not point):
        return text
    return f"{'-' if text.startswith('-') else ''}{abs(int(whole)):,}{point}{fraction}"


def day(at_us: int) -> str:
    """A time in UTC, to the minute."""
    return datetime.fromtimestamp(at_us // 10**6, UTC).strftime("%Y-%m-%d %H:%M")
