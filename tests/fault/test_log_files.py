"""Damage to the files of an embedded log: refused or found, never silent, never repaired."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import Action, FormatUnknown, LedgerFault, LedgerMissing, LogCorrupt
from ledger.log.port import LogReader
from ledger.log.rocks import RocksLog
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, Scribe, deposit, written

BLOCKS = 6
Opening = Callable[[Path], LogReader]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a writer that was killed: blocks in the write-ahead log only."""
    home = tmp_path_factory.mktemp("killed")
    log = RocksLog.create(home / "log", LEDGER, 2)
    written(log, BLOCKS)
    shutil.copytree(home / "log", home / "left")
    log.close()
    return home / "left"


@pytest.fixture(scope="module")
def rested(killed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a log that was opened again and closed: blocks in tables."""
    path = tmp_path_factory.mktemp("rested") / "log"
    shutil.copytree(killed, path)
    RocksLog.open(path).close()
    return path


@pytest.fixture(params=["reader", "writer"])
def opening(request: pytest.FixtureRequest) -> Opening:
    return RocksLog.open_reader if request.param == "reader" else RocksLog.open


def contents(log: LogReader) -> list[object]:
    """Everything that can be read from a log."""
    partitions = [log.read_partition(partition, 1, 100) for partition in range(log.partitions)]
    return [
        [[(block.height, block.blob, block.seal_bytes) for block in blocks] for blocks in partitions],
        [(block.height, block.data) for block in log.read_outcomes(1, 100)],
        [(block.height, block.data) for block in log.read_control(1, 100)],
        [(stored.position, stored.arrived_at_us, stored.data) for stored in log.read_commands(0, 100)],
    ]


def read_by(opening: Opening, path: Path) -> list[object]:
    log = opening(path)
    try:
        return contents(log)
    finally:
        log.close()


def judged(opening: Opening, path: Path, sound: list[object]) -> str:
    """What becomes of a damaged log: refused, found, or harmless because all can still be read."""
    try:
        log = opening(path)
        try:
            if list(verify_log(log)):
                return "found"
            return "harmless" if contents(log) == sound else "SILENT"
        finally:
            log.close()
    except LedgerFault:
        return "refused"


def only_file(path: Path, pattern: str) -> Path:
    """The largest file of a kind."""
    return max(path.glob(pattern), key=lambda file: file.stat().st_size)


@pytest.mark.parametrize(
    ("state", "pattern", "may_be_harmless"),
    [
        ("killed", "db/*.log", False),
        ("killed", "db/MANIFEST-*", True),
        ("killed", "HEAD", False),
        ("killed", "format.json", False),
        ("rested", "db/*.sst", False),
        ("rested", "db/MANIFEST-*", True),
        ("rested", "db/CURRENT", False),
        ("rested", "db/rocksdict-config.json", True),
    ],
)
def test_a_flipped_bit_in_any_file_is_refused_or_found(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    opening: Opening,
    state: str,
    pattern: str,
    may_be_harmless: bool,  # noqa: FBT001
) -> None:
    source: Path = request.getfixturevalue(state)
    sound = read_by(RocksLog.open_reader, source)
    file = only_file(source, pattern).relative_to(source)
    data = (source / file).read_bytes()
    for number, place in enumerate(range(0, len(data), max(1, len(data) // 24))):
        path = tmp_path / str(number)
        shutil.copytree(source, path)
        flipped = data[:place] + bytes([data[place] ^ (1 << number % 8)]) + data[place + 1 :]
        (path / file).write_bytes(flipped)
        result = judged(opening, path, sound)
        assert result in ({"refused", "found", "harmless"} if may_be_harmless else {"refused", "found"}), (
            f"{file}, byte {place}: {result}"
        )


def test_a_cut_log_is_refused_wherever_it_is_cut(killed: Path, tmp_path: Path, opening: Opening) -> None:
    file = only_file(killed, "db/*.log").relative_to(killed)
    data = (killed / file).read_bytes()
    for number, end in enumerate(range(0, len(data), len(data) // 20)):
        path = tmp_path / str(number)
        shutil.copytree(killed, path)
        (path / file).write_bytes(data[:end])
        with pytest.raises(LogCorrupt, match=f"block {BLOCKS}"):
            opening(path)


def test_refusing_a_cut_log_changes_nothing_so_that_it_can_be_mended(killed: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    shutil.copytree(killed, path)
    file = path / only_file(killed, "db/*.log").relative_to(killed)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LogCorrupt):
        RocksLog.open(path)
    file.write_bytes(whole)
    assert read_by(RocksLog.open, path) == read_by(RocksLog.open_reader, killed)


@pytest.mark.parametrize(
    ("state", "pattern"),
    [
        ("killed", "db/*.log"),
        ("killed", "HEAD"),
        ("killed", "format.json"),
        ("rested", "db/*.sst"),
        ("rested", "db/MANIFEST-*"),
        ("rested", "db/CURRENT"),
    ],
)
def test_a_missing_file_is_refused_and_nothing_is_made_anew(
    request: pytest.FixtureRequest, tmp_path: Path, opening: Opening, state: str, pattern: str
) -> None:
    source: Path = request.getfixturevalue(state)
    path = tmp_path / "log"
    shutil.copytree(source, path)
    gone = only_file(path, pattern)
    gone.unlink()
    with pytest.raises(LogCorrupt):
        opening(path)
    assert not gone.exists()


def test_a_missing_database_is_refused_and_not_made_anew(
    rested: Path, tmp_path: Path, opening: Opening
) -> None:
    path = tmp_path / "log"
    shutil.copytree(rested, path)
    shutil.rmtree(path / "db")
    with pytest.raises(LogCorrupt):
        opening(path)
    with pytest.raises(FormatUnknown):
        RocksLog.create(path, LEDGER, 2)


def test_a_torn_record_behind_the_last_block_is_dropped(
    killed: Path, tmp_path: Path, opening: Opening
) -> None:
    path = tmp_path / "log"
    shutil.copytree(killed, path)
    file = only_file(path, "db/*.log")
    data = file.read_bytes()
    file.write_bytes(data + data[:200])
    assert read_by(opening, path) == read_by(RocksLog.open_reader, killed)


def test_a_block_that_was_synced_but_not_marked_counts(killed: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    shutil.copytree(killed, path)
    log = RocksLog.open(path)
    marked = (path / "HEAD").read_bytes()
    log.commit(Scribe(2, log.head()).block([deposit("bob")]))
    log.close()
    (path / "HEAD").write_bytes(marked)
    log = RocksLog.open(path)
    head = log.head()
    assert head is not None
    assert head.height == BLOCKS + 1
    log.close()
    reader = RocksLog.open_reader(path)
    assert repr(reader.head()) == repr(head)
    reader.close()


def test_a_mark_of_another_history_is_refused(killed: Path, tmp_path: Path, opening: Opening) -> None:
    path = tmp_path / "log"
    shutil.copytree(killed, path)
    other = RocksLog.create(tmp_path / "other", LEDGER, 2)
    scribe = Scribe(2)
    other.commit(scribe.genesis())
    other.commit(scribe.block([deposit("mallory")]))
    other.close()
    shutil.copy(tmp_path / "other" / "HEAD", path / "HEAD")
    with pytest.raises(LogCorrupt, match="digest is not the one that was committed"):
        opening(path)


def test_the_database_of_another_ledger_is_refused(rested: Path, tmp_path: Path, opening: Opening) -> None:
    other = RocksLog.create(tmp_path / "other", "other-ledger", 2)
    other.close()
    path = tmp_path / "log"
    shutil.copytree(rested, path)
    shutil.copy(tmp_path / "other" / "format.json", path / "format.json")
    with pytest.raises(LogCorrupt, match="test-ledger"):
        opening(path)


def test_another_format_or_ledger_is_an_operators_matter(
    rested: Path, tmp_path: Path, opening: Opening
) -> None:
    path = tmp_path / "log"
    shutil.copytree(rested, path)
    with pytest.raises(FormatUnknown, match="not of 'someone-else'"):
        RocksLog.open(path, "someone-else")
    with pytest.raises(FormatUnknown, match="not of 'someone-else'"):
        RocksLog.open_reader(path, "someone-else")
    text = (path / "format.json").read_text().replace('"format": 1', '"format": 2')
    (path / "format.json").write_text(text)
    with pytest.raises(FormatUnknown, match="format 2, this program knows 1") as caught:
        opening(path)
    assert caught.value.action is Action.OPERATOR


def test_where_there_is_no_log_there_is_no_ledger(tmp_path: Path, opening: Opening) -> None:
    with pytest.raises(LedgerMissing):
        opening(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LedgerMissing):
        opening(tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_a_log_is_never_created_over_anything(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("dear diary")
    with pytest.raises(FormatUnknown):
        RocksLog.create(tmp_path / "notes", LEDGER, 2)
    assert [file.name for file in (tmp_path / "notes").iterdir()] == ["diary.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(FormatUnknown):
        RocksLog.create(tmp_path / "file", LEDGER, 2)
