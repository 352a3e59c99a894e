"""The benchmark of guards is of what it says: ticks that pass every guard, and a cascade that balances."""

from pathlib import Path

from benchmarks.guards import Falling, Feeds, accepted_s, opened, take, whole_worth
from benchmarks.load import Load


def test_ticks_pass_with_every_limit_set_and_with_none(tmp_path: Path) -> None:
    for guarded in (True, False):
        writer, feeds = opened(tmp_path / str(guarded)), Feeds(guarded=guarded)
        take(writer, Load(4).opening())
        take(writer, feeds.listings())
        for _ in range(15):
            accepted_s(writer, feeds.pair(), feeds.now_us)
        assert writer.state.funding_tick_id == 16
        assert all(bool(market.index_e8) for market in writer.state.markets.values())
        writer.close()


def test_accounts_that_fall_are_liquidated_and_nothing_is_lost(tmp_path: Path) -> None:
    writer, falling = opened(tmp_path), Falling(30)
    take(writer, Load(4).opening())
    take(writer, falling.opening())
    worth = whole_worth(writer)
    take(writer, [falling.mark(59_100, 2)])
    answers = writer.submit(falling.asked(falling.names), falling.head()[2])
    assert {answer.outcome.code for answer in answers} == {0}
    assert whole_worth(writer) == worth
    writer.close()
