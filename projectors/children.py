"""Processes of this program that help another one, and end with it.

The parent holds the other end of a child's standard input, and the system closes it however the parent
dies.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from threading import Thread
from typing import Final

_STDIN: Final = 0
_LEFT_ALONE: Final = 1


def start_child(arguments: Sequence[str], *, told: bool = False) -> "subprocess.Popen[bytes]":
    """Start this program with ``arguments``; ``told`` gives its standard output to the caller."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "projectors", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if told else None,
    )


def end_with_parent() -> None:
    """From now on this process ends, however busy, when the one that started it is gone."""
    Thread(target=_end_with_input, daemon=True).start()


def _end_with_input() -> None:
    while os.read(_STDIN, 1):
        pass
    os._exit(_LEFT_ALONE)
