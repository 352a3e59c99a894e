"""The demo from beginning to end: play, project, verify, report."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from ledger.bootstrap import create_ledger, open_writer
from ledger.core.refusals import RefusalCode
from ledger.errors import SettingsFault
from ledger.form import form
from ledger.market_data.series import PERIOD_MS, Tick, ticks
from ledger.settings import Settings, load_settings
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.folding.runner import Runner
from projectors.reading.answers import open_answers
from projectors.reading.vaults import vaults
from projectors.reading.verify import verify_views
from projectors.views import VIEWS
from scenarios.gateway import Gateway
from scenarios.history import report
from scenarios.history.player import Player

MARK: Final = "generated-by-demo.json"
"""Lies in a directory that the demo made, and may therefore replace."""
PARTITIONS: Final = 4
FINDINGS_SHOWN: Final = 20

Progress = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done, and how much there is."""


def run_demo(
    data: Path, accounts: int, seed: int, days: int, account: str, progress: Progress
) -> dict[str, Any]:
    """Play the first ``days`` of the series (0: all) into a new ledger in ``data`` and report.

    ``account`` is whose statement is shown, empty for the busiest. Raises ``SettingsFault`` when
    ``data`` has something that no demo made.
    """
    series = list(ticks())
    if days:
        series = series[: max(2, days * 24 * 3600 * 1000 // PERIOD_MS)]
    settings = load_settings(data=data, partitions=PARTITIONS)
    prepare(data, accounts, seed)
    played = play(settings, series, accounts, seed, progress)
    projected = project(data, account, progress)
    return {
        "about": {
            "market_data": "real: Binance BTCUSDT and ETHUSDT, mark and funding every 8 hours",
            "accounts": "generated: everything that accounts and makers do comes from the seed",
            "from_ms": series[0].observed_at_ms,
            "to_ms": series[-1].observed_at_ms,
            "ticks": len(series),
            "seed": seed,
            "data": str(data),
            "form": form(),
        },
        **played,
        **projected,
    }


def prepare(data: Path, accounts: int, seed: int) -> None:
    """An empty directory for the demo's ledger; an earlier demo's is replaced, nothing else is."""
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).is_file():
            raise SettingsFault(
                "the directory is not empty and no demo made it",
                where=str(data),
                remedy="Name another directory with --data",
            )
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    about = {
        "what": "a ledger of generated accounts; the next demo replaces it",
        "accounts": accounts,
        "seed": seed,
    }
    (data / MARK).write_text(json.dumps(about) + "\n", encoding="utf-8")


def play(
    settings: Settings, series: list[Tick], accounts: int, seed: int, progress: Progress
) -> dict[str, Any]:
    """Run the population through the writer; figures of what it did."""
    began = time.perf_counter()
    opened_at_us = series[0].observed_at_ms * 1000
    create_ledger(settings, f"demo-{seed}", opened_at_us)
    with closing(open_writer(settings)) as writer:
        gateway = Gateway(writer)
        Player(gateway, accounts, seed, len(series)).play(
            series, lambda done: progress("play", done, len(series))
        )
        head = writer.head
    seconds = time.perf_counter() - began
    names = {int(code): code.name for code in RefusalCode}
    return {
        "head": {}
        if head is None
        else {"height": head.height, "last_seq": head.last_seq, "digest": head.digest},
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


def project(data: Path, account: str, progress: Progress) -> dict[str, Any]:
    """Fold the log into the views, verify both, and read the answers."""
    views, root = list(VIEWS.values()), views_dir(data)
    with open_log(data) as log:
        began = time.perf_counter()
        with open_states(root, views, log, writable=True) as states:
            runner = Runner(log, states)
            runner.run_to_head(lambda height, head: progress("project", height, head))
        seconds = time.perf_counter() - began
        findings = [str(finding) for finding in verify_views(root, views, log, progress)]
        with open_answers(root, views, log) as answers:
            whose = account or report.busiest_account(answers)
            return {
                "projecting": {
                    "views": len(views),
                    "events": runner.timing.events,
                    "seconds": round(seconds, 2),
                    "events_per_s": round(runner.timing.events / seconds),
                },
                "events": report.events_by_kind(answers),
                "trial_balance": report.trial_balance(answers),
                "markets": report.markets(answers),
                "largest_positions": report.largest_positions(answers),
                "vaults": vaults(answers),
                "liquidations": report.liquidations(answers),
                "statement": {"account": whose, "lines": report.statement(answers, whose)},
                "verification": {
                    "clean": not findings,
                    "tables_equal_at_checkpoints": runner.checked,
                    "findings": findings[:FINDINGS_SHOWN],
                },
            }
