"""The demo from beginning to end: both runs, each played, projected, verified and read; then the report.

Each run is a ledger of its own, so that every number can be asked for again with the command line.
"""

import json
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from ledger.core.refusals import RefusalCode
from ledger.errors import SettingsFault
from ledger.form import form
from ledger.incident.rollback.proof import find_rollback, prove, readable
from ledger.log.port import LogReader
from ledger.settings import Settings, load_settings
from projectors.bootstrap import history_dir, open_log, open_states, views_dir
from projectors.folding.runner import Runner
from projectors.history.build import add_blocks
from projectors.marks.files import generation_of
from projectors.marks.keeper import Keeper
from projectors.reading.answers import open_answers
from projectors.reading.mirrored import mirrored_digests
from projectors.reading.vaults import vaults
from projectors.reading.verify import verify_views
from projectors.views import VIEWS
from scenarios.day import books, times
from scenarios.day.evidence import keep_evidence
from scenarios.day.facts import Facts
from scenarios.day.player import WHOLE, Pace, Player
from scenarios.day.population import people
from scenarios.day.protections import compare_protections
from scenarios.day.rules import AS_IT_IS, AS_IT_WAS
from scenarios.day.series import SHIFT_DAYS, Outside
from scenarios.day.site import Site
from scenarios.day.story import story
from scenarios.day.world import FULL_SIZE
from scenarios.gateway import Gateway
from scenarios.progress import Report as Progress

MARK: Final = "generated-by-demo.json"
"""Lies in a directory that the demo made, and may therefore replace."""
PAGE: Final = "report.html"
PARTITIONS: Final = 4
FINDINGS_SHOWN: Final = 20
FOLDERS: Final = {AS_IT_WAS: "as-it-was", AS_IT_IS: "as-it-is"}

Row = dict[str, Any]


def run_demo(  # noqa: PLR0913
    data: Path,
    accounts: int,
    seed: int,
    account: str,
    progress: Progress,
    jobs: int = 2,
    until_ms: int = times.END,
    *,
    protections: bool = False,
) -> dict[str, Any]:
    """Play both runs into new ledgers in ``data`` and read them; ``jobs`` 1: one after the other.

    ``account`` is whose statement is shown, empty for the busiest. ``protections``: play both waves
    again with each, in memory. Raises ``SettingsFault`` when ``data`` has something that no demo made.
    """
    prepare(data, accounts, seed)
    began = time.perf_counter()
    if jobs > 1:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            futures = [
                pool.submit(one_run, data / folder, rule_set, accounts, seed, account, None, until_ms)
                for rule_set, folder in FOLDERS.items()
            ]
            runs = []
            for future in futures:
                runs.append(future.result())
                progress("runs", len(runs), len(FOLDERS))
    else:
        runs = [
            one_run(data / folder, rule_set, accounts, seed, account, progress, until_ms)
            for rule_set, folder in FOLDERS.items()
        ]
    seconds = round(time.perf_counter() - began, 1)
    return {
        "about": about(accounts, seed, data),
        "seconds": seconds,
        "runs": dict(zip(FOLDERS.values(), runs, strict=True)),
        "protections": _protections(accounts, seed, jobs, progress) if protections else [],
    }


def _protections(accounts: int, seed: int, jobs: int, progress: Progress) -> list[Row]:
    """In a process of its own, which has no other threads and may fork."""
    progress("protections", 0, 1)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        rows = pool.submit(compare_protections, accounts, seed, jobs).result()
    progress("protections", 1, 1)
    return rows


def about(accounts: int, seed: int, data: Path) -> Row:
    """What is real in it and what is not."""
    return {
        "tape": "2026-01-19",
        "market_data": (
            "BTC and ETH are real: Binance, mark and funding every 8 hours, every time shifted by "
            f"+{SHIFT_DAYS} days; between two rows a seeded Brownian bridge. PAXG is generated"
        ),
        "accounts": "generated: what people and makers do comes from the seed and the ledger's answers",
        "population": accounts,
        "groups": population_counts(accounts, seed),
        "full_population": FULL_SIZE,
        "seed": seed,
        "data": str(data),
        "form": form(),
    }


