"""An incident over HTTP: who was affected and why, in the figures of its audit, plans and log."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.edge.decimals import format_decimal
from ledger.incident.report import report_of
from projectors.api.app import create_app
from tests.patient import patient
from tests.unit.projectors.api.conftest import UNLIMITED, Caller
from tests.wronged import INCIDENT, Scene

PLACE = f"/incidents/{INCIDENT}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(tmp_path_factory.mktemp("wronged") / "ledger")
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def wronged(scene: Scene) -> Iterator[TestClient]:
    with TestClient(create_app(patient(scene.reader_settings()), scene.tokens, UNLIMITED)) as client:
        yield client


@pytest.fixture(scope="module")
def desk(wronged: TestClient, scene: Scene) -> Caller:
    return Caller(wronged, scene.token)


@pytest.fixture(scope="module")
def report(scene: Scene) -> dict[str, Any]:
    return report_of(scene.found)


def money(value_e8: int) -> str:
    return format_decimal(value_e8, 8)


def test_accounts_are_those_of_the_audit_with_what_is_owed_and_paid(
    desk: Caller, report: dict[str, Any]
) -> None:
    shown = desk.json(f"{PLACE}/accounts")
    assert {one["account"]: one["lost"] for one in shown["results"]} == {
        one["account"]: money(one["difference_e8"]) for one in report["effects"]
    }
    lost = [Decimal(one["lost"]) for one in shown["results"]]
    assert lost == sorted(lost, reverse=True)
    owed = {line["account"]: line["amount_e8"] for line in report["lines"]["C"]}
    assert {one["account"]: one["owed"] for one in shown["results"]} == {
        one["account"]: money(owed.get(one["account"], 0)) for one in report["effects"]
    }
    assert shown["totals"]["paid"] == shown["totals"]["owed"] != "0"
    (first,) = desk.json(f"{PLACE}/accounts", page_size=1)["results"]
    assert (first["account"], first["liquidated"]) == ("long", "wrongful")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"search": "ho"}, ["short"]),
        ({"which": "hurt"}, ["long"]),
        ({"which": "liquidated"}, ["long"]),
        ({"which": "gained", "order": "gained"}, ["short", "LV"]),
        ({"order": "account"}, ["LV", "long", "short"]),
        ({"order": "owed", "offset": 1, "page_size": 1}, ["LV"]),
        ({"search": "nobody"}, []),
    ],
)
def test_accounts_are_searched_chosen_and_ordered(
    desk: Caller, asked: dict[str, Any], names: list[str]
) -> None:
    shown = desk.json(f"{PLACE}/accounts", **asked)
    assert [one["account"] for one in shown["results"]] == names
    assert shown["totals"]["accounts"] == 3


def test_the_parts_of_an_account_add_up_and_its_liquidation_is_judged(desk: Caller) -> None:
    shown = desk.json(f"{PLACE}/accounts/long")
    assert sum(Decimal(part["amount"]) for part in shown["parts"]) == Decimal(shown["affected"]["lost"])
    (takeover,) = shown["takeovers"]
    assert (takeover["verdict"], takeover["void"]) == ("wrongful", True)
    assert Decimal(takeover["account_value"]) < Decimal(takeover["requirement"])
    assert [one["method"] for one in shown["owed"]] == ["A", "B", "B+", "C", "D"]
    assert desk.json(f"{PLACE}/accounts/short")["takeovers"] == []


def test_the_timeline_has_what_is_void_too_and_ends_at_the_moment_asked_about(desk: Caller) -> None:
    shown = desk.json(PLACE)["timeline"]
    assert [one["seq"] for one in shown] == sorted(one["seq"] for one in shown)
    kinds = [one["kind"] for one in shown]
    for kind in ("index", "guard", "liquidations", "status", "plan", "rollback", "completed", "refunds"):
        assert kind in kinds
    assert {one["kind"] for one in shown if one["void"]} == {"index", "liquidations"}
    declared = next(one for one in shown if one["kind"] == "rollback")
    before = desk.json(PLACE, as_of=str(declared["seq"] - 1))["timeline"]
    assert before
    assert max(one["seq"] for one in before) < declared["seq"]


def test_audits_remedies_plans_and_proof_are_told(desk: Caller, report: dict[str, Any]) -> None:
    shown = desk.json(PLACE)
    (audit,) = shown["audits"]
    assert (audit["digest"], audit["fault"]) == (report["digest"], "")
    assert [one["remedy"] for one in audit["remedies"]] == [one["remedy"] for one in report["remedies"]]
    assert [one["money_needed"] for one in audit["remedies"]] == [
        money(one["money_needed_e8"]) for one in report["remedies"]
    ]
    plans = {one["name"]: one for one in shown["plans"]}
    assert plans["plan-rollback"]["signed_by"] == ["ada-1", "bob-1"]
    assert plans["plan-refunds"]["recorded_seq"] > 0
    commands = [one["command"] for one in shown["proof"]]
    assert any(command.startswith("ledger rollback prove --rollback ") for command in commands)
    assert any("incident check" in command and "audit-first.json" in command for command in commands)


def test_refunds_are_the_lines_of_the_plan_with_their_payments(desk: Caller) -> None:
    shown = desk.json(f"{PLACE}/refunds")
    assert shown["total"] == shown["paid"] != "0"
    assert shown["results"][0]["account"] == "long"
    for line in shown["results"]:
        assert line["paid"] == line["amount"]
        assert bool(line["paid_seq"]) == (line["amount"] != "0")
    assert desk.json(f"{PLACE}/refunds", search="nobody")["results"] == []
    assert shown["payer"] == "LV"


def test_a_file_that_was_changed_is_named_and_not_believed(desk: Caller, scene: Scene) -> None:
    original = (scene.incidents / "audit-first.json").read_text()
    changed = scene.incidents / "audit-zero.json"
    changed.write_text(original.replace("wrongful", "fine", 1) + " ")
    broken = scene.incidents / "plan-broken.json"
    broken.write_text("{}")
    try:
        shown = desk.json(PLACE)
        faults = {one["name"]: one["fault"] for one in (*shown["audits"], *shown["plans"])}
        assert "changed" in faults["audit-zero"]
        assert faults["plan-broken"]
        assert desk.get(f"{PLACE}/accounts", audit="audit-zero").status_code == 404
    finally:
        changed.unlink()
        broken.unlink()


@pytest.mark.parametrize(
    "path",
    [
        "/incidents/none",
        "/incidents/..",
        "/incidents/none/refunds",
        f"{PLACE}/accounts/nobody",
        "/incidents/none/accounts",
    ],
)
def test_what_is_not_there_is_not_found(desk: Caller, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_an_incident_that_has_only_files_is_listed(desk: Caller, scene: Scene) -> None:
    folder = scene.incidents.parent / "just-seen"
    folder.mkdir()
    try:
        assert {one["id"] for one in desk.json("/incidents")["results"]} == {INCIDENT, "just-seen"}
        assert desk.json("/incidents/just-seen")["timeline"] == []
    finally:
        folder.rmdir()


@pytest.mark.parametrize(
    "path", [PLACE, f"{PLACE}/accounts", f"{PLACE}/accounts/long", f"{PLACE}/refunds", "/operations"]
)
def test_incidents_and_operations_are_for_operators(path: str, wronged: TestClient, scene: Scene) -> None:
    assert Caller(wronged, scene.own_token).get(path).status_code == 403
    assert Caller(wronged).get(path).status_code == 401


def test_statuses_outlive_a_rollback(desk: Caller, scene: Scene) -> None:
    undone = desk.json("/rollbacks")["results"][0]
    right_after = str(undone["seq"])
    assert desk.json("/system/state", as_of=right_after)["status"] == "maintenance"
    assert desk.json("/system/state")["status"] == scene.writer.state.control.status


def test_a_moment_with_a_false_index_can_be_asked_about_and_says_so(desk: Caller, scene: Scene) -> None:
    undone = desk.json("/rollbacks")["results"][0]
    then = desk.json("/account", account="long", as_of=f"block:{undone['void_to_block']}")
    assert then["account_value"] == "0"
    assert "guard" in then["at"]["reason"]
    now = desk.json("/account", account="long", as_of=f"block:{undone['void_to_block']}", known_at="head")
    assert (now["account_value"] == "0", now["at"]["reason"]) == (False, "")
    assert Path(scene.incidents).is_dir()
