"""Long ledgers with views folded over them, made once and kept: ``python -m benchmarks.histories``.

Transfers between many accounts, with a mark every so often, and views that followed them with checkpoints.
What is made lies under ``histories`` in the folder that is named, with what was asked for and what folding
it took beside it, and is found again by whoever asks for the same. Nobody writes in it: who does is given a
copy, whose large files are links to those that are there.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.machine import ROOT
from ledger.core.evolve import evolve
from ledger.core.messages import (
    AccountOpened,
    AnyEvent,
    AssetListed,
    BlockSealed,
    CheckpointMarked,
    DepositCredited,
    KeyRegistered,
    LedgerOpened,
    SystemStatusChanged,
    TransferReceived,
    TransferSent,
)
from ledger.core.state import State
from ledger.core.values import E8
from ledger.errors import invariant
from ledger.form import form
from ledger.log.blocks import BlockBuilder
from ledger.log.port import EventLog, LogReader
from ledger.log.rocks import RocksLog
from ledger.signing import public_key
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.duplicates import Duplicates
from projectors.bootstrap import open_states
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.marks.files import generation_of
from projectors.marks.keeper import Keeper
from projectors.stores.store import FORMAT
from projectors.views import VIEWS

LEDGER: Final = "benchmark"
ASSET: Final = "USDC"
START_US: Final = 1_750_000_000_000_000
PARTITIONS: Final = 2
BLOCK: Final = 5_000
"""Events of a block."""

MILLION: Final = 1_000_000
CHECKPOINT_EVENTS: Final = MILLION
"""As the writer's own setting."""
OPERATORS: Final = (("ada", "11" * 32), ("ben", "22" * 32))
REPLAYED: Final = 0.95
"""Where between two marks the target lies: nearly all of their distance is replayed."""

_CHILD: Final = (
    f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.histories import fold_child; fold_child()"
)
_LINKED: Final = (".sst", ".blob")
"""Files that RocksDB never changes."""

Figures = dict[str, float | int | str]


class Wanted(NamedTuple):
    """A ledger of some events, of which the last ``tail`` are to be rolled back, with a mark every ``apart``.

    ``views`` are names with commas.
    """

    events: int
    tail: int
    apart: int
    accounts: int
    views: str

    @property
    def name(self) -> str:
        """Of its directory."""
        return f"{self.events / MILLION:g}M-{self.accounts}-accounts-{self.views.replace(',', '-')}"

    def log_record(self) -> dict[str, Any]:
        """What must be equal for a log to be used again."""
        return {name: value for name, value in self._asdict().items() if name != "views"}

    def views_record(self) -> dict[str, Any]:
        """What must be equal for its views to be used again: also the form, and what is stored."""
        versions = [f"{view.name} {view.version}" for view in chosen(self.views)]
        return {**self._asdict(), "form": form(), "store": FORMAT, "versions": versions}


class Kept(NamedTuple):
    """A history: ``log``, the checkpoints of its ``writer``, ``views``, and what folding these took."""

    path: Path
    folded: Figures


