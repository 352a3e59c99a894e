"""Going back: what the log gives for a rollback, for the planner and for the writer alike.

1. *Target*: the block to go back to is on the live chain and not in the middle of another rollback.
2. *State*: that of the target, from the newest checkpoint below it and the blocks between. Nothing
   that is in memory is used.
3. *Control*: what the control copies of the blocks since say of status, rules, keys and approvals.
4. *Facts*: what the void blocks of the live chain say of the outside (``VoidFacts``). Of a million events
   only those that can matter are decoded.
5. *Events*: ``Rebuilt`` makes them; the body of the plan says what they do, and has its digest.
"""

from collections.abc import Callable
from typing import Final, cast, final

from ledger.core.decision import Decision, refused
from ledger.core.evolve import evolve_control
from ledger.core.messages import AnyEvent, ApplyRollback, BlockSealed
from ledger.core.plan_digest import PlanHead
from ledger.core.refusals import RefusalCode
from ledger.core.rollback.body import Content, Place, body_of, digest_of, head_of_plan
from ledger.core.rollback.facts import FACTS, VoidFacts, protected_accounts
from ledger.core.rollback.rebuilt import Rebuilt, Span
from ledger.core.rules.rollback import REINSTATE
from ledger.core.state import State
from ledger.errors import LogCorrupt
from ledger.log.blobs import iterate, split_values
from ledger.log.blocks import check_control, check_partition
from ledger.log.chain import Chain, Rollbacks
from ledger.log.codec import decode_event
from ledger.log.port import LogReader, PartitionBlock
from ledger.writer.apply import seq_of
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import state_at
from schemas import framings

BLOCKS_READ: Final = 64
_FRAMING: Final = 10
_CANCELS: Final = frozenset(framings("OrderCancelled"))
_TRANSFERS: Final = frozenset(framings("TransferSent"))
_OTHERS: Final = frozenset(framing for name in FACTS for framing in framings(name)) - _CANCELS - _TRANSFERS

Visit = Callable[[bytes, bytes], None]
"""Told the key and the framed value of an event."""


@final
class Rolled:
    """A rollback, ready to be written: its events, the state after them, and the plan that it carries out."""

    __slots__ = ("body", "digest", "head", "rebuilt")

    def __init__(self, rebuilt: Rebuilt, head: PlanHead, body: Content, digest: str) -> None:
        self.rebuilt = rebuilt
        self.head = head
        self.body = body
        self.digest = digest


def roll(  # noqa: PLR0913
    log: LogReader,
    checkpoints: Checkpoints | None,
    command: ApplyRollback,
    head: BlockSealed,
    now_us: int,
    custody_e8: dict[str, int],
    *,
    transfers: bool = False,
) -> Rolled | Decision:
    """The rollback that ``command`` asks for, on a log whose newest block before it is ``head``.

    ``custody_e8`` is what is outside now. With ``transfers`` the facts have all void transfers, not only
    those that are made again. A refusal says what the log has against it.
    """
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(head.height)
    refusal = _refuse_target(log, rollbacks, chain, command)
    if refusal is not None:
        return refusal
    target = log.seal(command.target_height)
    known = log.seal(command.head_height)
    state = state_at(log, target.height, checkpoints)
    _restore_control(log, state, target.height, head.height)
    facts = void_facts(log, chain, state, command, transfers=transfers)
    span = Span(target.height, target.last_seq, head.height, head.last_seq)
    rebuilt = Rebuilt(state, facts, command, span, now_us, custody_e8)
    rebuilt.make()
    if rebuilt.problems:
        return refused(RefusalCode.PLAN_MISMATCH, rebuilt.problems[0])
    place = Place(target.height, target.last_seq, target.digest)
    body = body_of(rebuilt, place, Place(known.height, known.last_seq, known.digest))
    plan = head_of_plan(rebuilt, log.ledger_id, known.height)
    return Rolled(rebuilt, plan, body, digest_of(plan, body, command))


def void_facts(
    log: LogReader, chain: Chain, state: State, command: ApplyRollback, *, transfers: bool
) -> VoidFacts:
    """What the blocks of ``chain`` after the target, up to the plan's head, say that matters."""
    protected = {name.encode() for name in protected_accounts(state)}
    wanted = _OTHERS
    if transfers or any(choice.treatment == REINSTATE for choice in command.choices):
        wanted = wanted | _TRANSFERS
    found: list[AnyEvent] = []

    def visit(key: bytes, value: bytes) -> None:
        framing = value[:_FRAMING]
        if framing in wanted or (framing in _CANCELS and key in protected):
            found.append(cast("AnyEvent", decode_event(value)))

    visit_chain(log, chain, command.target_height, command.head_height, visit)
    facts = VoidFacts()
    for event in sorted(found, key=seq_of):
        facts.take(event)
    return facts


def visit_chain(log: LogReader, chain: Chain, after: int, up_to: int, visit: Visit) -> None:
    """Show ``visit`` every event of the chain's blocks above ``after``, partition by partition.

    A broadcast event comes once per partition. Every block is checked against the one before it.
    """
    for partition in range(log.partitions):
        height = chain.after(after)
        while 0 < height <= up_to:
            last = min(chain.end_of(height), up_to)
            previous = log.seal(height - 1) if height > 1 else None
            while height <= last:
                for block in _read(log, partition, height, last):
                    check_partition(previous, block)
                    for key, value in iterate(block.blob):
                        visit(key, value)
                    previous = block.seal
                    height = block.height + 1
            height = chain.after(last)


def _read(log: LogReader, partition: int, height: int, last: int) -> list[PartitionBlock]:
    blocks = log.read_partition(partition, height, min(BLOCKS_READ, last - height + 1))
    if not blocks:
        raise LogCorrupt("the block is missing", where=f"block {height}, partition {partition}")
    return blocks


def _refuse_target(
    log: LogReader, rollbacks: Rollbacks, chain: Chain, command: ApplyRollback
) -> Decision | None:
    target = command.target_height
    if not command.head_height <= chain.tip or log.seal(command.head_height).last_seq != command.head_seq:
        return refused(
            RefusalCode.PLAN_MISMATCH, f"block {command.head_height} does not end at seq {command.head_seq}"
        )
    if not chain.is_on_chain(target):
        return refused(RefusalCode.TARGET_VOID, f"block {target} is void")
    if rollbacks.served_tip(target) != target:
        return refused(RefusalCode.TARGET_VOID, f"block {target} is in the middle of a rollback")
    return None


def _restore_control(log: LogReader, state: State, after: int, up_to: int) -> None:
    """Take in what the control copies of the blocks above ``after`` say, void or not."""
    height = after + 1
    while blocks := log.read_control(height, BLOCKS_READ):
        for block in blocks:
            if block.height > up_to:
                return
            check_control(log.seal(block.height), block.data)
            for value in split_values(block.data):
                evolve_control(state, cast("AnyEvent", decode_event(value)))
            height = block.height + 1
