"""The dashboard that a demo leaves running: a process that outlives the demo and ends by itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import SettingsFault
from projectors.api.tokens import Scope, Tokens
from scenarios.day.undoing import INCIDENT

RECORD: Final = "dashboard.json"
"""Lies in the demo's directory while its dashboard may be running: pid and port."""
LOG: Final = "dashboard.log"
FIRST_PORT: Final = 8080
PORTS: Final = 100
IDLE_EXIT_S: Final = 3_600
WITHIN_S: Final = 60.0
TOKEN_S: Final = 7 * 86_400

_LOOK_S: Final = 0.1
_started: Final[list[subprocess.Popen[bytes]]] = []
"""Kept: a process that is meant to outlive this one is not to be reported as forgotten."""
_HOST: Final = "127.0.0.1"


class Running(NamedTuple):
    """A dashboard that answers; ``url`` shows the incident, with the token of an operator."""

    pid: int
    port: int
    url: str


def start(demo: Path, ledger: Path, idle_exit_s: float = IDLE_EXIT_S) -> Running:
    """Serve ``ledger`` from now on, instead of what an earlier demo in ``demo`` left running.

    Raises ``SettingsFault`` when it does not come up.
    """
    stop(demo)
    port = free_port()
    tokens = Tokens(ledger / "api" / "tokens.json")
    tokens.revoke("demo")
    token = tokens.issue("demo", Scope.OPERATOR, "", TOKEN_S)
    serve = ("serve", "--data", str(ledger), "--listen", f"{_HOST}:{port}", "--idle-exit", str(idle_exit_s))
    with (demo / LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", "projectors", *serve],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    (demo / RECORD).write_text(json.dumps({"pid": process.pid, "port": port}) + "\n", encoding="ascii")
    deadline = time.monotonic() + WITHIN_S
    while not answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(demo)
            raise SettingsFault(
                "the dashboard did not come up",
                where=str(demo / LOG),
                remedy="Read there why; everything else of the demo is complete",
            )
        time.sleep(_LOOK_S)
    return Running(process.pid, port, f"http://{_HOST}:{port}/#/incident?incident={INCIDENT}&token={token}")


def stop(demo: Path) -> bool:
    """End the dashboard that a demo in this directory left running; whether there was one."""
    record = demo / RECORD
    try:
        pid = int(json.loads(record.read_text(encoding="ascii"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    found = is_dashboard(pid)
    if found:
        for one in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, one)
            if _ends(pid):
                break
    record.unlink()
    return found


def is_dashboard(pid: int) -> bool:
    """Whether a process is one that serves: its number may be somebody else's by now."""
    listed = subprocess.run(  # noqa: S603
        ["ps", "-p", str(pid), "-o", "command="],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return "projectors" in listed.stdout and " serve " in listed.stdout


def free_port() -> int:
    """The first port from 8080 on that nobody listens at. Raises ``SettingsFault`` when there is none."""
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as tried, suppress(OSError):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((_HOST, port))
            return port
    raise SettingsFault(f"no port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free for the dashboard")


def answers(port: int) -> bool:
    """Whether a service answers at a port of this machine."""
    connection = HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", "/v1/system/time")
        return connection.getresponse().status < 500  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _ends(pid: int, within_s: float = 10.0) -> bool:
    """Whether a process ends in time; one of this process's own is taken off its hands."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not is_dashboard(pid):
            return True
        time.sleep(_LOOK_S)
    return False