def main() -> None:
    """Make histories that are not there yet, and say what folding them took."""
    parser = argparse.ArgumentParser(prog="benchmarks.histories", description="Make long ledgers.")
    parser.add_argument("--millions", type=float, nargs="+", default=[10.0, 50.0], help="events of each")
    add_options(parser)
    asked = parser.parse_args()
    for millions in asked.millions:
        history = kept(asked.folder, wanted_by(asked, millions))
        print(json.dumps({"path": str(history.path), "folded": history.folded}, indent=2))


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be asked of histories."""
    parser.add_argument("--tail", type=float, default=1.0, help="million events that are rolled back")
    parser.add_argument("--marks", type=float, default=0.5, help="million events between two marks")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--views", default="account,audit", help="names, with commas")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where histories are kept")


def wanted_by(asked: argparse.Namespace, millions: float) -> Wanted:
    """The history that options name."""
    return Wanted(
        int(millions * MILLION),
        int(asked.tail * MILLION),
        int(asked.marks * MILLION),
        asked.accounts,
        asked.views,
    )


def chosen(views: str) -> list[View]:
    """Views by their names."""
    return [VIEWS[name] for name in views.split(",")]


def kept(folder: Path, wanted: Wanted) -> Kept:
    """The history under ``folder``; log and views are made where they are not there as they are wanted."""
    place = folder / "histories" / wanted.name
    made_once(place / "written.json", [place], wanted.log_record(), lambda: write(place, wanted))
    folded = place / "folded.json"
    figures = made_once(folded, [place / "views"], wanted.views_record(), lambda: _fold_apart(place, wanted))
    return Kept(place, figures)


def made_once(
    note: Path, made: Sequence[Path], wanted: Mapping[str, Any], make: Callable[[], Figures]
) -> Figures:
    """The figures of making something, kept in ``note``; made again where that was not as it is wanted.

    ``made`` are the directories in which it lies.
    """
    if note.exists():
        found = json.loads(note.read_text(encoding="utf-8"))
        if found["wanted"] == wanted:
            figures: Figures = found["figures"]
            return figures
        note.unlink()
    for directory in made:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"making {note.parent / note.stem}", file=sys.stderr)
    figures = make()
    note.write_text(json.dumps({"wanted": wanted, "figures": figures}, indent=2) + "\n", encoding="utf-8")
    return figures


def _fold_apart(place: Path, wanted: Wanted) -> Figures:
    arguments = [str(place / "log"), str(place / "views"), wanted.views]
    child = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CHILD, *arguments], stdout=subprocess.PIPE, check=True
    )
    figures: Figures = json.loads(child.stdout)
    return figures


def fold_child() -> None:
    """Fold a whole log in a process of its own: its arguments are log, views' directory and names."""
    log, views, names = sys.argv[1:]
    sys.stdout.write(json.dumps(fold(Path(log), Path(views), names, keep=True)))


def cloned(source: Path, target: Path) -> Path:
    """A copy of a directory that may be written in, at the cost of its small files."""

    def link_or_copy(one: str, other: str) -> str:
        if Path(one).suffix in _LINKED:
            os.link(one, other)
        else:
            shutil.copyfile(one, other)
        return other

    shutil.copytree(source, target, copy_function=link_or_copy)
    return target


def write(path: Path, wanted: Wanted) -> Figures:
    """A ledger as it is wanted: ``log`` and ``writer`` under ``path``."""
    began = time.perf_counter()
    path.mkdir(parents=True)
    with closing(RocksLog.create(path / "log", LEDGER, PARTITIONS)) as log:
        scribe = _Scribe(log, Checkpoints(path / "writer"))
        for event in _opening(wanted.accounts):
            scribe.take(event)
        scribe.seal()
        next_mark = (wanted.events - wanted.tail - int(REPLAYED * wanted.apart)) % wanted.apart
        transfers = _transfers(wanted.accounts)
        while scribe.seq < wanted.events:
            for one in islice(transfers, BLOCK):
                scribe.take(one)
            if scribe.seq >= next_mark:
                scribe.take(CheckpointMarked(0, "", "", "", wanted.accounts, 0, 0))
                next_mark += wanted.apart
            scribe.seal()
        scribe.take(SystemStatusChanged("ok", "maintenance", "open", "open", "", 0, "", "", "", "", ""))
        scribe.seal()
    return {"seconds": round(time.perf_counter() - began, 2), "cpu_seconds": cpu_s()}


