"""The store of one view and partition as the rest of the projectors see it.

A store holds values by key. Keys begin with one byte for what they are:

    m                      format, view, version, ledger, tables (JSON)
    c                      cursor: height, seal digest, seq, ... (JSON)
    x                      why the view stopped, while it has (JSON)
    k + seq                digests at a checkpoint (JSON)
    d + table + bucket     one bucket of a table's digest
    r + table + key        a row; for lines, a run of them

What every store promises: ``write`` applies all of its puts or none, and what survives a kill is an
unbroken beginning of what was written. Rows, digests and cursor of a step are one ``write``, so
whatever survives is a state that the view had at some block.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

META: Final = b"m"
CURSOR: Final = b"c"
STOPPED: Final = b"x"
CHECKPOINT: Final = b"k"
DIGEST: Final = b"d"
ROW: Final = b"r"

Puts = dict[bytes, bytes | None]
"""What a step writes: values by key, ``None`` for a key that goes."""


class Cursor(NamedTuple):
    """How far a view has applied its partition: ``height`` 0 is before block 1.

    ``log`` is the identity of the log in which this is a place; empty where a log has none.
    """

    height: int
    digest: str
    seq: int
    recorded_at_us: int
    settlement_asset: str
    log: str = ""


class Stopped(NamedTuple):
    """The block that a view could not apply, and why."""

    height: int
    why: str


START: Final = Cursor(0, "", 0, 0, "")


class RowStore(Protocol):
    """Values of one view and partition by key."""

    def cursor(self) -> Cursor:
        """How far the store is. Raises ``ViewCorrupt`` when it does not say so."""

    def stopped(self) -> Stopped | None:
        """Why the view went no further, when it has stopped."""

    def get(self, key: bytes) -> bytes | None:
        """Value of a key."""

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values of many keys, in their order."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values that begin with ``prefix``, in order of the key."""

    def scan_back(self, prefix: bytes, below: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys below ``below`` and values that begin with ``prefix``, the highest key first."""

    def scan_on(self, prefix: bytes, begin: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from ``begin`` on and values that begin with ``prefix``, the lowest key first."""

    def write(self, puts: Mapping[bytes, bytes | None], *, logged: bool) -> None:
        """Apply all of ``puts`` or none; ``logged`` ones survive a kill right after.

        Raises ``DiskFull`` when there is no room for them.
        """


def record(values: Cursor | Stopped | Mapping[str, Any]) -> bytes:
    """A record as it is stored."""
    fields = values._asdict() if isinstance(values, Cursor | Stopped) else values
    return json.dumps(fields, separators=(",", ":")).encode()