def prepare(data: Path, accounts: int, seed: int) -> None:
    """An empty directory for the demo's ledgers; an earlier demo's is replaced, nothing else is."""
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).is_file():
            raise SettingsFault(
                "the directory is not empty and no demo made it",
                where=str(data),
                remedy="Name another directory with --data",
            )
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    mark = {
        "what": "ledgers of generated accounts; the next demo replaces them",
        "accounts": accounts,
        "seed": seed,
    }
    (data / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")


def one_run(  # noqa: PLR0913
    data: Path,
    rule_set: str,
    accounts: int,
    seed: int,
    account: str,
    progress: Progress | None = None,
    until_ms: int = times.END,
    pace: Pace = WHOLE,
) -> Row:
    """One run from the first block to the last answer."""
    told = progress or _silent
    settings = load_settings(data=data, partitions=PARTITIONS)
    played = play_one(settings, rule_set, accounts, seed, told, until_ms, pace)
    return {"rule_set": rule_set, **played, **project(data, account, told)}


def play_one(  # noqa: PLR0913
    settings: Settings,
    rule_set: str,
    accounts: int,
    seed: int,
    progress: Progress,
    until_ms: int | None = None,
    pace: Pace = WHOLE,
) -> Row:
    """Play one run into a new ledger, on a cluster if ``settings`` names brokers; what was done."""
    first_us = max(pace.from_ms, Outside(seed, times.DAY).times_ms[0]) * 1000
    make = Site.on_cluster if settings.brokers else Site.embedded
    began = time.perf_counter()
    with closing(make(settings, settings.id or f"tape-{seed}", first_us)) as site:
        player = Player(site, rule_set, seed, accounts, pace)
        player.play(lambda done: progress("play", done, times.TICKS), until_ms or times.END)
        head = site.writer.head
        keep_evidence(settings.incidents_dir, player)
    plan = player.undoing.plan
    return {
        "head": {}
        if head is None
        else {"height": head.height, "last_seq": head.last_seq, "digest": head.digest},
        **figures(site.gateway, time.perf_counter() - began),
        "race": [] if player.race is None else player.race.order,
        "audits": player.auditing.found,
        "refunds": player.refunding.report(),
        "candidates": player.undoing.candidates,
        "plan": "" if plan is None else plan.digest,
    }


def figures(gateway: Gateway, seconds: float) -> Row:
    """What went through a gateway, and how fast."""
    names = {int(code): code.name for code in RefusalCode}
    return {
        "commands": dict(sorted(gateway.accepted.items(), key=lambda item: -item[1])),
        "refusals": {names[code]: count for code, count in sorted(gateway.refused.items())},
        "refused_ticks": [
            {"tick": tick, "refusal": names[code], "because": detail}
            for tick, code, detail in gateway.refused_ticks
        ],
        "writing": {
            "commands": gateway.submitted,
            "seconds": round(seconds, 2),
            "commands_per_s": round(gateway.submitted / seconds),
            "commands_per_s_in_the_writer": round(gateway.submitted / gateway.writer_s),
        },
    }


def project(data: Path, account: str, progress: Progress) -> Row:
    """Fold the log into the views, verify both, and read the answers."""
    views, root = list(VIEWS.values()), views_dir(data)
    with open_log(data) as log:
        began = time.perf_counter()
        with open_states(root, views, log, writable=True) as states:
            runner = Runner(log, states)
            places = {state.view.name: generation_of(state) for state in states}
            Keeper(runner, places).run_to_head(lambda done, of: progress("project", done, of))
        seconds = time.perf_counter() - began
        add_blocks(history_dir(data), log)
        findings = [str(finding) for finding in verify_views(root, views, log, progress)]
        facts = Facts(log)
        told = story(facts)
        if facts.void_seqs:
            told["proof"] = proof_of(log, root)
        with open_answers(root, views, log) as answers:
            whose = account or books.busiest_account(answers)
            return {
                **told,
                "projecting": {
                    "views": len(views),
                    "events": runner.timing.events,
                    "seconds": round(seconds, 2),
                    "events_per_s": round(runner.timing.events / seconds),
                },
                "events": books.events_by_kind(answers),
                "trial_balance": books.trial_balance(answers),
                "markets": books.markets(answers),
                "largest_positions": books.largest_positions(answers),
                "vaults": vaults(answers),
                "statement": {"account": whose, "lines": books.statement(answers, whose)},
                "verification": {
                    "clean": not findings,
                    "tables_equal_at_checkpoints": runner.checked,
                    "findings": findings[:FINDINGS_SHOWN],
                },
            }


def proof_of(log: LogReader, root: Path) -> Row:
    """The proof of the rollback, from the log and from the views in ``root``."""
    found = prove(log, find_rollback(log), mirrored_digests(root, log))
    return {"lines": list(readable(found)), "findings": list(found["findings"])}


def population_counts(accounts: int, seed: int) -> Row:
    """How many accounts of each kind the seed gives."""
    found = people(accounts, seed)
    return {
        "general": sum(not person.gold for person in found),
        "gold": sum(person.gold for person in found),
        "veterans": sum(person.veteran for person in found),
    }


def _silent(stage: str, done: int, whole: int) -> None:
    """Nobody watches a run in a process of its own."""
