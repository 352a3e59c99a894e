"""The benchmark of the past measures what it says, on a log of any size."""

from argparse import Namespace
from pathlib import Path

from benchmarks.past import measure


def test_a_small_run_has_every_figure(tmp_path: Path) -> None:
    options = Namespace(events=1_500, accounts=40, questions=3, views=2, stored=2, seed=1)
    figures = measure(tmp_path, options)
    assert int(figures["events"]) >= 1_500
    assert {
        "one_account_ms_wall_p99",
        "whole_account_view_ms_processor_max",
        "history_us_per_event",
    } <= figures.keys()
