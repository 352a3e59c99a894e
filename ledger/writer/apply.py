"""The hot loop: commands through the duplicate table, ``decide`` and ``evolve`` into a block.

Compiled by mypyc where a compiler is there. Nothing here knows where blocks begin or end: the
same commands with the same arrivals give the same events and outcomes however they are cut.
"""

from typing import Final, cast, final

from ledger.core.control import voided_by
from ledger.core.decide import decide
from ledger.core.decision import Decision, refused
from ledger.core.evolve import evolve, evolve_control
from ledger.core.limits import COMMAND_BYTES_MAX, DETAIL_MAX, FUTURE_MAX_US, NUMBER_MAX, PRODUCER_MAX
from ledger.core.messages import AnyCommand, AnyEvent, Event, Outcome, SignedCommand
from ledger.core.proof import UNSIGNED, Proof
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.errors import CodecFault, InvariantError, LogCorrupt
from ledger.log.blobs import BROADCAST_KEY, iterate, split_outcomes
from ledger.log.blocks import BlockBuilder
from ledger.log.codec import SIGNED_PREFIX, decode_command, decode_event, decode_outcome, decode_signed
from ledger.writer.duplicates import ACCEPTED_STATUS, NEW, REFUSED_STATUS, SEEN, Duplicates
from ledger.writer.signatures import verified
from schemas import by_fingerprint

NOT_STORED: Final = -1
"""Position of an outcome whose command is not in the log."""


@final
class Answer:
    """What a sender gets: the outcome, and whether it was given before."""

    __slots__ = ("duplicate", "outcome")

    def __init__(self, outcome: Outcome, *, duplicate: bool) -> None:
        self.outcome = outcome
        self.duplicate = duplicate


@final
class Unreadable:
    """Bytes that are no command, with the refusal they get."""

    __slots__ = ("code", "detail")

    def __init__(self, code: int, detail: str) -> None:
        self.code = code
        self.detail = detail


@final
class Request:
    """A command in the log on its way through the writer, and its signatures if it has some."""

    __slots__ = ("arrived_at_us", "content", "position", "signed")

    def __init__(
        self,
        position: int,
        arrived_at_us: int,
        content: AnyCommand | Unreadable,
        signed: SignedCommand | None = None,
    ) -> None:
        self.position = position
        self.arrived_at_us = arrived_at_us
        self.content = content
        self.signed = signed


def request_of(position: int, arrived_at_us: int, data: bytes) -> Request:
    """What the log has at a position, read."""
    return Request(position, arrived_at_us, read_command(data), signatures_in(data))


def signatures_in(data: bytes) -> SignedCommand | None:
    """The signatures that framed bytes carry, if ``read_command`` finds a command in them."""
    if not data.startswith(SIGNED_PREFIX):
        return None
    try:
        return decode_signed(data)
    except CodecFault:
        return None


def read_command(data: bytes) -> AnyCommand | Unreadable:
    """The command in framed bytes, signed or not, with an id that can be remembered."""
    if len(data) > COMMAND_BYTES_MAX:
        return Unreadable(
            int(RefusalCode.COMMAND_TOO_LARGE), f"{len(data)} bytes, at most {COMMAND_BYTES_MAX}"
        )
    try:
        if data.startswith(SIGNED_PREFIX):
            data = _content(decode_signed(data))
        command = cast("AnyCommand", decode_command(data))
    except CodecFault as fault:
        return Unreadable(_unreadable_code(data), f"{fault.where}: {fault.what}"[:DETAIL_MAX])
    if not 0 < len(command.producer) <= PRODUCER_MAX:
        return Unreadable(
            int(RefusalCode.INVALID_VALUE), f"producer: a name of 1 to {PRODUCER_MAX} characters"
        )
    if not 0 < command.number <= NUMBER_MAX:
        return Unreadable(int(RefusalCode.INVALID_VALUE), f"number: {command.number}, from 1 to {NUMBER_MAX}")
    return command


