"""Frames: the events of many blocks as one polars table per event type.

``Routes`` knows every schema by its framing and sorts the raw messages of all partitions by
type. ``DecodedFrames`` decodes each type that a view needs, for all partitions at once, with the
columns that any view needs; the partition is a column. A type that does not decode is a
fault for the views that ask for it and for no other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple, Protocol

import polars as pl

from ledger.errors import CodecFault
from ledger.log.blobs import Gathered, route_values
from ledger.log.port import PartitionBlock
from projectors.columns.avro import (
    FRAMING_BYTES,
    gathered,
    messages_of,
    nothing_gathered,
    read_messages,
    unknown_schema,
)
from projectors.columns.events import PARTITION, SETTLEMENT, EventType
from schemas import Schema

Needs = Mapping[str, Sequence[str]]
"""Columns that views need, by event type."""

Mapped = Callable[[Callable[[str], object], Iterable[str]], Iterable[object]]
"""``map``, or that of an executor."""


class Routed(NamedTuple):
    """Messages of one schema: those of each partition in order of seq, partition by partition."""

    messages: Gathered
    counts: list[tuple[int, int]]
    """Partitions, and how many of the messages lie in each."""


ByFraming = dict[bytes, Routed]

_FINGERPRINT_BYTES: Final = range(2, FRAMING_BYTES)


class Routes:
    """Sorts messages by schema, by one byte of the fingerprint where one tells all apart."""

    def __init__(self, events: Mapping[str, EventType]) -> None:
        self.schemas = [schema for event in events.values() for schema in event.versions]
        framings = [schema.framing for schema in self.schemas]
        self.byte = max(_FINGERPRINT_BYTES, key=lambda byte: len({framing[byte] for framing in framings}))
        self._owners: dict[int, list[Schema]] = {}
        for schema in self.schemas:
            self._owners.setdefault(schema.framing[self.byte], []).append(schema)

    def route(self, blocks: Mapping[int, Iterable[PartitionBlock]], seed: bytes) -> ByFraming:
        """Messages of the blocks of each partition by framing.

        ``seed`` is something that nobody who writes an event can know (``projectors.columns.avro``).
        Raises ``CodecFault`` for a message of no known schema, naming its fingerprint.
        """
        kinds = [Routed(nothing_gathered(seed), []) for _ in range(256)]
        lists = [kind.messages for kind in kinds]
        for partition, own in sorted(blocks.items()):
            before = [kind.count for kind in lists]
            for block in own:
                route_values(block.blob, self.byte, lists)
            for kind, count in zip(kinds, before, strict=True):
                if kind.messages.count > count:
                    kind.counts.append((partition, kind.messages.count - count))
        routed: ByFraming = {}
        for byte, kind in enumerate(kinds):
            if kind.counts:
                routed |= self._assigned(byte, kind, seed)
        return routed

    def _assigned(self, byte: int, kind: Routed, seed: bytes) -> ByFraming:
        """Messages that share the byte, by framing."""
        owners = self._owners.get(byte, [])
        if len(owners) == 1:
            return {owners[0].framing: kind}
        known = {schema.framing for schema in owners}
        messages = iter(messages_of(kind.messages))
        split: dict[bytes, dict[int, list[bytes]]] = {}
        for partition, count in kind.counts:
            for message in islice(messages, count):
                framing = message[:FRAMING_BYTES]
                if framing not in known:
                    raise unknown_schema(framing)
                split.setdefault(framing, {}).setdefault(partition, []).append(message)
        return {framing: routed_messages(places, seed) for framing, places in split.items()}


def routed_messages(places: Mapping[int, Sequence[bytes]], seed: bytes) -> Routed:
    """Messages of one schema by partition, each in order of seq."""
    ordered = sorted(places.items())
    messages = gathered(chain.from_iterable(own for _, own in ordered), seed)
    return Routed(messages, [(partition, len(own)) for partition, own in ordered])


class Frames(Protocol):
    """Events of some blocks by event type; frames have ``PARTITION`` and ``SETTLEMENT`` beside their own."""

    def frame(self, name: str) -> pl.DataFrame | None:
        """Rows of one event type by partition and then by seq, ``None`` when there are none.

        Raises ``CodecFault`` when one of its messages does not decode.
        """


class DecodedFrames:
    """Frames of raw messages, with the columns in ``needs``.

    ``decode`` takes all types in ``needs``, others are decoded when they are first asked for. ``seqs`` are
    the first and the last seq that the blocks have.
    """

    def __init__(
        self,
        events: Mapping[str, EventType],
        needs: Needs,
        routed: ByFraming,
        seqs: tuple[int, int],
    ) -> None:
        self._events = events
        self._needs = needs
        self._routed = routed
        self._seqs = seqs
        self._decoded: dict[str, pl.DataFrame | CodecFault | None] = {}
        self.settlement_asset = ""
        """The asset put into ``SETTLEMENT``."""

    def decode(self, mapping: Mapped) -> None:
        """Decode what is needed, with ``map`` or that of threads; then several threads may ask for it."""
        for _ in mapping(self._decode_once, self._needs):
            pass

    def frame(self, name: str) -> pl.DataFrame | None:
        """See ``Frames``."""
        found = self._decode_once(name)
        if isinstance(found, CodecFault):
            raise found
        return None if found is None else found.with_columns(pl.lit(self.settlement_asset).alias(SETTLEMENT))

    def _decode_once(self, name: str) -> pl.DataFrame | CodecFault | None:
        if name not in self._decoded:
            event = self._events[name]
            try:
                self._decoded[name] = self._decode(event)
            except CodecFault as fault:
                self._decoded[name] = fault
            for schema in event.versions:
                self._routed.pop(schema.framing, None)
        return self._decoded[name]

    def _decode(self, event: EventType) -> pl.DataFrame | None:
        columns = ["seq", *(column for column in self._needs.get(event.name, ()) if column != "seq")]
        parts = [
            self._decode_version(event, schema, columns)
            for schema in event.versions
            if schema.framing in self._routed
        ]
        if not parts:
            return None
        if len(parts) == 1:
            return parts[0]
        return pl.concat(parts).sort(PARTITION, "seq")

    def _decode_version(self, event: EventType, schema: Schema, columns: list[str]) -> pl.DataFrame:
        own = {field.name for field in schema.fields}
        stored = [column for column in columns if column in own]
        messages, counts = self._routed[schema.framing]
        frame = read_messages(schema, messages, stored)
        missing = [
            pl.lit(event.default(column), dtype=event.columns[column]).alias(column)
            for column in columns
            if column not in own
        ]
        partitions = pl.concat(
            [pl.repeat(partition, count, dtype=pl.UInt8, eager=True) for partition, count in counts]
        )
        frame = frame.with_columns(*missing, partitions.alias(PARTITION)).select(*columns, PARTITION)
        check_seqs(event.name, frame, *self._seqs)
        return frame


class CutFrames:
    """A part of other frames: events above seq ``after``, up to ``until``, of some partitions."""

    def __init__(self, whole: Frames, partitions: Sequence[int], after: int, until: int) -> None:
        self._whole = whole
        self._cut: dict[str, pl.DataFrame | None] = {}
        self._pick = (
            pl.col(PARTITION).is_in(list(partitions)) & (pl.col("seq") > after) & (pl.col("seq") <= until)
        )

    def frame(self, name: str) -> pl.DataFrame | None:
        """See ``Frames``."""
        if name not in self._cut:
            frame = self._whole.frame(name)
            if frame is not None:
                frame = frame.filter(self._pick)
            self._cut[name] = None if frame is None or frame.is_empty() else frame
        return self._cut[name]


def check_seqs(name: str, frame: pl.DataFrame, first: int, last: int) -> None:
    """Raise ``CodecFault`` unless seqs lie between two, and rise within each partition."""
    seq = frame.get_column("seq")
    partition = frame.get_column(PARTITION)
    wrong = (seq < first) | (seq > last)
    wrong = wrong | ((seq.diff() <= 0) & (partition == partition.shift(1))).fill_null(value=False)
    if wrong.any():
        place = wrong.arg_max() or 0
        raise CodecFault(f"seq {seq[place]} of {name} is not one that can come there")
