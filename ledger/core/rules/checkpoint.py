"""Checkpoints: the digests of the business state, recorded so that every view can be compared."""

from ledger.core.control import KEY_ID_DIGITS, OPERATOR_ROLE, Key
from ledger.core.decision import Decision, accepted, refused
from ledger.core.digest import view_digests, writer_digest
from ledger.core.messages import CheckpointMarked, LedgerOpened, MarkCheckpoint
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.core.values import is_text


def decide_mark_checkpoint(state: State, command: MarkCheckpoint, now_us: int) -> Decision:  # noqa: ARG001
    """Record what the writer's state digests to, as it was before this command.

    Where block borders lie is not the rules' business, so ``checkpoint_height`` is 0 and
    readers take the event's own seq; proofs are made off the hot path.
    """
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    positions = 0
    orders = 0
    for account in state.accounts.values():
        orders += len(account.orders)
        for holding in account.holdings.values():
            if holding.size_e8:
                positions += 1
    return accepted(
        [
            CheckpointMarked(
                checkpoint_height=0,
                writer_digest=writer_digest(state),
                view_digests=view_digests(state),
                proof_roots="",
                accounts=len(state.accounts),
                positions=positions,
                orders=orders,
            )
        ]
    )


def evolve_ledger_opened(state: State, event: LedgerOpened) -> None:
    """The ledger's identity, how many partitions it has for ever, and the keys that it begins with.

    A key of the first block has its first digits as id, and is its own operator.
    """
    state.ledger_id = event.ledger_id
    state.partitions = event.partitions
    for public_key in event.operator_keys.split(","):
        if public_key:
            key_id = public_key[:KEY_ID_DIGITS]
            state.control.add_key(Key(key_id, public_key, OPERATOR_ROLE, key_id))


def evolve_checkpoint_marked(state: State, event: CheckpointMarked) -> None:
    """A checkpoint says what the state is and changes nothing of it."""
