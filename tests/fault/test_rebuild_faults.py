"""Rebuilds on full disks, beside each other and beside live writes, and over logs that no view can apply."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, cast

import polars as pl
import pytest

from ledger.core.messages import DepositCredited
from ledger.errors import ViewLocked, ViewStopped
from ledger.log.blobs import framed_size, split_values
from ledger.log.blocks import content_digest, seal_digest
from ledger.log.codec import decode_event, encode_seal
from ledger.log.memory import MemoryLog
from ledger.log.port import Block
from ledger.log.rocks import RocksLog
from projectors.bootstrap import open_states, views_dir
from projectors.define.view import Rows, Scan, Table, View, col, last, total
from projectors.folding.runner import Runner
from projectors.past.moments import Moment, MomentKind
from projectors.rebuild.comparison import Comparison
from projectors.rebuild.plan import Ask
from projectors.rebuild.run import Way, rebuild
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS
from tests.branching import Branching, Habits
from tests.reading import LEDGER, MarkedReader, ledger_of, silent
from tests.sealed import ACCOUNTS, Scribe, deposit

CHOSEN: Final = [VIEWS["account"], VIEWS["audit"]]
ROOT: Final = Path(__file__).parent.parent.parent
DEADLINE_S: Final = 120

REBUILD = """
import resource, sys
from pathlib import Path
limit = int(sys.argv[2])
if limit:
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = ["projectors", "rebuild", "--all", "--data", sys.argv[1]]
from projectors.cli import main
main()
"""


@pytest.fixture
def reader(tmp_path: Path) -> MarkedReader:
    return MarkedReader(tmp_path / "views", ledger_of(25))


@pytest.fixture(params=["small disk", "file size limit"])
def cramped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A directory for views that fills up, and the limit on files that a process has there, if any."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    mounted = request.param == "small disk" and os.geteuid() == 0
    if mounted:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield place, 0 if mounted else 6_000
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_during_a_rebuild_leaves_everything_as_it_was(
    cramped: tuple[Path, int],
) -> None:
    data, limit = cramped
    with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
        ledger = Branching(log, 5, Habits(rollbacks=0, marks=20))
        ledger.write(20)
        reader = MarkedReader(views_dir(data), ledger, list(VIEWS.values()))
        reader.run()
    before = reader.files()
    filler = data / "filler"
    if not limit:
        free = os.statvfs(data)
        filler.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - 60_000)))
    process = subprocess.run(
        [sys.executable, "-c", REBUILD, str(data), str(limit)],
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))},
    )
    assert (process.returncode, "no room" in process.stderr) == (3, True), process.stderr
    filler.unlink(missing_ok=True)
    assert reader.files() == before


def test_a_rebuild_goes_through_while_the_log_grows_and_a_projector_follows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
        ledger = Branching(log, 6, Habits(rollbacks=5, marks=10))
        ledger.write(20)
        reader = MarkedReader(views_dir(data), ledger, CHOSEN)
        reader.run()
        stop = threading.Event()
        said: list[str] = []

        def follow() -> None:
            with closing(RocksLog.open_reader(data / "log")) as own:
                keep_up(views_dir(data), CHOSEN, own, Person(said.append), reporting=silent, wait=stop.wait)

        follower = threading.Thread(target=follow)
        follower.start()

        def grow(_: Comparison) -> None:
            ledger.write(5)

        reader.rebuild(compared=grow)
        ledger.write(5)
        reader.rebuild(compared=grow)
        stop.set()
        follower.join(DEADLINE_S)
        assert not follower.is_alive()
        reader.run()
        assert reader.contents() == reader.clean()
        assert any("another generation serves" in line or "rolled back" in line for line in said)


def test_a_second_rebuild_of_a_view_is_refused_while_one_is_at_work(reader: MarkedReader) -> None:
    reader.run()
    refused: list[ViewLocked] = []

    def another(_: Comparison) -> None:
        with pytest.raises(ViewLocked) as caught:
            reader.rebuild()
        refused.append(caught.value)

    reader.rebuild(compared=another)
    assert refused
    assert reader.contents() == reader.clean()


def test_two_processes_share_a_rebuild_and_end_in_the_same_rows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
        ledger = Branching(log, 7, Habits(rollbacks=6, marks=20))
        ledger.write(40)
        if ledger.open_since:
            ledger.write(1)
        reader = MarkedReader(views_dir(data), ledger, CHOSEN)
        helpers = ["rebuild", *[view.name for view in CHOSEN], "--data", str(data)]
        rebuild(
            reader.root,
            CHOSEN,
            log,
            Ask(),
            Way(processes=2, helpers=helpers),
            reader.said.append,
            reporting=silent,
        )
        assert reader.contents() == reader.clean()
        assert reader.checkpoints()["gen-1"]


BAD: Final = 6
"""Block with the event that is not what it should be."""


def unapplicable(spoil: Callable[[bytes], bytes]) -> MemoryLog:
    """A sealed log of deposits, one of them with other bytes, between good ones."""
    log = MemoryLog(LEDGER, 2)
    scribe = Scribe(2)
    log.commit(scribe.genesis())
    for height in range(2, 10):
        block = scribe.block(*[[deposit(account, height)] for account in ACCOUNTS * 3])
        if height == BAD:
            block = spoiled(block, spoil)
            scribe.builder.begin(block.seal)
        log.commit(block)
    return log


def spoiled(block: Block, spoil: Callable[[bytes], bytes]) -> Block:
    """A block whose second partition has another event in the middle, sealed as a writer would."""
    values = split_values(block.blobs[1])
    place = len(values) // 2
    values[place] = spoil(values[place])
    keys = [event_key(value) for value in split_values(block.blobs[1])]
    blob = b"".join(
        part
        for key, value in zip(keys, values, strict=True)
        for part in (framed_size(len(key)), key, framed_size(len(value)), value)
    )
    seal = block.seal
    digests = seal.partition_digests.split(",")
    digests[1] = content_digest(blob)
    seal.partition_digests = ",".join(digests)
    seal.digest = seal_digest(seal)
    blobs = [block.blobs[0], blob]
    return Block(block.height, seal, encode_seal(seal), blobs, block.outcomes, block.control)


def event_key(value: bytes) -> bytes:
    event = decode_event(value)
    assert isinstance(event, DepositCredited)
    return event.account.encode()


COUNTING: Final = View(
    "counting",
    1,
    (Table("n", ("account",), (Rows("DepositCredited", {"n": total("amount_e8"), "newest": last("seq")}),)),),
)
LONG_TEXT: Final = b"\xfe\xff\xff\xff\xff\x0f"
"""Length of a text of terabytes, at which polars panics."""

SPOILED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "an extra byte": lambda value: value + b"\0",
    "a missing byte": lambda value: value[:-1],
    "a schema that nobody knows": lambda value: value[:2] + bytes(8) + value[10:],
    "a text of terabytes": lambda value: value.replace(b"\x08USDC", LONG_TEXT + b"USDC"),
}


@pytest.mark.parametrize("what", SPOILED)
def test_an_event_that_is_not_what_it_should_be_stops_a_rebuild(tmp_path: Path, what: str) -> None:
    log = unapplicable(SPOILED[what])
    with open_states(tmp_path, [COUNTING], log, writable=True) as states:
        Runner(log, states, until=BAD - 1).run_to_head()
    reader = MarkedReader(tmp_path, cast(Branching, Holding(log)), [COUNTING])
    before = reader.files()
    for ask in (Ask(), Ask(to=Moment(MomentKind.BLOCK, BAD))):
        with pytest.raises(ViewStopped, match=rf"counting, block {BAD}"):
            reader.rebuild(ask)
        assert reader.files() == before
    reader.rebuild(Ask(to=Moment(MomentKind.BLOCK, BAD - 1)))
    assert reader.heights() == {BAD - 1}


class Holding:
    """A ledger that is only its log."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log


def test_a_null_where_a_value_belongs_stops_a_rebuild(tmp_path: Path) -> None:
    hollow = View(
        "hollow",
        1,
        (
            Scan(
                "deposits",
                ("account",),
                {"n": 0},
                (Rows("DepositCredited", {"n": last(pl.when(col("amount_e8") < BAD).then(col("seq")))}),),
                lambda row, event: {"n": int(event.get("n", row["n"]))},
            ),
            Table(
                "sums",
                ("account",),
                (
                    Rows(
                        "DepositCredited",
                        {"after_e8": last(pl.when(col("amount_e8") < BAD).then(col("balance_after_e8")))},
                    ),
                ),
            ),
        ),
    )
    log = unapplicable(lambda value: value)
    reader = MarkedReader(tmp_path, cast(Branching, Holding(log)), [hollow])
    with pytest.raises(ViewStopped, match=rf"hollow, block {BAD}"):
        reader.rebuild()
    assert not (tmp_path / "hollow").exists()
