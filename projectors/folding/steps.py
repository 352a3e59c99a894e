"""Steps: the blocks that a runner applies at once, read, checked, sorted by type and decoded."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from ledger.core.messages import BlockSealed
from ledger.errors import CodecFault
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.columns.along import read_along
from projectors.columns.events import known_events
from projectors.columns.feed import Blocks
from projectors.columns.frames import DecodedFrames, Needs, Routes


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


class Step(NamedTuple):
    """Seals of consecutive blocks, and their events by type.

    The messages themselves are let go of: who cannot apply a step reads a smaller one.
    """

    seals: list[BlockSealed]
    frames: DecodedFrames | CodecFault
    """The fault of messages that are of no known type."""

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
    """Reads steps of some ``events_max`` events of the partitions read, with the columns in ``needs``."""

    log: LogReader
    needs: Needs
    events_max: int
    timing: Timing
    _routes: Routes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._routes = Routes(known_events())

    def read(
        self, partitions: Sequence[int], settlement_asset: str, chain: Chain, after: int, until: int
    ) -> Step:
        """The step behind block ``after`` along ``chain``, up to height ``until``.

        ``settlement_asset`` is the one known by then. Raises what ``read_along`` raises.
        """
        began = time.perf_counter()
        events_max = self.events_max * self.log.partitions // len(partitions)
        blocks = read_along(self.log, partitions, chain, after, until, events_max)
        self.timing.read += time.perf_counter() - began
        self.timing.events += blocks.events
        self.timing.blocks += len(blocks.seals)
        return Step(blocks.seals, self._decoded(blocks, settlement_asset))

    def _decoded(self, blocks: Blocks, settlement_asset: str) -> DecodedFrames | CodecFault:
        """The events of blocks by type."""
        began = time.perf_counter()
        try:
            routed = self._routes.route(blocks.parts, bytes.fromhex(blocks.last.digest))
        except CodecFault as fault:
            return fault
        self.timing.messages += sum(kind.messages.count for kind in routed.values())
        self.timing.route += time.perf_counter() - began
        seqs = (blocks.seals[0].first_seq, blocks.last.last_seq)
        frames = DecodedFrames(known_events(), self.needs, routed, seqs)
        try:
            frames.settlement_asset = _settlement_asset(frames, settlement_asset)
        except CodecFault as fault:
            return fault
        return frames


def _settlement_asset(frames: DecodedFrames, known: str) -> str:
    """The asset that is ``known``, or that these events list. Raises ``CodecFault`` for a second one."""
    listed = frames.frame("AssetListed")
    if listed is None:
        return known
    named: Sequence[str] = listed.filter(pl.col("settlement") == 1).get_column("asset").unique().to_list()
    if len(named) > 1 or (named and known not in ("", named[0])):
        raise CodecFault(f"a second settlement asset is listed: {', '.join(sorted(named))}")
    return named[0] if named else known
