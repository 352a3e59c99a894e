"""The report as one HTML file that needs nothing else: tables, plots as SVG, and how to ask again."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from scenarios.day.books import money
from scenarios.day.summary import FUNDING, OPEN_INTEREST, RUNS, VAULTS, columns, day, grouped

Row = dict[str, Any]

LEAD: Final = (
    "<p class=lead>A funding service is restarted and publishes before it has restored its indices. Two runs "
    "of the same day, with the same people and the same draws, that differ in nothing but the rules of the "
    "exchange.</p>"
)
STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2126;margin:0 auto;max-width:1080px}
body{padding:2rem 1.2rem 4rem}
h1{font-size:1.9rem;margin:0 0 .3rem}
h2{margin:2.6rem 0 .4rem;border-bottom:2px solid #1c2126;padding-bottom:.2rem}
h3{margin:1.6rem 0 .3rem;font-size:1rem}p{max-width:46rem}.lead{font-size:1.1rem}
table{border-collapse:collapse;font-size:13px;margin:.3rem 0 1rem}
table{display:block;overflow-x:auto;max-width:100%}
th{text-align:left;font-weight:600;color:#4a5560;border-bottom:1px solid #9aa5b1;padding:.2rem .7rem .2rem 0}
td{border-bottom:1px solid #e3e7eb;padding:.2rem .7rem .2rem 0;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.n{text-align:right}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;margin:1.2rem 0}
.card{border:1px solid #d4dae0;border-radius:8px;padding:.8rem 1rem}.card b{display:block;font-size:1.7rem}
.was b{color:#b3261e}.is b{color:#1b6e4b}.note{color:#4a5560;font-size:13px}
code{background:#f2f4f6;padding:.05rem .3rem;border-radius:4px;font-size:12.5px}
svg{max-width:100%;height:auto}
.ok{color:#1b6e4b;font-weight:600}.bad{color:#b3261e;font-weight:600}
"""


def write_page(path: Path, report: Row, plots: Sequence[tuple[str, str]]) -> None:
    """Write the report."""
    path.write_text(page(report, plots), encoding="utf-8")


def page(report: Row, plots: Sequence[tuple[str, str]]) -> str:
    """The whole file."""
    about = report["about"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>The day of {about['tape']}, twice</title>",
        "<meta name=viewport content='width=device-width'>",
        f"<style>{STYLE}</style>",
        *_head(report),
        *_plots(plots),
    ]
    for folder, run in report["runs"].items():
        parts += _run(folder, run, about)
    return "\n".join(parts) + "\n"


def _head(report: Row) -> list[str]:
    about = report["about"]
    was, now = report["runs"]["as-it-was"], report["runs"]["as-it-is"]
    groups = ", ".join(f"{count:,} {name}" for name, count in about["groups"].items())
    full = about["full_population"]
    part = (
        "the full tape"
        if about["population"] == full
        else f"the full tape has {full:,}; pools of money are scaled"
    )
    return [
        f"<h1>The day of {about['tape']}, twice</h1>",
        LEAD,
        "<div class=cards>",
        _card("was", "As it was: accounts liquidated wrongly", _harmed(was)),
        _card("is", "As it is: accounts liquidated wrongly", _harmed(now)),
        _card("was", "As it was: false gains of traders, USDC", _sum(was["jumps"], "false_gains_usd")),
        _card("is", "As it is: false gains of traders, USDC", _sum(now["jumps"], "false_gains_usd")),
        "</div>",
        _provenance(about, part, groups),
    ]


def _provenance(about: Row, part: str, groups: str) -> str:
    """What is real, what is not, and where everything comes from."""
    return (
        f"<p class=note><b>What is real and what is not.</b> {escape(about['market_data'])}. Accounts are "
        f"{escape(about['accounts'])}. Population {about['population']:,} ({part}): {groups}; seed "
        f"{about['seed']}; {escape(about['form'])} form. Everything below is read from the logs and their "
        "views; the commands beside it ask again.</p>"
    )


def _card(kind: str, text: str, value: object) -> str:
    return f"<div class='card {kind}'>{escape(text)}<b>{escape(grouped(value))}</b></div>"


def _harmed(run: Row) -> int:
    return sum(wave["of_them_wrongly"] for wave in run["waves"])


def _sum(rows: Sequence[Row], name: str) -> str:
    cents = sum(int(row[name].replace(".", "")) for row in rows)
    return f"{cents // 100}.{cents % 100:02d}"


def _plots(plots: Sequence[tuple[str, str]]) -> list[str]:
    parts = ["<h2>Both runs</h2>"]
    for title, svg in plots:
        parts += [f"<h3>{escape(title)}</h3>", svg]
    return parts


