"""Adding to the account history what the log has, block after block, void ones too.

1. read and check some blocks of all partitions after the manifest's;
2. collect the events of each partition, ``FLUSH_EVENTS`` at most;
3. write a file per partition, merging it with small ones before it, durable;
4. replace the manifest;
5. delete the files that were merged.

A kill before 4 leaves files that no manifest names, which the next run deletes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from ledger.core.messages import AssetListed, BlockSealed
from ledger.errors import Action, LedgerFault, ViewCorrupt, ViewMissing, ViewStopped
from ledger.log.blobs import BROADCAST_KEY, iterate
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.columns.avro import gathered, read_messages
from projectors.columns.events import known_events
from projectors.columns.feed import Blocks, read_blocks
from projectors.history.files import (
    FILE_EVENTS,
    INDICES,
    MARKS,
    REPAIR,
    TERMS,
    FileEntry,
    HistoryFile,
    Manifest,
    delete_unnamed,
    empty,
    file_digest,
    locked,
    read_manifest,
    write_file,
    write_manifest,
)
from schemas import framings

FLUSH_EVENTS: Final = 1_000_000
"""Events of all partitions kept in memory before files are written: 200 MB."""

STEP_EVENTS: Final = 200_000

TICKS: Final = {
    "MarketListed": (INDICES, TERMS),
    "MarketUpdated": (TERMS,),
    "FundingIndexAdvanced": (INDICES,),
    "FundingIndexRestated": (INDICES,),
    "PricesUpdated": (MARKS,),
}
"""Broadcast events that positions are valued with, kept by market, and what their keys begin with."""

_SEQ_BYTES: Final = range(8)
_FRAMING: Final = 10


def add_blocks(
    root: Path,
    log: LogReader,
    progress: Callable[[int, int], None] | None = None,
    *,
    flush_events: int = FLUSH_EVENTS,
) -> Manifest:
    """Add everything up to the head of the log; returns the manifest as it is then.

    Raises ``ViewStopped`` when the history is not of this log, and the faults of reading it.
    """
    with locked(root):
        try:
            manifest = read_manifest(root)
        except ViewMissing:
            manifest = empty(log.ledger_id, log.partitions)
        delete_unnamed(root, manifest)
        head = log.head()
        previous = check_place(log, manifest)
        collected = _Collected(log.partitions, manifest.settlement_asset)
        while head is not None and manifest.height + collected.blocks < head.height:
            blocks = read_blocks(log, range(log.partitions), previous, head.height, STEP_EVENTS)
            collected.take(blocks)
            previous = blocks.last
            if progress is not None:
                progress(previous.height, head.height)
            if collected.events >= flush_events or previous.height == head.height:
                manifest = _flush(root, manifest, collected, previous)
                collected = _Collected(log.partitions, manifest.settlement_asset)
        return manifest


def keep_adding(
    root: Path, log: LogReader, every_s: float, wait: Callable[[float], bool], say: Callable[[str], None]
) -> None:
    """Add what comes every so many seconds, until ``wait``, which sleeps, says to stop.

    Faults with action RETRY are said and waited out; the others are raised.
    """
    while True:
        try:
            add_blocks(root, log)
        except LedgerFault as fault:
            if fault.action is not Action.RETRY:
                raise
            say(f"{fault} Trying again.")
        if wait(every_s):
            return


def check_place(log: LogReader, manifest: Manifest) -> BlockSealed | None:
    """The seal of the manifest's block. Raises ``ViewStopped`` when the log has another there, or none."""
    head = log.head()
    if manifest.ledger_id != log.ledger_id or len(manifest.files) != log.partitions:
        raise ViewStopped("the account history is of another ledger", remedy=REPAIR)
    if not manifest.height:
        return None
    seal = log.seal(manifest.height) if head is not None and manifest.height <= head.height else None
    if seal is None or seal.digest != manifest.block_digest:
        raise ViewStopped(
            f"the account history is at block {manifest.height} and the log has another block there, or none",
            remedy=REPAIR,
        )
    return seal


def broken_files(root: Path, manifest: Manifest) -> list[str]:
    """Files that are gone, or are not as they were written."""
    found = []
    for partition, entries in enumerate(manifest.files):
        for entry in entries:
            path = root / str(partition) / entry.name
            try:
                digest = file_digest(path)
            except ViewCorrupt as fault:
                found.append(str(fault))
                continue
            if digest != entry.digest:
                found.append(f"{path}: the file is not as it was written")
    return found


