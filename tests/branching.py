"""Ledgers whose operators go back: random histories with random rollbacks, over any log.

There is no command for a rollback here: the blocks are made by hand, as the writer of an approved
plan makes them. The state is restored at the target, ``RollbackDeclared`` is the first event of the
next block, ``RollbackCompleted`` ends it, and a writer that starts anew goes on from there.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.digest import writer_digest
from ledger.core.evolve import evolve
from ledger.core.messages import AnyEvent, BlockSealed, CheckpointMarked, RollbackCompleted, RollbackDeclared
from ledger.core.state import State
from ledger.log.blocks import BlockBuilder
from ledger.log.chain import Chain, Rollbacks
from ledger.log.codec import encode_command
from ledger.log.port import EventLog
from ledger.writer.apply import block_events
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import state_at
from ledger.writer.writer import Writer
from tests.histories.chooser import Seeded
from tests.histories.money import mark_checkpoint
from tests.model.ledger import Model
from tests.playing import START_US
from tests.strategies import author_of, opening

CONTROL_STATE = ("status", "switch", "opened_us", "tripped_us", "rules", "keys")
"""What a rollback leaves as it is."""
COMMANDS_MAX = 8
"""Commands of a block at most."""


def walked(parents: Sequence[int], tip: int) -> list[int]:
    """The chain of parents of a block, found by going there; oldest first."""
    blocks = []
    while tip:
        blocks.append(tip)
        tip = parents[tip - 1]
    return blocks[::-1]


def head_of(log: EventLog) -> BlockSealed:
    """Seal of the newest block of a log that has one."""
    head = log.head()
    assert head is not None
    return head


def live_chain_of(log: EventLog, tip: int | None = None) -> Chain:
    """The chain of a block, of the newest one when none is named."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    return rollbacks.chain(head_of(log).height if tip is None else tip)


def roll_back(log: EventLog, target_height: int, at_us: int = 0, *, completed: bool = True) -> BlockSealed:
    """Commit a block that goes back to ``target_height``; returns its seal.

    Whoever writes ``log`` must start anew afterwards. With ``completed=False`` the rollback stays
    open until ``complete``.
    """
    head = head_of(log)
    target = log.seal(target_height)
    state = state_at(log, target_height)
    declared = RollbackDeclared(
        incident_id="incident-1",
        target_height=target_height,
        target_seq=target.last_seq,
        void_from_height=target_height + 1,
        void_to_height=head.height,
        void_from_seq=target.last_seq + 1,
        void_to_seq=head.last_seq,
        plan_digest="ab" * 32,
        reason="the test says so",
        key_1="operator-1",
        key_2="operator-2",
        signature_1="",
        signature_2="",
        state_digest_target=writer_digest(state),
        reinstated=0,
        cancelled=0,
        negative_accounts=0,
        custody_before_e8=0,
    )
    events: list[AnyEvent] = [declared]
    if completed:
        events.append(_completed(state, head.last_seq + 1))
    return _commit(log, state, events, at_us)


def complete(log: EventLog, at_us: int = 0) -> BlockSealed:
    """Commit a block that ends the rollback that the chain of the head declared last."""
    height = live_chain_of(log).segments[-1].first
    state = state_at(log, head_of(log).height)
    return _commit(log, state, [_completed(state, log.seal(height).first_seq)], at_us)


def _completed(state: State, rollback_seq: int) -> RollbackCompleted:
    return RollbackCompleted(rollback_seq, "ab" * 32, 0, writer_digest(state), 0, 0, 0)


def _commit(log: EventLog, state: State, events: list[AnyEvent], at_us: int) -> BlockSealed:
    head = head_of(log)
    recorded_at_us = max(at_us, head.recorded_at_us)
    builder = BlockBuilder(log.partitions, head)
    for place, event in enumerate(events):
        event.seq = head.last_seq + 1 + place
        event.recorded_at_us = recorded_at_us
        event.occurred_at_us = recorded_at_us
        builder.add(event)
        evolve(state, event)
    block = builder.seal(recorded_at_us, head.command_cursor)
    log.commit(block)
    return block.seal


@dataclass(frozen=True)
class Habits:
    """How often, in percent of the blocks, an operator goes back, and how long a rollback stays open.

    ``marks`` is how many blocks, in percent, have a ``CheckpointMarked``; no others have one but by ``mark``.
    """

    rollbacks: int = 8
    open_rollbacks: int = 20
    empty_blocks: int = 8
    marks: int = 0
    markets: int = 2
    accounts: int = 6


