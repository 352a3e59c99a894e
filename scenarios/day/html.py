"""Parts of the report as HTML: tables, cards, amounts, and the command that answers again beside each."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from scenarios.day.books import money
from scenarios.day.rules import PAXG
from scenarios.day.summary import grouped

Row = dict[str, Any]

ROWS_OPEN: Final = 12
"""Longer tables are folded away below this many rows."""
STYLE: Final = """
:root{color-scheme:light dark;--page:#fff;--ink:#1c2126;--soft:#4a5560;--line:#d4dae0;--faint:#e6eaee;
--panel:#f5f7f9;--bad:#b3261e;--good:#1b6e4b;--grey:#8a96a3}
@media(prefers-color-scheme:dark){:root{--page:#14181c;--ink:#e6e9ec;--soft:#a3aeb9;--line:#38414a;
--faint:#283038;--panel:#1d2329;--bad:#ff7a70;--good:#5cc795;--grey:#7c8894}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto;
max-width:1080px;padding:1.6rem 1.1rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.35rem;margin:3rem 0 .6rem;border-bottom:2px solid var(--ink);padding-bottom:.25rem}
h3{margin:1.8rem 0 .3rem;font-size:1rem}p{max-width:47rem;margin:.5rem 0}.lead{font-size:1.08rem}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1rem 0;font-size:14px}a{color:inherit}
.scroll{overflow-x:auto;margin:.3rem 0 .2rem}
table{border-collapse:collapse;font-size:13px}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1px solid var(--grey)}
th{vertical-align:bottom}
th,td{padding:.22rem .9rem .22rem 0}td{border-bottom:1px solid var(--faint);vertical-align:top}
td.n,th.n{text-align:right}td{white-space:nowrap}td.n{font-variant-numeric:tabular-nums}
td.t{white-space:normal;min-width:12rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.8rem;margin:1.2rem 0}
.card{border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;background:var(--panel)}
.card p{margin:0 0 .3rem;font-size:13px;color:var(--soft)}
.card div{display:flex;justify-content:space-between;align-items:baseline;gap:.6rem}
.card b,.card span{white-space:nowrap}.card b{font-size:1.15rem;font-variant-numeric:tabular-nums}
.card span{font-size:12px;color:var(--soft)}
.was b,.bad{color:var(--bad)}.is b,.ok{color:var(--good)}.ok,.bad{font-weight:600}
dl{margin:.6rem 0;max-width:60rem}dt{font-weight:600;margin-top:.7rem}dd{margin:.1rem 0 0}
.note{color:var(--soft);font-size:13px}
.ask{color:var(--soft);font-size:12.5px;max-width:none;margin:.15rem 0 1rem}
code{background:var(--panel);border:1px solid var(--faint);padding:.05rem .3rem;border-radius:4px;
font-size:12px;overflow-wrap:anywhere}
details{margin:.3rem 0 1rem}summary{cursor:pointer;color:var(--soft);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(29rem,100%),1fr));gap:0 1.6rem}
.plot{overflow-x:auto;min-width:0}
.plot svg{display:block;width:100%;min-width:27rem;max-width:40rem;height:auto}
@media print{details{display:block}.scroll,.plot{overflow:visible}}
"""


def table(rows: Sequence[Row], title: str = "", ask: Sequence[str] = ()) -> list[str]:
    """Rows with the keys of the first as columns, and how to ask for them; nothing at all without rows.

    What is longer than ``ROWS_OPEN`` rows is folded away below them.
    """
    if not rows:
        return []
    caption = [f"<h3>{escape(title)}</h3>"] if title else []
    parts = [*caption, _grid(rows[:ROWS_OPEN], rows)]
    if len(rows) > ROWS_OPEN:
        rest = rows[ROWS_OPEN:]
        parts.append(f"<details><summary>{len(rest):,} more</summary>{_grid(rest, rows)}</details>")
    return [*parts, *asked(*ask)]


def _grid(rows: Sequence[Row], whole: Sequence[Row]) -> str:
    classes = {name: _class([row[name] for row in whole]) for name in whole[0]}
    head = "".join(f"<th{classes[name]}>{escape(name.replace('_', ' '))}</th>" for name in classes)
    body = "".join(
        "<tr>" + "".join(f"<td{classes[name]}>{escape(cell(row[name]))}</td>" for name in classes) + "</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _class(values: Sequence[object]) -> str:
    """Numbers stand right, long texts get room."""
    shown = [str(value) for value in values if str(value)]
    if shown and all(_is_number(value) for value in shown):
        return " class=n"
    return " class=t" if max((len(value) for value in shown), default=0) > LONG else ""


LONG: Final = 24


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def cell(value: object) -> str:
    """A value as it is shown; the generated market always says so."""
    text = grouped(value)
    return f"{text} (generated)" if text == PAXG else text


def asked(*commands: str) -> list[str]:
    """How to ask for the same with the command line."""
    if not commands:
        return []
    shown = " ".join(f"<code>{escape(command)}</code>" for command in commands)
    return [f"<p class=ask>Ask again: {shown}</p>"]


def note(text: str) -> str:
    """A remark in small letters."""
    return f"<p class=note>{escape(text)}</p>"


def card(text: str, was: str, now: str) -> str:
    """A number of both runs side by side."""
    return (
        f"<div class=card><p>{escape(text)}</p>"
        f"<div class=was><span>as it was</span><b>{escape(was)}</b></div>"
        f"<div class=is><span>as it is</span><b>{escape(now)}</b></div></div>"
    )


def plot(found: Mapping[str, tuple[str, str]], *names: str) -> list[str]:
    """Plots by name, with their titles; those that there are not are left out."""
    shown = [
        f"<div class=plot><h3>{escape(found[name][0])}</h3>{found[name][1]}</div>"
        for name in names
        if name in found
    ]
    return ["<div class=plots>", *shown, "</div>"] if shown else []


def amounts(row: Row) -> Row:
    """Amounts in 1e-8 as whole cents, under names without the unit."""
    return {
        name.removesuffix("_e8"): money(value) if name.endswith("_e8") else value
        for name, value in row.items()
    }


def usdc(value_e8: int) -> str:
    """An amount for a sentence: whole USDC, thousands apart."""
    return f"{value_e8 // 10**8:,}"


def hours(ms: int) -> str:
    """A length of time in hours and minutes."""
    minutes = ms // 60_000
    return f"{minutes // 60} h {minutes % 60:02d} m" if minutes else "none"
