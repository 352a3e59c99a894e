"""The plots of the report as SVG text: matplotlib, and nothing else knows of it.

The same numbers give the same bytes: ids are hashed with a fixed salt, and no date is written.
"""

from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from scenarios.day import times

Row = dict[str, Any]

SIZE: Final = (6.6, 2.7)
INK, SOFT, LINE, FAINT = "#1c2126", "#4a5560", "#8a96a3", "#e6eaee"
THEME: Final = {
    "#b3261e": "var(--bad)", "#1b6e4b": "var(--good)", INK: "var(--ink)", SOFT: "var(--soft)",
    LINE: "var(--grey)", FAINT: "var(--faint)",
}  # fmt: skip
"""Colours of a plot, and what the page calls them: light and dark have their own."""
COLOURS: Final = {"as-it-was": "#b3261e", "as-it-is": "#1b6e4b"}
LABELS: Final = {"as-it-was": "as it was", "as-it-is": "as it is"}
MARGIN_H: Final = 0.02
LEAST_H: Final = 0.1
"""Bars span at least six minutes: a wave of one tick is one bar and not a wall."""
WRONG, OTHER = "#b3261e", LINE
STEPS: Final = ((0.25, 2), (0.75, 5), (2, 15), (1_000, 240))
"""Up to so many hours on the axis: so many minutes between two marks of it."""
SETTINGS: Final[dict[Any, Any]] = {
    "svg.hashsalt": "perp-ledger",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify": True,
}


def plots(runs: Row) -> dict[str, tuple[str, str]]:
    """Title and SVG of every plot, by what it shows."""
    found: dict[str, tuple[str, str]] = {}
    with mpl.rc_context(SETTINGS):
        markets = sorted({market for run in runs.values() for market in run["series"]["indices"]})
        for market in markets:
            lines = {name: run["series"]["indices"].get(market) for name, run in runs.items()}
            title = f"Funding index of {market}" + (
                " (generated market)" if market.startswith("PAXG") else ""
            )
            found[f"index {market}"] = (title, _lines(lines, "USDC"))
        for name, run in runs.items():
            for wave, bars in run["series"]["liquidations"].items():
                if bars["at"]:
                    title = f"Liquidations in the {wave}, each 15 s ({LABELS[name]})"
                    found[f"{name} {wave}"] = (title, _bars(bars))
        basis = {name: run["series"]["paxg_basis_bps"] for name, run in runs.items()}
        title = "PAXG (generated market): mark against the price outside, 12:08 to 12:30"
        found["basis"] = (title, _lines(basis, "bps"))
        for group in next(iter(runs.values()))["series"]["equity"]:
            lines = {name: run["series"]["equity"].get(group) for name, run in runs.items()}
            found[f"value {group}"] = (f"Account value: {group}", _lines(lines, "USDC"))
    return found


def _lines(lines: dict[str, Row | None], unit: str) -> str:
    figure, axes = _figure(unit)
    for name, line in lines.items():
        if line is not None and line["at"]:
            axes.plot(
                _hours(line["at"]), line["value"], color=COLOURS[name], label=LABELS[name], linewidth=1.3
            )
    return _finished(figure, axes)


def _bars(bars: Row) -> str:
    figure, axes = _figure("liquidations")
    width = 12 / 3_600
    at = _hours(bars["at"])
    axes.bar(at, bars["all"], align="edge", width=width, color=OTHER, label="explained by prices outside")
    axes.bar(at, bars["wrong"], align="edge", width=width, color=WRONG, label="nothing outside explains it")
    axes.set_xlim(at[0] - MARGIN_H, max(at[-1], at[0] + LEAST_H) + MARGIN_H)
    return _finished(figure, axes)


def _figure(unit: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylabel(unit)
    axes.xaxis.set_major_formatter(FuncFormatter(_clock))
    axes.yaxis.set_major_formatter(FuncFormatter(_grouped))
    return figure, axes


def _finished(figure: Figure, axes: Axes) -> str:
    """A legend, and whole minutes or hours below."""
    low, high = axes.get_xlim()
    step = next(minutes for hours, minutes in STEPS if high - low <= hours)
    axes.xaxis.set_major_locator(MultipleLocator(step / 60))
    axes.legend(frameon=False, loc="best")
    return _svg(figure)


def _hours(seconds: list[float]) -> list[float]:
    """Unix seconds as hours of the day of the tape."""
    return [(at - times.DAY / 1000) / 3600 for at in seconds]


def _grouped(value: float, _: int | None) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _clock(hours: float, _: int | None) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _svg(figure: Figure) -> str:
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    start, end = text.index("<metadata>"), text.index("</metadata>") + len("</metadata>")
    text = text[text.index("<svg") : start] + text[end:].lstrip()
    for colour, name in THEME.items():
        text = text.replace(colour, name)
    return text
