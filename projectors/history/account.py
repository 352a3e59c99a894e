"""One account as it was at any moment and with any knowledge, from its own events and nobody else's.

The views are folded in memory from the account's events on the chain of parents asked about: those of the
files, and past the newest file those of the log. An account with very many events is folded on from the
nearest rows that are stored, as a whole view is.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from secrets import token_bytes
from typing import Final, cast

from ledger.core.messages import (
    FundingIndexAdvanced,
    FundingIndexRestated,
    MarketListed,
    MarketUpdated,
    PricesUpdated,
)
from ledger.core.values import partition_of
from ledger.errors import InvariantError, ViewStopped
from ledger.log.blobs import BROADCAST_KEY, iterate
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from ledger.rows import encode_row
from projectors.columns.along import walk
from projectors.columns.events import known_events
from projectors.columns.frames import DecodedFrames, routed_messages
from projectors.define.view import View
from projectors.folding.rows import plain_rows
from projectors.folding.runner import needed_columns
from projectors.folding.state import ViewState
from projectors.history.build import TICKS, check_place
from projectors.history.files import INDICES, MANIFEST, MARKS, TERMS, HistoryFile, Span, read_manifest
from projectors.past.bases import Bases, StoredBases
from projectors.past.overlay import OverlayStore
from projectors.past.question import Question
from projectors.port import RowStore
from projectors.reading.answers import Answers, Row
from projectors.stores.memory import MemoryStore
from projectors.views.exchange import MARKET_FIELDS, PRICE_FIELDS
from schemas import framings

BASE_EVENTS: Final = 20_000
"""From so many events on, what is stored of the views is looked for, which costs more than folding fewer."""

TAIL_EVENTS: Final = 200_000

Tick = FundingIndexAdvanced | FundingIndexRestated | MarketListed | MarketUpdated | PricesUpdated
"""An event that says what positions in a market are valued with, or asked."""

_VALUED_WITH: Final = frozenset(
    {
        ("exchange", "markets"),
        ("exchange", "prices"),
        ("funding", "index"),
        ("funding", "funding_index"),
    }
)

_SEED_BYTES: Final = 32
_FRAMING: Final = 10
_FRAMINGS: Final = {
    prefix: tuple(framing for name, own in TICKS.items() if prefix in own for framing in framings(name))
    for prefix in (INDICES, MARKS, TERMS)
}


class AccountHistory:
    """The account history, open for reading; one may be kept open for many questions."""

    def __init__(self, root: Path, log: LogReader, bases: Bases) -> None:
        self.manifest = read_manifest(root)
        check_place(log, self.manifest)
        self._log = log
        self._bases = bases
        self._files = [
            [HistoryFile(root / str(partition), entry) for entry in entries]
            for partition, entries in enumerate(self.manifest.files)
        ]

    def covers(self, question: Question) -> bool:
        """Whether at most a short end of the log must be read for a question."""
        return bool(self.manifest.settlement_asset) and question.seq - self.manifest.seq <= TAIL_EVENTS

    @contextmanager
    def fold(
        self,
        views: Sequence[View],
        question: Question,
        account: str,
        tables: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[list[ViewState]]:
        """Views with the rows of one account, at the moment and with the knowledge of a question.

        ``tables`` names those of a view that are asked for, where it is not all of them.

        Raises ``ViewStopped`` when an event does not follow from the ones before it.
        """
        partition = partition_of(account, self._log.partitions)
        with ExitStack() as opened:
            states: dict[int, list[ViewState]] = {}
            for view in views:
                store, after = self._base(view, question, partition, [account], opened)
                state = ViewState(view, {partition: store}, self._log.partitions)
                state.only = frozenset((tables or {}).get(view.name, ()))
                states.setdefault(after, []).append(state)
            for after, own in states.items():
                events = self.events(partition, account, question, after)
                if events:
                    self._fold(own, partition, events, question)
            yield [state for own in states.values() for state in own]

    @contextmanager
    def fold_market(self, view: View, question: Question, market: str) -> Iterator[ViewState]:
        """A view with the rows that the marks and the index ticks of one market make."""
        with ExitStack() as opened:
            store, after = self._base(view, question, 0, [MARKS + market, INDICES + market], opened)
            state = ViewState(view, {0: store}, self._log.partitions)
            events = self._ticks(market, question, after)
            if events:
                self._fold([state], 0, events, question)
            yield state

    def events(self, partition: int, account: str, question: Question, after_seq: int = 0) -> list[bytes]:
        """Framed events of an account that a question counts, above ``after_seq``, in order."""
        spans = spans_of(self._log, question, after_seq)
        found = self._filed(partition, account, spans)
        return found + self._tail(partition, account.encode(), question, after_seq)

    def newest(self, markets: Sequence[str], question: Question) -> dict[str, dict[str, Tick]]:
        """The newest index tick, mark and terms of some markets, by what their keys begin with."""
        tail = self._tail(0, BROADCAST_KEY, question, 0)
        spans = spans_of(self._log, question, 0)
        found: dict[str, dict[str, Tick]] = {}
        for prefix, known in _FRAMINGS.items():
            own = [_tick(value) for value in tail if value.startswith(known)]
            found[prefix] = {tick.market: tick for tick in own}
            for market in markets:
                if market not in found[prefix]:
                    value = self._newest_filed(prefix + market, spans)
                    if value is not None:
                        found[prefix][market] = _tick(value)
        return found

    def _newest_filed(self, key: str, spans: Sequence[Span]) -> bytes | None:
        for file in reversed(self._files[0]):
            own = _within(spans, file.entry.first_seq, file.entry.last_seq)
            value = file.newest(key, own) if own else None
            if value is not None:
                return value
        return None

    def _ticks(self, market: str, question: Question, after_seq: int) -> list[bytes]:
        """Framed marks and index ticks of a market that a question counts, each kind in order."""
        spans = spans_of(self._log, question, after_seq)
        tail = self._tail(0, BROADCAST_KEY, question, after_seq)
        return [
            value
            for prefix in (INDICES, MARKS)
            for value in [
                *self._filed(0, prefix + market, spans),
                *(one for one in tail if one.startswith(_FRAMINGS[prefix]) and _tick(one).market == market),
            ]
        ]

    def _filed(self, partition: int, key: str, spans: Sequence[Span]) -> list[bytes]:
        """Framed events of a key in the files, in order."""
        return [
            event
            for file in self._files[partition]
            if (own := _within(spans, file.entry.first_seq, file.entry.last_seq))
            for event in file.events(key, own)
        ]

    def _base(
        self, view: View, question: Question, partition: int, keys: Sequence[str], opened: ExitStack
    ) -> tuple[RowStore, int]:
        """What to fold the events of some keys on from, and the seq it stands at."""
        if sum(file.count(key) for file in self._files[partition] for key in keys) >= BASE_EVENTS:
            stores = self._bases.nearest(view, question.chain, question.whole_height, opened)
            if stores is not None:
                return OverlayStore(stores[partition]), stores[partition].cursor().seq
        return MemoryStore(), 0

    def _fold(self, states: list[ViewState], partition: int, events: list[bytes], question: Question) -> None:
        routed: dict[bytes, list[bytes]] = {}
        for event in events:
            routed.setdefault(event[:_FRAMING], []).append(event)
        seed = token_bytes(_SEED_BYTES)
        by_framing = {framing: routed_messages({partition: own}, seed) for framing, own in routed.items()}
        frames = DecodedFrames(known_events(), needed_columns(states), by_framing, (1, question.seq))
        frames.settlement_asset = self.manifest.settlement_asset
        try:
            for state in states:
                state.fold(frames, whole=False)
        except ViewStopped as fault:
            raise ViewStopped(
                f"the account history does not follow: {fault.what}",
                where=fault.where,
                remedy="Check it with `projectors history verify`, and the log with `ledger log verify`",
            ) from fault

    def _tail(self, partition: int, key: bytes, question: Question, after_seq: int) -> list[bytes]:
        """Events of a key in the blocks that no file has yet."""
        after = question.chain.newest_at(self.manifest.height)
        found: list[bytes] = []
        for blocks in walk(self._log, [partition], question.chain, after, question.chain.tip, TAIL_EVENTS):
            own = [pair for block in blocks.parts[partition] for pair in iterate(block.blob)]
            found += [value for one, value in own if one == key]
        return [value for value in found if after_seq < decode_event(value).seq <= question.seq]


class AccountAnswers(Answers):
    """Answers about one account, and what its markets valued it with."""

    def __init__(
        self,
        states: Sequence[ViewState],
        head: int,
        history: AccountHistory,
        question: Question,
        account: str,
    ) -> None:
        super().__init__(Path(), states, head, question=question)
        self._history = history
        self._asked = question
        self._account = account
        self._markets: dict[tuple[str, str], list[Row]] = {}

    def rows(self, view: str, table: str) -> list[Row]:
        """Rows of the account; of what is the same for everybody, those of its markets."""
        if (view, table) == ("exchange", "assets"):
            asset = self._history.manifest.settlement_asset
            return [{"asset": asset, "settlement": 1}] if asset else []
        if (view, table) in _VALUED_WITH:
            return self._figures[view, table]
        return self.rows_of(view, table, self._account)

    @cached_property
    def _figures(self) -> dict[tuple[str, str], list[Row]]:
        held = {
            str(row["market"])
            for table in ("positions", "margin_inputs")
            for row in self.rows_of("account", table, self._account)
        }
        markets = sorted(held)
        found = self._history.newest(markets, self._asked)
        return {
            ("exchange", "markets"): [_fields(tick, MARKET_FIELDS) for tick in found[TERMS].values()],
            ("exchange", "prices"): [_fields(tick, PRICE_FIELDS) for tick in found[MARKS].values()],
            ("funding", "index"): [
                {"market": market, "index_e8": _index_of(tick)} for market, tick in found[INDICES].items()
            ],
            ("funding", "funding_index"): [
                {"market": market, "index_e8": _index_of(found[INDICES].get(market))} for market in markets
            ],
        }

    def rows_of(self, view: str, table: str, *key: str) -> list[Row]:
        """Rows of the account; of the portfolio's marks and indices those of a market."""
        state = self._states[view]
        plan = state.view.plan.shown()[table]
        if view != "portfolio" or not plan.broadcast:
            return super().rows_of(view, table, *key)
        found = self._markets.get((table, key[0]))
        if found is None:
            with self._history.fold_market(state.view, self._asked, key[0]) as market:
                found = plain_rows(plan, market.partitions[0].scan(table, encode_row(key)))
            self._markets[table, key[0]] = found
        return found

    def row_before(self, view: str, table: str, key: str, number: int) -> Row | None:
        """The newest row of a market below a bucket."""
        rows = self.rows_of(view, table, key)
        place = bisect_left(rows, number, key=lambda row: cast(int, row["bucket"]))
        return rows[place - 1] if place else None


