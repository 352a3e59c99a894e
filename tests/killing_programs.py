"""``ledger`` in a process of its own that is killed at a step of what it writes."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ledger.cli import main
from ledger.log.rocks import RocksLog

BEFORE_SYNC: Final = "before the file is synced"
BEFORE_RENAME: Final = "before the file has its name"
AFTER_RENAME: Final = "after the file has its name"
BEFORE_COMMIT: Final = "before the commit"
AFTER_COMMIT: Final = "after the commit"


def run_and_die(arguments: tuple[str, ...], step: str, number: int) -> None:
    """Run ``ledger`` with these arguments until it reaches a step for the ``number``-th time."""
    left = [number]

    def reached(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:  # noqa: ANN401
            if step.startswith("before"):
                reached()
            result = call(*arguments)
            if step.startswith("after"):
                reached()
            return result

        return called

    owner, name = {
        BEFORE_SYNC: (os, "fsync"),
        BEFORE_RENAME: (Path, "replace"),
        AFTER_RENAME: (Path, "replace"),
        BEFORE_COMMIT: (RocksLog, "commit"),
        AFTER_COMMIT: (RocksLog, "commit"),
    }[step]
    setattr(owner, name, around(getattr(owner, name)))
    sys.argv = ["ledger", *arguments]
    main()
