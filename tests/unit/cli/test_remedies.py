"""``ledger incident correct`` and ``refund`` on an embedded ledger: plan, approve, apply, pay."""

import json
from pathlib import Path

import pytest

from ledger.signing import new_private_key
from tests.program import Ledger
from tests.remedies import value_e8
from tests.scenes import Scene
from tests.spec import e8


@pytest.fixture
def scene(data: Path, tmp_path: Path) -> Scene:
    """An incident to be mended."""
    return Scene.on_disk(data, tmp_path)


def test_an_index_is_corrected_by_a_plan_of_two_operators(
    ledger: Ledger, scene: Scene, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    window = ("--from-block", scene.last_good, "--incident", "drill", "--output", file, "--data", scene.data)
    planned = ledger("incident", "correct", "plan", *window, "--reason", "index set to zero")
    assert planned.code == 0
    assert "short" in planned.out
    apply = ("incident", "correct", "apply", file, "--data", scene.data)
    early = ledger(*apply)
    assert (early.code, "two operators have to sign" in early.err) == (3, True)
    approve = ("incident", "correct", "approve", file)
    assert "1 of 2" in ledger(*approve, *scene.keys[0]).err
    again = ledger(*approve, *scene.keys[0])
    assert (again.code, "has signed it before" in again.err) == (3, True)
    assert "2 of 2" in ledger(*approve, *scene.keys[1]).err
    done = ledger(*apply)
    assert (done.code, "corrected by events" in done.err) == (0, True)
    report = json.loads(file.read_text())["report"]
    state = scene.state()
    for row in report["accounts"]:
        assert value_e8(state, row["account"]) == row["value_corrected_e8"]
    assert state.accounts["short"].holdings["BTC-USD-PERP"].size_e8 == e8("-1")
    once_more = ledger(*apply)
    assert (once_more.code, "PLAN_APPLIED" in once_more.err) == (1, True)


def test_refunds_are_paid_once_by_a_plan_of_two_operators(
    ledger: Ledger, scene: Scene, tmp_path: Path
) -> None:
    file = tmp_path / "refunds.json"
    window = ("--from-block", scene.last_good, "--incident", "drill", "--output", file, "--data", scene.data)
    planned = ledger("incident", "refund", "plan", *window, "--method", "C", "--exclude", "rich=kept quotes")
    assert planned.code == 0
    lines = {row["account"]: row for row in json.loads(file.read_text())["report"]["lines"]}
    assert lines["short"]["amount_e8"] > 0
    assert lines["short"]["seqs"]
    assert lines["LV"]["amount_e8"] == 0
    assert "excluded" in lines["LV"]["note"]
    for key in scene.keys:
        assert ledger("incident", "refund", "approve", file, *key).code == 0
    before = scene.state().accounts["short"].balance_e8
    paid = ledger("incident", "refund", "pay", file, "--data", scene.data)
    assert (paid.code, "1 lines paid, 0 refused" in paid.err) == (0, True)
    assert scene.state().accounts["short"].balance_e8 == before + lines["short"]["amount_e8"]
    again = ledger("incident", "refund", "pay", file, "--data", scene.data)
    assert (again.code, "0 lines paid, 0 refused" in again.err) == (0, True)


def test_a_plan_signed_by_a_stranger_an_edited_one_and_one_of_another_kind_are_refused(
    ledger: Ledger, scene: Scene, tmp_path: Path
) -> None:
    file = tmp_path / "refunds.json"
    window = ("--from-block", scene.last_good, "--incident", "drill", "--output", file, "--data", scene.data)
    assert ledger("incident", "refund", "plan", *window).code == 0
    stranger = tmp_path / "stranger.key"
    stranger.write_text(new_private_key())
    assert ledger("incident", "refund", "approve", file, *scene.keys[0]).code == 0
    assert ledger("incident", "refund", "approve", file, "--key", stranger, "--key-id", "bob-1").code == 0
    pay = ledger("incident", "refund", "pay", file, "--data", scene.data)
    assert (pay.code, "SIGNATURE_INVALID" in pay.err) == (3, True)
    other = ledger("incident", "correct", "apply", file, "--data", scene.data)
    assert (other.code, "it is a REFUND plan" in other.err) == (3, True)
    file.write_text(file.read_text().replace('"drill"', '"brill"'))
    edited = ledger("incident", "refund", "pay", file, "--data", scene.data)
    assert (edited.code, "it was edited" in edited.err) == (3, True)


def test_refunds_that_the_liquidator_cannot_pay_are_refused_with_what_is_missing(
    ledger: Ledger, data: Path, tmp_path: Path
) -> None:
    scene = Scene.on_disk(data, tmp_path, taken="58000")
    file = tmp_path / "refunds.json"
    window = ("--from-block", scene.last_good, "--incident", "drill", "--output", file, "--data", data)
    assert ledger("incident", "refund", "plan", *window).code == 0
    for key in scene.keys:
        assert ledger("incident", "refund", "approve", file, *key).code == 0
    before = scene.state().seq
    pay = ledger("incident", "refund", "pay", file, "--data", data)
    assert (pay.code, "e-8 is missing" in pay.err) == (3, True)
    assert scene.state().seq == before


def test_a_plan_may_be_capped_and_wrong_options_are_named(
    ledger: Ledger, scene: Scene, tmp_path: Path
) -> None:
    file = tmp_path / "refunds.json"
    window = ("--from-block", scene.last_good, "--incident", "drill", "--output", file, "--data", scene.data)
    assert ledger("incident", "refund", "plan", *window, "--cap", "1.5").code == 0
    assert json.loads(file.read_text())["total_e8"] == e8("1.5")
    assert ledger("incident", "refund", "plan", *window, "--cap", "x").code == 2
    assert ledger("incident", "refund", "plan", *window, "--exclude", "rich").code == 2
