"""One command at a time: what is answered at once, what is refused, what is recorded."""

import pytest

from ledger.core.limits import COMMAND_BYTES_MAX, FUTURE_MAX_US, NUMBER_MAX
from ledger.core.messages import BlockSealed, ListAsset, MarkCheckpoint
from ledger.core.refusals import RefusalCode
from ledger.log.codec import encode_command, encode_seal
from ledger.log.memory import MemoryLog
from ledger.writer.apply import Unreadable, read_command
from ledger.writer.writer import Writer

ARRIVED = 1_768_798_000_000_000


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog("main", 4)


@pytest.fixture
def writer(log: MemoryLog) -> Writer:
    writer = Writer(log)
    writer.open_ledger(ARRIVED)
    return writer


def list_asset(
    number: int, *, producer: str = "operator", asset: str = "USDC", issued_at_us: int = 0
) -> bytes:
    return encode_command(ListAsset(producer, number, issued_at_us, asset, 6, 1 if asset == "USDC" else 0))


def test_an_accepted_command_names_its_events(writer: Writer) -> None:
    (answer,) = writer.submit([list_asset(1)], ARRIVED + 5)
    outcome = answer.outcome
    assert (outcome.status, outcome.code, outcome.first_seq, outcome.last_seq) == ("accepted", 0, 2, 2)
    assert (outcome.position, outcome.recorded_at_us, answer.duplicate) == (0, ARRIVED + 5, False)


def test_the_same_command_again_gets_the_first_outcome_and_leaves_no_trace(
    log: MemoryLog, writer: Writer
) -> None:
    (first,) = writer.submit([list_asset(1)], ARRIVED)
    head = log.head()
    (again,) = writer.submit([list_asset(1, asset="ETH")], ARRIVED + 99)
    assert (again.outcome, again.duplicate) == (first.outcome, True)
    assert log.head() is head
    assert log.read_commands(1, 10) == []


def test_a_command_twice_in_one_block_takes_effect_once(log: MemoryLog, writer: Writer) -> None:
    first, second = writer.submit([list_asset(1), list_asset(1)], ARRIVED)
    assert (second.outcome, second.duplicate) == (first.outcome, True)
    assert not first.duplicate
    head = log.head()
    assert head is not None
    assert (head.last_seq, head.command_count, head.command_cursor) == (2, 2, 2)


def test_a_refused_command_is_remembered_like_an_accepted_one(writer: Writer) -> None:
    writer.submit([list_asset(1)], ARRIVED)
    (refused,) = writer.submit([list_asset(2)], ARRIVED)
    assert refused.outcome.code == RefusalCode.ASSET_EXISTS
    (again,) = writer.submit([list_asset(2, asset="ETH")], ARRIVED + 1)
    assert (again.outcome, again.duplicate) == (refused.outcome, True)


def test_a_number_below_the_window_is_refused_as_too_old(log: MemoryLog, writer: Writer) -> None:
    writer.submit([list_asset(20_000)], ARRIVED)
    head = log.head()
    (answer,) = writer.submit([list_asset(5, asset="ETH")], ARRIVED)
    assert (answer.outcome.code, answer.duplicate) == (RefusalCode.COMMAND_TOO_OLD, False)
    assert log.head() is head


def test_a_command_issued_more_than_a_minute_ahead_is_refused_for_ever(writer: Writer) -> None:
    just_in_time = list_asset(1, issued_at_us=ARRIVED + FUTURE_MAX_US)
    too_early = list_asset(2, asset="ETH", issued_at_us=ARRIVED + FUTURE_MAX_US + 1)
    accepted, refused = writer.submit([just_in_time, too_early], ARRIVED)
    assert (accepted.outcome.code, refused.outcome.code) == (0, RefusalCode.ISSUED_IN_FUTURE)
    (later,) = writer.submit([too_early], ARRIVED + 10 * FUTURE_MAX_US)
    assert (later.outcome, later.duplicate) == (refused.outcome, True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", RefusalCode.UNKNOWN_COMMAND),
        (b"{}", RefusalCode.UNKNOWN_COMMAND),
        (list_asset(1)[:-1], RefusalCode.MALFORMED_COMMAND),
        (list_asset(1) + b"\0", RefusalCode.MALFORMED_COMMAND),
        (list_asset(1)[:10] + b"\xff" * 40, RefusalCode.MALFORMED_COMMAND),
        (b"\0" * (COMMAND_BYTES_MAX + 1), RefusalCode.COMMAND_TOO_LARGE),
        (list_asset(0), RefusalCode.INVALID_VALUE),
        (list_asset(-5), RefusalCode.INVALID_VALUE),
        (list_asset(NUMBER_MAX + 1), RefusalCode.INVALID_VALUE),
        (list_asset(1, producer=""), RefusalCode.INVALID_VALUE),
        (list_asset(1, producer="p" * 65), RefusalCode.INVALID_VALUE),
        (
            encode_seal(BlockSealed(1, 0, 1, 0, 0, "", "0", "", "", "", 0, 0, "")),
            RefusalCode.UNKNOWN_COMMAND,
        ),
    ],
)
def test_bytes_that_are_no_command_are_refused_and_the_rest_goes_on(
    log: MemoryLog, data: bytes, code: RefusalCode
) -> None:
    content = read_command(data)
    assert isinstance(content, Unreadable)
    assert content.code == code
    writer = Writer(log)
    writer.open_ledger(ARRIVED)
    bad, good = writer.submit([data, list_asset(1)], ARRIVED)
    assert (bad.outcome.code, bad.outcome.producer, bad.outcome.position) == (code, "", -1)
    assert good.outcome.code == 0


def test_stored_bytes_that_are_no_command_get_an_outcome_at_their_place(
    log: MemoryLog, writer: Writer
) -> None:
    log.append_commands([b"nonsense", list_asset(1), list_asset(1)], ARRIVED)
    bad, good, again = writer.run_block()
    assert (bad.outcome.code, bad.outcome.position) == (RefusalCode.UNKNOWN_COMMAND, 0)
    assert (good.outcome.code, good.outcome.position) == (0, 1)
    assert (again.duplicate, again.outcome) == (True, good.outcome)
    assert writer.run_block() == []


def test_ledger_time_never_goes_back(writer: Writer) -> None:
    (late,) = writer.submit([list_asset(1)], ARRIVED + 1000)
    (early,) = writer.submit([list_asset(2, asset="ETH")], ARRIVED + 10)
    assert early.outcome.recorded_at_us == late.outcome.recorded_at_us == writer.time_us


def test_a_checkpoint_command_records_digests(writer: Writer) -> None:
    (answer,) = writer.submit([encode_command(MarkCheckpoint("operator", 1, 0, "daily"))], ARRIVED)
    assert answer.outcome.code == 0