class _Collected:
    """Events of some blocks on their way into files."""

    def __init__(self, partitions: int, settlement_asset: str) -> None:
        self.blocks = 0
        self.events = 0
        self.settlement_asset = settlement_asset
        self._parts: list[list[pl.DataFrame]] = [[] for _ in range(partitions)]
        self._ticks = {schema.framing: schema for name in TICKS for schema in known_events()[name].versions}
        self._listed = framings("AssetListed")

    def take(self, blocks: Blocks) -> None:
        """Take in the events of some blocks."""
        for partition, own in blocks.parts.items():
            pairs = [pair for block in own for pair in iterate(block.blob)]
            keyed = [(key, value) for key, value in pairs if key != BROADCAST_KEY]
            self._parts[partition].append(_rows([key for key, _ in keyed], [value for _, value in keyed]))
            self.events += len(keyed)
            if partition == 0:
                self._take_broadcast([value for key, value in pairs if key == BROADCAST_KEY])
        self.blocks += len(blocks.seals)

    def rows(self, partition: int) -> pl.DataFrame:
        """Everything of one partition: key, seq, event."""
        return pl.concat(self._parts[partition])

    def _take_broadcast(self, values: list[bytes]) -> None:
        ticks: dict[bytes, list[bytes]] = {}
        for value in values:
            framing = value[:_FRAMING]
            if framing in self._ticks:
                ticks.setdefault(framing, []).append(value)
            elif value.startswith(self._listed):
                event = decode_event(value)
                if isinstance(event, AssetListed) and event.settlement == 1:
                    self.settlement_asset = event.asset
        for framing, own in ticks.items():
            schema = self._ticks[framing]
            markets = read_messages(schema, gathered(own, own[0]), ["market"])
            for prefix in TICKS[schema.name]:
                keys = markets.select(pl.lit(prefix) + pl.col("market")).to_series()
                self._parts[0].append(_rows([], own).with_columns(keys.alias("key")))
                self.events += len(own)


def _rows(keys: list[bytes], values: list[bytes]) -> pl.DataFrame:
    """Events with their key and seq; without ``keys`` the key is left empty."""
    frame = pl.DataFrame({"event": values}, schema={"event": pl.Binary})
    names = pl.Series("key", keys, dtype=pl.Binary).cast(pl.String) if keys else pl.lit("")
    return frame.select(names.alias("key") if keys else pl.lit("").alias("key"), _seq(), "event")


def _seq() -> pl.Expr:
    """The seq of framed events: a zigzag varint behind the framing; every event is far longer than it."""
    number = pl.col("event").bin.slice(_FRAMING, 8).bin.reinterpret(dtype=pl.UInt64, endianness="little")
    zigzag = pl.lit(0, dtype=pl.UInt64)
    going = pl.lit(1, dtype=pl.UInt64)
    for place in _SEQ_BYTES:
        byte = number // 2 ** (8 * place) % 256
        zigzag = zigzag + going * (byte % 128) * 2 ** (7 * place)
        going = going * (byte // 128)
    return (zigzag // 2).cast(pl.Int64).alias("seq")


def _flush(root: Path, manifest: Manifest, collected: _Collected, last: BlockSealed) -> Manifest:
    """Steps 3 to 5."""
    files = tuple(
        _merged(root / str(partition), entries, collected.rows(partition))
        for partition, entries in enumerate(manifest.files)
    )
    fresh = Manifest(
        manifest.ledger_id, last.height, last.digest, last.last_seq, collected.settlement_asset, files
    )
    write_manifest(root, fresh)
    delete_unnamed(root, fresh)
    return fresh


def _merged(folder: Path, entries: tuple[FileEntry, ...], rows: pl.DataFrame) -> tuple[FileEntry, ...]:
    """The files of a partition with new rows, put together with those before that are not much larger."""
    if rows.is_empty():
        return entries
    kept = list(entries)
    while kept and kept[-1].rows <= 2 * rows.height and kept[-1].rows + rows.height <= FILE_EVENTS:
        rows = pl.concat([HistoryFile(folder, kept.pop()).rows(), rows])
    return (*kept, write_file(folder, rows))
