"""How soon the dashboard shows something: ``python -m benchmarks.dashboard``.

A ledger on the local disk, ``projectors run --follow`` and ``projectors serve`` as a person would start
them, and Chromium on the same machine. Measured are the first paint of a page in a new window, and the time
from a deposit being durable until the open page shows the new balance. Prints JSON.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.api import LISTEN, service
from benchmarks.load import load_of_now
from benchmarks.machine import ROOT, describe
from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import CreditDeposit
from ledger.core.values import E8
from ledger.form import form
from ledger.log.codec import encode_command
from ledger.settings import load_settings
from ledger.writer.writer import Writer
from projectors.api.tokens import Scope, Tokens
from projectors.cli.serve import tokens_path
from scenarios.listing import SETTLEMENT_ASSET

ACCOUNTS: Final = 1_000
ACCOUNT: Final = "account-00007"
WITHIN_MS: Final = 30_000
PAGE: Final = f"http://{LISTEN}/#/portfolio?account={ACCOUNT}&token="
PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
WATCH: Final = """dd => {
  window.changes = [];
  new MutationObserver(() => window.changes.push(performance.timeOrigin + performance.now()))
    .observe(dd, { childList: true, characterData: true, subtree: true });
}"""


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.dashboard", description="Measure the dashboard.")
    parser.add_argument("--times", type=int, default=20, help="windows that are opened, and deposits made")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "google-chrome")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledger-dashboard-") as scratch:
        data = Path(scratch)
        settings = load_settings(data=data, brokers="", id="")
        create_ledger(settings, "benchmark", time.time_ns() // 1000)
        with closing(open_writer(settings)) as writer:
            opening = [encode_command(command) for command in load_of_now(ACCOUNTS).opening()]
            writer.submit(opening, _now_us())
            token = Tokens(tokens_path(data)).issue("bench", Scope.OPERATOR, "", 0)
            with _follower(data), service(data, []), sync_playwright() as playwright:
                program = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
                figures = {
                    "first_paint_ms": _spread([_paint(program, token) for _ in range(options.times)]),
                    "live_update_ms": _spread(_updates(program, token, writer, options.times)),
                }
                program.close()
        print(json.dumps({"machine": describe(data), "form": form(), **figures}, indent=2))


@contextmanager
def _follower(data: Path) -> Iterator[None]:
    """``projectors run --follow``, until the end."""
    command = [sys.executable, "-m", "projectors", "run", "--data", str(data), "--follow"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as child:  # noqa: S603
        try:
            yield
        finally:
            child.terminate()


def _window(browser: Browser) -> Page:
    """A window that waits on expressions, which the service's content policy forbids to pages."""
    return browser.new_context(bypass_csp=True).new_page()


def _paint(browser: Browser, token: str) -> float:
    """Milliseconds to the first paint of a page in a window that has nothing cached."""
    page = _window(browser)
    page.goto(PAGE + token)
    page.wait_for_function(PAINTED)
    painted = float(page.evaluate(PAINTED))
    page.context.close()
    return painted


def _updates(browser: Browser, token: str, writer: Writer, times: int) -> list[float]:
    """Milliseconds from durable deposits to the page that shows each."""
    page = _window(browser)
    page.goto(PAGE + token)
    balance = page.locator(".figure", has_text="Balance").locator("dd")
    expect(balance).to_be_visible(timeout=WITHIN_MS)
    balance.evaluate(WATCH)
    return [_update(page, writer, number) for number in range(1, times + 1)]


def _update(page: Page, writer: Writer, number: int) -> float:
    header = ("bench", number, _now_us())
    place = ("here", "bench", _now_us())
    deposit = CreditDeposit(*header, ACCOUNT, SETTLEMENT_ASSET, number * E8, f"live-{number}", *place)
    page.evaluate("window.changes.length = 0")
    (answer,) = writer.submit([encode_command(deposit)], _now_us())
    durable_ms = time.time_ns() / 1e6
    if answer.outcome.code:
        raise SystemExit(answer.outcome.detail)
    page.wait_for_function("window.changes.length > 0", timeout=WITHIN_MS)
    shown = float(page.evaluate("window.changes[0]"))
    return shown - durable_ms


def _spread(found: list[float]) -> dict[str, Any]:
    ordered = sorted(found)
    return {"median": round(ordered[len(ordered) // 2]), "longest": round(ordered[-1]), "of": len(ordered)}


def _now_us() -> int:
    return time.time_ns() // 1000


if __name__ == "__main__":
    main()
