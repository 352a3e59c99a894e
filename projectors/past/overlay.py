"""Changes in memory over a store that is only read: a past is folded on, and nothing is written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from operator import itemgetter

from projectors.port import CURSOR, STOPPED, Cursor, RowStore, Stopped


class OverlayStore:
    """A ``RowStore`` over another one, of which it is a copy that costs only what is changed."""

    def __init__(self, base: RowStore) -> None:
        self._base = base
        self._changed: dict[bytes, bytes | None] = {STOPPED: None}

    def cursor(self) -> Cursor:
        """How far the store is."""
        changed = self._changed.get(CURSOR)
        return self._base.cursor() if changed is None else Cursor(**json.loads(changed))

    def stopped(self) -> Stopped | None:
        """Why the view went no further here; whether the store below stopped does not matter."""
        changed = self._changed[STOPPED]
        return None if changed is None else Stopped(**json.loads(changed))

    def get(self, key: bytes) -> bytes | None:
        """Value of a key."""
        return self._changed[key] if key in self._changed else self._base.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values of many keys, in their order."""
        asked = [key for key in keys if key not in self._changed]
        found = dict(zip(asked, self._base.get_many(asked), strict=True)) if asked else {}
        return [self._changed[key] if key in self._changed else found[key] for key in keys]

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values that begin with ``prefix``, in order of the key."""
        changed = self._changed
        under = (row for row in self._base.scan(prefix) if row[0] not in changed)
        return merge(under, self._own(prefix), key=itemgetter(0))

    def scan_back(self, prefix: bytes, below: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys below ``below`` and values that begin with ``prefix``, the highest key first."""
        changed = self._changed
        own = [row for row in self._own(prefix) if row[0] < below]
        under = (row for row in self._base.scan_back(prefix, below) if row[0] not in changed)
        return merge(under, reversed(own), key=itemgetter(0), reverse=True)

    def scan_on(self, prefix: bytes, begin: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from ``begin`` on and values that begin with ``prefix``, the lowest key first."""
        changed = self._changed
        own = [row for row in self._own(prefix) if row[0] >= begin]
        under = (row for row in self._base.scan_on(prefix, begin) if row[0] not in changed)
        return merge(under, own, key=itemgetter(0))

    def _own(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """What was changed and is there, in order of the key."""
        return sorted(
            (key, value)
            for key, value in self._changed.items()
            if value is not None and key.startswith(prefix)
        )

    def write(self, puts: Mapping[bytes, bytes | None], *, logged: bool) -> None:  # noqa: ARG002
        """Apply all of ``puts``, in memory."""
        self._changed.update(puts)
