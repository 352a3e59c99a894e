"""A store in memory: for tests, and for views that need not outlive the process."""

import json
from collections.abc import Iterator, Mapping, Sequence

from projectors.port import CURSOR, START, STOPPED, Cursor, Stopped, record


class MemoryStore:
    """A ``RowStore`` that holds everything in one dictionary."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {CURSOR: record(START)}

    def cursor(self) -> Cursor:
        """How far the store is."""
        return Cursor(**json.loads(self._values[CURSOR]))

    def stopped(self) -> Stopped | None:
        """Why the view went no further, when it has stopped."""
        found = self._values.get(STOPPED)
        return None if found is None else Stopped(**json.loads(found))

    def get(self, key: bytes) -> bytes | None:
        """Value of a key."""
        return self._values.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values of many keys, in their order."""
        return [self._values.get(key) for key in keys]

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values that begin with ``prefix``, in order of the key."""
        return iter(sorted(item for item in self._values.items() if item[0].startswith(prefix)))

    def scan_back(self, prefix: bytes, below: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys below ``below`` and values that begin with ``prefix``, the highest key first."""
        return (row for row in reversed(list(self.scan(prefix))) if row[0] < below)

    def scan_on(self, prefix: bytes, begin: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from ``begin`` on and values that begin with ``prefix``, the lowest key first."""
        return (row for row in self.scan(prefix) if row[0] >= begin)

    def write(self, puts: Mapping[bytes, bytes | None], *, logged: bool) -> None:  # noqa: ARG002
        """Apply all of ``puts``."""
        for key, value in puts.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
