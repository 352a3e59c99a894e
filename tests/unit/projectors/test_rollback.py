"""Views that a rollback leads away from: built anew on the live chain, and only then switched to."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from ledger.core.messages import DepositCredited
from ledger.errors import DiskFull, LogUnavailable
from ledger.log.memory import MemoryLog
from projectors.bootstrap import open_states
from projectors.define.view import Check, Rows, Table, View, col, last
from projectors.folding.runner import Runner
from projectors.marks.files import generation_of
from projectors.reading.answers import open_answers
from projectors.reading.verify import verify_views
from projectors.service.follow import Person, keep_up
from projectors.service.rollback import restore
from projectors.stores import generations
from tests.branching import Branching, Habits, complete, head_of, live_chain_of, roll_back
from tests.reading import LEDGER, Reader, ledger_of


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path, ledger_of(20))


def test_a_view_that_folded_void_blocks_is_built_anew_and_the_old_one_is_kept(reader: Reader) -> None:
    reader.run()
    before = reader.contents()
    reader.ledger.roll_back(12, completed=True)
    reader.ledger.write(5)
    assert reader.contents() == before
    runner = reader.run()
    assert runner.stops == {}
    assert runner.departed == {}
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2", "gen-2"]
    assert [generations.numbers(reader.root, view.name) for view in reader.views] == [[1, 2], [1, 2]]
    assert "rolled back: account, funding" in reader.said[0]


@pytest.mark.parametrize("behind", [5, 12])
def test_a_view_that_is_not_past_the_target_goes_on_where_it_is(reader: Reader, behind: int) -> None:
    reader.run_until(behind)
    reader.ledger.roll_back(12, completed=True)
    reader.ledger.write(5)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-1", "gen-1"]
    assert reader.said == []


def test_views_at_different_blocks_each_do_what_they_must(reader: Reader) -> None:
    views, reader.views = reader.views, reader.views[:1]
    reader.run()
    reader.views = views[1:]
    reader.run_until(7)
    reader.views = views
    reader.ledger.roll_back(12, completed=True)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2", "gen-1"]


def test_a_rollback_to_the_block_just_sealed_voids_nothing(reader: Reader) -> None:
    reader.run()
    reader.ledger.roll_back(head_of(reader.ledger.log).height, completed=True)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-1", "gen-1"]


def test_views_stay_where_they_are_until_a_rollback_is_completed(reader: Reader) -> None:
    reader.run()
    newest = head_of(reader.ledger.log).height
    before = reader.contents()
    roll_back(reader.ledger.log, 12, completed=False)
    assert reader.run().departed == {}
    assert reader.contents() == before
    assert reader.heights() == {newest}
    complete(reader.ledger.log)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2", "gen-2"]


def test_a_view_that_is_behind_an_open_rollback_goes_as_far_as_the_block_before_it(reader: Reader) -> None:
    reader.run_until(15)
    newest = head_of(reader.ledger.log).height
    roll_back(reader.ledger.log, 12, completed=False)
    reader.run()
    assert reader.heights() == {newest}
    assert reader.contents() == reader.clean(newest)


def test_a_rollback_inside_a_void_range_and_one_to_a_void_block(reader: Reader) -> None:
    reader.run()
    ledger = reader.ledger
    ledger.roll_back(15, completed=True)
    ledger.write(4)
    inner = head_of(ledger.log).height
    reader.run()
    ledger.roll_back(10, completed=True)
    ledger.write(3)
    reader.run()
    assert reader.contents() == reader.clean()
    ledger.roll_back(inner, completed=True)
    ledger.write(3)
    assert not live_chain_of(ledger.log).is_on_chain(inner + 1)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-4", "gen-4"]


BAD = "the deposit that must not be"


def picky(reference: str) -> View:
    """A view that stops at one deposit."""
    return View(
        "picky",
        1,
        (
            Table(
                "deposits",
                ("account",),
                (Rows("DepositCredited", {"newest_seq": last("seq"), "ref": last("external_ref")}),),
            ),
        ),
        (Check("DepositCredited", BAD, col("external_ref") != reference),),
    )


def newest_reference(ledger: Branching) -> tuple[int, str]:
    """Block and reference of the newest deposit."""
    return max(
        (height, event.external_ref)
        for height in ledger.models
        for event in ledger.block(height)
        if isinstance(event, DepositCredited)
    )


def test_a_view_that_stopped_at_a_block_goes_on_when_the_block_is_void(tmp_path: Path) -> None:
    ledger = ledger_of(40)
    height, reference = newest_reference(ledger)
    assert height > 3
    reader = Reader(tmp_path, ledger, [picky(reference)])
    runner = reader.run()
    assert [stop.height for stop in runner.stops.values()] == [height]
    ledger.roll_back(height - 1, completed=True)
    ledger.write(3)
    assert reader.run().stops == {}
    assert reader.contents() == reader.clean()


def test_a_view_that_stops_on_the_way_back_goes_on_serving_what_it_had(tmp_path: Path) -> None:
    ledger = ledger_of(40)
    height, reference = newest_reference(ledger)
    easy = picky("")
    reader = Reader(tmp_path, ledger, [easy])
    reader.run()
    before = reader.contents()
    ledger.roll_back(height, completed=True)
    reader.views = [picky(reference)]
    runner = reader.run()
    assert [(stop.view, stop.height) for stop in runner.stops.values()] == [("picky", height)]
    assert reader.contents() == before
    assert reader.generations() == ["gen-1"]
    with open_answers(tmp_path, reader.views, ledger.log) as answers:
        assert BAD in answers.moment().stopped
        assert answers.moment().void


def test_a_process_with_some_partitions_leaves_going_back_to_one_that_has_all(reader: Reader) -> None:
    reader.run()
    reader.ledger.roll_back(12, completed=True)
    log = reader.ledger.log
    runner = keep_up(
        reader.root,
        reader.views,
        log,
        Person(reader.said.append),
        reporting=lambda: nullcontext(lambda _done, _tip: None),
        partitions=[1],
    )
    assert sorted(runner.departed) == ["account", "funding"]
    assert reader.generations() == ["gen-1", "gen-1"]


def test_what_a_kill_left_of_going_back_is_begun_again(reader: Reader) -> None:
    reader.run()
    reader.ledger.roll_back(12, completed=True)
    place = generations.begin(reader.root, "account")
    with open_states(
        reader.root, reader.views[:1], reader.ledger.log, writable=True, generation=place
    ) as states:
        Runner(reader.ledger.log, states, until=6).run_to_head()
    reader.run()
    assert reader.contents() == reader.clean()


class Restless:
    """A ledger's log that is rolled back again while views go back."""

    def __init__(self, ledger: Branching, targets: list[int]) -> None:
        self._ledger = ledger
        self._targets = targets

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger.log, name)

    def read_partition(self, partition: int, from_height: int, count: int) -> object:
        found = self._ledger.log.read_partition(partition, from_height, count)
        if self._targets and from_height > 1:
            self._ledger.roll_back(self._targets.pop(), completed=True)
        return found


