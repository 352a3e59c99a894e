"""Deriving the views again from the log, and comparing every row with what is stored."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple, cast

from ledger.core.messages import AnyEvent, CheckpointMarked
from ledger.core.values import partition_of
from ledger.errors import CodecFault
from ledger.log.blobs import BROADCAST_KEY, iterate
from ledger.log.chain import Chain
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from ledger.rows import encode_row
from projectors.columns.along import walk
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.folding.checkpoints import listed_digests
from projectors.folding.rows import merged_rows, shown_columns
from projectors.folding.state import ViewState
from projectors.rederive.accounts import AccountBook
from projectors.rederive.activity import ActivityBook
from projectors.rederive.audit import AuditBook
from projectors.rederive.book import Book, Break, Key, Row, Table
from projectors.rederive.exchange import ExchangeBook
from projectors.rederive.funding import FundingBook
from projectors.rederive.orders import OrderBook
from projectors.rederive.portfolio import PortfolioBook
from projectors.rederive.vaults import VaultBook

BOOKS: Final[Mapping[str, type[Book]]] = {
    "account": AccountBook,
    "orders": OrderBook,
    "funding": FundingBook,
    "audit": AuditBook,
    "portfolio": PortfolioBook,
    "vaults": VaultBook,
    "exchange": ExchangeBook,
    "activity": ActivityBook,
}
"""The second derivation of each view that has one: those of the ledger."""

EXAMPLES_MAX: Final = 5
"""Differing rows named per table."""

EVENTS_MAX: Final = 50_000


class Found(NamedTuple):
    """A break, in which view, and at which height where it is one event's."""

    view: str
    height: int
    at: Break


def all_accounts(log: LogReader, chain: Chain) -> list[str]:
    """Every account that an event of the chain is of, in order of name."""
    names: set[bytes] = set()
    for blocks in walk(log, range(log.partitions), chain, 0, chain.tip, EVENTS_MAX):
        for part in blocks.parts.values():
            for block in part:
                names.update(key for key, _ in iterate(block.blob))
    return sorted(name.decode() for name in names - {BROADCAST_KEY})


def sampled(accounts: Sequence[str], count: int, seed: int) -> list[str]:
    """``count`` of the accounts, or all there are: the same ones for the same seed."""
    return sorted(Random(seed).sample(accounts, min(count, len(accounts))))  # noqa: S311  no secret


def rederived(
    log: LogReader,
    chain: Chain,
    views: Collection[str],
    accounts: Collection[str] | None,
    progress: Callable[[int], None],
) -> tuple[dict[str, Book], list[Found]]:
    """The views again, from the events of some accounts or of all, and what did not follow on the way."""
    books = {view: book(whole=accounts is None) for view, book in BOOKS.items() if view in views}
    wanted = None if accounts is None else {name.encode() for name in accounts} | {BROADCAST_KEY}
    found: list[Found] = []
    for blocks in walk(log, range(log.partitions), chain, 0, chain.tip, EVENTS_MAX):
        for place, seal in enumerate(blocks.seals):
            blobs = {partition: part[place].blob for partition, part in blocks.parts.items()}
            for event in _events(blobs, wanted):
                for book in books.values():
                    book.take(event)
                if isinstance(event, CheckpointMarked) and accounts is None:
                    _check_digests(event, books)
            for view, book in books.items():
                book.sealed(seal.last_seq)
                found += [Found(view, seal.height, one) for one in book.breaks]
                book.breaks = []
        progress(blocks.last.height)
    return books, found


def row_differences(
    state: ViewState, book: Book, height: int, accounts: Collection[str] | None
) -> Iterator[Found]:
    """Rows that are stored and are not what the events say, and rows that should be stored."""
    for name, table in book.tables.items():
        plan = state.view.plan.shown()[name]
        try:
            own = _stored(state, name, plan, accounts)
        except CodecFault as fault:
            yield Found(state.view.name, height, Break(0, "", f"{name}: {fault.what}"))
            continue
        other = _derived(table, plan)
        keys = sorted(key for key in own.keys() | other.keys() if own.get(key) != other.get(key))
        for key in keys[:EXAMPLES_MAX]:
            more = f" (and {len(keys) - 1} more rows)" if key is keys[0] and len(keys) > 1 else ""
            what = f"{name} of {'/'.join(map(str, key))} {_difference(own.get(key), other.get(key))}{more}"
            whose = str(key[0]) if next(iter(plan.key)) == "account" else ""
            yield Found(state.view.name, height, Break(table.seqs.get(key, 0), whose, what))


def _events(blobs: Mapping[int, bytes], wanted: Collection[bytes] | None) -> list[AnyEvent]:
    """The events of a block in order of seq, broadcast ones once."""
    events = [
        cast("AnyEvent", decode_event(value))
        for partition, blob in blobs.items()
        for key, value in iterate(blob)
        if (partition == 0 or key != BROADCAST_KEY) and (wanted is None or key in wanted)
    ]
    return sorted(events, key=lambda event: event.seq)


def _check_digests(event: CheckpointMarked, books: Mapping[str, Book]) -> None:
    """Compare the tables that the writer lists at a checkpoint."""
    listed = listed_digests(event.view_digests)
    for book in books.values():
        for name, table in book.tables.items():
            if table.mirror and name in listed:
                digest = table.digest.hexdigest()
                book.expect(event, listed[name], digest, "digest in the checkpoint", name)


def _stored(
    state: ViewState, name: str, plan: TablePlan | ExtractPlan, accounts: Collection[str] | None
) -> dict[Key, Row]:
    """Stored rows by key, of some accounts or all; of broadcast tables all."""
    parts = state.partitions
    if accounts is None or plan.broadcast:
        frames = [merged_rows(plan, [part.scan(name) for part in parts.values()])]
    else:
        frames = [
            merged_rows(plan, [parts[partition_of(account, len(parts))].scan(name, encode_row([account]))])
            for account in accounts
        ]
    columns = list(shown_columns(plan))
    width = len(plan.key)
    return {
        row[:width]: dict(zip(columns, row[width:], strict=True)) for frame in frames for row in frame.rows()
    }


def _derived(table: Table, plan: TablePlan | ExtractPlan) -> dict[Key, Row]:
    """Rows as the events say, with every column of the table."""
    columns = {name: "" if str(kind) == "String" else 0 for name, kind in shown_columns(plan).items()}
    return {key: {**columns, **row} for key, row in table.shown().items()}


def _difference(own: Row | None, other: Row | None) -> str:
    """What is stored and what should be, in the fields that differ."""
    if own is None or other is None:
        return f"is {_said(own)} and should be {_said(other)}"
    fields = [name for name in own if own[name] != other.get(name)]
    return "has " + ", ".join(f"{name} {own[name]!r} and should have {other.get(name)!r}" for name in fields)


def _said(row: Row | None) -> str:
    return "absent" if row is None else " ".join(f"{name}={value}" for name, value in row.items())
