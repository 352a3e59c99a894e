"""What blocks hold that a rollback made void: views no longer have it, the log has it for ever."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from ledger.log.port import LogReader
from projectors.columns.events import PARTITION, known_events
from projectors.columns.feed import read_blocks
from projectors.columns.frames import DecodedFrames, Routes
from projectors.reading.answers import Row

EVENTS_READ: Final = 400_000


def rows_between(
    log: LogReader, first: int, last: int, needs: Mapping[str, Sequence[str]]
) -> dict[str, list[Row]]:
    """Rows of some events of the blocks ``first`` to ``last``, by type and in order of seq.

    ``needs`` names the columns of each type; ``seq`` and ``recorded_at_us`` come with them. The faults
    are those of reading the log.
    """
    events = known_events()
    columns = {name: ("recorded_at_us", *own) for name, own in needs.items()}
    routes = Routes(events)
    found: dict[str, list[pl.DataFrame]] = {name: [] for name in needs}
    previous = log.seal(first - 1) if first > 1 else None
    height = first - 1
    while height < last:
        blocks = read_blocks(log, range(log.partitions), previous, last, EVENTS_READ)
        frames = DecodedFrames(
            events,
            columns,
            routes.route(blocks.parts, bytes.fromhex(blocks.last.digest)),
            (blocks.seals[0].first_seq, blocks.last.last_seq),
        )
        for name, parts in found.items():
            frame = frames.frame(name)
            if frame is not None:
                once = frame.filter(pl.col(PARTITION) == 0) if events[name].broadcast else frame
                parts.append(once.select("seq", *columns[name]))
        previous, height = blocks.last, blocks.last.height
    return {name: pl.concat(parts).sort("seq").to_dicts() if parts else [] for name, parts in found.items()}
