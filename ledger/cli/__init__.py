"""The ``ledger`` command.

Data goes to stdout, talk and progress to stderr. Exit codes are in ``ledger.cli.exits``; the
groups of commands are one module each.
"""

from ledger.cli.app import app
from ledger.cli.exits import run_app

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of the ``ledger`` program."""
    run_app(app)
