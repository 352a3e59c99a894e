"""An embedded log between processes: one writer, readers beside it, kills, and full disks."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import LedgerMissing, LogLocked
from ledger.log.rocks import DRAFT_PREFIX, RocksLog
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, Scribe, deposit, written

ROOT = Path(__file__).parents[2]

COMMITTING = """
import sys
from pathlib import Path
from ledger.log.rocks import DRAFT_PREFIX, RocksLog
from tests.sealed import START_US, Scribe, command, deposit, listed, marked
log = RocksLog.open(Path(sys.argv[1]))
head = log.head()
scribe = Scribe(log.partitions, head)
if head is None:
    log.commit(scribe.genesis())
while scribe.head.height < int(sys.argv[2]):
    height = scribe.head.height + 1
    taken = [[deposit(f"account-{place}") for place in range(height % 40)], [], [listed(f"A{height}")]]
    if height % 5 == 0:
        taken.append([marked(height)])
    log.append_commands([command(scribe.cursor + place) for place in range(len(taken))], START_US + height)
    log.commit(scribe.block(*taken))
    print(scribe.head.height, scribe.head.digest, flush=True)
log.close()
"""

FILLING = """
import resource, sys
from pathlib import Path
from ledger.errors import DiskFull, LogFault
from ledger.log.rocks import DRAFT_PREFIX, RocksLog
from tests.sealed import START_US, Scribe, command, deposit
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
log = RocksLog.open(Path(sys.argv[1]))
scribe = Scribe(log.partitions, log.head())
try:
    while True:
        log.append_commands([command(scribe.cursor)], START_US)
        block = scribe.block([deposit("account-%d" % scribe.cursor * 10000)])
        log.commit(block)
except DiskFull as fault:
    print(type(fault).__name__, fault.action.name, log.head().height, log.head().digest)
for write in (lambda: log.commit(block), lambda: log.append_commands([b"x"], 1)):
    try:
        write()
    except LogFault as fault:
        print("still", type(fault).__name__)
print(len(log.read_partition(0, log.head().height, 1)))
log.close()
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that runs ``script`` with the modules of this repository."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    with process.stdout as lines:
        yield from lines
    process.wait()


def test_a_second_writer_is_refused_with_the_process_that_has_the_log(tmp_path: Path) -> None:
    RocksLog.create(tmp_path / "log", LEDGER, 2).close()
    process = started(COMMITTING, tmp_path / "log", 10**9)
    try:
        assert next(lines_of(process)).startswith("2 ")
        with pytest.raises(LogLocked, match=f"process {process.pid} has this log open") as caught:
            RocksLog.open(tmp_path / "log")
        assert f"Stop process {process.pid}" in str(caught.value)
        assert str(tmp_path / "log") in str(caught.value)
    finally:
        process.kill()
        process.wait()
    RocksLog.open(tmp_path / "log").close()


def test_a_second_writer_of_the_same_process_is_refused(tmp_path: Path) -> None:
    log = RocksLog.create(tmp_path / "log", LEDGER, 2)
    with pytest.raises(LogLocked, match=f"process {os.getpid()}"):
        RocksLog.open(tmp_path / "log")
    written(log)
    log.close()
    RocksLog.open(tmp_path / "log").close()


def test_a_killed_writer_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    RocksLog.create(tmp_path / "log", LEDGER, 2).close()
    for kill_after in (1, 7, 40, 3, 90):
        process = started(COMMITTING, tmp_path / "log", 10**9)
        answered = (0, "")
        for number, line in enumerate(lines_of(process), 1):
            answered = (int(line.split()[0]), line.split()[1])
            if number == kill_after:
                process.kill()
        assert process.wait() == -signal.SIGKILL
        log = RocksLog.open(tmp_path / "log")
        head = log.head()
        assert head is not None
        assert head.height in {answered[0], answered[0] + 1}
        assert log.seal(answered[0]).digest == answered[1]
        assert [str(finding) for finding in verify_log(log)] == []
        log.close()


