"""Audit, correction and refunds by the programs of operators, on a broker and beside a writer that serves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.writers import ROOT, WriterProcess, start_writer
from ledger.core.digest import writer_digest
from ledger.log.kafka.config import Connection
from ledger.log.kafka.topics import Topics
from tests.integration.kafka.conftest import PARTITIONS
from tests.integration.kafka.programs import LEDGER as PROGRAM
from tests.program import Ledger, program
from tests.remedies import value_e8
from tests.scenes import LEDGER, Scene
from tests.spec import e8

pytestmark = pytest.mark.kafka

WITHIN_S = 120.0
SAID = ("corrected by events", "PLAN_APPLIED")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ledger:
    """Run ``ledger`` in this process."""
    return program(monkeypatch, capfd)


@pytest.fixture
def scene(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[Scene]:  # noqa: ARG001
    """An incident on the cluster, and a writer in a process of its own."""
    scene = Scene.on_cluster(connection, PARTITIONS, tmp_path)
    writer: WriterProcess = start_writer("writer", tmp_path, connection, LEDGER)
    try:
        writer.wait_for("leader")
        yield scene
    finally:
        if writer.alive:
            writer.kill()


def at_once(arguments: tuple[str | Path, ...]) -> list[tuple[int, str]]:
    """Two operators run the same at once: the exit code of each, and what was said."""
    both = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *(str(one) for one in arguments)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended = []
    for process in both:
        _, said = process.communicate(timeout=WITHIN_S)
        ended.append((process.returncode, next((one for one in SAID if one in said), said)))
    return ended


def there(connection: Connection, folder: Path) -> tuple[str, ...]:
    """The options that name the cluster."""
    data = str(folder / "data")
    return ("--brokers", connection.brokers, "--topic-prefix", connection.prefix, "--data", data)


def test_an_incident_is_audited_and_corrected_beside_the_writer(
    ledger: Ledger, scene: Scene, connection: Connection, tmp_path: Path
) -> None:
    cluster = there(connection, tmp_path)
    window = ("--from-block", str(scene.last_good))
    report, plan = tmp_path / "audit.json", tmp_path / "plan.json"
    assert ledger("incident", "audit", *window, "--report", report, *cluster).code == 0
    assert ledger("incident", "check", report, *cluster).code == 0
    compared = ledger("incident", "compare", *window, "--json", *cluster)
    assert {row["remedy"] for row in json.loads(compared.out)["remedies"]} >= {"surgical", "compensation C"}
    asked = ("--incident", "it", "--reason", "index set to zero", "--output", plan)
    assert ledger("incident", "correct", "plan", *window, *asked, *cluster).code == 0
    apply: tuple[str | Path, ...] = ("incident", "correct", "apply", plan, *cluster)
    early = ledger(*apply)
    assert (early.code, "Have two operators approve" in early.err) == (3, True)
    for key in scene.keys:
        assert ledger("incident", "correct", "approve", plan, *key).code == 0
    assert sorted(at_once(apply)) == [(0, "corrected by events"), (1, "PLAN_APPLIED")]
    state = scene.state()
    for row in json.loads(plan.read_text())["report"]["accounts"]:
        assert value_e8(state, row["account"]) == row["value_corrected_e8"]
    assert state.accounts["short"].holdings["BTC-USD-PERP"].size_e8 == e8("-1")
    again = ledger(*apply)
    assert (again.code, "PLAN_APPLIED" in again.err) == (1, True)
    assert writer_digest(scene.state()) == writer_digest(state)


def test_refunds_are_paid_once_and_a_rollback_over_their_inputs_voids_the_plan(
    ledger: Ledger, scene: Scene, connection: Connection, tmp_path: Path
) -> None:
    cluster = there(connection, tmp_path)
    first, second, back = (tmp_path / f"{name}.json" for name in ("first", "second", "back"))
    window = ("--from-block", str(scene.last_good))
    for incident, plan in (("it", first), ("again", second)):
        asked = ("--incident", incident, "--method", "C", "--output", plan)
        assert ledger("incident", "refund", "plan", *window, *asked, *cluster).code == 0
        for key in scene.keys:
            assert ledger("incident", "refund", "approve", plan, *key).code == 0
    pay = ("incident", "refund", "pay")
    paid = ledger(*pay, first, *cluster)
    assert (paid.code, "1 lines paid, 0 refused" in paid.err) == (0, True), paid.err
    owed = json.loads(first.read_text())["total_e8"]
    assert sum(one.paid_e8 for one in scene.state().refunds.values()) == owed > 0
    again = ledger(*pay, first, *cluster)
    assert (again.code, "0 lines paid, 0 refused" in again.err) == (0, True), again.err
    to = ("--to-block", str(scene.last_good), "--incident", "it", "--reason", "drill", "--output", back)
    assert ledger("rollback", "plan", *to, *cluster).code == 0
    for key in scene.keys:
        assert ledger("rollback", "approve", back, *key, *cluster).code == 0
    assert ledger("rollback", "apply", back, *cluster).code == 0
    assert scene.state().refunds == {}
    void = ledger(*pay, second, *cluster)
    assert (void.code, "refunds with void events" in void.err) == (3, True), void.err
    assert scene.state().refunds == {}
    proved = ledger("rollback", "prove", *cluster)
    assert (proved.code, "proved" in proved.out) == (0, True), proved.out
