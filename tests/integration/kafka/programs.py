"""Programs beside the writer in processes of their own: keeper, feeds, ``ledger restart``."""

import json
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import final

from benchmarks.faults.writers import ROOT, WriterProcess
from ledger.log.kafka.config import Connection
from tests.integration.kafka.cluster import free_port

LEDGER = "from ledger.cli import main; main()"
ENDS_WITHIN_S = 120


def options_of(connection: Connection, ledger_id: str) -> list[str]:
    """The options that name a ledger on a cluster."""
    brokers, prefix = connection.brokers, connection.prefix
    return ["--brokers", brokers, "--topic-prefix", prefix, "--ledger-id", ledger_id]


@final
class Program:
    """A service that is watched over HTTP; it can be killed like a writer."""

    def __init__(
        self, name: str, folder: Path, connection: Connection, ledger_id: str, *arguments: str
    ) -> None:
        self._port = free_port()
        listen = ["--listen", f"127.0.0.1:{self._port}"]
        told = [*arguments, *options_of(connection, ledger_id), *listen]
        self.process = WriterProcess(name, folder, LEDGER, told)

    def asked(self, path: str) -> tuple[int, str]:
        """Status and body; 0 while nobody listens."""
        try:
            with closing(HTTPConnection("127.0.0.1", self._port, timeout=10)) as http:
                http.request("GET", path)
                answer = http.getresponse()
                return answer.status, answer.read().decode()
        except ConnectionError:
            return 0, ""

    def is_ready(self) -> bool:
        """Whether it does its work."""
        if not self.process.alive:
            raise AssertionError(f"it ended with {self.process.code}: {self.process.lines()[-5:]}")
        return self.asked("/readyz")[0] == 200

    def metric(self, name: str) -> float:
        """The value on the line of ``/metrics`` that begins with ``name``; 0 without one."""
        _, text = self.asked("/metrics")
        found = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(found[0].split()[-1]) if found else 0.0


def run_ledger(connection: Connection, ledger_id: str, *arguments: str) -> tuple[int, str, str]:
    """``ledger`` with these arguments on a cluster, to its end: exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-c", LEDGER, *arguments, *options_of(connection, ledger_id)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_S,
    )
    return done.returncode, done.stdout, done.stderr


def objects(text: str) -> dict[str, object]:
    """A JSON object that a program printed."""
    found: dict[str, object] = json.loads(text)
    return found