def test_a_rollback_declared_while_views_go_back_sends_them_back_again(reader: Reader) -> None:
    reader.run()
    ledger = reader.ledger
    ledger.roll_back(12, completed=True)
    ledger.write(3)
    restless: Any = Restless(ledger, [10, 14])
    with open_states(reader.root, reader.views, ledger.log, writable=True) as states:
        runner = Runner(restless, states)
        runner.find_departed()
        restore(reader.root, runner, {state.view.name: generation_of(state) for state in states})
    reader.run()
    assert reader.contents() == reader.clean()


@pytest.mark.parametrize("seed", [1, 2])
def test_views_that_follow_random_rollbacks_have_what_a_clean_replay_has(seed: int, tmp_path: Path) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=15, open_rollbacks=40))
    reader = Reader(tmp_path, ledger)
    for turn in range(14):
        ledger.write(1 + turn % 6)
        if turn % 5 == 3:
            reader.run_until(max(1, head_of(ledger.log).height - 2))
        else:
            assert reader.run().stops == {}
            assert reader.contents() == reader.clean(max(reader.heights()))
    if ledger.open_since:
        ledger.write(1)
    reader.run()
    assert reader.contents() == reader.clean()
    findings = verify_views(tmp_path, reader.views, ledger.log, lambda _stage, _done, _total: None)
    assert [str(finding) for finding in findings] == []


def test_an_answer_from_void_blocks_says_so(reader: Reader) -> None:
    reader.run()
    with open_answers(reader.root, reader.views, reader.ledger.log) as answers:
        assert not answers.moment().void
    reader.ledger.roll_back(12, completed=True)
    with open_answers(reader.root, reader.views, reader.ledger.log) as answers:
        assert answers.moment().void
        assert answers.moment().stale


@pytest.mark.parametrize("step", ["begin", "serve"])
def test_a_service_that_has_no_room_to_go_back_serves_what_it_had_until_there_is_some(
    reader: Reader, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room: list[bool] = []
    before = getattr(generations, step)

    def cramped(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        if not room:
            raise DiskFull("no room for a generation", where="a test")
        return before(*given, **named)

    reader.run()
    monkeypatch.setattr(generations, step, cramped)
    served = reader.contents()
    turns = [
        lambda: reader.ledger.roll_back(12, completed=True),
        lambda: reader.ledger.write(5),
        lambda: contents.append(reader.contents()),
        lambda: room.append(True),
        *[lambda: None] * 6,
    ]
    contents: list[Any] = []
    reader.follow(turns)
    assert contents == [served]
    assert any("no room for a generation" in line for line in reader.said)
    assert reader.contents() == reader.clean()
    room.clear()
    reader.ledger.roll_back(8, completed=True)
    with pytest.raises(DiskFull):
        reader.run()


def test_a_service_whose_log_does_not_answer_when_it_begins_waits(reader: Reader) -> None:
    reader.run()
    log: Any = reader.ledger.log
    silent_for = iter(range(2))
    head = log.head

    def slow() -> Any:  # noqa: ANN401
        if next(silent_for, None) is not None:
            raise LogUnavailable("no answer", where="a test")
        return head()

    log.head = slow
    reader.follow([lambda: None] * 4)
    assert sum("no answer" in line for line in reader.said) == 2
    assert reader.contents() == reader.clean()
