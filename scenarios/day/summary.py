"""The report of the demo for a person at a terminal: short, the whole of it is the page."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from scenarios.day.books import money

Row = dict[str, Any]

PAGE_WIDTH: Final = 132
"""Letters of a line where there is no terminal to ask."""
OPEN_INTEREST: Final = ("market", "spot", "open_interest", "open_interest_usd", "traded_usd", "fees")
FUNDING: Final = (
    "market", "funding_index", "funding_paid", "funding_received", "funding_accrued_unsettled"
)  # fmt: skip
VAULTS: Final = ("vault", "vault_kind", "owner", "equity", "price", "supply", "net_deposits")
TRIPS: Final = ("time", "guard", "policy", "market", "given", "expected")
RUNS: Final = {
    "as-it-was": "As it was: the rules of January",
    "as-it-is": "As it is: the rules of this ledger",
}
TRIPS_SHOWN: Final = 7


def print_report(report: Row) -> None:
    """Everything on stdout, the answer to "is it sound?" of each run at its end."""
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    about = report["about"]
    full = about["full_population"]
    size = (
        "the full tape" if about["population"] == full else f"the full tape has {full:,}: --accounts {full}"
    )
    console.print(f"[bold]The day of {about['tape']}, twice[/bold]")
    console.print(f"market data  {about['market_data']}")
    console.print(f"accounts     {about['accounts']}")
    console.print(f"population   {about['population']:,} ({size}), seed {about['seed']}")
    for folder, run in report["runs"].items():
        console.print()
        console.rule(f"[bold]{RUNS[folder]}[/bold]", align="left")
        print_run(console, run, about["form"])
    console.print(f"both runs in {report['seconds']} s; page: {report['page']}")
    if report.get("dashboard"):
        console.print(f"dashboard    {report['dashboard']}", soft_wrap=True, markup=False, highlight=False)
        console.print("             runs until nobody has asked for an hour; `make demo-down` ends it")


def print_run(console: Console, run: Row, form: str) -> None:
    """What happened in one run, its books, and whether they are right."""
    console.print(table("What the windows of the day did to accounts", run["waves"]))
    if run["jumps"]:
        console.print(table("Steps of an index that the ledger did not compute", run["jumps"]))
    if run["refused_ticks"]:
        console.print(table("Refused ticks of the feeds", run["refused_ticks"]))
    console.print(table("Guards that tripped, the first of them", columns(run["trips"][:TRIPS_SHOWN], TRIPS)))
    console.print(table("Status of the exchange", run["statuses"]))
    if run["rollbacks"]:
        console.print(table("Rollback", run["rollbacks"]))
        for name, audit in run["audits"].items():
            console.print(
                table(f"What each remedy of the {name} costs", [_remedy(row) for row in audit["remedies"]])
            )
            total = money(audit["lines_total_e8"])
            console.print(
                f"refunds by counterfactual value: {audit['lines_total']} accounts, {grouped(total)} USDC"
            )
        refunds = run["refunds"]
        paid = f"{refunds['paid_lines']} of {refunds['lines']} lines paid, {money(refunds['total_e8'])} USDC"
        console.print(f"refunds: {refunds['shortfall'] or paid}")
        for line in run["proof"]["lines"]:
            console.print(f"  {line}", markup=False, highlight=False)
    console.print(table("Trial balance", run["trial_balance"]))
    console.print(table("Markets: open interest", columns(run["markets"], OPEN_INTEREST)))
    console.print(table("Markets: funding of all accounts together", columns(run["markets"], FUNDING)))
    console.print(table("Largest positions", run["largest_positions"]))
    console.print(table("Vaults", columns(run["vaults"], VAULTS)))
    lines = [{"time": day(line["recorded_at_us"]), **line} for line in run["statement"]["lines"]]
    shown = columns(lines, ("time", "event", "market", "before", "amount", "after", "reference"))
    console.print(table(f"Statement of {run['statement']['account']}, newest lines", shown))
    writing, projecting = run["writing"], run["projecting"]
    console.print(
        f"writing      {writing['commands']:,} commands in {writing['seconds']} s, {form}: "
        f"{writing['commands_per_s']:,}/s with everything around it, "
        f"{writing['commands_per_s_in_the_writer']:,}/s in the writer (small blocks, one fsync each)"
    )
    console.print(
        f"projecting   {projecting['events']:,} events into {projecting['views']} views in "
        f"{projecting['seconds']} s: {projecting['events_per_s']:,}/s"
    )
    print_verification(console, run)


def _remedy(row: Row) -> Row:
    return {
        "remedy": row["remedy"],
        "accounts": row["accounts_touched"],
        "honest_trades_voided": row["honest_trades_voided"],
        "profits_erased": money(row["profits_erased_e8"]),
        "money_needed": money(row["money_needed_e8"]),
        "paid_by": row["paid_by"],
    }


def print_verification(console: Console, run: Row) -> None:
    """One line when clean; every finding otherwise."""
    verification, head = run["verification"], run["head"]
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
