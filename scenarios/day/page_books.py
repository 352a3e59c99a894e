"""The books of a run on the page: trial balance, markets, positions, vaults, a statement, events."""

from html import escape
from typing import Any

from scenarios.day.html import asked, table
from scenarios.day.summary import FUNDING, OPEN_INTEREST, RUNS, VAULTS, columns, day

Row = dict[str, Any]


def books(folder: str, run: Row, data: str) -> list[str]:
    """All of it, folded away."""
    whose = run["statement"]["account"]
    lines = [{"time": day(line["recorded_at_us"]), **line} for line in run["statement"]["lines"]]
    shown = columns(lines, ("time", "seq", "event", "market", "before", "amount", "after", "reference"))
    return [
        f"<details><summary>{escape(RUNS[folder])}</summary>",
        *table(run["trial_balance"], "Trial balance", (f"projectors show trial-balance --data {data}",)),
        *table(
            columns(run["markets"], OPEN_INTEREST),
            "Open interest",
            (f"projectors show open-interest --data {data}",),
        ),
        *table(
            columns(run["markets"], FUNDING),
            "Funding of all accounts together",
            (f"projectors show funding --data {data}",),
        ),
        *table(run["largest_positions"], "Largest positions", (f"projectors show positions --data {data}",)),
        *table(columns(run["vaults"], VAULTS), "Vaults", (f"projectors show vault --data {data}",)),
        *table(
            shown,
            f"Statement of {whose}, newest lines",
            (f"projectors show statement {whose} --data {data}",),
        ),
        *table(run["events"], "Events", (f"projectors show events --data {data}",)),
        *table(
            [{"refusal": name, "times": count} for name, count in run["refusals"].items()],
            "Commands that were refused, as the player heard it",
        ),
        _speed(run),
        *asked(f"ledger log head --data {data}"),
        "</details>",
    ]


def _speed(run: Row) -> str:
    writing, projecting = run["writing"], run["projecting"]
    return (
        f"<p class=note>Measured while it was played: {writing['commands']:,} commands in "
        f"{writing['seconds']} s ({writing['commands_per_s']:,}/s with everything around them, "
        f"{writing['commands_per_s_in_the_writer']:,}/s in the writer, one fsync a block); "
        f"{projecting['events']:,} events into {projecting['views']} views in {projecting['seconds']} s.</p>"
    )
