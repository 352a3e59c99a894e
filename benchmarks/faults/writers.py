"""Writers in processes of their own, to be killed, frozen and woken."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, final

from benchmarks.faults.waiting import TooLate, until
from ledger.log.kafka.config import Connection
from tests.integration.kafka.cluster import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
ROLE_WITHIN_S: Final = 120.0
END_WITHIN_S: Final = 120.0
_LEDGER: Final = "from ledger.cli import main; main()"
_DYING: Final = (
    f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.faults.dying import main; main()"
)


@final
class WriterProcess:
    """A writer; its log lines are kept in ``folder``."""

    def __init__(self, name: str, folder: Path, program: str, arguments: Sequence[str]) -> None:
        self.name = name
        self._lines = folder / f"{name}.log"
        with self._lines.open("wb") as lines:
            self._process = subprocess.Popen(  # noqa: S603  this program
                [sys.executable, "-c", program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=lines,
                cwd=ROOT,
            )

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Exit code; negative the signal that ended it, ``None`` while it lives."""
        return self._process.poll()

    @property
    def role(self) -> str:
        """The newest role that it said it has."""
        roles = [line["role"] for line in self.lines() if "role" in line]
        return roles[-1] if roles else "starting"

    def lines(self) -> list[dict[str, Any]]:
        """The structured log lines so far; anything else on stderr is under ``text``."""
        found: list[dict[str, Any]] = []
        for line in self._lines.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                found.append({"text": line} if not line.startswith("{") else json.loads(line))
            except ValueError:
                found.append({"text": line})  # half a line: the process was killed, or is just writing it
        return found

    def said(self, text: str) -> bool:
        """Whether ``text`` is somewhere in what it wrote to stderr."""
        return text in self._lines.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, role: str) -> None:
        """Wait until it has ``role``."""
        until(lambda: self.role == role or not self.alive, ROLE_WITHIN_S, f"{self.name} becoming {role}")
        if self.role != role:
            raise TooLate(f"{self.name} ended with {self.code} instead of becoming {role}")

    def wait_for_end(self) -> int:
        """Wait until it ended by itself and return its exit code."""
        until(lambda: not self.alive, END_WITHIN_S, f"the end of {self.name}")
        return self._process.returncode

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait_for_end()


def start_writer(
    name: str, folder: Path, connection: Connection, ledger_id: str, *options: str
) -> WriterProcess:
    """``ledger writer``, as it is shipped, with some of its options."""
    arguments = [
        "writer",
        *("--brokers", connection.brokers),
        *("--topic-prefix", connection.prefix),
        *("--ledger-id", ledger_id),
        *("--data", str(folder / name)),
        *("--listen", f"127.0.0.1:{free_port()}"),
        *options,
    ]
    return WriterProcess(name, folder, _LEDGER, arguments)


def start_dying_writer(
    name: str, folder: Path, connection: Connection, ledger_id: str, step: str, *, session_ms: int
) -> WriterProcess:
    """The same service, made to die at a step of the commit protocol (``benchmarks.faults.dying``)."""
    settings = {
        "brokers": connection.brokers,
        "prefix": connection.prefix,
        "ledger_id": ledger_id,
        "data": os.fspath(folder / name),
        "step": step,
        "session_ms": session_ms,
    }
    return WriterProcess(name, folder, _DYING, [json.dumps(settings)])
