"""Replay, checkpoints, blocks and repetitions: what is recorded is all there is."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.digest import table_digests, view_digests, writer_digest
from ledger.core.evolve import evolve
from ledger.core.image import load_state, state_rows
from ledger.core.messages import AnyCommand
from ledger.log.codec import decode_command, decode_event, encode_command, encode_event
from ledger.log.memory import MemoryLog
from ledger.rows import decode_row, encode_row
from ledger.writer.apply import Answer, block_events
from ledger.writer.writer import Writer
from tests import playing
from tests.fields import record_of
from tests.strategies import histories, seeded_history
from tests.tables import Tables


@given(histories())
def test_replaying_the_events_gives_the_live_state(commands: list[AnyCommand]) -> None:
    live = playing.opened_state()
    events = playing.events_of(playing.play(live, commands))
    replayed = playing.opened_state()
    for event in events:
        evolve(replayed, event)
    assert state_rows(replayed) == state_rows(live)
    assert writer_digest(replayed) == writer_digest(live)


@given(histories(), st.integers(0, 10_000))
def test_a_checkpoint_anywhere_plus_the_tail_gives_the_whole(commands: list[AnyCommand], cut: int) -> None:
    whole = playing.opened_state()
    head = playing.opened_state()
    place = cut % (len(commands) + 1)
    playing.play(whole, commands)
    playing.play(head, commands[:place])
    rows = [decode_row(encode_row(row)) for row in state_rows(head)]
    tail = load_state(rows)
    assert state_rows(tail) == state_rows(head)
    playing.play(tail, commands[place:])
    assert state_rows(tail) == state_rows(whole)
    assert view_digests(tail) == view_digests(whole)


@pytest.mark.parametrize("seed", range(3))
def test_checkpoints_of_a_long_history_carry_on_as_if_nothing_happened(seed: int) -> None:
    commands = list(seeded_history(seed, 600))
    whole = playing.opened_state()
    carried = playing.opened_state()
    for start in range(0, len(commands), 97):
        part = commands[start : start + 97]
        expected = [(step.code, len(step.events)) for step in playing.play(whole, part)]
        carried = load_state(state_rows(carried))
        assert [(step.code, len(step.events)) for step in playing.play(carried, part)] == expected
    assert writer_digest(carried) == writer_digest(whole)


def check_tables(commands: list[AnyCommand]) -> None:
    """The writer's digest of each table is that of the same table folded from the events alone."""
    state = playing.opened_state()
    tables = Tables([])
    for command in commands:
        for event in playing.play_one(state, command).events:
            tables.fold(event)
        stated = {name: digest.hexdigest() for name, digest in table_digests(state).items()}
        assert tables.digests() == stated, record_of(command)


@given(histories(longest=25))
def test_tables_folded_from_the_events_alone_have_the_digests_that_the_writer_states(
    commands: list[AnyCommand],
) -> None:
    check_tables(commands)


@pytest.mark.parametrize("seed", range(2))
def test_tables_folded_from_long_histories_have_the_digests_that_the_writer_states(seed: int) -> None:
    check_tables(list(seeded_history(seed, 300)))


@given(histories())
def test_encoding_and_decoding_changes_no_message(commands: list[AnyCommand]) -> None:
    for step in playing.play(playing.opened_state(), commands):
        data = encode_command(step.command)
        again = decode_command(data)
        assert type(again) is type(step.command)
        assert encode_command(again) == data
        for event in step.events:
            assert record_of(decode_event(encode_event(event))) == record_of(event)


def written(commands: Sequence[AnyCommand], sizes: Sequence[int]) -> tuple[Writer, MemoryLog, list[Answer]]:
    """A writer over a memory log that took ``commands`` cut into calls of ``sizes``, in rotation."""
    log = MemoryLog("test-ledger", playing.PARTITIONS)
    writer = Writer(log, block_size=7)
    writer.open_ledger(playing.START_US)
    answers: list[Answer] = []
    position, turn = 0, 0
    while position < len(commands):
        part = commands[position : position + sizes[turn % len(sizes)]]
        by_arrival: list[list[AnyCommand]] = []
        for command in part:
            if not by_arrival or by_arrival[-1][0].issued_at_us != command.issued_at_us:
                by_arrival.append([])
            by_arrival[-1].append(command)
        for together in by_arrival:
            data = [encode_command(command) for command in together]
            answers += writer.submit(data, together[0].issued_at_us)
        position += len(part)
        turn += 1
    return writer, log, answers


