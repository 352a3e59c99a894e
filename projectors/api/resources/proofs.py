"""Proof that an event lies in a block: the bytes of which the seal has a digest, and the place in them.

A digest covers the bytes of a whole partition in a block, or of the block's control copies. The copies are of
events that everybody may know; the bytes of a partition have the events of many accounts.
"""

from base64 import b64encode
from typing import NamedTuple

from ledger.core.messages import BlockSealed
from ledger.edge.records import event_object
from ledger.log.blobs import iterate
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.api.models.base import At
from projectors.api.models.chain import EventProof
from projectors.past.moments import Moment, MomentKind, resolve

CONTROL = -1
"""In place of a partition: the control copies."""

_SIZE_BYTES = 4


class Covered(NamedTuple):
    """Where an event lies: in the control copies or a partition of a block, so many bytes from the start."""

    seal: BlockSealed
    partition: int
    blob: bytes
    offset: int
    value: bytes


def find(log: LogReader, seq: int) -> Covered | None:
    """An event with the bytes that cover it, the control copies where it is one; ``None`` where it is not."""
    head = log.head()
    if head is None or seq > head.last_seq:
        return None
    height = resolve(log, Moment(MomentKind.SEQ, seq), head).height
    seal = log.seal(height)
    blobs = [(CONTROL, block.data) for block in log.read_control(height, 1) if block.height == height]
    for partition in range(log.partitions):
        blobs += [(partition, one.blob) for one in log.read_partition(partition, height, 1)]
    for partition, blob in blobs:
        offset = 0
        for key, value in iterate(blob):
            offset += _SIZE_BYTES + len(key) + _SIZE_BYTES
            if decode_event(value).seq == seq:
                return Covered(seal, partition, blob, offset, value)
            offset += len(value)
    return None


def proof(covered: Covered, ledger_id: str, at: At, *, void: bool) -> EventProof:
    """As it is sent."""
    event = decode_event(covered.value)
    return EventProof(
        at=at,
        ledger_id=ledger_id,
        seq=event.seq,
        event=type(event).__name__,
        block=covered.seal.height,
        void=void,
        content="control" if covered.partition == CONTROL else "partition",
        partition=covered.partition,
        data=b64encode(covered.blob).decode(),
        offset=covered.offset,
        length=len(covered.value),
        seal=event_object(covered.seal),
    )
