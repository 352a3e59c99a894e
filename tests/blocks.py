"""Reading back what a log holds, for tests that look at the events of a whole ledger."""

from ledger.core.messages import Event
from ledger.log.blobs import split_values
from ledger.log.codec import decode_event
from ledger.log.port import LogReader


def events_in(log: LogReader) -> list[Event]:
    """Every event of a log once, in order of seq: broadcast events lie in every partition."""
    events: dict[int, Event] = {}
    for partition in range(log.partitions):
        height = 1
        while blocks := log.read_partition(partition, height, 1000):
            for block in blocks:
                for data in split_values(block.blob):
                    event = decode_event(data)
                    events[event.seq] = event
            height = blocks[-1].height + 1
    return [events[seq] for seq in sorted(events)]