def test_a_reader_follows_a_writer_that_is_killed_and_started_again(tmp_path: Path) -> None:
    RocksLog.create(tmp_path / "log", LEDGER, 2).close()
    reader = RocksLog.open_reader(tmp_path / "log")
    assert reader.head() is None
    for until in (30, 60, 90):
        process = started(COMMITTING, tmp_path / "log", 10**9)
        for line in lines_of(process):
            height = int(line.split()[0])
            head = reader.head()
            assert head is not None
            assert head.height >= height
            block = reader.read_partition(1, height, 1)[0]
            assert block.seal.digest == line.split()[1]
            if height >= until:
                process.kill()
        process.wait()
    assert [str(finding) for finding in verify_log(reader)] == []
    reader.close()


def test_a_reader_takes_no_lock_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    log = RocksLog.create(tmp_path / "log", LEDGER, 2)
    readers = [RocksLog.open_reader(tmp_path / "log") for _ in range(3)]
    written(log)
    assert [repr(reader.head()) for reader in readers] == [repr(log.head())] * 3
    log.close()
    assert [len(reader.read_partition(0, 1, 10)) for reader in readers] == [4] * 3
    log = RocksLog.open(tmp_path / "log")
    log.commit(Scribe(2, log.head()).block([deposit("alice")]))
    assert [repr(reader.head()) for reader in readers] == [repr(log.head())] * 3
    for reader in readers:
        reader.close()
    log.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_reads_of_a_live_log_never_miss_a_block_while_tables_are_written(tmp_path: Path) -> None:
    log = RocksLog.create(tmp_path / "log", LEDGER, 2)
    reader = RocksLog.open_reader(tmp_path / "log")
    scribe = Scribe(2)
    log.commit(scribe.genesis())
    for _ in range(60):
        log.commit(scribe.block([deposit(os.urandom(20_000).hex()) for _ in range(40)]))
        head = reader.head()
        assert head is not None
        assert head.height == scribe.builder.next_seq // 40 + 1
        assert len(reader.read_partition(0, head.height, 1)) == 1
    assert list((tmp_path / "log" / "db").glob("*.sst"))
    assert [str(finding) for finding in verify_log(reader) if "stored" not in finding.what] == []
    reader.close()
    log.close()


@pytest.fixture(params=["small disk", "file size limit"])
def cramped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, list[object]]]:
    """A place that fills up after a few MB, and what a process in it needs as arguments.

    A small tmpfs where mounting is allowed; elsewhere, and as well, a limit on the size of files.
    """
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    mounted = request.param == "small disk" and os.geteuid() == 0
    if mounted:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield place / "log", [] if mounted else [4_000_000]
    if mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_stops_before_acknowledging_and_goes_on_when_there_is_room(
    cramped: tuple[Path, list[object]], tmp_path: Path
) -> None:
    path, limit = cramped
    log = RocksLog.create(path, LEDGER, 2)
    log.commit(Scribe(2).genesis())
    log.close()
    lines = list(lines_of(started(FILLING, path, *limit)))
    assert [line.split()[:2] for line in lines[:3]] == [
        ["DiskFull", "RETRY"],
        ["still", "LogFault"],
        ["still", "LogFault"],
    ]
    assert lines[3] == "1\n"
    height, digest = int(lines[0].split()[2]), lines[0].split()[3]
    assert height > 3
    roomy = tmp_path / "roomy"
    shutil.copytree(path, roomy)
    log = RocksLog.open(roomy)
    head = log.head()
    assert head is not None
    assert head.height in {height, height + 1}
    assert log.seal(height).digest == digest
    assert [str(finding) for finding in verify_log(log)] == []
    log.commit(Scribe(2, head).block([deposit("bob")]))
    log.close()


def test_reading_on_a_full_disk_goes_on(cramped: tuple[Path, list[object]]) -> None:
    path, limit = cramped
    RocksLog.create(path, LEDGER, 2).close()
    log = RocksLog.open(path)
    log.commit(Scribe(2).genesis())
    log.close()
    list(lines_of(started(FILLING, path, *limit)))
    reader = RocksLog.open_reader(path)
    assert [str(finding) for finding in verify_log(reader)] == []
    reader.close()


def test_a_creation_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f"{DRAFT_PREFIX}x7" / "db").mkdir(parents=True)
    with pytest.raises(LedgerMissing):
        RocksLog.open(tmp_path / "log")
    log = RocksLog.create(tmp_path / "log", LEDGER, 2)
    written(log)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{DRAFT_PREFIX}x7", "log"]