class Branching:
    """A ledger that is written block by block, with the second ledger beside it.

    ``models`` has the second ledger as it was after each block: its state follows the chain of
    parents because it is copied from the target, whatever the log says.
    """

    def __init__(
        self,
        log: EventLog,
        seed: int,
        habits: Habits | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.log = log
        self.habits = habits or Habits()
        self.checkpoints = checkpoints
        self.chooser = Seeded(seed)
        self.author = author_of(self.chooser, markets=self.habits.markets, accounts=self.habits.accounts)
        self.author.deeds = [deed for deed in self.author.deeds if deed is not mark_checkpoint]
        self.open_since = 0
        """Height of the block whose rollback is open, 0 when none is."""
        self._decoded: dict[int, list[AnyEvent]] = {}
        self.parents: list[int] = [0]
        """Parent of each block, by height less one, as it was meant."""
        self.writer = Writer(log, checkpoints=checkpoints)
        self.writer.open_ledger(START_US)
        self.models: dict[int, Model] = {1: copy.deepcopy(self.author.model)}
        self._block(len(opening(self.author)))

    def write(self, blocks: int) -> None:
        """Add so many blocks, whatever the dice make them."""
        for _ in range(blocks):
            dice = self.chooser.integer(1, 100)
            if self.open_since:
                self._complete()
            elif dice <= self.habits.rollbacks:
                self.roll_back(self._target())
            elif dice <= self.habits.rollbacks + self.habits.empty_blocks:
                self.writer.heartbeat()
                self._done(head_of(self.log).height - 1)
            else:
                self._block(self.chooser.integer(1, COMMANDS_MAX))

    def roll_back(self, target_height: int, *, completed: bool | None = None) -> None:
        """Go back to a block; ``completed`` is left to the dice unless it is given."""
        if completed is None:
            completed = self.chooser.integer(1, 100) > self.habits.open_rollbacks
        self.author.now_us += 1_000
        roll_back(self.log, target_height, self.author.now_us, completed=completed)
        gone = self.author.model.world
        self.author.model = copy.deepcopy(self.models[target_height])
        for name in CONTROL_STATE:
            setattr(self.author.model.world, name, getattr(gone, name))
        self.author.world.book_lost = True
        self.author.world.restored_us = head_of(self.log).recorded_at_us
        for market in self.author.world.markets.values():
            market.old_price = True
            market.old_rate = market.funding_time_ms is not None
        self.open_since = 0 if completed else head_of(self.log).height
        if not self.author.world.markets:
            self.author.plan(*opening(self.author))
        self._restarted(target_height)

    def events(self, tip: int, seq: int) -> list[AnyEvent]:
        """What counts, seen from block ``tip``, up to a seq: by going from parent to parent."""
        return [
            event for height in walked(self.parents, tip) for event in self.block(height) if event.seq <= seq
        ]

    def tip_at(self, seq: int) -> int:
        """The newest block that has begun when the event ``seq`` is there."""
        return max(
            height for height in self.models if (first := self.block(height)[:1]) and first[0].seq <= seq
        )

    def block(self, height: int) -> list[AnyEvent]:
        """Events of one block, void or not, in order."""
        if height not in self._decoded:
            parts = [self.log.read_partition(number, height, 1)[0] for number in range(self.log.partitions)]
            self._decoded[height] = block_events([part.blob for part in parts])
        return self._decoded[height]

    def _complete(self) -> None:
        parent = head_of(self.log).height
        complete(self.log, self.author.now_us)
        self.open_since = 0
        self._restarted(parent)

    def _restarted(self, parent: int) -> None:
        self.author.world.seq = head_of(self.log).last_seq
        self.writer = Writer(self.log, checkpoints=self.checkpoints)
        self._done(parent)

    def mark(self) -> int:
        """Add blocks up to one with a ``CheckpointMarked``, after what is planned; returns its height."""
        self.author.plan(mark_checkpoint)
        while True:
            self._block(1)
            height = head_of(self.log).height
            if any(isinstance(event, CheckpointMarked) for event in self.block(height)):
                return height

    def _block(self, commands: int) -> None:
        if self.habits.marks and self.chooser.integer(1, 100) <= self.habits.marks:
            self.author.plan(mark_checkpoint)
        for _ in range(commands):
            command, _ = self.author.write()
            self.log.append_commands([encode_command(command)], command.issued_at_us)
        self.writer.run_block(commands)
        self._done(head_of(self.log).height - 1)

    def _done(self, parent: int) -> None:
        height = head_of(self.log).height
        self.parents.append(parent)
        self.models[height] = copy.deepcopy(self.author.model)
        if self.checkpoints is not None and self.chooser.integer(1, 6) == 1:
            self.writer.checkpoint()

    def _target(self) -> int:
        """Any block: often a recent one, at times the one just sealed or the very first."""
        newest = head_of(self.log).height
        reach = self.chooser.pick((0, 1, 5, 20, newest - 1))
        return self.chooser.integer(max(1, newest - reach), newest)
