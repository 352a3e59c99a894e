"""Recovery: the writer's state from a checkpoint and the blocks after it, or from block 1.

Everything comes from the log; nothing that was in memory before is trusted. Every block read is
checked against the block before it, so a writer never starts on top of a log that was changed.

The state is a fold of the chain of parents only (``ledger.log.chain``). Outcomes count from every
block, void or not: a command whose events are void was answered, gets that answer again, and never
runs a second time. So does control state (status, rules, keys, trips of guards): otherwise a rollback
would reopen the exchange. References of outside movements go back with the state
(``ledger.core.rules.rollback``).
"""

from typing import Final, final

from ledger.core.messages import BlockSealed
from ledger.core.state import State
from ledger.errors import CodecFault, LogCorrupt
from ledger.log.blocks import check_outcomes, check_partition
from ledger.log.chain import Chain, Rollbacks, check_parent
from ledger.log.port import LogReader, PartitionBlock
from ledger.writer.apply import replay_events, replay_outcomes, replay_void
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.duplicates import Duplicates

BLOCKS_READ: Final = 64
"""Blocks read at a time; at 300 KB a block of a thousand commands, some 20 MB."""


@final
class Recovered:
    """What the log says up to the block ``head``, as if every block had just been written.

    ``head`` is ``None`` before block 1. ``state_height`` is the newest block whose events are in
    ``state``: that of ``head``, unless the blocks since were passed over as void. ``from_height`` is
    the block of the checkpoint it started from (0: none), ``events`` how many were replayed after it.
    """

    __slots__ = ("duplicates", "events", "from_height", "head", "state", "state_height")

    def __init__(
        self, state: State, duplicates: Duplicates, head: BlockSealed | None, from_height: int
    ) -> None:
        self.state = state
        self.duplicates = duplicates
        self.head = head
        self.from_height = from_height
        self.state_height = from_height
        self.events = 0

    @property
    def height(self) -> int:
        """Height of ``head``, 0 before block 1."""
        return 0 if self.head is None else self.head.height


def recover(log: LogReader, checkpoints: Checkpoints | None, warm: Recovered | None = None) -> Recovered:
    """State, duplicates and head of ``log`` as it is now.

    ``warm`` is what a standby has already replayed; it is taken over if it is on the way to the
    head, and only the blocks after it are read. Raises ``LogCorrupt`` naming the block when the log
    is not what was sealed.
    """
    head = log.head()
    if head is None:
        return _nothing()
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(head.height)
    if warm is not None and _leads_to(log, chain, warm):
        recovered = warm
    else:
        recovered = _from_checkpoint(log, chain, checkpoints)
    while recovered.height < head.height:
        if not _replay_some(log, recovered, chain):
            raise LogCorrupt("the block is missing", where=f"block {recovered.height + 1}")
    if recovered.head is None or recovered.head.digest != head.digest:
        raise LogCorrupt("the head of the log is not the end of its chain", where=f"block {head.height}")
    return recovered


def state_at(log: LogReader, height: int, checkpoints: Checkpoints | None = None) -> State:
    """The state as it was after the block at ``height``, void or not: where a rollback goes back to.

    Its ``seq`` is that of the newest event of the block's chain.
    """
    return recovered_at(log, height, checkpoints).state


