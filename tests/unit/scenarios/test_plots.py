"""Plots are text that needs nothing else, and the same numbers give the same text."""

from typing import Any

from scenarios.day.plots import plots


def run(rise: float) -> dict[str, Any]:
    line = {
        "at": [1768780800.0 + 60 * step for step in range(20)],
        "value": [rise * step for step in range(20)],
    }
    bars = {"at": line["at"], "all": [2] * 20, "wrong": [1] * 20}
    none: dict[str, list[float]] = {"at": [], "all": [], "wrong": []}
    return {
        "series": {
            "indices": {"BTC-USD-PERP": line, "PAXG-USD-PERP": line},
            "paxg_basis_bps": line,
            "liquidations": {"first wave": bars, "second wave": none},
            "equity": {"traders": line},
        }
    }


def test_every_plot_is_one_svg_without_references_and_the_same_every_time() -> None:
    runs = {"as-it-was": run(1.0), "as-it-is": run(2.0)}
    found = plots(runs)
    assert found == plots(runs)
    assert [title.split(",")[0] for title, _ in found.values()] == [
        "Funding index of BTC-USD-PERP",
        "Funding index of PAXG-USD-PERP (generated market)",
        "Liquidations in the first wave",
        "Liquidations in the first wave",
        "PAXG (generated market): mark against the price outside",
        "Account value: traders",
    ]
    for _, svg in found.values():
        assert svg.startswith("<svg")
        assert svg.rstrip().endswith("</svg>")
        assert "#b3261e" not in svg, "colours are those of the page, light or dark"
        assert "http" not in svg.replace("http://www.w3.org", "")