@contextmanager
def open_account(
    history: AccountHistory,
    views: Sequence[View],
    log: LogReader,
    question: Question,
    account: str,
    tables: Mapping[str, Collection[str]] | None = None,
) -> Iterator[AccountAnswers]:
    """Answers about one account at a moment, from all tables of some views or from some of them."""
    head = log.head()
    with history.fold(views, question, account, tables) as states:
        yield AccountAnswers(states, 0 if head is None else head.height, history, question, account)


def history_of(root: Path, views_root: Path, log: LogReader, question: Question) -> AccountHistory | None:
    """The account history, where there is one that goes far enough for a question.

    Raises what opening it raises when it is there and cannot be used.
    """
    if not (root / MANIFEST).exists():
        return None
    history = AccountHistory(root, log, StoredBases(views_root, log))
    return history if history.covers(question) else None


def spans_of(log: LogReader, question: Question, after_seq: int) -> list[Span]:
    """Seqs that a question counts: those of its chain's segments, up to its moment."""
    spans = [
        (
            max(log.seal(segment.first).first_seq, after_seq + 1),
            min(log.seal(segment.last).last_seq, question.seq),
        )
        for segment in question.chain.segments
    ]
    return [span for span in spans if span[0] <= span[1]]


def _within(spans: Sequence[Span], first: int, last: int) -> list[Span]:
    """The spans that overlap a range of seqs."""
    return [span for span in spans if span[0] <= last and first <= span[1]]


def _tick(value: bytes) -> Tick:
    event = decode_event(value)
    if isinstance(event, Tick):
        return event
    raise InvariantError(f"{type(event).__name__} is of no market")


def _index_of(tick: Tick | None) -> int:
    """The index that an event sets; 0 without one."""
    if isinstance(tick, FundingIndexAdvanced | FundingIndexRestated):
        return tick.index_after_e8
    return tick.index_start_e8 if isinstance(tick, MarketListed) else 0


def _fields(tick: Tick, names: Sequence[str]) -> Row:
    """What a view would have of an event whose columns are all kept as they are."""
    return {"market": tick.market, **{name: getattr(tick, name) for name in names}}
