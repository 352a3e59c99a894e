"""The suite runs twice, and each run must test the form it says it tests."""

import os
import subprocess
import sys

from ledger.form import COMPILED, PURE, form
from ledger.log import codec


def test_the_form_that_runs_is_the_form_that_was_asked_for() -> None:
    assert form() == os.environ.get("LEDGER_FORM", form())


def test_the_codec_is_of_the_same_form_as_the_rest() -> None:
    assert form() == (COMPILED if codec.COMPILED else PURE)


def test_a_program_started_by_a_test_runs_in_the_same_form() -> None:
    if "LEDGER_FORM" not in os.environ:
        return  # started by hand: what a child finds depends on its directory
    child = subprocess.run([sys.executable, "-m", "ledger.form"], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == form()