def _run(folder: str, run: Row, about: Row) -> list[str]:
    data = f"{about['data']}/{folder}"
    lines = [{"time": day(line["recorded_at_us"]), **line} for line in run["statement"]["lines"]]
    return [
        f"<h2>{escape(RUNS[folder])}</h2>",
        "<h3>What happened</h3>",
        *_table(run["waves"]),
        *_table(run["jumps"], "Steps of an index that the ledger did not compute itself"),
        *_table([{"thread and row": line} for line in run["race"]], "The race, in the order of the threads"),
        *_table(run["refused_ticks"], "Refused ticks of the feeds"),
        *_table(run["trips"], "Guards that tripped, the first of them"),
        *_table(run["statuses"], "Status of the exchange"),
        _ask(f"ledger log tail --data {data}", f"projectors show funding --data {data}"),
        *_done(run, data),
        "<h3>The books</h3>",
        *_table(run["trial_balance"], "Trial balance"),
        *_table(columns(run["markets"], OPEN_INTEREST), "Open interest"),
        *_table(columns(run["markets"], FUNDING), "Funding of all accounts together"),
        *_table(run["largest_positions"], "Largest positions"),
        *_table(columns(run["vaults"], VAULTS), "Vaults"),
        *_table(
            columns(lines, ("time", "seq", "event", "market", "before", "amount", "after", "reference")),
            f"Statement of {run['statement']['account']}, newest lines",
        ),
        _ask(
            f"projectors show trial-balance --data {data}",
            f"projectors show account {run['statement']['account']} --data {data}",
        ),
        "<h3>Commands</h3>",
        *_table([{"command": name, "accepted": count} for name, count in run["commands"].items()]),
        *_table([{"refusal": name, "times": count} for name, count in run["refusals"].items()]),
        _speed(run),
        "<h3>Proof</h3>",
        *_proof(run),
        _ask(f"ledger log verify --data {data}", f"projectors verify --data {data}"),
    ]


def _done(run: Row, data: str) -> list[str]:
    """What the operators did about it, and the proof; nothing where nothing had to be done."""
    if not run["rollbacks"]:
        return []
    return [
        "<h3>What was done</h3>",
        *_table([_candidate(row) for row in run["candidates"]], "Blocks to go back to, compared before"),
        *_table(run["rollbacks"], f"Rollback, by plan {run['plan']}"),
        "<ul>",
        *[f"<li>{escape(line)}</li>" for line in run["proof"]["lines"]],
        "</ul>",
        _ask(f"ledger rollback prove --data {data}"),
        *[line for name, audit in run["audits"].items() for line in _audit(name, audit, data)],
    ]


def _audit(name: str, audit: Row, data: str) -> list[str]:
    """What one audit found, what each remedy would cost, and whom it would pay."""
    window = audit["window"]
    first, last = window["from_height"], window["to_height"]
    total = f"{audit['lines_total']:,} accounts, {money(audit['lines_total_e8'])} USDC"
    said = (
        f"<p>Blocks {first + 1:,} to {last:,}, {window['commands']:,} commands replayed under corrected "
        f"inputs ({audit['evidence']} found in the log itself): {audit['accounts']:,} accounts would be "
        f"worth something else, {audit['wrongful_accounts']:,} were liquidated wrongly. Digest of the report "
        f"<code>{audit['digest']}</code></p>"
    )
    return [
        f"<h3>Audit of the {escape(name)}</h3>",
        said,
        *_table([_amounts(remedy) for remedy in audit["remedies"]], "What each remedy costs"),
        *_table([_amounts(effect) for effect in audit["effects"]], "Whom it hurt and helped most"),
        *_table([_amounts(line) for line in audit["lines"]], f"Refunds by counterfactual value: {total}"),
        _ask(f"ledger incident audit --from-block {first} --to-block {last} --data {data}"),
    ]


def _amounts(row: Row) -> Row:
    """Amounts in 1e-8 as whole cents, under names without the unit."""
    return {
        name.removesuffix("_e8"): money(value) if name.endswith("_e8") else value
        for name, value in row.items()
    }


def _candidate(row: Row) -> Row:
    shown = {name: value for name, value in row.items() if name not in ("recorded_at_us", "negative_e8")}
    return {"time": day(row["recorded_at_us"]), **shown}


def _speed(run: Row) -> str:
    writing, projecting = run["writing"], run["projecting"]
    return (
        f"<p class=note>{writing['commands']:,} commands in {writing['seconds']} s "
        f"({writing['commands_per_s']:,}/s with everything around them, "
        f"{writing['commands_per_s_in_the_writer']:,}/s in the writer, one fsync a block); "
        f"{projecting['events']:,} events into {projecting['views']} views in {projecting['seconds']} s.</p>"
    )


def _proof(run: Row) -> list[str]:
    head, verification = run["head"], run["verification"]
    sound = "<span class=ok>clean</span>" if verification["clean"] else "<span class=bad>findings</span>"
    said = (
        f"<p>Verification {sound}: every byte of {head['height']:,} blocks with {head['last_seq']:,} events, "
        f"{verification['tables_equal_at_checkpoints']} tables equal to the writer's at checkpoints, and the "
        f"views folded again from the log. Head <code>{head['digest']}</code></p>"
    )
    return [said, *[f"<p class=bad>{escape(finding)}</p>" for finding in verification["findings"]]]


def _ask(*commands: str) -> str:
    return (
        "<p class=note>Ask again: "
        + " ".join(f"<code>{escape(command)}</code>" for command in commands)
        + "</p>"
    )


def _table(rows: Sequence[Row], title: str = "") -> list[str]:
    """Rows with the keys of the first as columns; nothing at all without rows."""
    if not rows:
        return []
    names = list(rows[0])
    numeric = {name: all(_is_number(row[name]) for row in rows) for name in names}
    classes = {name: " class=n" if numeric[name] else "" for name in names}
    head = "".join(f"<th{classes[name]}>{escape(name.replace('_', ' '))}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td{classes[name]}>{escape(grouped(row[name]))}</td>" for name in names) + "</tr>"
        for row in rows
    )
    caption = [f"<h3>{escape(title)}</h3>"] if title else []
    return [*caption, f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"]


def _is_number(value: object) -> bool:
    return str(value).lstrip("-").replace(".", "", 1).isdigit()
