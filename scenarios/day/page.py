"""The report as one HTML file that needs nothing else.

What happened, who was hurt, what each remedy costs, what was done, and the proof; beside every table
stands the command that answers again.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from scenarios.day.html import STYLE, amounts, asked, card, hours, note, plot, table, usdc
from scenarios.day.page_books import books
from scenarios.day.page_done import FIRST, audit_command, done, proof, remedies, verified
from scenarios.day.page_protections import protections
from scenarios.day.summary import harmed, total_e8

Row = dict[str, Any]
Plots = Mapping[str, tuple[str, str]]

WAS: Final = "as-it-was"
NOW: Final = "as-it-is"
SECOND: Final = "second wave"
LEAD: Final = (
    "A funding service is restarted and publishes before it has restored its indices. The same day twice, "
    "with the same people and the same draws: once under the rules of January, as it was, and once under "
    "the rules of this ledger, as it is. Nothing else differs."
)
SECTIONS: Final = (
    ("happened", "What happened"),
    ("hurt", "Who was hurt"),
    ("remedies", "What each remedy costs"),
    ("done", "What was done"),
    ("proof", "Proof"),
    ("now", "The same day as it is"),
    ("protections", "What each protection saves"),
    ("books", "The books"),
)


def write_page(path: Path, report: Row, plots: Plots) -> None:
    """Write the report."""
    path.write_text(page(report, plots), encoding="utf-8")


def page(report: Row, plots: Plots) -> str:
    """The whole file."""
    about, runs = report["about"], report["runs"]
    was, now = runs[WAS], runs[NOW]
    places = {folder: f"{about['data']}/{folder}" for folder in runs}
    sections = {
        "happened": _happened(was, places[WAS], plots),
        "hurt": _hurt(was, places[WAS], plots),
        "remedies": remedies(was, places[WAS]),
        "done": done(was, places[WAS]),
        "proof": proof(was, places[WAS]),
        "now": _now(now, places[NOW], plots),
        "protections": protections(report["protections"], about),
        "books": [line for folder, run in runs.items() for line in books(folder, run, places[folder])],
    }
    shown = [(name, title) for name, title in SECTIONS if sections[name]]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>The day of {about['tape']}, twice</title>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        f"<style>{STYLE}</style>",
        f"<h1>The day of {about['tape']}, twice</h1>",
        f"<p class=lead>{LEAD}</p>",
        "<nav>" + "".join(f"<a href='#{name}'>{escape(title)}</a>" for name, title in shown) + "</nav>",
        *_cards(was, now),
        *_in_short(was, now),
        _provenance(about),
    ]
    for name, title in shown:
        parts += [f"<h2 id={name}>{escape(title)}</h2>", *sections[name]]
    return "\n".join(parts) + "\n"


def _cards(was: Row, now: Row) -> list[str]:
    return [
        "<div class=cards>",
        card("accounts liquidated wrongly", f"{harmed(was):,}", f"{harmed(now):,}"),
        card(
            "false gains of traders, USDC",
            usdc(total_e8(was["jumps"], "false_gains_usd")),
            usdc(total_e8(now["jumps"], "false_gains_usd")),
        ),
        card("paid out from 05:01 to 05:36, USDC", usdc(was["paid_out_e8"]), usdc(now["paid_out_e8"])),
        card("refunded, USDC", usdc(refunded_e8(was)), usdc(refunded_e8(now))),
        card("not open for trading", hours(was["closed_ms"]), hours(now["closed_ms"])),
        "</div>",
    ]


def refunded_e8(run: Row) -> int:
    """What was paid in refunds."""
    return total_e8(run["refunds_paid"], "amount")


def _in_short(was: Row, now: Row) -> list[str]:
    """The five answers in a few sentences; every number comes again below, with its command."""
    if not was["rollbacks"]:
        return []
    steps = "; ".join(
        f"{step['market']} from {_whole(step['index_before'])} to {step['index_after']}"
        for step in was["jumps"]
    )
    first, second = was["waves"]
    audit = was["audits"][FIRST]
    (declared,) = was["rollbacks"]
    answers = {
        "What happened": (
            f"At {was['jumps'][0]['time']} the feed moved the funding indices of {len(was['jumps'])} "
            f"markets: {steps}. The guards saw it and, as their rules of January said, only recorded it."
        ),
        "Who was hurt": (
            f"{first['of_them_wrongly']:,} accounts were liquidated that were sound, {audit['accounts']:,} "
            f"would be worth something else. After the reopening {second['of_them_wrongly']:,} more fell to "
            "a mark that an almost empty book of PAXG (generated market) had moved."
        ),
        "What each remedy costs": _cheapest(audit["remedies"]),
        "What was done": (
            f"Back to block {declared['target_block']:,}: {declared['void_events']:,} events are void, "
            f"{declared['reinstated']:,} deposits and payments of the real world count again. "
            f"{len(was['refunds_paid']):,} refunds of {usdc(refunded_e8(was))} USDC were paid for the "
            "second wave by the Liquidator Vault."
        ),
        "Proof": (
            "Both ledgers verify clean, views and all."
            if was["verification"]["clean"] and now["verification"]["clean"]
            else "A verification has findings: see below."
        )
        + (" The rollback is proved from the log." if not was["proof"]["findings"] else ""),
        "As it is": (
            f"The tick was refused by {len({trip['guard'] for trip in now['trips']})} guards, the exchange "
            f"closed itself for {_seconds(now)} s and opened in steps; {harmed(now):,} accounts were harmed."
        ),
    }
    terms = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in answers.items())
    return [f"<dl>{terms}</dl>"]


def _whole(text: str) -> str:
    whole = text.partition(".")[0]
    return f"{int(whole):,}"


def _seconds(run: Row) -> int:
    """How long the guard kept the exchange from ``ok``: from its closing to the end of the list."""
    changes = run["statuses"]
    closed = [row for row in changes if row["reason"].startswith("guard")]
    if not closed:
        return 0
    return int((changes[-1]["at_us"] - closed[0]["at_us"]) // 10**6)


def _cheapest(remedies: Sequence[Row]) -> str:
    """Rollback, surgical correction and compensation in one sentence."""
    rollback = next(one for one in remedies if one["remedy"].startswith("rollback"))
    surgical = next(one for one in remedies if one["remedy"] == "surgical")
    paid = next(one for one in remedies if one["remedy"] == "compensation C")
    return (
        f"Going back to the last good block voids {rollback['honest_trades_voided']:,} honest trades and "
        f"erases {usdc(rollback['profits_erased_e8'])} USDC of honest profit. A surgical correction voids "
        f"none and leaves {usdc(surgical['money_needed_e8'])} USDC that somebody owes. Paying everybody what "
        f"the day took needs {usdc(paid['money_needed_e8'])} USDC, {usdc(paid['shortfall_e8'])} more than "
        f"the Liquidator Vault can pay, and leaves {usdc(paid['false_gains_kept_e8'])} USDC of false gains."
    )


def _provenance(about: Row) -> str:
    """What is real, what is not, and where everything comes from."""
    full = about["full_population"]
    groups = ", ".join(f"{count:,} {name}" for name, count in about["groups"].items())
    part = "the full tape" if about["population"] == full else f"the full tape has {full:,}"
    return (
        f"<p class=note><b>What is real and what is not.</b> {escape(about['market_data'])}. Accounts are "
        f"{escape(about['accounts'])}. Population {about['population']:,} ({part}): {groups}; seed "
        f"{about['seed']}; {escape(about['form'])} form. Everything below is read from the two logs and "
        "their views, times are UTC, amounts USDC. Each row names its event: <code>ledger log event SEQ "
        f"--data {escape(about['data'])}/{WAS}</code> prints it.</p>"
    )


def _happened(run: Row, data: str, plots: Plots) -> list[str]:
    race = [{"step": place, "thread and row": line} for place, line in enumerate(run["race"], start=1)]
    return [
        *plot(plots, *[name for name in plots if name.startswith("index ")]),
        *table(
            run["jumps"],
            "Steps of an index that the ledger did not compute itself",
            (f"ledger day steps --data {data}", f"ledger day given --data {data} --count 5000"),
        ),
        *table(race, "Why: R restores, P publishes; the order of two threads of the service, not in the log"),
        *table(run["trips"], "Guards that saw it", (f"ledger day trips --data {data}",)),
        *table(
            [_without_time(row) for row in run["statuses"]],
            "Status of the exchange",
            (f"ledger day statuses --data {data}",),
        ),
        *plot(plots, *[name for name in plots if name.startswith("value ")]),
    ]


def _without_time(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "at_us"}


def _hurt(run: Row, data: str, plots: Plots) -> list[str]:
    parts = [
        *table(
            run["waves"],
            "Liquidations",
            (f"ledger day waves --data {data}", f"ledger day liquidations --data {data} --count 5000"),
        ),
        note(
            "Wrongly: without the false funding, and at the prices outside of the same tick, the account "
            "covered its maintenance margin."
        ),
    ]
    for wave, audit in run["audits"].items():
        shown = [amounts(effect) for effect in audit["effects"]]
        parts += [
            *(plot(plots, "basis") if wave == SECOND else []),
            *plot(plots, f"{WAS} {wave}"),
            f"<h3>Audit of the {escape(wave)}</h3>",
            _audited(audit),
            *table(shown, f"Whom the {wave} helped and hurt most", (audit_command(audit, data),)),
            note("Difference: what an account would have had, less what it had; positive: it was hurt."),
        ]
    if run["paid_out"]:
        parts += [
            "<h3>Money that left</h3>",
            _said(run),
            *asked(f"ledger day releases --data {data}"),
        ]
    return parts


def _said(run: Row) -> str:
    return (
        f"<p>{run['paid_out']:,} withdrawals, {usdc(run['paid_out_e8'])} USDC, left through the bridge "
        "between the restart and the maintenance.</p>"
    )


def _audited(audit: Row) -> str:
    window = audit["window"]
    first, last = window["from_height"], window["to_height"]
    return (
        f"<p>Blocks {first + 1:,} to {last:,}: {window['commands']:,} commands replayed under corrected "
        f"inputs; what is wrong with them the log itself shows, in {audit['evidence']:,} places. "
        f"{audit['accounts']:,} accounts would be worth something else, {audit['wrongful_accounts']:,} were "
        "liquidated wrongly in "
        f"{audit['wrongful_takeovers']:,} takeovers. Report <code>{audit['digest']}</code></p>"
    )


def _now(run: Row, data: str, plots: Plots) -> list[str]:
    return [
        *table(run["trips"], "Guards that refused the tick", (f"ledger day trips --data {data}",)),
        *table(
            [_without_time(row) for row in run["statuses"]],
            "Status of the exchange",
            (f"ledger day statuses --data {data}",),
        ),
        *table(run["waves"], "Liquidations", (f"ledger day waves --data {data}",)),
        *plot(plots, *[name for name in plots if name.startswith(f"{NOW} ")]),
        *verified(run, data),
    ]
