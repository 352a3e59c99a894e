"""Exit codes, and the one place that turns faults into them."""

import sys
from enum import IntEnum
from typing import TYPE_CHECKING

from ledger.errors import LedgerFault, SettingsFault

if TYPE_CHECKING:
    from typer import Typer


class Exit(IntEnum):
    """What a command's exit code says."""

    CLEAN = 0
    """Yes: accepted, sound, equal."""

    FINDINGS = 1
    """No: something was refused, or a check found something."""

    USAGE = 2
    """The command line or a setting is wrong."""

    COULD_NOT_RUN = 3
    """A fault kept the command from being done; the message says what to do."""


def exit_code(fault: LedgerFault) -> Exit:
    """The exit code of a fault."""
    return Exit.USAGE if isinstance(fault, SettingsFault) else Exit.COULD_NOT_RUN


def run_app(app: "Typer") -> None:
    """Run a command line program and leave with its code; a fault is one readable line."""
    try:
        app()
    except LedgerFault as fault:
        say(fault_line(fault))
        sys.exit(exit_code(fault))


def fault_line(fault: LedgerFault) -> str:
    """A fault for the person at the terminal; its name is that of its section in docs/how-to/operate.md."""
    return f"{fault} [{type(fault).__name__}]"


def say(line: str) -> None:
    """Talk to the person at the terminal, on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
