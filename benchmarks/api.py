"""How fast the API answers: ``python -m benchmarks.api --python build/peers/bin/python --accounts 100000``.

A log of the benchmark's mix is written in which every account has two positions and three open orders, the
views are folded and the account history is made (``--data`` keeps them for the next run). Then the service is
started as a person would, and another process asks it at a fixed rate. Prints JSON.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.load import START_US, Load
from benchmarks.machine import ROOT, describe
from ledger.bootstrap import create_ledger, open_writer
from ledger.form import form
from ledger.log.codec import encode_command
from ledger.log.port import LogReader
from ledger.settings import load_settings
from projectors.api.tokens import Scope, Tokens
from projectors.bootstrap import history_dir, open_log, open_states, views_dir
from projectors.cli.serve import tokens_path
from projectors.folding.runner import Runner
from projectors.history.build import add_blocks
from projectors.stores import generations
from projectors.views import VIEWS

BLOCK: Final = 1_000
TOKENS: Final = 50
UP_S: Final = 60.0
LISTEN: Final = "127.0.0.1:18080"
READS: Final = {
    "account": ("/v1/account",),
    "balance": ("/v1/balance",),
    "positions": ("/v1/positions",),
    "mixed": ("/v1/account", "/v1/balance", "/v1/positions", "/v1/orders", "/v1/fills?page_size=20"),
}


def main() -> None:
    """Measure, and print the figures."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="ledger-api-") as scratch:
        data = Path(options.data or scratch) / "data"
        if not data.exists():
            prepare(data, options.accounts, options.events)
        tokens = Tokens(tokens_path(data))
        tokens.revoke("bench")
        token = tokens.issue("bench", Scope.OPERATOR, "", 0)
        figures = {"machine": describe(data), "form": form(), "accounts": options.accounts}
        with service(data, options.serve.split()):
            for name, rate in (one.split("=") for one in options.load):
                plan = _plan(data, name, float(rate), token, options)
                figures[f"{name}_at_{rate}_per_s"] = _ask(options.python, plan)
        print(json.dumps(figures, indent=2))


def prepare(data: Path, accounts: int, events: int) -> None:
    """A log, every view of it, and the account history."""
    settings = load_settings(data=data, block_size=BLOCK, checkpoint_events=10**12, brokers="", id="")
    create_ledger(settings, "benchmark", START_US)
    load = Load(accounts)
    with closing(open_writer(settings)) as writer:
        stream = iter([*load.opening(), *load.holdings()])
        while part := list(islice(stream, BLOCK)):
            writer.submit([encode_command(command) for command in part], START_US)
        _say("accounts are open")
        while writer.head is None or writer.head.last_seq < events:
            writer.submit([encode_command(command) for command in load.commands(BLOCK)], START_US)
    with open_log(data) as log:
        _say("folding the views")
        _fold(views_dir(data), log)
        _say("making the account history")
        add_blocks(history_dir(data), log)


def _fold(root: Path, log: LogReader) -> None:
    root.mkdir(parents=True)
    for name, view in VIEWS.items():
        place = generations.begin(root, name)
        with open_states(root, [view], log, writable=True, generation=place) as states:
            Runner(log, states).run_to_head()
        generations.serve(root, name, place)


@contextmanager
def service(data: Path, more: list[str]) -> Iterator[None]:
    """``projectors serve`` over a directory, without limits of rate, until the end."""
    command = [sys.executable, "-m", "projectors", "serve", "--data", str(data), "--listen", LISTEN]
    environment = os.environ | {"LEDGER_FORM": form(), "POLARS_MAX_THREADS": "1"}
    with subprocess.Popen(  # noqa: S603
        [*command, "--rate", "1e9", "--burst", "1e9", *more], cwd=ROOT, env=environment
    ) as child:
        try:
            _wait_until_up()
            yield
        finally:
            child.terminate()


def _wait_until_up() -> None:
    deadline = time.monotonic() + UP_S
    while True:
        try:
            with urllib.request.urlopen(f"http://{LISTEN}/v1/system/time", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _plan(data: Path, name: str, rate: float, token: str, options: argparse.Namespace) -> dict[str, Any]:
    """What is asked: random accounts; with ``past_`` before the name at random seqs, with ``@head`` known."""
    random = Random(options.seed)  # noqa: S311  the same questions for the same seed
    paths = READS[name.removeprefix("past_")]
    with open_log(data) as log:
        head = log.head()
        newest = 1 if head is None else head.last_seq
    requests = []
    for number in range(int(rate * options.seconds)):
        path = paths[number % len(paths)]
        account = f"account-{random.randrange(options.accounts):05d}"
        url = f"{path}{'&' if '?' in path else '?'}account={account}"
        if name.startswith("past_"):
            url += f"&as_of={random.randint(newest // 2, newest)}"
        requests.append((url, token))
    warm_up = 20 if name.startswith("past_") else 2_000
    return {"base": f"http://{LISTEN}", "rate": rate, "requests": requests, "warm_up": warm_up}


def _ask(python: str, plan: dict[str, Any]) -> dict[str, Any]:
    asked = subprocess.run(  # noqa: S603
        [python, str(ROOT / "benchmarks" / "api_load.py")],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, Any] = json.loads(asked.stdout)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.api", description="Measure answers over HTTP.")
    parser.add_argument(
        "--python", required=True, help="interpreter that has aiohttp: build/peers/bin/python"
    )
    parser.add_argument("--accounts", type=int, default=100_000, help="accounts with two positions each")
    parser.add_argument("--events", type=int, default=0, help="events of the log at least")
    parser.add_argument("--seconds", type=float, default=20, help="how long each load lasts")
    parser.add_argument("--data", help="where the ledger is kept between runs; a new one when left out")
    parser.add_argument("--serve", default="", help="more options of projectors serve")
    parser.add_argument("--seed", type=int, default=1, help="where the draw begins")
    parser.add_argument(
        "--load",
        action="append",
        metavar="NAME=RATE",
        help="what is asked and how often a second (account=1000); past_ before it asks at random moments",
    )
    options = parser.parse_args()
    options.load = options.load or ["account=1000", "mixed=1000", "past_account=20"]
    return options


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
