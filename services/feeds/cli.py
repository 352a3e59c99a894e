"""``ledger feed``: the price feed and the funding feed. What they need is imported when they run."""

import threading
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from ledger.cli.exits import Exit, say
from ledger.cli.options import BrokersOption, DataOption, LedgerIdOption, ListenOption, PrefixOption
from ledger.cli.output import print_json_lines
from ledger.cli.signals import set_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.settings import Settings
    from ledger.writer.apply import Answer
    from services.feeds.feeds import Feed, Tick
    from services.feeds.series import Series

LISTEN: Final = {"prices": "127.0.0.1:9467", "funding": "127.0.0.1:9468", "both": "127.0.0.1:9467"}
"""Where a feed of a cluster answers when nothing is said."""
ANYWHERE: Final = "127.0.0.1:0"
SOURCE: Final = "feeds"
ANSWER_WITHIN_S: Final = 10.0
"""After this long without an outcome a tick is sent again, and the service is not ready."""
DAY_MS: Final = 24 * 3600 * 1000

feed_app = typer.Typer(
    no_args_is_help=True,
    help="Publish prices and funding rates: a recorded series, or a generated one.",
)

SeriesOption = Annotated[
    Literal["generated", "recorded"],
    typer.Option(
        "--series",
        help="generated: a random walk with a book around it. recorded: BTC and ETH every 8 hours, real.",
    ),
]
SpeedOption = Annotated[
    str,
    typer.Option(
        "--speed", metavar="N|max", help="How many times as fast as it happened; max: without waiting."
    ),
]
EveryOption = Annotated[
    int, typer.Option("--every", min=1, max=3600, help="Seconds between two ticks of a generated series.")
]
MarketsOption = Annotated[
    str, typer.Option("--markets", help="Markets with commas.", show_default="all that are listed")
]
FirstOption = Annotated[
    list[str] | None,
    typer.Option(
        "--first",
        metavar="MARKET=PRICE",
        help="Where a generated price starts if the ledger has none; may be given several times.",
        show_default="the newest recorded price of BTC and ETH",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of a generated series.")]
ShiftOption = Annotated[
    int, typer.Option("--shift-days", help="Days added to every time of a recorded series.")
]
TicksOption = Annotated[
    int, typer.Option("--ticks", min=0, help="End after so many accepted ticks.", show_default="no end")
]
ProducerOption = Annotated[
    str,
    typer.Option(
        "--producer",
        help="Begins the ids of the ticks; another one is needed to play times that were played before a "
        "rollback.",
        show_default="price-feed, funding-feed",
    ),
]
LinesOption = Annotated[bool, typer.Option("--json", help="Print every tick and its outcome, one a line.")]


@feed_app.command("prices")
def prices(  # noqa: PLR0913
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    series: SeriesOption = "generated",
    speed: SpeedOption = "1",
    every: EveryOption = 5,
    markets: MarketsOption = "",
    first: FirstOption = None,
    seed: SeedOption = 1,
    shift_days: ShiftOption = 0,
    ticks: TicksOption = 0,
    producer: ProducerOption = "",
    listen: ListenOption = None,
    as_json: LinesOption = False,  # noqa: FBT002
) -> None:
    """Publish the mark and spot of markets at every tick.

    The mark is computed from spot, the averages of the book and the price outside. Kill it and start it
    again at any moment: it goes on after the last tick that the ledger accepted.
    """
    from services.feeds.feeds import PriceFeed  # noqa: PLC0415

    feeds: list[Feed] = [PriceFeed(SOURCE, producer or "price-feed", _names(markets))]
    settings = _settings(data, brokers, prefix, ledger_id, listen)
    played = _Series(series, speed, every, first or [], seed, shift_days)
    _play("prices", feeds, settings, played, ticks, as_json=as_json)


@feed_app.command("funding")
def funding(  # noqa: PLR0913
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    series: SeriesOption = "generated",
    speed: SpeedOption = "1",
    every: EveryOption = 5,
    shift_days: ShiftOption = 0,
    ticks: TicksOption = 0,
    producer: ProducerOption = "",
    listen: ListenOption = None,
    as_json: LinesOption = False,  # noqa: FBT002
) -> None:
    """Publish funding rate, premium and index of every listed market at every tick.

    Rates are those of the formula on the last accepted prices, or recorded ones. The index is the feed's
    own, accrued once more from the log: where it is not the ledger's, nothing is published. A tick waits
    for the prices of its time, so a price feed must run too; for an embedded ledger, which one process
    writes, use `ledger feed both`.
    """
    from services.feeds.feeds import FundingFeed  # noqa: PLC0415

    feeds: list[Feed] = [FundingFeed(SOURCE, producer or "funding-feed")]
    settings = _settings(data, brokers, prefix, ledger_id, listen)
    played = _Series(series, speed, every, [], 0, shift_days)
    _play("funding", feeds, settings, played, ticks, as_json=as_json)


@feed_app.command("both")
def both(  # noqa: PLR0913
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    series: SeriesOption = "generated",
    speed: SpeedOption = "1",
    every: EveryOption = 5,
    first: FirstOption = None,
    seed: SeedOption = 1,
    shift_days: ShiftOption = 0,
    ticks: TicksOption = 0,
    listen: ListenOption = None,
    as_json: LinesOption = False,  # noqa: FBT002
) -> None:
    """Publish prices and then rates of every moment, from one process."""
    from services.feeds.feeds import FundingFeed, PriceFeed  # noqa: PLC0415

    feeds: list[Feed] = [PriceFeed(SOURCE), FundingFeed(SOURCE)]
    settings = _settings(data, brokers, prefix, ledger_id, listen)
    played = _Series(series, speed, every, first or [], seed, shift_days)
    _play("both", feeds, settings, played, ticks, as_json=as_json)


class _Series:
    """What the command line says of a series. ``live``: its times are those of now."""

    def __init__(
        self, kind: str, speed: str, every_s: int, first: list[str], seed: int, shift_days: int
    ) -> None:
        if speed != "max" and not (speed.isascii() and speed.isdigit() and int(speed)):
            raise typer.BadParameter("a whole number above 0, or max", param_hint="--speed")
        self.speed = 0 if speed == "max" else int(speed)
        self.live = kind == "generated" and self.speed == 1
        self._kind = kind
        self._every_ms = every_s * 1000
        self._first_e8 = _first_prices(first)
        self._seed = seed
        self._shift_ms = shift_days * DAY_MS

    def of(self, feed: str) -> "Series":
        """What one feed plays: the funding feed needs times, and recorded rates if there are any."""
        from services.feeds.series import Generated, Recorded, Timetable, last_recorded_e8  # noqa: PLC0415

        if self._kind == "recorded":
            return Recorded(shift_ms=self._shift_ms)
        times = Timetable(self._every_ms, live=self.live)
        if feed == "funding":
            return times
        return Generated(times, self._seed, last_recorded_e8() | self._first_e8)


def _settings(
    data: object, brokers: str | None, prefix: str | None, ledger_id: str | None, listen: str | None
) -> "Settings":
    from ledger.settings import load_settings  # noqa: PLC0415

    return load_settings(data=data, brokers=brokers, topic_prefix=prefix, id=ledger_id, listen=listen)


def _names(markets: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in markets.split(",") if name.strip()))


def _first_prices(given: list[str]) -> dict[str, int]:
    from ledger.edge.decimals import parse_decimal  # noqa: PLC0415

    prices_e8: dict[str, int] = {}
    for text in given:
        market, _, price = text.partition("=")
        try:
            price_e8 = parse_decimal(price, 8)
        except ValueError as wrong:
            raise typer.BadParameter(f"{text}: {wrong}", param_hint="--first") from wrong
        if price_e8 <= 0:
            raise typer.BadParameter(f"{text}: a price is above 0", param_hint="--first")
        prices_e8[market] = price_e8
    return prices_e8


def _play(
    what: str, feeds: "list[Feed]", settings: "Settings", series: _Series, ticks: int, *, as_json: bool
) -> None:
    from contextlib import ExitStack, closing  # noqa: PLC0415

    from ledger.log.opening import open_reader  # noqa: PLC0415
    from ledger.service.logging import log_to_stderr  # noqa: PLC0415
    from services.feeds.follower import FeedFollower  # noqa: PLC0415
    from services.feeds.pace import PacedClock  # noqa: PLC0415
    from services.feeds.player import Player  # noqa: PLC0415
    from services.feeds.service import FeedService  # noqa: PLC0415
    from services.metrics import FeedMetrics  # noqa: PLC0415
    from services.running import Audience, run_turns  # noqa: PLC0415

    if settings.brokers:
        log_to_stderr()
    stop = threading.Event()
    set_on_signals(stop)

    def report(row: dict[str, Any]) -> None:
        if as_json:
            print_json_lines([row])
        elif row["status"] != "accepted":
            say(f"{row['feed']} tick {row['tick_id']} refused: {row['reason']}, {row.get('detail', '')}")

    with ExitStack() as opened:
        send = _sender(settings, opened)
        log = opened.enter_context(closing(open_reader(settings, live=True)))
        metrics = FeedMetrics()
        listen = settings.listen or (LISTEN[what] if settings.brokers else ANYWHERE)
        audience = opened.enter_context(closing(Audience(f"feed {what}", metrics, listen)))
        follower = FeedFollower(log, stop.wait, audience.pulse.beat)
        players: list[Player] = []
        restored = follower.catch_up()
        for feed in feeds:
            plays = series.of(feed.name)
            for name in plays.unknown(feed.markets(restored)):
                say(f"{name} is left out: no price to start from; name one with --first {name}=PRICE")
            players.append(
                Player(feed, plays, follower, send, PacedClock(series.speed, live=series.live), ticks)
            )
        service = FeedService(players, follower, metrics, audience, report, live=series.live)
        say(f"feeding {what} to {log.ledger_id}")
        run_turns(service.turn, stop, audience)
    accepted, refused = sum(service.accepted.values()), sum(service.refused.values())
    say(f"{accepted} ticks accepted, {refused} refused")
    raise typer.Exit(Exit.FINDINGS if refused and not stop.is_set() else Exit.CLEAN)


def _sender(settings: "Settings", opened: Any) -> "Callable[[Tick, int], Answer]":  # noqa: ANN401
    """Where ticks go: the writer of the cluster, or the embedded one in this process."""
    from contextlib import closing  # noqa: PLC0415

    from ledger.bootstrap import open_writer  # noqa: PLC0415
    from ledger.client import Client  # noqa: PLC0415
    from ledger.log.codec import encode_command  # noqa: PLC0415
    from ledger.log.opening import connection_of  # noqa: PLC0415

    if settings.brokers:
        client = opened.enter_context(Client(connection_of(settings), timeout_s=ANSWER_WITHIN_S))

        def sent(tick: "Tick", _arrived_at_us: int) -> "Answer":
            return client.submit(tick)  # type: ignore[no-any-return]

        return sent
    writer = opened.enter_context(closing(open_writer(settings)))

    def submitted(tick: "Tick", arrived_at_us: int) -> "Answer":
        (answer,) = writer.submit([encode_command(tick)], arrived_at_us)
        return answer  # type: ignore[no-any-return]

    return submitted
