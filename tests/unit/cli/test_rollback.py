"""``ledger rollback``: two operators take a deposit's block back, and prove it."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from projectors.bootstrap import open_log, views_dir
from projectors.reading.answers import open_answers
from projectors.reading.reports import receivables
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS

Ledger = Callable[..., Any]


class Office:
    """A ledger, two operators with key files, and its last good block."""

    def __init__(self, ledger: Ledger, data: Path) -> None:
        self.ledger = ledger
        self.data = data
        self.folder = data.parent
        self.plan = self.folder / "plan.json"
        assert ledger("init", "--data", data, "--ledger-id", "main").code == 0
        for name in ("ada", "ben"):
            assert ledger("keys", "new", self.folder / f"{name}.key").code == 0
        opening: list[dict[str, Any]] = [
            {"command": "ListAsset", "asset": "USDC", "decimals": 6, "settlement": True},
            {"command": "OpenAccount", "account": "ann"},
        ]
        self.submit(*opening)
        self.submit(self.register("ada"))
        self.submit(self.register("ben"), signers=("ada",))
        self.good = self.height()
        self.submit(
            {
                "command": "CreditDeposit",
                "account": "ann",
                "asset": "USDC",
                "amount": "5",
                "external_ref": "0x1",
                "bridge": "main",
                "external_chain": "eth",
            }
        )
        gift = {"account": "ann", "asset": "USDC", "amount": "10", "reason_code": "wrong"}
        self.submit({"command": "PostAdjustment", **gift}, signers=("ada", "ben"))
        asked = {"account": "ann", "asset": "USDC", "amount": "8", "destination": "0xa"}
        name = self.submit({"command": "RequestWithdrawal", **asked})
        paid = {"account": "ann", "withdrawal_id": name, "external_ref": "0x2"}
        self.submit({"command": "ReleaseWithdrawal", **paid})
        self.submit({"command": "ChangeStatus", "status": "maintenance"}, signers=("ada",))

    def register(self, name: str) -> dict[str, Any]:
        key = self.ledger("keys", "public", self.folder / f"{name}.key").out.strip()
        return {
            "command": "RegisterKey",
            "key_id": name,
            "public_key": key,
            "role": "operator",
            "operator": name,
        }

    def submit(self, *commands: dict[str, Any], signers: tuple[str, ...] = ()) -> str:
        """Commands that must be accepted; the id of the first."""
        first = self.height() * 10
        lines = [{"producer": "office", "number": first + n, **one} for n, one in enumerate(commands)]
        text = "\n".join(json.dumps(line) for line in lines)
        for name in signers:
            (self.folder / "in.ndjson").write_text(text + "\n")
            signed = self.ledger("sign", self.folder / "in.ndjson", "--ledger-id", "main", *self.key(name))
            assert signed.code == 0, signed.err
            text = signed.out.strip()
        (self.folder / "in.ndjson").write_text(text + "\n")
        finished = self.ledger("submit", self.folder / "in.ndjson", "--data", self.data)
        assert finished.code == 0, finished.out
        return f"office/{first}"

    def key(self, name: str) -> tuple[str | Path, ...]:
        return ("--key", self.folder / f"{name}.key", "--key-id", name)

    def height(self) -> int:
        return int(json.loads(self.ledger("log", "head", "--data", self.data, "--json").out)["height"])

    def rollback(self, command: str, *arguments: str | Path) -> Any:  # noqa: ANN401
        return self.ledger("rollback", command, *arguments, "--data", self.data)

    def planned(self) -> None:
        finished = self.rollback(
            "plan",
            "--to-block",
            str(self.good),
            "--incident",
            "i-1",
            "--reason",
            "drill",
            "--output",
            self.plan,
        )
        assert finished.code == 0, finished.err


@pytest.fixture
def office(ledger: Ledger, data: Path) -> Office:
    return Office(ledger, data)


def test_from_the_comparison_to_the_proof(office: Office) -> None:
    compared = office.rollback("compare", "--to-block", str(office.good), "--json")
    (candidate,) = json.loads(compared.out)["candidates"]
    assert (candidate["reinstated"], candidate["void_events"]) == (2, 5)
    before = office.height()
    office.planned()
    assert office.height() == before
    assert office.rollback("approve", office.plan, *office.key("ada")).code == 0
    early = office.rollback("apply", office.plan)
    assert (early.code, "PLAN_NOT_APPROVED" in early.err) == (1, True)
    assert office.rollback("approve", office.plan, *office.key("ben")).code == 0
    assert office.rollback("apply", office.plan).code == 0
    again = office.rollback("apply", office.plan)
    assert (again.code, "PLAN_APPLIED" in again.err) == (1, True)
    with open_log(office.data) as log:
        runner = keep_up(
            views_dir(office.data),
            list(VIEWS.values()),
            log,
            Person(lambda _line: None),
            reporting=lambda: nullcontext(lambda _done, _of: None),
        )
        assert not runner.stops
        with open_answers(views_dir(office.data), [VIEWS["account"]], log) as answers:
            assert receivables(answers) == [{"asset": "USDC", "account": "ann", "owed": "3"}]
    report = office.folder / "proof.json"
    proved = office.rollback("prove", "--output", report)
    assert (proved.code, "proved" in proved.out) == (0, True)
    views = json.loads(report.read_text())["views"]
    assert {"balances", "open_orders"} <= views.keys()
    assert all(table["stored"] == table["replayed"] for table in views.values())
    assert office.rollback("prove", "--check", report).code == 0
    content = json.loads(report.read_text())
    content["custody"]["after"]["USDC"] += 1
    report.write_text(json.dumps(content))
    assert office.rollback("prove", "--check", report).code == 1


def test_one_operator_alone_and_an_edited_plan_get_nowhere(office: Office) -> None:
    office.planned()
    assert office.rollback("approve", office.plan, *office.key("ada")).code == 0
    assert office.rollback("approve", office.plan, *office.key("ada")).code == 3
    content = json.loads(office.plan.read_text())
    content["body"]["reason"] = "another"
    office.plan.write_text(json.dumps(content))
    edited = office.rollback("approve", office.plan, *office.key("ben"))
    assert (edited.code, "edited" in edited.err) == (3, True)


def test_a_matching_engine_gets_a_book_that_it_can_check(office: Office) -> None:
    image = office.folder / "book.json"
    made = office.ledger("book", "image", image, *office.key("ada"), "--data", office.data)
    assert (made.code, "0 orders" in made.err) == (0, True)
    assert office.ledger("book", "check", image, "--data", office.data).code == 0
    image.write_text(image.read_text().replace('"ada"', '"ben"'))
    assert office.ledger("book", "check", image, "--data", office.data).code == 1
