"""Moments as people name them, and the place in the log that each stands for."""

import pytest

from ledger.core.messages import BlockSealed
from ledger.errors import MomentUnknown
from ledger.log.memory import MemoryLog
from projectors.past.moments import Moment, MomentKind, Point, parse_moment, resolve
from tests.branching import Branching, Habits, head_of
from tests.playing import START_US
from tests.sealed import LEDGER, Scribe, deposit


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("48213", Moment(MomentKind.SEQ, 48213)),
        ("block:7", Moment(MomentKind.BLOCK, 7)),
        ("head", Moment(MomentKind.HEAD, 0)),
        ("2026-01-19T04:27:54Z", Moment(MomentKind.TIME, 1_768_796_874_000_000)),
        ("2026-01-19T04:27:54.000001+00:00", Moment(MomentKind.TIME, 1_768_796_874_000_001)),
        ("2026-01-19 05:27:54+01:00", Moment(MomentKind.TIME, 1_768_796_874_000_000)),
        ("1969-12-31T23:59:59Z", Moment(MomentKind.TIME, -1_000_000)),
    ],
)
def test_a_moment_is_a_seq_a_block_a_time_or_the_head(text: str, moment: Moment) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "block:",
        "block:x",
        "block:-1",
        "block 7",
        "yesterday",
        "1" * 19,
        "1.5",
        "2026-02-30T00:00:00Z",
    ],
)
def test_what_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(MomentUnknown, match="no moment"):
        parse_moment(text)


def test_a_time_says_its_time_zone() -> None:
    with pytest.raises(MomentUnknown, match="time zone"):
        parse_moment("2026-01-19T04:27:54")


@pytest.fixture(scope="module")
def ledger() -> Branching:
    ledger = Branching(MemoryLog(LEDGER, 2), 4, Habits(empty_blocks=20))
    ledger.write(40)
    return ledger


def resolved(ledger: Branching, kind: MomentKind, number: int) -> Point:
    return resolve(ledger.log, Moment(kind, number), head_of(ledger.log))


def test_every_seq_lies_in_the_block_that_has_its_event(ledger: Branching) -> None:
    for height in ledger.models:
        for event in ledger.block(height):
            assert resolved(ledger, MomentKind.SEQ, event.seq) == (height, event.seq)


def test_a_block_stands_for_all_of_its_events(ledger: Branching) -> None:
    for height in ledger.models:
        seal = ledger.log.seal(height)
        assert resolved(ledger, MomentKind.BLOCK, height) == (height, seal.last_seq)


def test_a_time_stands_for_the_events_recorded_by_then(ledger: Branching) -> None:
    events = [event for height in ledger.models for event in ledger.block(height)]
    for event in events:
        for time_us in (event.recorded_at_us - 1, event.recorded_at_us):
            if time_us < START_US:
                continue
            found = resolved(ledger, MomentKind.TIME, time_us)
            assert found.seq == max(one.seq for one in events if one.recorded_at_us <= time_us)
            sealed = [h for h in ledger.models if ledger.log.seal(h).recorded_at_us <= time_us]
            begun = [h for h in ledger.models if any(e.recorded_at_us <= time_us for e in ledger.block(h))]
            assert found.height == max([*sealed, *begun])


def test_the_head_and_any_time_after_it_are_everything_there_is(ledger: Branching) -> None:
    head = head_of(ledger.log)
    newest = (head.height, head.last_seq)
    assert resolved(ledger, MomentKind.HEAD, 0) == newest
    assert resolved(ledger, MomentKind.TIME, head.recorded_at_us) == newest
    assert resolved(ledger, MomentKind.TIME, head.recorded_at_us + 10**15) == newest


@pytest.mark.parametrize("kind", [MomentKind.SEQ, MomentKind.BLOCK])
def test_what_is_not_there_yet_is_refused_with_what_there_is(ledger: Branching, kind: MomentKind) -> None:
    head = head_of(ledger.log)
    newest = head.last_seq if kind is MomentKind.SEQ else head.height
    for number in (0, newest + 1):
        with pytest.raises(MomentUnknown, match=f"{kind.value}s? 1 to {newest}"):
            resolved(ledger, kind, number)


def test_before_the_ledger_was_opened_there_is_nothing_to_ask(ledger: Branching) -> None:
    with pytest.raises(MomentUnknown, match="there was no ledger: it was opened at 2025-06-15 15:06:40 UTC"):
        resolved(ledger, MomentKind.TIME, START_US - 1)


def test_an_empty_log_has_no_moments() -> None:
    with pytest.raises(MomentUnknown, match="empty"):
        resolve(MemoryLog(LEDGER, 1), Moment(MomentKind.HEAD, 0), None)


def test_a_time_inside_a_block_is_a_part_of_it() -> None:
    log = MemoryLog(LEDGER, 2)
    scribe = Scribe(2)
    seals: list[BlockSealed] = []
    for block in (scribe.genesis(), scribe.block([deposit("alice")], [deposit("bob")], [deposit("carol")])):
        log.append_commands([b""] * block.seal.command_count, 1)
        log.commit(block)
        seals.append(block.seal)
    times = [seals[0].recorded_at_us + place for place in range(4)]
    found = [resolve(log, Moment(MomentKind.TIME, time_us), seals[-1]) for time_us in times]
    assert found == [(1, 1), (2, 2), (2, 3), (2, 4)]
