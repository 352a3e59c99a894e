"""The page of an incident: who was affected and why, within a minute; and how to check that."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.wronged import INCIDENT

pytestmark = pytest.mark.browser


def test_it_says_who_was_hurt_and_why(visit: Visit) -> None:
    visit.go("incident")
    page = visit.page
    expect(page.get_by_role("heading", name=f"Incident {INCIDENT}")).to_be_visible()
    affected = visit.card("Who was affected, and why")
    first = affected.locator("tbody tr").first
    expect(first).to_contain_text("long")
    expect(first).to_contain_text("wrongly")
    expect(first).to_contain_text("10,497.00")
    expect(first).to_contain_text("liquidated only in reality")
    affected.get_by_label("Search an account").fill("short")
    expect(affected.locator("tbody tr")).to_have_count(1)
    expect(first).to_contain_text("\u22129,993.00")
    affected.get_by_label("Search an account").fill("")
    affected.get_by_label("Which accounts").select_option("liquidated")
    expect(affected.locator("tbody tr")).to_have_count(1)
    affected.get_by_role("link", name="long").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("It lost 10,497.00")
    expect(drawer).to_contain_text("Liquidated wrongly")
    expect(drawer).to_contain_text("funding that had accrued")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_the_timeline_has_damage_and_answers_in_their_order(visit: Visit) -> None:
    visit.go("incident")
    happened = visit.card("What happened")
    titles = happened.locator("li strong").all_inner_texts()
    wrong = next(place for place, one in enumerate(titles) if "became 10000" in one)
    taken = next(place for place, one in enumerate(titles) if "Liquidation of long" in one)
    undone = next(place for place, one in enumerate(titles) if "Rollback to block" in one)
    paid = next(place for place, one in enumerate(titles) if "refunds paid" in one)
    assert wrong < taken < undone < paid
    happened.get_by_label("damage only").check()
    expect(happened.locator("li")).to_have_count(len(happened.locator("li.damage").all()))


def test_remedies_stand_side_by_side_with_their_cost(visit: Visit) -> None:
    visit.go("incident")
    remedies = visit.card("What could be done, and what it costs")
    for remedy in ("rollback", "surgical", "compensation A", "compensation D"):
        expect(remedies.locator("table")).to_contain_text(remedy)
    assert remedies.locator(".bar-row").count() == remedies.locator("tbody tr").count()


def test_refunds_and_proof_name_digests_and_commands(visit: Visit) -> None:
    visit.go("incident")
    refunds = visit.card("Refunds")
    expect(refunds.locator("tbody tr").first).to_contain_text("paid")
    proof = visit.card("Proof")
    expect(proof).to_contain_text("ledger rollback prove --rollback")
    expect(proof).to_contain_text("ledger incident check")
    expect(proof).to_contain_text("signed by ada-1 and bob-1")


def test_a_report_that_was_changed_is_not_believed(visit: Visit) -> None:
    path = visit.site.incidents / "audit-changed.json"
    original = (visit.site.incidents / "audit-first.json").read_text()
    path.write_text(original.replace("1049700000000", "1"))
    try:
        visit.go("incident")
        visit.page.reload()
        expect(visit.page.locator("main")).to_contain_text("audit-changed is not believed")
    finally:
        path.unlink()
