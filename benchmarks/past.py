"""How long answers about the past take: ``python -m benchmarks.past --events 2000000 --accounts 100000``.

A log of the benchmark's mix is written, views are folded and kept at some heights (what checkpoints are for),
and the account history is made; all of that is kept for the next time. Then questions are drawn: one account
at a random seq, from its history; and the whole account view at a random block, from the nearest stored one
and the events after it. Prints JSON.
"""

import argparse
import json
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from benchmarks.histories import Figures, made_once
from benchmarks.load import START_US, Load
from benchmarks.machine import describe
from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import AnyCommand
from ledger.form import form
from ledger.log.codec import encode_command
from ledger.log.port import LogReader
from ledger.settings import load_settings
from projectors.bootstrap import history_dir, open_log, open_states, views_dir
from projectors.folding.runner import Runner
from projectors.history.account import AccountHistory, open_account
from projectors.history.build import add_blocks
from projectors.history.files import FORMAT as HISTORY_FORMAT
from projectors.past.bases import StoredBases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.past.replay import replayed
from projectors.reading import reports
from projectors.stores import generations
from projectors.stores.store import FORMAT
from projectors.views import VIEWS

BLOCK: Final = 1_000
ASKED: Final = ("account", "orders", "funding")


class Passed(NamedTuple):
    """Seconds on the wall, and of the processor in all threads."""

    wall: float
    processor: float


class _Clocks:
    """Two clocks, read again with ``passed``: the second tells on a machine that does other things."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def passed(self) -> Passed:
        """Time since this was made."""
        return Passed(time.perf_counter() - self._wall, time.process_time() - self._processor)


def main() -> None:
    """Measure, and print the figures."""
    options = option_parser().parse_args()
    figures = measure(options.folder, options)
    print(json.dumps({"machine": describe(options.folder), "form": form(), **figures}, indent=2))


def option_parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.past", description="Measure answers about the past.")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the log, about")
    parser.add_argument("--accounts", type=int, default=100_000, help="accounts that trade")
    parser.add_argument("--questions", type=int, default=500, help="accounts asked about")
    parser.add_argument("--views", type=int, default=10, help="whole views asked about")
    parser.add_argument("--stored", type=int, default=4, help="heights at which views are kept")
    parser.add_argument("--seed", type=int, default=1, help="where the draw begins")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where it is made, and kept")
    return parser


def measure(folder: Path, options: argparse.Namespace) -> Figures:
    """Figures of one run; the options are those of ``main``."""
    data = folder / "histories" / f"past-{options.events}-{options.accounts}-accounts"
    formats = [form(), FORMAT, HISTORY_FORMAT, VIEWS["account"].version]
    wanted = {"stored": options.stored, "formats": formats}
    made = made_once(data / "made.json", [data], wanted, lambda: _make(data, options))
    with open_log(data) as log:
        _say("asking")
        random = Random(options.seed)  # noqa: S311  the same questions for the same seed
        one = _ask_accounts(data, log, options, random)
        whole = _ask_views(data, log, options, random)
    return {
        "accounts": options.accounts,
        **made,
        **_quantiles("one_account_ms", one),
        **_quantiles("whole_account_view_ms", whole),
    }


def _make(data: Path, options: argparse.Namespace) -> Figures:
    """A log, its views at some heights and the account history."""
    _say("writing the log")
    _write(data, options.accounts, options.events)
    with open_log(data) as log:
        head = log.head()
        events = 0 if head is None else head.last_seq
        _say("folding the views")
        heights = _store_views(views_dir(data), log, options.stored)
        _say("making the account history")
        began = time.perf_counter()
        manifest = add_blocks(history_dir(data), log)
        built = time.perf_counter() - began
    size = sum(path.stat().st_size for path in history_dir(data).rglob("*") if path.is_file())
    return {
        "events": events,
        "views_kept_every_blocks": heights[0] if heights else 0,
        "history_files": sum(map(len, manifest.files)),
        "history_us_per_event": round(built * 1e6 / events, 2),
        "history_bytes_per_event": round(size / events, 1),
    }


def _ask_accounts(data: Path, log: LogReader, options: argparse.Namespace, random: Random) -> list[Passed]:
    """Time of each answer about everything of one account, its moment found in the log included."""
    views = [VIEWS[name] for name in ASKED]
    history = AccountHistory(history_dir(data), log, StoredBases(views_dir(data), log))
    newest = history.manifest.seq
    times = []
    for place in range(options.questions + 1):
        account = f"account-{random.randrange(options.accounts):05d}"
        seq = random.randint(newest // 10, newest)
        began = _Clocks()
        question = ask(log, Moment(MomentKind.SEQ, seq), None)
        with open_account(history, views, log, question, account) as answers:
            reports.account(answers, account)
            reports.statement(answers, account, "", 50)
        if place:
            times.append(began.passed())
    return times


def _ask_views(data: Path, log: LogReader, options: argparse.Namespace, random: Random) -> list[Passed]:
    """Time of each fold of the whole account view at a random block, all balances read."""
    head = log.head()
    bases = StoredBases(views_dir(data), log)
    times = []
    for _ in range(options.views):
        height = random.randint(1, head.height if head is not None else 1)
        began = _Clocks()
        question = ask(log, Moment(MomentKind.BLOCK, height), None)
        with replayed(log, [VIEWS["account"]], question, bases) as (state,):
            state.rows("balances")
        times.append(began.passed())
    return times


def _store_views(root: Path, log: LogReader, count: int) -> list[int]:
    """Keep the account view at some heights, as generations of it; returns the heights."""
    head = log.head()
    tip = 0 if head is None else head.height
    heights = [tip * place // count for place in range(1, count + 1)]
    root.mkdir(parents=True)
    for height in heights:
        place = generations.begin(root, "account")
        views = [VIEWS["account"]]
        with open_states(root, views, log, writable=True, generation=place) as states:
            Runner(log, states, until=height).run_to_head()
        generations.serve(root, "account", place)
    return heights


def _write(data: Path, accounts: int, events: int) -> None:
    """A log of the mix; opening the accounts counts among the events."""
    settings = load_settings(data=data, block_size=BLOCK, checkpoint_events=10**12)
    create_ledger(settings, "benchmark", START_US)
    load = Load(accounts)
    with closing(open_writer(settings)) as writer:

        def submit(commands: list[AnyCommand]) -> None:
            for start in range(0, len(commands), BLOCK):
                part = [encode_command(command) for command in commands[start : start + BLOCK]]
                writer.submit(part, START_US)

        submit(list(load.opening()))
        while writer.head is None or writer.head.last_seq < events:
            submit(list(load.commands(BLOCK)))


def _quantiles(name: str, times: list[Passed]) -> Figures:
    if len(times) < 2:  # noqa: PLR2004  quantiles need two
        return {}
    figures: Figures = {}
    for clock in Passed._fields:
        seconds = [getattr(one, clock) for one in times]
        cuts: list[Any] = statistics.quantiles(seconds, n=100, method="inclusive")
        for figure, value in (("p50", cuts[49]), ("p99", cuts[98]), ("max", max(seconds))):
            figures[f"{name}_{clock}_{figure}"] = round(value * 1e3, 2)
    return figures


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
