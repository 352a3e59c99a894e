"""Views over small ledgers in memory, and events of any kind with values of any kind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ledger.core.messages import BROADCAST, AnyCommand, AnyEvent
from ledger.core.values import partition_of
from ledger.log.codec import encode_command, encode_event
from ledger.log.memory import MemoryLog
from ledger.log.port import EventLog
from ledger.writer.writer import Writer
from projectors.columns.events import known_events
from projectors.columns.frames import DecodedFrames, routed_messages
from projectors.define.plan import ViewPlan
from projectors.define.view import View
from projectors.folding.rows import merged_rows
from projectors.folding.state import ViewState
from projectors.stores.memory import MemoryStore
from tests.playing import START_US

LEDGER = "test-ledger"
SEED = b"a seed that no event knows"


def written_log(history: Sequence[AnyCommand], block_size: int = 10, partitions: int = 4) -> MemoryLog:
    """The log of a ledger that took these commands, ``block_size`` of them in a block."""
    log = MemoryLog(LEDGER, partitions)
    write(log, history, block_size)
    return log


def write(log: EventLog, history: Sequence[AnyCommand], block_size: int = 10) -> Writer:
    """Have a writer take commands at the time each was issued; returns it, open."""
    writer = Writer(log, block_size=block_size)
    writer.open_ledger(START_US)
    for command in history:
        log.append_commands([encode_command(command)], command.issued_at_us)
    while writer.run_block(block_size):
        pass
    return writer


def memory_state(view: View, partitions: int = 1) -> ViewState:
    """A view over empty stores in memory."""
    return ViewState(view, {number: MemoryStore() for number in range(partitions)}, partitions)


def frames_of(
    events: Iterable[AnyEvent], plan: ViewPlan, partitions: int = 1, settlement_asset: str = "USDC"
) -> DecodedFrames:
    """Frames of stamped events, as a runner would make them of whole blocks."""
    messages: dict[str, dict[int, list[bytes]]] = {}
    seqs = []
    for event in events:
        name = type(event).__name__
        seqs.append(event.seq)
        places = range(partitions) if name in BROADCAST else [partition_of(account_of(event), partitions)]
        for place in places:
            messages.setdefault(name, {}).setdefault(place, []).append(encode_event(event))
    routed = {
        known_events()[name].newest.framing: routed_messages(places, SEED)
        for name, places in messages.items()
    }
    frames = DecodedFrames(known_events(), needs_of(plan), routed, (min(seqs), max(seqs)))
    frames.settlement_asset = settlement_asset
    return frames


def needs_of(plan: ViewPlan) -> dict[str, list[str]]:
    """Columns that a view needs, with those that name the subject of a failed check."""
    named = {"account", "market"}
    return {
        event: sorted(columns | (named & known_events()[event].columns.keys()))
        for event, columns in plan.needs.items()
    }


def rows_of(state: ViewState, table: str) -> list[dict[str, Any]]:
    """Rows of a shown table over all partitions, by key."""
    return state.rows(table).to_dicts()


def contents(state: ViewState) -> dict[str, Mapping[str, Any]]:
    """Everything that a view has, whatever way it was folded: rows, and digests, by table."""
    return {
        table: {
            "rows": merged_rows(plan, [part.scan(table) for part in state.partitions.values()]).rows(),
            "digest": state.digest(table).hexdigest(),
        }
        for table, plan in state.view.plan.shown().items()
    }


def account_of(event: Any) -> str:  # noqa: ANN401
    """Account of a keyed event."""
    return str(event.account)


def stamped(event: AnyEvent, seq: int, cause_seq: int = 0) -> AnyEvent:
    """The event with a header."""
    event.seq = seq
    event.recorded_at_us = START_US + seq
    event.occurred_at_us = START_US
    event.command_id = f"tester/{seq}"
    event.cause_seq = cause_seq
    return event