def values_of(log: MemoryLog) -> list[bytes]:
    """Framed bytes of every event of a log in order of seq."""
    head = log.head()
    assert head is not None
    partitions = [log.read_partition(number, 1, head.height) for number in range(log.partitions)]
    return [
        encode_event(event)
        for blocks in zip(*partitions, strict=True)
        for event in block_events([block.blob for block in blocks])
    ]


def stored(commands: Sequence[AnyCommand], block_sizes: Sequence[int]) -> tuple[Writer, MemoryLog]:
    """The same, but all commands are stored first and taken in blocks of ``block_sizes``."""
    log = MemoryLog("test-ledger", playing.PARTITIONS)
    writer = Writer(log)
    writer.open_ledger(playing.START_US)
    for command in commands:
        log.append_commands([encode_command(command)], command.issued_at_us)
    turn = 0
    while writer.run_block(block_sizes[turn % len(block_sizes)]):
        turn += 1
    return writer, log


@given(histories(longest=25), st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_cutting_the_commands_into_blocks_differently_changes_no_byte_of_the_events(
    commands: list[AnyCommand], sizes: list[int]
) -> None:
    one_by_one, first = stored(commands, [1])
    cut, second = stored(commands, sizes)
    submitted, third, _ = written(commands, sizes)
    assert values_of(first) == values_of(second) == values_of(third)
    assert state_rows(one_by_one.state) == state_rows(cut.state) == state_rows(submitted.state)


@given(histories(longest=25), st.data())
def test_a_repeated_command_gets_its_first_outcome_and_changes_nothing(
    commands: list[AnyCommand], data: st.DataObject
) -> None:
    writer, log, answers = written(commands, [5])
    first = {(a.outcome.producer, a.outcome.number): record_of_outcome(a) for a in answers}
    rows, head = state_rows(writer.state), log.head()
    again = data.draw(st.lists(st.sampled_from(commands), min_size=1, max_size=10))
    for answer in writer.submit([encode_command(c) for c in again], commands[-1].issued_at_us + 1):
        assert answer.duplicate
        assert record_of_outcome(answer) == first[answer.outcome.producer, answer.outcome.number]
    assert state_rows(writer.state) == rows
    assert log.head() is head


def record_of_outcome(answer: Answer) -> tuple[object, ...]:
    """An outcome as a tuple of its fields."""
    o = answer.outcome
    return (
        o.producer,
        o.number,
        o.position,
        o.recorded_at_us,
        o.status,
        o.code,
        o.detail,
        o.first_seq,
        o.last_seq,
    )


@given(histories(longest=25))
def test_a_writer_that_starts_on_the_log_is_where_the_old_one_was(commands: list[AnyCommand]) -> None:
    writer, log, _ = written(commands, [11])
    recovered = Writer(log)
    assert state_rows(recovered.state) == state_rows(writer.state)
    assert list(recovered.duplicates.rows()) == list(writer.duplicates.rows())
    assert recovered.time_us == writer.time_us


@given(histories(longest=25))
def test_outcomes_name_exactly_the_events_of_their_command(commands: list[AnyCommand]) -> None:
    _, log, answers = written(commands, [9])
    ids = {event.seq: event.command_id for event in (decode_event(value) for value in values_of(log))}
    expected = 2
    for answer in answers:
        outcome = answer.outcome
        if outcome.code and not outcome.first_seq:
            assert outcome.last_seq == 0
            continue
        assert outcome.first_seq == expected
        for seq in range(outcome.first_seq, outcome.last_seq + 1):
            assert ids[seq] == f"{outcome.producer}/{outcome.number}"
        expected = outcome.last_seq + 1