def recovered_at(log: LogReader, height: int, checkpoints: Checkpoints | None = None) -> Recovered:
    """What ``recover`` would have returned when the block at ``height`` was the newest."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(height)
    recovered = _from_checkpoint(log, chain, checkpoints)
    while recovered.height < height:
        if not _replay_some(log, recovered, chain):
            raise LogCorrupt("the block is missing", where=f"block {recovered.height + 1}")
    return recovered


@final
class Follower:
    """A standby's state: what ``recover`` would return, kept up to date by ``advance``.

    A rollback leads it back to a checkpoint on the chain of parents, and on from there.
    """

    def __init__(self, log: LogReader, checkpoints: Checkpoints | None) -> None:
        self._log = log
        self._checkpoints = checkpoints
        self._rollbacks = Rollbacks(log)
        self._chain = Chain(0, ())
        self.recovered = _nothing()
        self._look()

    @property
    def height(self) -> int:
        """Height of the newest block that was replayed, 0 before block 1."""
        return self.recovered.height

    def advance(self) -> int:
        """Replay the next blocks that are there, at most ``BLOCKS_READ``; returns how many."""
        if self.height >= self._chain.tip:
            self._look()
        return _replay_some(self._log, self.recovered, self._chain)

    def _look(self) -> None:
        """Look how far the log is, and which of its blocks count."""
        head = self._log.head()
        if head is None or head.height == self._chain.tip:
            return
        self._rollbacks.read_on()
        chain = self._rollbacks.chain(head.height)
        if not self._chain.tip or not _leads_to(self._log, chain, self.recovered):
            self.recovered = _from_checkpoint(self._log, chain, self._checkpoints)
        self._chain = chain


def _nothing() -> Recovered:
    return Recovered(State(), Duplicates(), None, 0)


def _is_on_chain(log: LogReader, chain: Chain, height: int, seal_digest: str) -> bool:
    return chain.is_on_chain(height) and log.seal(height).digest == seal_digest


def _leads_to(log: LogReader, chain: Chain, recovered: Recovered) -> bool:
    """Whether the tip of ``chain`` can be reached from ``recovered`` by going on."""
    if recovered.head is None:
        return True
    if not recovered.height <= chain.tip or log.seal(recovered.height).digest != recovered.head.digest:
        return False
    passed_over = 0 < chain.after(recovered.state_height) <= recovered.height
    return chain.is_on_chain(recovered.state_height) and not passed_over


def _from_checkpoint(log: LogReader, chain: Chain, checkpoints: Checkpoints | None) -> Recovered:
    def is_on_chain(height: int, seal_digest: str) -> bool:
        return _is_on_chain(log, chain, height, seal_digest)

    found = None if checkpoints is None else checkpoints.newest(log.ledger_id, is_on_chain, chain.tip)
    if found is None:
        return _nothing()
    height = found.header.height
    return Recovered(found.state, found.duplicates, log.seal(height), height)


def _replay_some(log: LogReader, recovered: Recovered, chain: Chain) -> int:
    """Replay some blocks after ``recovered.head`` up to the tip of ``chain``; returns how many there were."""
    first = recovered.height + 1
    count = min(BLOCKS_READ, chain.tip - recovered.height)
    if count <= 0:
        return 0
    partitions = [log.read_partition(partition, first, count) for partition in range(log.partitions)]
    outcomes = log.read_outcomes(first, count)
    complete = min(len(outcomes), *(len(blocks) for blocks in partitions))
    for index in range(complete):
        parts = [blocks[index] for blocks in partitions]
        _replay_block(recovered, chain, parts, outcomes[index].data)
    return complete


def _replay_block(recovered: Recovered, chain: Chain, parts: list[PartitionBlock], outcomes: bytes) -> None:
    """Take in the block after ``recovered.head``: its outcomes, and its events if it is on the chain."""
    seal = parts[0].seal
    for part in parts:
        check_partition(recovered.head, part)
        if part.seal_bytes != parts[0].seal_bytes:
            raise LogCorrupt("its seals differ between partitions", where=f"block {seal.height}")
    check_outcomes(seal, outcomes)
    live = chain.is_on_chain(seal.height)
    if live:
        check_parent(seal, recovered.state_height)
    try:
        if live:
            replay_events(recovered.state, seal.first_seq, seal.last_seq, [part.blob for part in parts])
            recovered.state_height = seal.height
            recovered.events += seal.last_seq - seal.first_seq + 1
        else:
            replay_void(recovered.state, parts[0].blob)
        replay_outcomes(recovered.duplicates, outcomes)
    except (CodecFault, LogCorrupt) as fault:
        raise LogCorrupt(fault.what, where=f"block {seal.height}") from fault
    recovered.head = seal
