"""Rebuilds: what serves meanwhile and afterwards, what they report, and what they leave when they fail."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.core.messages import DepositCredited
from ledger.errors import CheckpointCorrupt, DiskFull, FormatUnknown, LogUnavailable, ViewLocked, ViewStopped
from ledger.log.port import EventLog, PartitionBlock
from projectors.bootstrap import open_states
from projectors.define.view import Check, Rows, Table, View, col, last
from projectors.folding.runner import Runner
from projectors.marks.choose import places
from projectors.past.moments import Moment, MomentKind
from projectors.port import META
from projectors.reading.answers import open_answers
from projectors.rebuild import fold
from projectors.rebuild.comparison import Comparison
from projectors.rebuild.plan import Ask
from projectors.rebuild.run import Way
from projectors.rebuild.site import Site
from projectors.stores import generations
from projectors.stores.store import ViewStore
from tests.branching import head_of
from tests.damage import flip_bit
from tests.reading import FEW, MarkedReader, ledger_of


@pytest.fixture
def reader(tmp_path: Path) -> MarkedReader:
    return MarkedReader(tmp_path, ledger_of(15))


def block(height: int) -> Moment:
    return Moment(MomentKind.BLOCK, height)


def test_a_rebuild_has_the_same_rows_and_keeps_the_old_generation(reader: MarkedReader) -> None:
    reader.run()
    before = reader.contents()
    rebuilt = reader.rebuild()
    assert [one.comparison.equal for one in rebuilt] == [True, True]
    assert reader.contents() == before
    assert reader.generations() == ["gen-2", "gen-2"]
    assert generations.numbers(reader.root, "account") == [1, 2]
    assert not Site(reader.root, FEW[0], reader.ledger.log).directory.exists()


def test_a_view_that_was_never_built_is_built(reader: MarkedReader) -> None:
    rebuilt = reader.rebuild()
    assert all("never built" in one.comparison.why_not for one in rebuilt)
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-1", "gen-1"]


def test_reads_go_on_from_the_old_generation_until_the_switch(reader: MarkedReader) -> None:
    reader.run_until(9)
    before = reader.contents()
    seen = []

    def look(_: Comparison) -> None:
        seen.append(reader.contents())

    reader.rebuild(compared=look)
    assert seen == [before, before]
    assert reader.contents() == reader.clean()


def test_the_checkpoints_of_a_rebuild_are_those_that_age_would_have_left(reader: MarkedReader) -> None:
    for _ in range(4):
        reader.grow(3)
    reader.rebuild()
    made = reader.checkpoints()
    assert set(made["gen-2"]) >= set(made["gen-1"][-2:])


def test_a_rebuild_ends_where_it_is_told_and_the_view_goes_on_from_there(reader: MarkedReader) -> None:
    reader.run()
    (first, _) = reader.rebuild(Ask(to=block(9)))
    assert (first.comparison.served, first.comparison.built) == (head_of(reader.ledger.log).height, 9)
    assert reader.heights() == {9}
    assert reader.contents() == reader.clean(9)
    reader.run()
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2", "gen-2"]


def test_a_rebuild_with_older_knowledge_shows_void_blocks_until_the_view_is_run(reader: MarkedReader) -> None:
    reader.run()
    reader.ledger.roll_back(8, completed=True)
    reader.ledger.write(2)
    reader.run()
    reader.rebuild(Ask(to=block(12), known_at=block(14)))
    assert reader.contents() == reader.clean(12)
    with open_answers(reader.root, FEW[:1], reader.ledger.log) as answers:
        assert answers.moment().void
    reader.run()
    assert reader.contents() == reader.clean()


def test_a_rebuild_from_a_checkpoint_reads_only_what_comes_after(reader: MarkedReader) -> None:
    height = reader.grow(4)
    reader.ledger.write(5)
    reader.run()
    reads: list[int] = []
    log = reader.ledger.log

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(log, name)

        def read_partition(self, partition: int, from_height: int, count: int) -> object:
            reads.append(from_height)
            return log.read_partition(partition, from_height, count)

    reader.ledger.log = Counting()  # type: ignore[assignment]
    reader.rebuild(Ask(from_height=height))
    reader.ledger.log = log
    assert min(reads) == height + 1
    assert reader.contents() == reader.clean()
    assert height in reader.checkpoints()["gen-2"]


def test_a_checkpoint_whose_rows_are_not_its_digest_is_no_start(reader: MarkedReader) -> None:
    height = reader.grow(6)
    before = reader.generations()
    for path in places(reader.root, "account", 2)[0].path.glob("*/*.sst"):
        flip_bit(path, 0.1)
    with pytest.raises(CheckpointCorrupt):
        reader.rebuild(Ask(from_height=height))
    assert reader.generations() == before


def test_what_differs_is_reported_before_the_switch(reader: MarkedReader) -> None:
    reader.run()
    with open_states(reader.root, FEW[:1], reader.ledger.log, writable=True) as (state,):
        part = next(part for part in state.partitions.values() if len(part.scan("balances")) > 1)
        (first, row), (second, _), *_ = [
            (part.prefix("balances") + k, v) for k, v in part.scan("balances").items()
        ]
        part.put(
            "balances",
            [first, second, part.prefix("balances") + b"s5:ghosts4:USDC"],
            [row, b"x", None],
            [None, row, row],
        )
        part.commit(part.cursor, logged=True)
    reported: list[Comparison] = []
    reader.views = FEW[:1]
    reader.rebuild(compared=reported.append)
    (changes,) = reported[0].tables
    assert (changes.table, changes.added, changes.changed, changes.gone) == ("balances", 1, 1, 1)
    (gone,) = changes.examples["gone"]
    assert gone.key == {"account": "ghost", "asset": "USDC"}
    assert gone.after is None
    assert reader.contents() == {"account": reader.clean()["account"]}


def test_a_dry_run_reports_and_leaves_everything_as_it_was(reader: MarkedReader) -> None:
    reader.run_until(9)
    before = reader.files()
    rebuilt = reader.rebuild(way=Way(dry_run=True))
    assert [one.generation for one in rebuilt] == [None, None]
    assert not rebuilt[0].comparison.equal
    assert reader.files() == before


def picky(reference: str, version: int = 1) -> View:
    """A view that stops at one deposit."""
    return View(
        "picky",
        version,
        (Table("deposits", ("account",), (Rows("DepositCredited", {"newest_seq": last("seq")}),)),),
        (Check("DepositCredited", "the deposit that must not be", col("external_ref") != reference),),
    )


def a_deposit(reader: MarkedReader) -> tuple[int, str]:
    ledger = reader.ledger
    return max(
        (height, event.external_ref)
        for height in ledger.models
        for event in ledger.block(height)
        if isinstance(event, DepositCredited)
    )


def test_a_rebuild_that_stops_says_where_and_leaves_everything_as_it_was(reader: MarkedReader) -> None:
    height, reference = a_deposit(reader)
    reader.views = [picky("")]
    reader.run()
    before = reader.files()
    reader.views = [picky(reference)]
    with pytest.raises(ViewStopped, match=rf"picky, block {height}.*must not be"):
        reader.rebuild()
    assert reader.files() == before


def test_one_view_that_stops_keeps_all_of_the_pass_from_switching(reader: MarkedReader) -> None:
    _, reference = a_deposit(reader)
    reader.views = [FEW[0], picky("")]
    reader.run()
    reader.views = [FEW[0], picky(reference)]
    with pytest.raises(ViewStopped):
        reader.rebuild()
    assert reader.generations() == ["gen-1", "gen-1"]


def test_rows_of_an_older_version_are_refused_until_the_rebuild(reader: MarkedReader) -> None:
    reader.views = [picky("")]
    reader.run()
    reader.views = [picky("", version=2)]
    with pytest.raises(FormatUnknown, match=r"version of the stored view is 1.*`projectors rebuild picky`"):
        reader.run()
    (rebuilt,) = reader.rebuild()
    assert "version of the stored view is 1" in rebuilt.comparison.why_not
    assert reader.run().stops == {}
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2"]


def test_a_checkpoint_of_an_older_version_is_no_start(reader: MarkedReader) -> None:
    reader.views = [picky("")]
    height = reader.grow(3)
    reader.views = [picky("", version=2)]
    with pytest.raises(CheckpointCorrupt, match="another version"):
        reader.rebuild(Ask(from_height=height))


class Interrupted(BaseException):
    """The end of a process, as far as a test can have it without ending."""


def interrupt_at(reader: MarkedReader, events: int, ask: Ask | None = None) -> None:
    """Begin a rebuild and end it when some events are folded."""
    seen = []

    class Ending(Runner):
        def step(self) -> int:
            seen.append(1)
            if len(seen) > events:
                raise Interrupted
            return super().step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "projectors.rebuild.fold.Runner", lambda log, states, **more: Ending(log, states, 40, **more)
        )
        with pytest.raises(Interrupted):
            reader.rebuild(ask)


def test_a_rebuild_that_was_interrupted_goes_on_where_it_was(reader: MarkedReader) -> None:
    reader.grow(5)
    interrupt_at(reader, 3)
    site = Site(reader.root, FEW[0], reader.ledger.log)
    with site.opened() as state:
        reached = min(part.cursor.height for part in state.partitions.values())
    assert reached > 1
    reader.rebuild()
    assert "going on with what was begun: account, funding" in reader.said
    assert reader.contents() == reader.clean()


class Away:
    """A log that does not answer some reads of its events, after it gave some."""

    def __init__(self, log: EventLog, given: int, refused: int) -> None:
        self._log = log
        self._given, self._refused = given, refused

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._log, name)

    def read_partition(self, *where: int) -> list[PartitionBlock]:
        self._given -= 1
        if -self._refused <= self._given < 0:
            raise LogUnavailable("the broker is away", where="a test")
        return self._log.read_partition(*where)


def test_a_log_that_does_not_answer_for_a_while_is_asked_again(
    reader: MarkedReader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fold, "RETRY_S", 0.0)
    reader.run()
    away: Any = Away(reader.ledger.log, 1, 4)
    reader.ledger.log = away
    reader.rebuild()
    assert "the broker is away" in caplog.text
    assert reader.generations() == ["gen-2", "gen-2"]
    assert reader.contents() == reader.clean()


def test_a_rebuild_whose_log_stays_away_gives_up_and_goes_on_when_it_is_started_again(
    reader: MarkedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.grow(5)
    reader.ledger.write(5)
    reader.run()
    before = reader.contents()
    monkeypatch.setattr(fold, "PATIENCE_S", 0.0)
    log, away = reader.ledger.log, Away(reader.ledger.log, 2, 10**6)
    reader.ledger.log = cast(EventLog, away)
    with pytest.raises(LogUnavailable):
        reader.rebuild()
    reader.ledger.log = log
    assert reader.contents() == before
    assert reader.generations() == ["gen-1", "gen-1"]
    reader.rebuild()
    assert "going on with what was begun: account, funding" in reader.said
    assert reader.contents() == reader.clean()


@pytest.mark.parametrize("change", ["another target", "another version", "damaged", "no plan", "new blocks"])
def test_what_cannot_go_on_is_begun_anew(reader: MarkedReader, change: str) -> None:
    reader.run()
    reader.views = FEW[:1]
    interrupt_at(reader, 3)
    site = Site(reader.root, FEW[0], reader.ledger.log)
    ask = Ask()
    if change == "another target":
        ask = Ask(to=block(7))
    elif change == "another version":
        reader.views = [replace(FEW[0], version=FEW[0].version + 1)]
    elif change == "damaged":
        (site.generation / "0" / "CURRENT").unlink()
    elif change == "no plan":
        (site.directory / "plan.json").unlink()
    else:
        reader.ledger.write(4)
    reader.rebuild(ask)
    assert any("going on" in said for said in reader.said) == (change == "new blocks")
    assert reader.contents() == reader.clean(7 if change == "another target" else 0)


def test_a_rollback_between_interruption_and_going_on(reader: MarkedReader) -> None:
    marked = reader.grow(4)
    reader.ledger.write(4)
    reader.run()
    interrupt_at(reader, 3)
    reader.ledger.roll_back(marked - 2, completed=True)
    reader.ledger.write(3)
    reader.rebuild()
    assert reader.contents() == reader.clean()


def test_two_rebuilds_of_a_view_do_not_run_at_once(reader: MarkedReader) -> None:
    reader.run()
    with ExitStack() as held:
        held.enter_context(generations.locked(reader.root, "account.rebuild"))
        with pytest.raises(ViewLocked, match="does this already"):
            reader.rebuild()
        reader.views = FEW[1:]
        reader.rebuild()
    assert generations.serving(reader.root, "account").name == "gen-1"
    assert generations.serving(reader.root, "funding").name == "gen-2"


def test_a_view_that_is_followed_goes_on_with_the_generation_that_a_rebuild_switched_to(
    reader: MarkedReader,
) -> None:
    turns: list[Callable[[], object]] = [
        lambda: reader.ledger.write(2),
        reader.rebuild,
        lambda: reader.ledger.write(2),
        lambda: True,
    ]
    reader.follow(turns)
    assert "another generation serves; going on with that one" in reader.said
    assert reader.generations() == ["gen-2", "gen-2"]
    assert reader.contents() == reader.clean()


def test_blocks_written_during_a_rebuild_are_in_it(reader: MarkedReader) -> None:
    reader.run()
    reader.rebuild(compared=lambda _: reader.ledger.write(2))
    assert reader.heights() == {head_of(reader.ledger.log).height}
    assert reader.contents() == reader.clean()


def test_a_full_disk_leaves_everything_as_it_was(
    reader: MarkedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.run()
    before = reader.files()
    write = ViewStore.write

    def cramped(store: ViewStore, puts: dict[bytes, bytes | None], *, logged: bool) -> None:
        if META not in puts and ".rebuild" in str(store.path):
            raise DiskFull("no room for the view")
        write(store, puts, logged=logged)

    monkeypatch.setattr(ViewStore, "write", cramped)
    with pytest.raises(DiskFull):
        reader.rebuild()
    assert reader.files() == before
