"""The table of the read side says what was reached and what falls short."""

from typing import Any

from rich.console import Console

from benchmarks.reads import STAGES, lines, stages


def fold(per_s: int, memory_mb: int) -> dict[str, Any]:
    return {
        "events_per_s": per_s,
        "events_per_processor_s": per_s // 2,
        "most_memory_mb": memory_mb,
        **{f"{stage}_us": place / 10 for place, stage in enumerate(STAGES)},
    }


def history(millions: int, seconds: float) -> dict[str, Any]:
    return {
        "events": millions * 1_000_000,
        "rollback": {"seconds": seconds, "voided_events": 1_000_000},
        "with checkpoints": {"most_memory_mb": 900},
    }


FIGURES: dict[str, Any] = {
    "rebuild": {
        "bytes_per_event": 216,
        "consumer_alone": {"events_per_s": 1_500_000, "events_per_processor_s": 2_000_000},
        "quixstreams": {"events_per_s": 40_000},
        "times_as_fast_peer_balances": 20.5,
        "projectors_peer_balances": fold(800_000, 500),
        "projectors_account": fold(750_000, 700),
        "projectors_four_views": fold(480_000, 900),
    },
    "rollback": {
        "checkpoints": {"cost_percent_of_cpu_seconds": 3.1},
        "histories": [history(10, 4.0), history(50, 5.0)],
    },
    "past": {"accounts": 100_000, "one_account_ms_wall_p99": 61.5, "whole_account_view_ms_wall_max": 2_000},
}


def test_every_line_says_what_is_asked_and_whether_it_is_reached() -> None:
    table = lines(FIGURES)
    short = [(line.asked, line.measured) for line in table if not line.reached]
    assert short == [("500,000", "480,000"), ("< 20", "25"), ("< 50", "61.5")]
    assert "rollback of 1M events on 10M and 50M, s" in [line.what for line in table]


def test_the_stages_of_every_fold_stand_side_by_side() -> None:
    console = Console(width=100)
    with console.capture() as printed:
        console.print(stages(FIGURES["rebuild"]))
    assert "consume" in printed.get()
    assert "0.50" in next(line for line in printed.get().splitlines() if "does nothing" in line)
    assert "four_views" in printed.get()
