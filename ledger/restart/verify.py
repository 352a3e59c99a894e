"""Whether what a writer would start with is what the log says, found out before it starts.

1. The log itself: chain, digests, contents (``ledger.log.verify``).
2. The whole log is folded once more, from block 1, along the chain of parents. At every
   ``CheckpointMarked`` the digest recorded in it must be that of this state.
3. The state from the newest checkpoint and the blocks after it must be the same, row by row: indices
   and their remainders, cached indices of positions, balances, status and rules, everything.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ledger.core.cells import Row
from ledger.core.digest import writer_digest
from ledger.core.evolve import evolve
from ledger.core.image import HOLDING, KEY_LENGTHS, MARKET, state_rows
from ledger.core.image_fields import HOLDING_FIELDS, MARKET_FIELDS
from ledger.core.messages import CheckpointMarked
from ledger.core.state import State
from ledger.errors import LogUnavailable
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader, PartitionBlock
from ledger.log.verify import verify_log
from ledger.writer.apply import block_events, replay_void

BLOCKS_READ: Final = 64
"""Blocks read at a time; at 300 KB a block of a thousand commands, some 20 MB."""
ROWS_SHOWN: Final = 10
"""Differing rows that are named; the rest is counted."""

Progress = Callable[[int], None]


def findings_in_log(log: LogReader, progress: Progress) -> Iterator[str]:
    """Everything that is wrong with the log itself."""
    for finding in verify_log(log, None, progress):
        yield str(finding)


def state_of_log(log: LogReader, height: int, findings: list[str], progress: Progress) -> State:
    """The state that the log gives up to a block; recorded digests that are not this state's are findings."""
    state = State()
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(height)
    for parts in _blocks(log, height):
        at, blobs = parts[0].height, [part.blob for part in parts]
        if not chain.is_on_chain(at):
            replay_void(state, blobs[0])
            continue
        for event in block_events(blobs):
            if isinstance(event, CheckpointMarked) and event.writer_digest != writer_digest(state):
                findings.append(
                    f"block {at}, seq {event.seq}: the state does not have the digest recorded there"
                )
            evolve(state, event)
        progress(at)
    return state


def _blocks(log: LogReader, height: int) -> Iterator[tuple[PartitionBlock, ...]]:
    """What every partition has of each block up to ``height``, in order."""
    first = 1
    while first <= height:
        count = min(BLOCKS_READ, height - first + 1)
        partitions = [log.read_partition(partition, first, count) for partition in range(log.partitions)]
        complete = min(len(blocks) for blocks in partitions)
        if not complete:
            raise LogUnavailable("the block is not shown", where=f"block {first}")
        yield from zip(*(blocks[:complete] for blocks in partitions), strict=True)
        first += complete


def differences(restored: State, expected: State) -> list[str]:
    """Rows in which a restored state is not the expected one."""
    was, wanted = _by_key(restored), _by_key(expected)
    found = [
        _difference(key, was.get(key), wanted.get(key))
        for key in sorted(was.keys() | wanted.keys())
        if was.get(key) != wanted.get(key)
    ]
    more = len(found) - ROWS_SHOWN
    return found[:ROWS_SHOWN] + ([f"and {more} more rows"] if more > 0 else [])


def _by_key(state: State) -> dict[tuple[str, ...], Row]:
    rows: dict[tuple[str, ...], Row] = {}
    for row in state_rows(state):
        length = KEY_LENGTHS[str(row[0])]
        rows[tuple(str(part) for part in row[:length])] = row[length:]
    return rows


def _difference(key: tuple[str, ...], was: Row | None, wanted: Row | None) -> str:
    name = " ".join(key)
    if was is None or wanted is None:
        return f"{name}: {'missing' if was is None else 'not in the log'}"
    names = {MARKET: MARKET_FIELDS, HOLDING: HOLDING_FIELDS}.get(key[0], ())
    for place, (found, right) in enumerate(zip(was, wanted, strict=True)):
        if found != right:
            field = names[place] if place < len(names) else f"value {place + 1}"
            return f"{name}: {field} is {found}, the log says {right}"
    return f"{name}: differs"
