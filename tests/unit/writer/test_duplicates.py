"""The duplicate table: exact inside the window, refusing below it, bounded in memory."""

import sys
from random import Random

import pytest

from ledger.core.messages import Outcome
from ledger.errors import CheckpointCorrupt
from ledger.writer.duplicates import NEW, SEEN, TOO_OLD, WINDOW, Duplicates


def outcome(number: int, producer: str = "gateway", **changes: int | str) -> Outcome:
    fields: dict[str, int | str] = {
        "position": number + 5,
        "recorded_at_us": 1_700_000_000_000_000 + number,
        "status": "accepted",
        "code": 0,
        "detail": "",
        "first_seq": number * 3,
        "last_seq": number * 3 + 1,
        "voided_by": 0,
    }
    fields.update(changes)
    return Outcome(producer, number, **fields)  # type: ignore[arg-type]


def refusal(number: int, detail: str) -> Outcome:
    return outcome(number, status="refused", code=611, detail=detail, first_seq=0, last_seq=0)


def test_a_command_never_seen_is_new() -> None:
    assert Duplicates().look_up("gateway", 1) == NEW


def test_the_first_outcome_comes_back_field_by_field() -> None:
    table = Duplicates()
    tripped = outcome(7, status="refused", code=507, detail="guard", first_seq=90, last_seq=90)
    for given in (outcome(1), refusal(2, "account alice: 5 < 6"), tripped, outcome(8, position=0)):
        table.remember(given)
        assert table.look_up("gateway", given.number) == SEEN
        assert table.first_outcome("gateway", given.number) == given


def test_producers_do_not_share_numbers() -> None:
    table = Duplicates()
    table.remember(outcome(1, "a"))
    assert table.look_up("b", 1) == NEW


def test_a_number_between_two_seen_ones_is_still_new() -> None:
    table = Duplicates()
    table.remember(outcome(1))
    table.remember(outcome(500))
    assert table.look_up("gateway", 499) == NEW
    table.remember(outcome(499))
    assert table.first_outcome("gateway", 499) == outcome(499)


def test_a_number_below_the_window_is_too_old_whether_it_was_seen_or_not() -> None:
    table = Duplicates()
    table.remember(outcome(1))
    table.remember(outcome(WINDOW + 10))
    assert table.look_up("gateway", 1) == TOO_OLD
    assert table.look_up("gateway", 10) == TOO_OLD
    assert table.look_up("gateway", 11) == NEW


def test_the_window_agrees_with_a_plain_dictionary_on_a_random_history() -> None:
    random = Random(20260119)  # noqa: S311  a repeatable history
    table, model, highest = Duplicates(), dict[int, Outcome](), 0
    for _ in range(30_000):
        number = max(1, highest + random.randint(-WINDOW - 50, 60))
        known = table.look_up("gateway", number)
        if number <= highest - WINDOW:
            assert known == TOO_OLD
        elif number in model:
            assert known == SEEN
            assert table.first_outcome("gateway", number) == model[number]
        else:
            assert known == NEW
            model[number] = refusal(number, f"why {number}") if number % 7 == 0 else outcome(number)
            table.remember(model[number])
            highest = max(highest, number)


def test_rows_give_an_equal_table_that_goes_on_alike() -> None:
    table = Duplicates()
    for number in range(1, 3000, 3):
        table.remember(refusal(number, "no") if number % 5 == 0 else outcome(number, f"p{number % 4}"))
    copy = Duplicates()
    copy.load(iter(table.rows()))
    for each in (table, copy):
        each.remember(outcome(40_000, "p1"))
    assert list(copy.rows()) == list(table.rows())
    assert len(copy) == len(table)


def test_rows_that_are_no_table_are_a_corrupt_checkpoint() -> None:
    wrong: list[list[int | str]] = [["page", 1, 2], ["producer", "a", "b"], ["nonsense"]]
    for row in wrong:
        with pytest.raises(CheckpointCorrupt):
            Duplicates().load(iter([row]))


def test_an_outcome_replayed_twice_or_without_a_name_adds_nothing() -> None:
    table = Duplicates()
    table.replayed(outcome(5))
    table.replayed(outcome(5, first_seq=77, last_seq=77))
    table.replayed(outcome(0, ""))
    assert table.first_outcome("gateway", 5) == outcome(5)
    assert len(table) == 1


def test_a_remembered_command_costs_less_than_40_bytes_and_a_producer_never_more_than_its_window() -> None:
    table = Duplicates()
    for number in range(1, 50_001):
        table.remember(outcome(number))
    producer = table.producers["gateway"]
    size = sys.getsizeof(producer.pages) + sum(sys.getsizeof(page) + 32 for page in producer.pages.values())
    assert WINDOW <= len(table) <= WINDOW + 128
    assert size / len(table) < 40


def test_a_producer_that_leaves_large_gaps_keeps_few_pages() -> None:
    table = Duplicates()
    for number in range(1, 10**9, 10**6):
        table.remember(outcome(number))
    assert len(table.producers["gateway"].pages) == 1


def test_texts_of_refusals_are_forgotten_with_their_page() -> None:
    table = Duplicates()
    for number in range(1, 30_000):
        table.remember(refusal(number, "insufficient margin"))
    assert len(table.producers["gateway"].details) <= WINDOW + 128
