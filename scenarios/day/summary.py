"""The report of the demo for a person at a terminal: both runs side by side, and what was done.

The rest is on the page.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ledger.core.values import E8
from ledger.edge.decimals import parse_decimal
from scenarios.day.compared import compared

Row = dict[str, Any]

PAGE_WIDTH: Final = 132
"""Letters of a line where there is no terminal to ask."""
AMOUNT_DIGITS: Final = 8
OPEN_INTEREST: Final = ("market", "spot", "open_interest", "open_interest_usd", "traded_usd", "fees")
FUNDING: Final = (
    "market", "funding_index", "funding_paid", "funding_received", "funding_accrued_unsettled"
)  # fmt: skip
PROTECTED: Final = ("protection", "accounts hurt", "loss", "saved", "accounts without it", "loss without it")
VAULTS: Final = ("vault", "vault_kind", "owner", "equity", "price", "supply", "net_deposits")
RUNS: Final = {
    "as-it-was": "As it was: the rules of January",
    "as-it-is": "As it is: the rules of this ledger",
}


def print_report(report: Row) -> None:
    """Everything on stdout, and where the page lies."""
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH, highlight=False)
    about, runs = report["about"], report["runs"]
    full = about["full_population"]
    size = "the full tape" if about["population"] == full else f"--accounts {full} plays the full tape"
    console.print(f"[bold]The day of {about['tape']}, twice[/bold]")
    console.print(f"{about['market_data']}. Accounts are {about['accounts']}.")
    console.print(
        f"{about['population']:,} accounts ({size}), seed {about['seed']}, {about['form']}, "
        f"{report['seconds']} s"
    )
    console.print(table("", side_by_side(runs)))
    for run in runs.values():
        for wave, audit in run["audits"].items():
            rows = [_remedy(row) for row in audit["remedies"]]
            console.print(table(f"What each remedy of the {wave} costs, USDC", rows))
        for line in _done(run):
            console.print(line)
    for wave in dict.fromkeys(row["wave"] for row in report["protections"]):
        own = [row for row in report["protections"] if row["wave"] == wave]
        rows = columns(compared(own), PROTECTED)
        console.print(table(f"What each protection saves in the {wave}, USDC", rows))
    for folder, run in runs.items():
        for finding in run["verification"]["findings"]:
            console.print(f"{folder}: {finding}", markup=False)
    console.print(f"page: {report['page']}; each number has the command that gives it, such as")
    console.print(f"  ledger day waves --data {about['data']}/as-it-was")
    if report.get("dashboard"):
        console.print(f"dashboard: {report['dashboard']}", soft_wrap=True, markup=False)
        console.print("  runs until nobody has asked for an hour; `make demo-down` ends it")


def side_by_side(runs: Row) -> list[Row]:
    """One line for each thing that one wants to know of both runs."""
    lines = {RUNS[folder].partition(":")[0].lower(): _lines(run) for folder, run in runs.items()}
    names = list(next(iter(lines.values())))
    return [{"": name, **{run: own[name] for run, own in lines.items()}} for name in names]


def _lines(run: Row) -> dict[str, str]:
    first, second = run["waves"]
    refused = run["refused_ticks"]
    minutes = run["closed_ms"] // 60_000
    head = run["head"]
    return {
        "false tick": f"refused: {refused[0]['refusal']}" if refused else _taken(run["jumps"]),
        "liquidated wrongly, first wave": f"{first['of_them_wrongly']:,} accounts",
        "liquidated wrongly, second wave": f"{second['of_them_wrongly']:,} accounts",
        "false gains of traders": f"{_whole(total_e8(run['jumps'], 'false_gains_usd'))} USDC",
        "paid out, 05:01 to 05:36": f"{_whole(run['paid_out_e8'])} USDC",
        "refunded": f"{len(run['refunds_paid']):,} accounts, "
        f"{_whole(total_e8(run['refunds_paid'], 'amount'))} USDC",
        "not open for trading": f"{minutes // 60} h {minutes % 60:02d} min",
        "log": f"{head.get('height', 0):,} blocks, {head.get('last_seq', 0):,} events",
        "verification": "clean" if run["verification"]["clean"] else "findings",
    }


def _taken(jumps: Sequence[Row]) -> str:
    return f"taken, {len(jumps)} indices of {jumps[0]['index_after']}" if jumps else "none"


def _done(run: Row) -> list[str]:
    """What was done about it, in lines."""
    found = []
    for rollback in run["rollbacks"]:
        found.append(
            f"rollback     to block {rollback['target_block']:,}: {rollback['void_events']:,} events void, "
            f"{rollback['reinstated']:,} deposits and payments reinstated, "
            f"{rollback['negative_accounts']:,} accounts below zero"
        )
        proof = run["proof"]
        found.append(f"proof        {proof['lines'][-1]}, {len(proof['lines']) - 1} lines on the page")
    refunds = run["refunds"]
    if refunds["plan"]:
        paid = f"{refunds['paid_lines']} of {refunds['lines']} lines paid, the others are zero"
        found.append(f"refunds      {refunds['shortfall'] or paid}")
    return found


def _remedy(row: Row) -> Row:
    return {
        "remedy": row["remedy"],
        "accounts": row["accounts_touched"],
        "honest trades voided": row["honest_trades_voided"],
        "profits erased": _whole(row["profits_erased_e8"]),
        "money needed": _whole(row["money_needed_e8"]),
        "false gains kept": _whole(row["false_gains_kept_e8"]),
        "paid by": row["paid_by"]
        + (f", short of {_whole(row['shortfall_e8'])}" if row["shortfall_e8"] else ""),
    }


def harmed(run: Row) -> int:
    """Accounts liquidated wrongly in both windows."""
    return sum(wave["of_them_wrongly"] for wave in run["waves"])


def total_e8(rows: Sequence[Row], name: str) -> int:
    """Sum of a column of decimal texts, in 1e-8."""
    return sum(parse_decimal(row[name], AMOUNT_DIGITS) for row in rows)


def _whole(value_e8: int) -> str:
    return f"{value_e8 // E8:,}"


def table(title: str, rows: Sequence[Row]) -> Table:
    """Rows with the keys of the first as columns; numbers and amounts stand right."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in rows[0] if rows else ():
        values = [str(row[name]).replace(",", "").lstrip("-").replace(".", "", 1) for row in rows]
        right = all(value.isdigit() for value in values if value)
        shown.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=right)
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
