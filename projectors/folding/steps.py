"""The parts of steps: blocks read, checked, their events sorted by type and decoded.

While a large part is folded, the next one is read in a thread of its own. Nothing else reads the log
meanwhile: ``ahead`` ends before the runner looks at the log again, so a log needs no locks.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from ledger.core.messages import BlockSealed
from ledger.errors import CodecFault, LedgerFault
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.columns.along import read_along
from projectors.columns.events import known_events
from projectors.columns.feed import Blocks
from projectors.columns.frames import DecodedFrames, Needs, Routes

PART_EVENTS: Final = 100_000
"""Events of one part: 25 MB of messages and as much of frames."""


@dataclass(slots=True)
class Timing:
    """Where the time of the steps went, in seconds of all threads together, and how many events they had.

    ``wall`` is the time that passed meanwhile.
    """

    events: int = 0
    blocks: int = 0
    messages: int = 0
    read: float = 0.0
    route: float = 0.0
    decode: float = 0.0
    fold: float = 0.0
    write: float = 0.0
    wall: float = 0.0


class Place(NamedTuple):
    """Where a part begins: behind block ``height``, in some partitions, with what is known by then."""

    partitions: tuple[int, ...]
    height: int
    settlement_asset: str

    def behind(self, part: "Part") -> "Place":
        """Where the next part begins."""
        return Place(self.partitions, part.last.height, part.settlement_asset)


class Part(NamedTuple):
    """Seals of consecutive blocks, and their events by type."""

    seals: list[BlockSealed]
    frames: DecodedFrames | CodecFault
    """The fault of messages that are of no known type."""
    settlement_asset: str
    """The asset that is known at the end."""

    @property
    def last(self) -> BlockSealed:
        """Seal of the newest block."""
        return self.seals[-1]

    @property
    def events(self) -> int:
        """Number of events, broadcast ones counted once."""
        return self.last.last_seq - self.seals[0].first_seq + 1


@dataclass(slots=True)
class Reading:
    """Reads parts of some ``events_max`` events from a log, with the columns in ``needs``."""

    log: LogReader
    needs: Needs
    events_max: int
    timing: Timing
    _routes: Routes = field(init=False, repr=False)
    _thread: ThreadPoolExecutor = field(init=False, repr=False)
    """One thread for good, as for folding: memory that many threads leave behind is not found again."""
    _ahead: tuple[Place, Part] | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._routes = Routes(known_events())
        self._thread = ThreadPoolExecutor(1, "ahead")

    def read(self, place: Place, chain: Chain, until: int) -> Part:
        """The part at ``place`` along ``chain``, up to height ``until``; raises what ``read_along`` does."""
        taken, self._ahead = self._ahead, None
        if taken is not None and taken[0] == place:
            last = taken[1].last.height
            if last <= until and chain.is_on_chain(last):
                return taken[1]
        return self._read(place, chain, until)

    @contextmanager
    def ahead(self, place: Place, chain: Chain, until: int) -> Iterator[None]:
        """Read the part at ``place`` while the body runs; a fault is left to the reading that counts."""
        if not 0 < chain.after(place.height) <= until:
            yield
            return
        reading = self._thread.submit(self._read, place, chain, until)
        try:
            yield
        finally:
            wait([reading])
        self._ahead = _unless_at_fault(place, reading)

    def _read(self, place: Place, chain: Chain, until: int) -> Part:
        began = time.perf_counter()
        blocks = read_along(self.log, place.partitions, chain, place.height, until, self.events_max)
        self.timing.read += time.perf_counter() - began
        frames = self._decoded(blocks, place.settlement_asset)
        known = place.settlement_asset if isinstance(frames, CodecFault) else frames.settlement_asset
        return Part(blocks.seals, frames, known)

    def _decoded(self, blocks: Blocks, settlement_asset: str) -> DecodedFrames | CodecFault:
        """The events of blocks by type, those types decoded that somebody needs."""
        began = time.perf_counter()
        try:
            routed = self._routes.route(blocks.parts)
        except CodecFault as fault:
            return fault
        self.timing.messages += sum(len(part) for lists in routed.values() for _, part in lists)
        routed_at = time.perf_counter()
        self.timing.route += routed_at - began
        seqs = (blocks.seals[0].first_seq, blocks.last.last_seq)
        frames = DecodedFrames(known_events(), self.needs, routed, bytes.fromhex(blocks.last.digest), seqs)
        try:
            frames.settlement_asset = _settlement_asset(frames, settlement_asset)
        except CodecFault as fault:
            return fault
        frames.decode()
        self.timing.decode += time.perf_counter() - routed_at
        return frames


def _unless_at_fault(place: Place, reading: "Future[Part]") -> tuple[Place, Part] | None:
    try:
        return place, reading.result()
    except LedgerFault:
        return None


def _settlement_asset(frames: DecodedFrames, known: str) -> str:
    """The asset that is ``known``, or that these events list. Raises ``CodecFault`` for a second one."""
    listed = frames.frame("AssetListed")
    if listed is None:
        return known
    named: Sequence[str] = listed.filter(pl.col("settlement") == 1).get_column("asset").unique().to_list()
    if len(named) > 1 or (named and known not in ("", named[0])):
        raise CodecFault(f"a second settlement asset is listed: {', '.join(sorted(named))}")
    return named[0] if named else known
