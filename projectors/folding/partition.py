"""Rows of one view in one partition: those in memory, those to be written, and their digests.

Rows that were read or written lately are kept as bytes by key. A row that is not kept is asked
of the store, unless everything ever written is still here.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice, repeat
from operator import ne
from typing import Final

from ledger.rows import BUCKET_BYTES, BUCKETS, LaneDigest
from projectors.folding.digests import change, restored
from projectors.port import CURSOR, DIGEST, ROW, STOPPED, Cursor, Puts, RowStore, Stopped, record

ROWS_KEPT_MAX: Final = 100_000
"""Rows kept per partition of a view: some 30 MB with keys of 40 and rows of 80 bytes."""

SEQ_BYTES: Final = 8

_NOTHING: Final = bytes(BUCKET_BYTES)
_ASK: Final = b"?"
"""Stands for a row that must be asked of the store; no row has these bytes."""


class PartitionRows:
    """One partition of a view. ``stored`` are all tables by number, ``digested`` those with a digest.

    Rows go by their key in the store, which begins with ``prefix`` of their table.
    """

    def __init__(self, store: RowStore, stored: Sequence[str], digested: Iterable[str]) -> None:
        self.store = store
        self.cursor = store.cursor()
        self._digests: dict[str, LaneDigest] = {}
        self._numbers = {name: number for number, name in enumerate(stored)}
        self._digested = tuple(digested)
        self._written: dict[str, bytes] = {}
        self._kept: dict[bytes, bytes | None] = {}
        self._noted: Puts = {}
        self._changed: set[str] = set()
        self._whole = False
        self._start()

    @property
    def digests(self) -> dict[str, LaneDigest]:
        """Digest of every table that has one; read from the store when they are first asked for."""
        if not self._digests:
            self._written = {
                table: load_buckets(self.store, self._numbers[table]) for table in self._digested
            }
            self._digests = {table: restored(data) for table, data in self._written.items()}
        return self._digests

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Rows by key, as they are after everything put so far."""
        kept = self._kept
        if self._whole:
            return list(map(kept.get, keys))
        rows = list(map(kept.get, keys, repeat(_ASK)))
        asked = [place for place, row in enumerate(rows) if row is _ASK]
        if asked:
            found = self.store.get_many([keys[place] for place in asked])
            for place, row in zip(asked, found, strict=True):
                rows[place] = row
        return rows

    def put(
        self, table: str, keys: Sequence[bytes], olds: Sequence[bytes | None], news: Sequence[bytes | None]
    ) -> None:
        """Replace the rows ``olds`` by ``news``, and follow in the digest where the table has one."""
        differs = list(map(ne, olds, news))
        if not any(differs):
            return
        if not all(differs):
            keys = list(compress(keys, differs))
            olds, news = list(compress(olds, differs)), list(compress(news, differs))
        rows = dict(zip(keys, news, strict=True))
        self._kept.update(rows)
        self._noted.update(rows)
        if table in self.digests:
            change(self.digests[table], keys, olds, news, len(self.prefix(table)))
            self._changed.add(table)

    def put_lines(self, table: str, runs: Sequence[tuple[bytes, int, Sequence[bytes]]]) -> None:
        """Add runs of lines: key, first seq, and lines in order. Every line counts in the digest."""
        start = len(self.prefix(table))
        self._noted.update([(run_key(key, seq), b"".join(lines)) for key, seq, lines in runs])
        digest = self.digests[table]
        for key, _, lines in runs:
            digest.add_lines(key[start:], lines)
        self._changed.add(table)

    def note(self, key: bytes, value: bytes | None) -> None:
        """Have a record that is no row written with the next commit."""
        self._noted[key] = value

    def commit(self, cursor: Cursor, *, logged: bool) -> None:
        """Write everything put so far, the digests and the cursor, at once."""
        for table in sorted(self._changed):
            self._note_digest(table)
        self.note(CURSOR, record(cursor))
        self.note(STOPPED, None)
        self.store.write(self._noted, logged=logged)
        self.cursor = cursor
        self._noted = {}
        self._changed = set()
        self._shed()

    def drop(self) -> None:
        """Forget what was put and not committed."""
        self._start()

    def stop(self, height: int, why: str) -> None:
        """Write down why the view went no further, until it does."""
        self.store.write({STOPPED: record(Stopped(height, why))}, logged=True)

    def scan(self, table: str, key: bytes = b"") -> dict[bytes, bytes]:
        """Rows of a table whose key begins with ``key``, as they are after everything put so far."""
        start = len(self.prefix(table))
        prefix = self.prefix(table) + key
        rows: Puts = dict(self.store.scan(prefix))
        rows.update((place, row) for place, row in self._noted.items() if place.startswith(prefix))
        return {place[start:]: row for place, row in sorted(rows.items()) if row is not None}

    def back(self, table: str, key: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows of a table whose key begins with ``key`` and lies below ``end``, the highest key first."""
        prefix = self.prefix(table)
        if self._noted:
            found = self.scan(table, key)
            yield from ((place, found[place]) for place in reversed(found) if place < end)
            return
        for place, row in self.store.scan_back(prefix + key, prefix + end):
            yield place[len(prefix) :], row

    def on(self, table: str, key: bytes, begin: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows of a table whose key begins with ``key`` and is ``begin`` or above, the lowest key first."""
        prefix = self.prefix(table)
        if self._noted:
            yield from (row for row in self.scan(table, key).items() if row[0] >= begin)
            return
        for place, row in self.store.scan_on(prefix + key, prefix + begin):
            yield place[len(prefix) :], row

    def prefix(self, table: str) -> bytes:
        """What the store keys of a table's rows begin with."""
        return row_prefix(self._numbers[table])

    def _start(self) -> None:
        self._kept = {}
        self._noted = {}
        self._changed = set()
        self._whole = self.cursor.height == 0
        self._digests = {}

    def _note_digest(self, table: str) -> None:
        """Note the buckets that are not as they were written."""
        new = self.digests[table].dump()
        old = self._written[table]
        for bucket in range(BUCKETS):
            own = slice(bucket * BUCKET_BYTES, (bucket + 1) * BUCKET_BYTES)
            if old[own] != new[own]:
                self.note(_bucket_key(self._numbers[table], bucket), new[own])
        self._written[table] = new

    def _shed(self) -> None:
        """Let go of the half of the rows that were put first, when there are too many."""
        if len(self._kept) > ROWS_KEPT_MAX:
            for key in list(islice(self._kept, len(self._kept) // 2)):
                del self._kept[key]
            self._whole = False


def row_prefix(number: int) -> bytes:
    """What the store keys of rows of the table with this number begin with; always ASCII."""
    return ROW + b"%02x" % number


def run_key(key: bytes, seq: int) -> bytes:
    """Where a run of lines is stored: in order of seq under the key of the lines."""
    return key + seq.to_bytes(SEQ_BYTES, "big")


def load_buckets(store: RowStore, number: int) -> bytes:
    """The stored digest of a table, in the form of ``LaneDigest.dump``."""
    buckets = [_NOTHING] * BUCKETS
    for key, value in store.scan(DIGEST + bytes((number,))):
        buckets[key[-1]] = value
    return b"".join(buckets)


def _bucket_key(number: int, bucket: int) -> bytes:
    return DIGEST + bytes((number, bucket))
