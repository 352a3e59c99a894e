"""The rows of spec/corruptions.md that arrive as ticks: what a feed sends, and what must stop it.

A row is a generator of commands on a stream that is ready: corrupted ones, and the good ones that go
with them. ``guards`` must trip in it, ``code`` is the first refusal. ``taken``: the guard closes the
market and lets the price through.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ledger.core.messages import AdvanceFunding, AnyCommand, UpdatePrices
from ledger.core.refusals import RefusalCode as Code
from tests.corruptions.stream import BTC, ETH, LIMITS, PAXG, Stream
from tests.fields import changed, changed_entry

Change = Mapping[str, Callable[[int], int]]
Inputs = Iterator[AnyCommand]


@dataclass(frozen=True)
class Row:
    """One corruption."""

    number: int
    name: str
    inputs: Callable[[Stream], Inputs]
    guards: frozenset[str]
    code: Code
    taken: bool = False


def rates(tick: AdvanceFunding, **changes: Callable[[int], int]) -> AdvanceFunding:
    """The funding tick with fields of some markets changed: ``BTC_index_claimed_e8=...``."""
    entries = []
    for entry in tick.rates:
        base = entry.market.split("-")[0]
        mine = {name.removeprefix(f"{base}_"): f for name, f in changes.items() if name.startswith(base)}
        entries.append(changed_entry(entry, **{name: f(getattr(entry, name)) for name, f in mine.items()}))
    return changed(tick, rates=entries)


def quotes(tick: UpdatePrices, market: str, change: Change) -> UpdatePrices:
    """The price tick with fields of one market changed."""
    return changed(
        tick,
        prices=[
            changed_entry(entry, **{name: f(getattr(entry, name)) for name, f in change.items()})
            if entry.market == market
            else entry
            for entry in tick.prices
        ],
    )


ALL_PRICES: Final = ("mark_e8", "spot_e8", "external_fair_e8", "bid_e8", "ask_e8", "last_e8")


def scaled(names: tuple[str, ...], factor_ppm: int) -> Change:
    """These fields times a factor."""
    return {name: lambda value: value * factor_ppm // 10**6 for name in names}


def zero(_: int) -> int:
    return 0


def claims(**changes: Callable[[int], int]) -> Callable[[Stream], Inputs]:
    """One funding tick with claimed indices changed."""

    def inputs(stream: Stream) -> Inputs:
        stream.next()
        yield stream.prices()
        yield rates(stream.funding(), **{f"{base}_index_claimed_e8": f for base, f in changes.items()})

    return inputs


def wrong_rates(*bases: str, change: Callable[[int], int]) -> Callable[[Stream], Inputs]:
    """One funding tick with wrong rates, each with the premium that goes with it."""

    def inputs(stream: Stream) -> Inputs:
        stream.next()
        yield stream.prices()
        tick = stream.funding()
        for base in bases:
            tick = rates(tick, **{f"{base}_rate_e12": change})
        entries = [changed_entry(e, premium_e8=e.rate_e12 * e.spot_e8 // 10**12) for e in tick.rates]
        yield changed(tick, rates=entries)

    return inputs


def priced(market: str, change: Change) -> Callable[[Stream], Inputs]:
    """One price tick with the prices of a market changed."""

    def inputs(stream: Stream) -> Inputs:
        stream.next()
        yield quotes(stream.prices(), market, change)

    return inputs


def drift(names: tuple[str, ...], ticks: int) -> Callable[[Stream], Inputs]:
    """Prices of PAXG that fall by 0.1% of what they are, tick after tick."""

    def inputs(stream: Stream) -> Inputs:
        for place in range(1, ticks + 1):
            stream.next()
            yield quotes(stream.prices(), PAXG, scaled(names, 10**6 - 1_000 * place))

    return inputs


def headed(elapsed_ms: int = 5_000, **header: Callable[[int], int]) -> Callable[[Stream], Inputs]:
    """One funding tick with its header changed."""

    def inputs(stream: Stream) -> Inputs:
        stream.next(elapsed_ms)
        tick = stream.funding()
        yield changed(tick, **{name: f(getattr(tick, name)) for name, f in header.items()})

    return inputs


def restarted(stream: Stream) -> Inputs:
    """Two markets begin at zero and go on from there."""
    bases = {BTC: stream.index[BTC], ETH: stream.index[ETH]}
    for _ in range(3):
        stream.next()
        yield stream.prices()
        changes = {f"{name[:3]}_index_claimed_e8": _less(base) for name, base in bases.items()}
        yield rates(stream.funding(), **changes)


def _less(base: int) -> Callable[[int], int]:
    return lambda claim: claim - base


def frozen_index(stream: Stream) -> Inputs:
    before = stream.index[BTC]
    stream.next()
    yield stream.prices()
    yield rates(stream.funding(), BTC_index_claimed_e8=lambda _: before)


def old_index(stream: Stream) -> Inputs:
    before = stream.index[PAXG]
    for _ in range(30):
        stream.next()
        yield stream.prices()
        yield stream.funding()
    stream.next()
    yield stream.prices()
    yield rates(stream.funding(), PAXG_index_claimed_e8=lambda _: before)


def swapped_indices(stream: Stream) -> Inputs:
    stream.next()
    yield stream.prices()
    tick = stream.funding()
    other = {BTC: stream.index[ETH], ETH: stream.index[BTC], PAXG: stream.index[PAXG]}
    yield changed(tick, rates=[changed_entry(e, index_claimed_e8=other[e.market]) for e in tick.rates])


def spike(stream: Stream) -> Inputs:
    yield from claims(BTC=lambda claim: claim + 10**11)(stream)
    stream.next()
    yield stream.prices()
    yield stream.funding(previous_tick_id=stream.state.funding_tick_id)


def swapped_rates(stream: Stream) -> Inputs:
    stream.next()
    yield stream.prices()
    tick = stream.funding()
    rate = {e.market: e.rate_e12 for e in tick.rates}
    other = {BTC: rate[ETH], ETH: rate[BTC], PAXG: rate[PAXG]}
    entries = [changed_entry(e, rate_e12=other[e.market]) for e in tick.rates]
    yield changed(
        tick, rates=[changed_entry(e, premium_e8=e.rate_e12 * e.spot_e8 // 10**12) for e in entries]
    )


def frozen_rate(stream: Stream) -> Inputs:
    """The basis of PAXG moves by 40 bps, the rate does not."""
    stream.next()
    yield quotes(stream.prices(), PAXG, scaled(("mark_e8",), 1_004_000))
    yield stream.funding()


def swapped_prices(stream: Stream) -> Inputs:
    stream.next()
    tick = stream.prices()
    other = {BTC: ETH, ETH: BTC, PAXG: PAXG}
    yield changed(tick, prices=[changed_entry(e, market=other[e.market]) for e in tick.prices])


def everything_frozen(stream: Stream) -> Inputs:
    tick = stream.prices()
    for _ in range(13):
        stream.next()
        head = {"tick_id": stream.tick, "observed_at_ms": stream.now_ms, "issued_at_us": stream.now_ms * 1000}
        yield changed(tick, previous_tick_id=stream.state.price_tick_id, **head)


def same_tick(stream: Stream) -> Inputs:
    stream.next()
    tick = stream.funding()
    yield tick
    yield tick


def other_content(stream: Stream) -> Inputs:
    stream.next()
    tick = stream.funding()
    yield tick
    yield rates(tick, BTC_spot_e8=lambda spot: spot + 10)


def wrong_order(stream: Stream) -> Inputs:
    stream.next()
    first = stream.funding()
    stream.next()
    yield stream.funding()
    yield first


def accrued_through_a_gap(stream: Stream) -> Inputs:
    stream.next(60_000)
    yield stream.prices()
    yield stream.funding()


def interleaved(stream: Stream) -> Inputs:
    stream.next()
    yield stream.funding(source="funder-2")


def restart(*, old: bool) -> Callable[[Stream], Inputs]:
    """A new instance of the feed that did not restore, or restored an older state."""

    def inputs(stream: Stream) -> Inputs:
        before, tick_id = dict(stream.index), stream.tick
        for _ in range(12 * old):
            stream.next()
            yield stream.prices()
            yield stream.funding()
        stream.next()
        yield stream.prices()
        tick = stream.funding(source_epoch=2, previous_tick_id=tick_id if old else stream.tick - 1)
        entries = [changed_entry(e, index_claimed_e8=before[e.market] * old) for e in tick.rates]
        yield changed(tick, rates=entries)

    return inputs


def with_entries(change: Callable[[AdvanceFunding], AdvanceFunding]) -> Callable[[Stream], Inputs]:
    """One funding tick with other entries."""

    def inputs(stream: Stream) -> Inputs:
        stream.next()
        yield change(stream.funding())

    return inputs


def row(
    number: int,
    name: str,
    inputs: Callable[[Stream], Inputs],
    guards: str,
    code: Code,
    *,
    taken: bool = False,
) -> Row:
    """A row, its guards with spaces between."""
    return Row(number, name, inputs, frozenset(guards.split()), code, taken)


RATE_MAX: Final = LIMITS["funding_rate_max_e12"]
HOUR_MS: Final = 3_600_000

ROWS: Final = (
    row(1, "index 0 in one market, one tick", claims(BTC=zero), "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(
        2,
        "index restarts at 0 and goes on, two of three markets",
        restarted,
        "G1 G2 G7a",
        Code.INDEX_CLAIM_MISMATCH,
    ),
    row(
        3,
        "index restarts at 0, all markets",
        claims(BTC=zero, ETH=zero, PAXG=zero),
        "G1 G2 G7a",
        Code.INDEX_CLAIM_MISMATCH,
    ),
    row(7, "sign of the index flipped", claims(BTC=lambda c: -c), "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(8, "index x 1.5", claims(ETH=lambda c: c * 3 // 2), "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(9, "index x 1.0001", claims(BTC=lambda c: c + c // 10_000), "G1 G2", Code.INDEX_CLAIM_MISMATCH),
    row(
        10,
        "index +0.000001 per tick (slow drift)",
        claims(BTC=lambda c: c + 100),
        "G2",
        Code.INDEX_CLAIM_MISMATCH,
    ),
    row(11, "indices of two markets swapped", swapped_indices, "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(12, "index frozen while rates run", frozen_index, "G2", Code.INDEX_CLAIM_MISMATCH),
    row(13, "index of some minutes ago (old cache)", old_index, "G2", Code.INDEX_CLAIM_MISMATCH),
    row(14, "index in another scale", claims(BTC=lambda c: c // 100), "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(15, "spike and back in one tick", spike, "G1 G2 G7a", Code.INDEX_CLAIM_MISMATCH),
    row(
        16,
        "rate 0 because missing was read as 0, index consistent",
        wrong_rates("BTC", "ETH", "PAXG", change=zero),
        "G1r G2r",
        Code.RATE_JUMP,
    ),
    row(
        17,
        "rate in percent (x 100)",
        wrong_rates("BTC", "ETH", change=lambda r: r * 100),
        "G1 G1r G2r",
        Code.RATE_OUT_OF_BOUNDS,
    ),
    row(
        18,
        "hourly rate as 8-hour rate (/ 8)",
        wrong_rates("BTC", "ETH", "PAXG", change=lambda r: r // 8),
        "G1r G2r",
        Code.RATE_JUMP,
    ),
    row(19, "sign of the rate flipped", wrong_rates("PAXG", change=lambda r: -r), "G1r G2r", Code.RATE_JUMP),
    row(20, "rates of two markets swapped", swapped_rates, "G2r", Code.RATE_JUMP),
    row(
        21,
        "rate pinned at the maximum",
        wrong_rates("ETH", change=lambda _: RATE_MAX),
        "G1r G2r",
        Code.RATE_JUMP,
    ),
    row(
        22,
        "rate above the maximum",
        wrong_rates("ETH", change=lambda _: RATE_MAX + 1),
        "G1 G2r",
        Code.RATE_OUT_OF_BOUNDS,
    ),
    row(23, "rate frozen, prices live", frozen_rate, "G2r", Code.RATE_UNEXPLAINED),
    row(
        25,
        "premium is not rate x spot",
        with_entries(lambda t: rates(t, BTC_premium_e8=lambda p: p * 2)),
        "G2p",
        Code.PREMIUM_MISMATCH,
    ),
    row(26, "mark 0", priced(BTC, {"mark_e8": zero}), "G5", Code.PRICE_NOT_POSITIVE),
    row(27, "spot 0", priced(BTC, {"spot_e8": zero}), "G5", Code.PRICE_NOT_POSITIVE),
    row(
        31,
        "decimal slip in all prices of a market",
        priced(ETH, scaled(ALL_PRICES, 10**7)),
        "G5",
        Code.PRICE_JUMP,
    ),
    row(32, "prices of two markets swapped", swapped_prices, "G5", Code.PRICE_JUMP),
    row(33, "everything frozen, fresh timestamps", everything_frozen, "G4f", Code.TICK_STALE),
    row(34, "mark drifts 0.1% a tick (thin book)", drift(("mark_e8",), 20), "G5x", Code.FAIR_DIVERGENCE),
    row(
        35,
        "mark and spot drift, external right",
        drift(("mark_e8", "spot_e8"), 20),
        "G5x",
        Code.FAIR_DIVERGENCE,
    ),
    row(
        36,
        "mark, spot and external drift together",
        drift(ALL_PRICES, 55),
        "G5w",
        Code.PRICE_JUMP,
        taken=True,
    ),
    row(
        37,
        "spot outlier -15%, one tick",
        priced(BTC, scaled(("spot_e8",), 850_000)),
        "G5 G5x",
        Code.PRICE_JUMP,
    ),
    row(
        38,
        "spot outlier -4%, one tick, inside the bound",
        priced(BTC, scaled(("spot_e8",), 960_000)),
        "G5x",
        Code.FAIR_DIVERGENCE,
    ),
    row(39, "the same tick twice", same_tick, "G4 G4a", Code.TICK_OUT_OF_ORDER),
    row(40, "same number, other content", other_content, "G4 G4a", Code.TICK_OUT_OF_ORDER),
    row(41, "two ticks in the wrong order", wrong_order, "G4a", Code.TICK_OUT_OF_ORDER),
    row(
        42,
        "time in the future (+ 1 h)",
        headed(observed_at_ms=lambda t: t + HOUR_MS),
        "G4",
        Code.TICK_TIME_INVALID,
    ),
    row(
        43,
        "time in seconds read as ms",
        headed(observed_at_ms=lambda t: t // 1000),
        "G4",
        Code.TICK_TIME_INVALID,
    ),
    row(
        44,
        "time zone slip of -1 h",
        headed(observed_at_ms=lambda t: t - HOUR_MS),
        "G4",
        Code.TICK_TIME_INVALID,
    ),
    row(
        45, "late by 40 s", headed(45_000, observed_at_ms=lambda t: t - 40_000), "G4", Code.TICK_TIME_INVALID
    ),
    row(
        46,
        "60 s gap and the feed accrued through it",
        accrued_through_a_gap,
        "G1 G2",
        Code.INDEX_CLAIM_MISMATCH,
    ),
    row(47, "two feed instances interleaved, both right", interleaved, "G4a", Code.TICK_OUT_OF_ORDER),
    row(
        48,
        "one market missing",
        with_entries(lambda t: changed(t, rates=t.rates[1:])),
        "G3",
        Code.TICK_INCOMPLETE,
    ),
    row(
        49,
        "unknown or delisted market added",
        with_entries(
            lambda t: changed(t, rates=[*t.rates, changed_entry(t.rates[0], market="DOGE-USD-PERP")])
        ),
        "G3",
        Code.TICK_INCOMPLETE,
    ),
    row(
        50,
        "a market twice in one tick",
        with_entries(lambda t: changed(t, rates=[*t.rates, t.rates[0]])),
        "G3",
        Code.TICK_INCOMPLETE,
    ),
    row(51, "empty tick", with_entries(lambda t: changed(t, rates=[])), "G3", Code.TICK_INCOMPLETE),
    row(52, "first tick after restart is 0", restart(old=False), "G6 G1 G2", Code.INDEX_CLAIM_MISMATCH),
    row(53, "feed restored from an older checkpoint", restart(old=True), "G6 G2 G4a", Code.TICK_OUT_OF_ORDER),
)
