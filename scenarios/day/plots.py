"""The plots of the report as SVG text: matplotlib, and nothing else knows of it.

The same numbers give the same bytes: ids are hashed with a fixed salt, and no date is written.
"""

from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure

Row = dict[str, Any]

SIZE: Final = (9.2, 3.0)
COLOURS: Final = {"as-it-was": "#b3261e", "as-it-is": "#1b6e4b"}
LABELS: Final = {"as-it-was": "as it was", "as-it-is": "as it is"}
WRONG, OTHER = "#b3261e", "#9aa5b1"
SETTINGS: Final = {
    "svg.hashsalt": "perp-ledger",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.grid": True,
    "grid.color": "#e3e7eb",
    "axes.edgecolor": "#9aa5b1",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify": True,
}


def plots(runs: Row) -> list[tuple[str, str]]:
    """Title and SVG of every plot."""
    found: list[tuple[str, str]] = []
    with mpl.rc_context(SETTINGS):
        markets = sorted({market for run in runs.values() for market in run["series"]["indices"]})
        for market in markets:
            lines = {name: run["series"]["indices"].get(market) for name, run in runs.items()}
            title = f"Funding index of {market}" + (
                " (generated market)" if market.startswith("PAXG") else ""
            )
            found.append((title, _lines(lines, "USDC")))
        found += [
            (
                f"Liquidations in the {wave}, each 15 s ({LABELS[name]})",
                _bars(run["series"]["liquidations"][wave]),
            )
            for name, run in runs.items()
            for wave in run["series"]["liquidations"]
            if run["series"]["liquidations"][wave]["at"]
        ]
        basis = {name: run["series"]["paxg_basis_bps"] for name, run in runs.items()}
        found.append(
            ("PAXG (generated market): mark against the price outside, 12:08 to 12:30", _lines(basis, "bps"))
        )
        for group in next(iter(runs.values()))["series"]["equity"]:
            lines = {name: run["series"]["equity"].get(group) for name, run in runs.items()}
            found.append((f"Account value of all {group}", _lines(lines, "USDC")))
    return found


def _lines(lines: dict[str, Row | None], unit: str) -> str:
    figure, axes = _figure(unit)
    for name, line in lines.items():
        if line is not None and line["at"]:
            axes.plot(
                _times(line["at"]), line["value"], color=COLOURS[name], label=LABELS[name], linewidth=1.3
            )
    axes.legend(frameon=False, loc="best")
    return _svg(figure)


def _bars(bars: Row) -> str:
    figure, axes = _figure("liquidations")
    width = 12 / 86_400
    at = _times(bars["at"])
    axes.bar(at, bars["all"], width=width, color=OTHER, label="explained by prices outside")
    axes.bar(at, bars["wrong"], width=width, color=WRONG, label="nothing outside explains it")
    axes.legend(frameon=False, loc="best")
    return _svg(figure)


def _figure(unit: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_ylabel(unit)
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
    return figure, axes


def _times(seconds: list[float]) -> list[datetime]:
    return [datetime.fromtimestamp(at, UTC) for at in seconds]


def _svg(figure: Figure) -> str:
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    start, end = text.index("<metadata>"), text.index("</metadata>") + len("</metadata>")
    return text[text.index("<svg") : start] + text[end:].lstrip()