def _content(signed: SignedCommand) -> bytes:
    """Framed bytes of the command that was signed; ``CodecFault`` when they are no such digits."""
    try:
        return bytes.fromhex(signed.content)
    except ValueError as fault:
        raise CodecFault(f"not hexadecimal digits: {fault}", where="content") from fault


def settled(
    state: State, duplicates: Duplicates, content: AnyCommand | Unreadable, now_us: int
) -> Answer | None:
    """The answer to what need not enter the log, or ``None`` for a command that is new."""
    if isinstance(content, Unreadable):
        return Answer(_refusal("", 0, NOT_STORED, now_us, content.code, content.detail), duplicate=False)
    known = duplicates.look_up(content.producer, content.number)
    if known == NEW:
        return None
    if known == SEEN:
        return Answer(_first_outcome(state, duplicates, content), duplicate=True)
    return Answer(_too_old(content, NOT_STORED, now_us), duplicate=False)


def apply_requests(
    state: State,
    duplicates: Duplicates,
    block: BlockBuilder,
    requests: list[Request],
    time_us: int,
) -> list[Answer]:
    """Take ``requests`` in order and return their answers, which also are in ``block``.

    ``time_us`` is ledger time before the first: no request is recorded earlier, nor earlier than
    a request before it.
    """
    answers: list[Answer] = []
    for request in requests:
        time_us = max(time_us, request.arrived_at_us)
        answers.append(_apply(state, duplicates, block, request, time_us))
    return answers


def _apply(
    state: State, duplicates: Duplicates, block: BlockBuilder, request: Request, now_us: int
) -> Answer:
    content = request.content
    if isinstance(content, Unreadable):
        outcome = _refusal("", 0, request.position, now_us, content.code, content.detail)
        block.add_outcome(outcome)
        return Answer(outcome, duplicate=False)
    known = duplicates.look_up(content.producer, content.number)
    if known == NEW:
        return Answer(_first_time(state, duplicates, block, request, content, now_us), duplicate=False)
    if known == SEEN:
        outcome = _first_outcome(state, duplicates, content)
    else:
        outcome = _too_old(content, request.position, now_us)
    block.add_outcome(outcome)
    return Answer(outcome, duplicate=known == SEEN)


def _first_time(
    state: State,
    duplicates: Duplicates,
    block: BlockBuilder,
    request: Request,
    command: AnyCommand,
    now_us: int,
) -> Outcome:
    if command.issued_at_us > now_us + FUTURE_MAX_US:
        detail = f"issued_at_us: {command.issued_at_us} is more than 60 s after ledger time {now_us}"
        code = int(RefusalCode.ISSUED_IN_FUTURE)
        outcome = _refusal(command.producer, command.number, request.position, now_us, code, detail)
        block.add_outcome(outcome)
    else:
        outcome = _decided(state, block, command, request, now_us)
    duplicates.remember(outcome)
    return outcome


def _first_outcome(state: State, duplicates: Duplicates, command: AnyCommand) -> Outcome:
    """What the command was answered then, and which rollback made its events void since."""
    outcome = duplicates.first_outcome(command.producer, command.number)
    if outcome.first_seq:
        outcome.voided_by = voided_by(state.control, outcome.first_seq)
    return outcome


def _decided(
    state: State, block: BlockBuilder, command: AnyCommand, request: Request, now_us: int
) -> Outcome:
    return take_decision(
        state, block, command, request.position, now_us, judged(state, command, request, now_us)
    )


def proof_of(state: State, request: Request) -> Proof | None:
    """What a request proves of its signers; ``None`` when a signature does not hold."""
    return UNSIGNED if request.signed is None else verified(state, request.signed)


def signature_refused() -> Decision:
    """The refusal of a command with a signature that does not hold."""
    detail = "a signature does not hold, or its key is not registered, or revoked, or signed twice"
    return refused(RefusalCode.SIGNATURE_INVALID, detail)


def judged(state: State, command: AnyCommand, request: Request, now_us: int) -> Decision:
    """What ``decide`` says of the command, after its signatures were looked at."""
    proof = proof_of(state, request)
    return signature_refused() if proof is None else decide(state, command, now_us, proof)