def fold(log_path: Path, root: Path, names: str, *, keep: bool, until_seq: int = 0) -> Figures:
    """Fold a ledger into views under ``root``, with checkpoints or without, up to some seq or all of it."""
    with closing(RocksLog.open_reader(log_path)) as log:
        began = time.perf_counter()
        with open_states(root, chosen(names), log, writable=True) as states:
            runner = Runner(log, states, until=_height_at(log, until_seq))
            keeper = Keeper(
                runner, {state.view.name: generation_of(state) for state in states} if keep else {}
            )
            keeper.run_to_head()
            invariant(not runner.stops, f"views stopped: {runner.stops}")
        seconds = time.perf_counter() - began
        return {
            "seconds": round(seconds, 2),
            "cpu_seconds": cpu_s(),
            "events": runner.timing.events,
            "events_per_s": round(runner.timing.events / seconds),
            "checkpoints": keeper.saved // (len(states) * PARTITIONS),
            "most_memory_mb": most_memory_mb(),
        }


def cpu_s() -> float:
    """Processor seconds of this process so far, all threads together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return round(used.ru_utime + used.ru_stime, 2)


def most_memory_mb() -> int:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class _Scribe:
    """Builds blocks of events without asking any rule, and keeps the checkpoints that a writer would."""

    def __init__(self, log: EventLog, checkpoints: Checkpoints) -> None:
        self.log = log
        self.held = 0
        self._checkpoints = checkpoints
        self._state = State()
        self._unsaved = 0
        head = log.head()
        self.seq = 0 if head is None else head.last_seq
        self._builder = BlockBuilder(log.partitions, head)

    def take(self, event: AnyEvent) -> None:
        self.seq += 1
        event.seq = self.seq
        event.recorded_at_us = START_US + self.seq
        event.occurred_at_us = START_US
        event.command_id = "bench/1"
        self._builder.add(event)
        evolve(self._state, event)
        self.held += 1

    def seal(self) -> BlockSealed:
        block = self._builder.seal(START_US + self.seq, 0)
        self.log.commit(block)
        self._builder.begin(block.seal)
        self._unsaved += self.held
        self.held = 0
        if self._unsaved >= CHECKPOINT_EVENTS:
            self._unsaved = 0
            seal = block.seal
            self._checkpoints.save(LEDGER, seal.height, seal.digest, self._state, Duplicates())
            self._checkpoints.thin()
        return block.seal


def _opening(accounts: int) -> Iterator[AnyEvent]:
    yield LedgerOpened(LEDGER, PARTITIONS, "1", "")
    for name, private in OPERATORS:
        yield KeyRegistered(name, public_key(private), "operator", name, "", "")
    yield AssetListed(ASSET, 6, 1, "ok", 1)
    for number in range(accounts):
        yield AccountOpened(_name(number), "TRADER", "", "", 0, "", 0)
        yield DepositCredited(_name(number), ASSET, MILLION * E8, 0, MILLION * E8, f"d{number}", "b", "c", 0)


def _transfers(accounts: int) -> Iterator[AnyEvent]:
    """Transfers without end, from an account to another one far away; every balance stays positive."""
    balances = [MILLION * E8] * accounts
    names = [_name(number) for number in range(accounts)]
    number = 0
    while True:
        sender = number * 7919 % accounts
        receiver = (sender + 1 + number % (accounts - 1)) % accounts
        transfer = f"bench/{number}"
        for kind, account, other, sign in (
            (TransferSent, sender, receiver, -1),
            (TransferReceived, receiver, sender, 1),
        ):
            before, after = balances[account], balances[account] + sign * E8
            balances[account] = after
            yield kind(
                names[account], transfer, "USER", names[other], ASSET, E8, before, after, "", "", "", 0
            )
        number += 1


def _name(number: int) -> str:
    return f"account-{number:05d}"


def _height_at(log: LogReader, seq: int) -> int | None:
    """The first block that ends at ``seq`` or later; ``None`` for 0."""
    head = log.head()
    if not seq or head is None:
        return None
    low, high = 1, head.height
    while low < high:
        middle = (low + high) // 2
        if log.seal(middle).last_seq >= seq:
            high = middle
        else:
            low = middle + 1
    return low


if __name__ == "__main__":
    main()
