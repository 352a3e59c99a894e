"""kill -9 of the programs that plan, approve, apply, prove and pay, at every step of what they write.

A file is whole or as it was, the ledger is before or after; the same command again ends as if nobody had
died, and nothing is there twice.
"""

import json
import signal
from pathlib import Path

import pytest

from ledger.core.digest import writer_digest
from ledger.incident.plan import read_plan
from tests.killing import start
from tests.killing_programs import (
    AFTER_COMMIT,
    AFTER_RENAME,
    BEFORE_COMMIT,
    BEFORE_RENAME,
    BEFORE_SYNC,
    run_and_die,
)
from tests.program import Ledger, program
from tests.scenes import Scene

DEADLINE_S = 60
FILE_STEPS = (BEFORE_SYNC, BEFORE_RENAME, AFTER_RENAME)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ledger:
    """Run ``ledger`` in this process."""
    return program(monkeypatch, capfd)


class Office:
    """An incident on disk, a plan, and programs that die over it."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        folder.mkdir()
        self.ledger = ledger
        self.scene = Scene.on_disk(folder / "data", folder)
        self.plan = folder / "plan.json"
        self.proof = folder / "proof.json"
        self.data = ("--data", str(self.scene.data))

    def dies(self, step: str, *arguments: str | Path, at: int = 1) -> None:
        """The program is killed at a step."""
        process = start(run_and_die, tuple(str(one) for one in arguments), step, at)
        process.join(DEADLINE_S)
        assert process.exitcode == -signal.SIGKILL

    def ends(self, *arguments: str | Path) -> int:
        """The program comes to its end; its exit code."""
        return self.ledger(*arguments).code

    def digest(self) -> str:
        """Of the books."""
        return writer_digest(self.scene.state())

    def signatures(self) -> int:
        """How many the file of the plan has, which is whole."""
        approval = read_plan(self.plan).approval
        return 0 if approval is None else len(approval.signatures)

    def planned(self, *arguments: str | Path) -> None:
        """A plan, in spite of deaths."""
        asked = (*arguments, "--incident", "it", "--output", self.plan, *self.data)
        before = self.digest()
        for step in FILE_STEPS:
            self.dies(step, *asked)
            assert self.plan.exists() == (step == AFTER_RENAME)
        digest = read_plan(self.plan).digest
        assert self.ends(*asked) == 0
        assert (read_plan(self.plan).digest, self.digest()) == (digest, before)

    def signed(self, *approve: str) -> None:
        """The signature of the first operator, in spite of deaths."""
        asked: tuple[str | Path, ...] = (*approve, self.plan, *self.scene.keys[0])
        for step in FILE_STEPS[1:]:
            self.dies(step, *asked)
            assert self.signatures() == (step == AFTER_RENAME)
        assert self.ends(*asked) == 3
        assert self.signatures() == 1


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Office:
    """An office."""
    return Office(ledger, tmp_path / "office")


def test_a_rollback_survives_the_death_of_every_program(office: Office, ledger: Ledger) -> None:
    to = ("--to-block", str(office.scene.last_good), "--reason", "drill")
    office.planned("rollback", "plan", *to)
    office.signed("rollback", "approve")
    second = ("rollback", "approve", office.plan, *office.scene.keys[1], *office.data)
    office.dies(AFTER_RENAME, *second)
    assert office.signatures() == 2
    office.dies(BEFORE_COMMIT, *second)
    office.dies(AFTER_COMMIT, *second)
    assert office.ends(*second) == 0
    apply = ("rollback", "apply", office.plan, *office.data)
    before = office.digest()
    office.dies(BEFORE_COMMIT, *apply)
    assert office.digest() == before
    office.dies(AFTER_COMMIT, *apply)
    after = office.digest()
    assert after != before
    again = ledger(*apply)
    assert (again.code, "PLAN_APPLIED" in again.err, "marked: event" in again.err) == (1, True, True)
    assert office.digest() == after
    prove = ("rollback", "prove", "--output", office.proof, *office.data)
    for step in FILE_STEPS[1:]:
        office.dies(step, *prove)
        assert office.proof.exists() == (step == AFTER_RENAME)
    assert json.loads(office.proof.read_text())["findings"] == []
    assert office.ends(*prove) == 0
    assert office.ends("rollback", "prove", "--check", office.proof, *office.data) == 0


def test_a_correction_survives_the_death_of_every_program(office: Office, ledger: Ledger) -> None:
    office.planned(
        "incident", "correct", "plan", "--from-block", str(office.scene.last_good), "--reason", "drill"
    )
    office.signed("incident", "correct", "approve")
    assert office.ends("incident", "correct", "approve", office.plan, *office.scene.keys[1]) == 0
    apply = ("incident", "correct", "apply", office.plan, *office.data)
    before = office.digest()
    office.dies(BEFORE_COMMIT, *apply)
    office.dies(AFTER_COMMIT, *apply)
    office.dies(BEFORE_COMMIT, *apply)
    assert office.digest() == before
    office.dies(AFTER_COMMIT, *apply)
    corrected = office.digest()
    again = ledger(*apply)
    assert (again.code, "PLAN_APPLIED" in again.err) == (1, True)
    assert office.digest() == corrected != before


def test_refunds_are_paid_once_whoever_dies(office: Office, ledger: Ledger) -> None:
    office.planned("incident", "refund", "plan", "--from-block", str(office.scene.last_good))
    office.signed("incident", "refund", "approve")
    assert office.ends("incident", "refund", "approve", office.plan, *office.scene.keys[1]) == 0
    owed = read_plan(office.plan).head.total_e8
    pay = ("incident", "refund", "pay", office.plan, *office.data)
    office.dies(AFTER_COMMIT, *pay)
    assert not office.scene.state().refunds
    office.dies(BEFORE_COMMIT, *pay)
    assert not office.scene.state().refunds
    office.dies(AFTER_COMMIT, *pay)
    paid = office.digest()
    assert owed == sum(one.paid_e8 for one in office.scene.state().refunds.values()) > 0
    again = ledger(*pay)
    assert (again.code, "0 lines paid, 0 refused" in again.err) == (0, True)
    assert office.digest() == paid