def outcome_of(
    position: int, command: AnyCommand, decision: Decision, now_us: int, first_seq: int, last_seq: int
) -> Outcome:
    """The outcome of a command with its decision and its first and last event (0 and 0: none)."""
    return Outcome(
        command.producer,
        command.number,
        position,
        now_us,
        REFUSED_STATUS if decision.code else ACCEPTED_STATUS,
        decision.code,
        decision.detail[:DETAIL_MAX],
        first_seq,
        last_seq,
        0,
    )


def take_decision(
    state: State, block: BlockBuilder, command: AnyCommand, position: int, now_us: int, decision: Decision
) -> Outcome:
    """Put what was decided into ``block`` and evolve ``state``; its outcome, not yet remembered."""
    events = decision.events
    first_seq = 0
    last_seq = 0
    if events:
        first_seq = state.seq + 1
        last_seq = state.seq + len(events)
    outcome = outcome_of(position, command, decision, now_us, first_seq, last_seq)
    try:
        block.add_command(cast("list[Event]", events), outcome)
    except CodecFault as fault:
        raise InvariantError(f"decide let through what cannot be recorded: {fault}") from fault
    for event in events:
        evolve(state, event)
    return outcome


def latest_time(requests: list[Request], time_us: int) -> int:
    """Ledger time after ``requests``, given ledger time before them."""
    for request in requests:
        time_us = max(time_us, request.arrived_at_us)
    return time_us


def block_events(blobs: list[bytes]) -> list[AnyEvent]:
    """The events of one block in order of seq, given the blobs of all its partitions.

    A broadcast event, which lies in every blob, comes once.
    """
    events: list[AnyEvent] = []
    for partition in range(len(blobs)):
        for key, value in iterate(blobs[partition]):
            if partition == 0 or key != BROADCAST_KEY:
                events.append(cast("AnyEvent", decode_event(value)))
    events.sort(key=seq_of)
    return events


def replay_events(state: State, first_seq: int, last_seq: int, blobs: list[bytes]) -> None:
    """Evolve ``state`` by the events of one block, given the blobs of all its partitions.

    Raises ``LogCorrupt`` unless they are exactly the seqs from ``first_seq`` to ``last_seq``.
    """
    expected = first_seq
    for event in block_events(blobs):
        if event.seq != expected:
            raise LogCorrupt(f"seq {event.seq} comes where {expected} belongs")
        evolve(state, event)
        expected += 1
    if expected != last_seq + 1:
        raise LogCorrupt(f"its events end at seq {expected - 1} and not at {last_seq}")


def replay_void(state: State, blob: bytes) -> None:
    """Take in what still counts of a void block, given the blob of any of its partitions."""
    for key, value in iterate(blob):
        if key == BROADCAST_KEY:
            evolve_control(state, cast("AnyEvent", decode_event(value)))


def replay_outcomes(duplicates: Duplicates, outcomes: bytes) -> None:
    """Remember the outcomes of one block."""
    for value in split_outcomes(outcomes):
        duplicates.replayed(decode_outcome(value))


def seq_of(event: AnyEvent) -> int:
    """What events are ordered by."""
    return event.seq


def _unreadable_code(data: bytes) -> int:
    schema = by_fingerprint().get(data[2:10])
    known = schema is not None and schema.kind == "command" and data.startswith(schema.framing)
    return int(RefusalCode.MALFORMED_COMMAND if known else RefusalCode.UNKNOWN_COMMAND)


def _refusal(producer: str, number: int, position: int, now_us: int, code: int, detail: str) -> Outcome:
    return Outcome(producer, number, position, now_us, REFUSED_STATUS, code, detail, 0, 0, 0)


def _too_old(command: AnyCommand, position: int, now_us: int) -> Outcome:
    detail = f"number: {command.number} is below the numbers remembered of this producer"
    code = int(RefusalCode.COMMAND_TOO_OLD)
    return _refusal(command.producer, command.number, position, now_us, code, detail)
