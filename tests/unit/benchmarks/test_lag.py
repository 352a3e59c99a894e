"""The arithmetic of the measure of lag."""

from benchmarks.lag import figures_of


def test_the_lag_of_a_block_counts_once_for_each_of_its_events() -> None:
    seals = [(10.0, 1, 90), (11.0, 2, 9), (12.0, 3, 1), (13.0, 4, 0)]
    notes = [(10.1, 1), (12.5, 3), (14.0, 4)]
    figures = figures_of(seals, notes, began=10.0, ended=20.0)
    assert (figures["events"], figures["blocks"], figures["steps"]) == (100, 3, 3)
    assert [figures[name] for name in ("p50_ms", "p90_ms", "p99_ms", "max_ms")] == [100, 100, 1500, 1500]


def test_what_was_sealed_before_the_steady_part_does_not_count() -> None:
    figures = figures_of([(1.0, 1, 50), (10.0, 2, 5)], [(9.0, 1), (10.2, 2)], began=10.0, ended=11.0)
    assert (figures["events"], figures["events_per_s"], figures["max_ms"]) == (5, 5, 200)
