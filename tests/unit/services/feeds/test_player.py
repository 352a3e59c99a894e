"""Feeds played into a ledger in memory: in order, through refusals, and through deaths at every step."""

from collections.abc import Iterator
from itertools import count

import pytest

from ledger.core.messages import AnyCommand, ChangeRule, FundingIndexAdvanced, PricesUpdated
from ledger.core.refusals import RefusalCode
from ledger.errors import Fenced, LogUnavailable
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.restart.feed import funding_place_of, price_place_of
from ledger.writer.apply import Answer, block_events
from ledger.writer.writer import Writer
from services.feeds.feeds import FundingFeed, PriceFeed, Tick
from services.feeds.follower import FeedFollower
from services.feeds.player import Player, Turn
from services.feeds.series import Generated, Timetable
from tests.branching import roll_back
from tests.fields import changed
from tests.projecting import LEDGER
from tests.spec import START_MS, START_US, USDC, ask, e8, market, rule

BTC, ETH = "BTC-USD-PERP", "ETH-USD-PERP"
FIRST = {BTC: e8("60000"), ETH: e8("3000")}
EVERY_MS = 5_000


class Died(Exception):
    """The process of a feed ended here."""


class Clock:
    """A clock that stands where it is put; every moment is due at once."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms

    def due_ms(self, observed_at_ms: int) -> int:  # noqa: ARG002
        return 0


class Desk:
    """A ledger whose feeds are started, killed and started again."""

    def __init__(self) -> None:
        self.log = MemoryLog(LEDGER, 2)
        self.writer = Writer(self.log)
        self.writer.open_ledger(START_US)
        self.clock = Clock()
        self.dies = ""
        """The step at which the next send dies: before or after the ledger took it."""
        self.sent: list[Tick] = []
        self._numbers = count(1)
        strict = {"price_move_max_ppm": 50_000, "fair_divergence_max_ppm": 50_000}
        self.take(USDC, market(BTC, funding_rate_tolerance_e12=1, **strict))
        self.take(market(ETH, funding_rate_tolerance_e12=1, **strict))

    def take(self, *commands: AnyCommand) -> None:
        """Commands of others that are accepted."""
        for command in commands:
            numbered = changed(command, number=next(self._numbers), issued_at_us=0)
            (answer,) = self.writer.submit([encode_command(numbered)], 0)
            assert answer.outcome.code == 0, answer.outcome.detail

    def send(self, tick: Tick, arrived_at_us: int) -> Answer:
        if self.dies == "before":
            self.dies = ""
            raise Died
        self.sent.append(tick)
        (answer,) = self.writer.submit([encode_command(tick)], arrived_at_us)
        if self.dies == "after":
            self.dies = ""
            raise Died
        return answer

    def start(self) -> tuple[Player, Player]:
        """Both feeds, as a process that starts has them."""
        follower = FeedFollower(self.log, lambda _: None)
        times = Timetable(EVERY_MS, live=False)
        prices = Player(PriceFeed("test"), Generated(times, 1, FIRST), follower, self.send, self.clock)
        funding = Player(FundingFeed("test"), times, follower, self.send, self.clock)
        return prices, funding

    def height_of(self, funding_tick_id: int) -> int:
        """The block in which a funding tick was accepted."""
        head = self.log.head()
        assert head is not None
        for height in range(1, head.height + 1):
            for event in block_events([self.log.read_partition(0, height, 1)[0].blob]):
                if isinstance(event, FundingIndexAdvanced) and event.tick_id == funding_tick_id:
                    return height
        raise AssertionError(f"there is no funding tick {funding_tick_id}")

    def events(self) -> Iterator[PricesUpdated | FundingIndexAdvanced]:
        """The accepted ticks, in order."""
        head = self.log.head()
        assert head is not None
        for height in range(1, head.height + 1):
            blobs = [self.log.read_partition(partition, height, 1)[0].blob for partition in range(2)]
            for event in block_events(blobs):
                if isinstance(event, PricesUpdated | FundingIndexAdvanced):
                    yield event


@pytest.fixture
def desk() -> Desk:
    return Desk()


def code_of(turn: Turn) -> int:
    assert turn.answer is not None, turn.why
    return turn.answer.outcome.code


def played(desk: Desk, turns: int) -> None:
    """Play, and start again after each death."""
    players = desk.start()
    while turns:
        try:
            for player in players:
                player.turn()
            turns -= 1
        except Died:
            players = desk.start()


def check(desk: Desk) -> None:
    """No tick twice, none missing, every one after the one before, the index without a break."""
    ticks: dict[type, list[int]] = {PricesUpdated: [0], FundingIndexAdvanced: [0]}
    index: dict[str, int] = {}
    for event in desk.events():
        ids = ticks[type(event)]
        if event.tick_id != ids[-1]:
            assert (event.previous_tick_id, event.tick_id) == (ids[-1], ids[-1] + 1)
            ids.append(event.tick_id)
        if isinstance(event, FundingIndexAdvanced):
            assert event.index_before_e8 == index.get(event.market, 0)
            assert (event.gap, event.index_source) == (0, "COMPUTED")
            assert event.elapsed_ms in (0, EVERY_MS)
            index[event.market] = event.index_after_e8


def test_both_feeds_tick_in_order_and_nothing_is_refused(desk: Desk) -> None:
    played(desk, 30)
    check(desk)
    state = desk.writer.state
    assert (state.price_tick_id, state.funding_tick_id) == (30, 30)
    assert (price_place_of(state).epoch, funding_place_of(state).epoch) == (1, 1)


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_feed_killed_at_any_send_goes_on_where_the_ledger_is(desk: Desk, step: str) -> None:
    for _ in range(8):
        desk.dies = step
        played(desk, 2)
    check(desk)
    state = desk.writer.state
    assert state.price_tick_id == state.funding_tick_id
    assert state.funding_tick_id >= 16
    ids = [(tick.producer, tick.number) for tick in desk.sent]
    assert step == "after" or len(set(ids)) == len(ids)


def test_a_tick_whose_outcome_nobody_heard_is_sent_again_and_counted_once(desk: Desk) -> None:
    prices, _ = desk.start()
    prices.turn()
    taken = len(desk.sent)
    desk.dies = "after"
    with pytest.raises(Died):
        prices.turn()
    turn = prices.turn()
    assert turn.answer is not None
    assert turn.answer.duplicate
    assert desk.sent[taken].number == desk.sent[taken + 1].number
    assert desk.writer.state.price_tick_id == 2
    assert code_of(prices.turn()) == 0


def test_a_tick_refused_for_what_it_says_is_passed_over(desk: Desk) -> None:
    prices, funding = desk.start()
    prices.turn()
    desk.take(changed(rule("guard.G5", "refuse")))
    for name in (BTC, ETH):
        desk.writer.state.markets[name].price_move_max_ppm = 1
    assert code_of(prices.turn()) == RefusalCode.PRICE_JUMP
    refused_at_ms = desk.sent[-1].observed_at_ms
    for name in (BTC, ETH):
        desk.writer.state.markets[name].price_move_max_ppm = 50_000
    assert code_of(prices.turn()) == 0
    assert desk.sent[-1].observed_at_ms == refused_at_ms + EVERY_MS
    assert funding.turn().tick is not None
    assert desk.writer.state.price_tick_id == 2


def test_a_tick_that_another_came_before_is_sent_again_after_it(desk: Desk) -> None:
    prices, _ = desk.start()
    prices.turn()
    known = desk.send

    def overtaken(tick: Tick, arrived_at_us: int) -> Answer:
        other = changed(tick, producer="other", number=1, observed_at_ms=tick.observed_at_ms - 1)
        known(other, arrived_at_us)
        return known(tick, arrived_at_us)

    prices._send = overtaken  # noqa: SLF001
    assert code_of(prices.turn()) == RefusalCode.TICK_OUT_OF_ORDER
    prices._send = known  # noqa: SLF001
    again = prices.turn()
    assert code_of(again) == 0
    assert desk.sent[-1].observed_at_ms == desk.sent[-2].observed_at_ms
    assert desk.writer.state.price_tick_id == 3


def test_a_feed_ends_when_a_later_instance_took_over(desk: Desk) -> None:
    first, _ = desk.start()
    first.turn()
    second, _ = desk.start()
    second.turn()
    with pytest.raises(Fenced, match="took over"):
        first.turn()
    assert desk.writer.state.price_epoch == 2
    check(desk)


def test_what_a_predecessor_left_on_the_way_is_taken_before_anything_is_restored(desk: Desk) -> None:
    """Its last tick lies in the log, not taken, while the next instance starts."""
    prices, funding = desk.start()
    prices.turn()
    funding.turn()
    prices.turn()
    left = funding.feed.tick(
        ("funding-feed", 7, 0),
        funding._follower.restored,  # noqa: SLF001
        funding._series.after(desk.sent[-1].observed_at_ms - 1, 0, {}),  # type: ignore[arg-type]  # noqa: SLF001
    )
    desk.log.append_commands([encode_command(left)], START_US)
    _, second = desk.start()
    played_tick = second.turn()
    assert desk.writer.state.funding_tick_id >= 2
    assert played_tick.answer is None or code_of(played_tick) == 0
    check(desk)
    assert desk.writer.state.control.status == "ok"


def test_after_a_rollback_the_feed_verifies_again_and_plays_the_void_times_once_more(desk: Desk) -> None:
    players = desk.start()
    for _ in range(4):
        for player in players:
            player.turn()
    target = desk.height_of(2)
    roll_back(desk.log, target)
    desk.writer = Writer(desk.log)
    for _ in range(4):
        for player in players:
            assert code_of(player.turn()) == 0
    state = desk.writer.state
    assert (state.price_tick_id, state.funding_tick_id) == (6, 6)
    assert (state.price_epoch, state.funding_epoch) == (2, 2)
    assert state.control.status == "ok"
    players[0]._follower.catch_up()  # noqa: SLF001
    restored = players[0]._follower.restored  # noqa: SLF001
    assert restored.funding_place().values_e8 == funding_place_of(state).values_e8
    assert desk.sent[-1].producer == "funding-feed.1"
    assert desk.sent[-1].observed_at_ms - desk.sent[1].observed_at_ms == 5 * EVERY_MS


def test_a_rate_waits_for_the_prices_of_its_time(desk: Desk) -> None:
    prices, funding = desk.start()
    assert funding.turn().why == f"{BTC} has no price yet"
    prices.turn()
    assert code_of(funding.turn()) == 0
    assert funding.turn().why == "the prices of its time are not there yet"


def test_a_player_ends_after_as_many_accepted_ticks_as_it_was_told(desk: Desk) -> None:
    follower = FeedFollower(desk.log, lambda _: None)
    series = Generated(Timetable(EVERY_MS, live=False), 1, FIRST)
    player = Player(PriceFeed("test"), series, follower, desk.send, desk.clock, ticks_max=2)
    assert [player.turn().ended for _ in range(3)] == [False, False, True]


def test_a_block_that_is_not_shown_in_time_is_a_fault_that_passes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.feeds.follower.SHOWN_WITHIN_S", -1.0)
    follower = FeedFollower(desk.log, lambda _: None)
    with pytest.raises(LogUnavailable, match="command 99 is not shown"):
        follower.reach(99)


def test_changed_rules_hold_for_the_next_tick(desk: Desk) -> None:
    played(desk, 3)
    desk.take(ask(ChangeRule, rule="stale_ticks_max", scope="system", value="0"))
    played(desk, 3)
    check(desk)
