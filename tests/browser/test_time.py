"""The time bar: a page at a past moment, and what differs from now."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_the_slider_goes_to_the_moment_before_the_rollback_and_shows_what_was_true_then(
    visit: Visit,
) -> None:
    visit.go("portfolio?account=long")
    page = visit.page
    value = page.locator("main .figure.main dd").first
    now = value.inner_text()
    page.get_by_label("Moment that is shown").focus()
    for _ in range(2):
        before = page.url
        page.keyboard.press("Shift+ArrowLeft")
        expect(page).not_to_have_url(before)
        expect(page.locator(".timebar.past")).to_have_count(1)
        expect(page.locator(".slider .held")).to_have_count(0)
        visit.settled()
    page.get_by_label("Jump to just before").select_option(
        label_of(visit, f"Rollback to block {visit.site.last_good}")
    )
    visit.settled()
    expect(page.locator(".where").first).to_contain_text("void since seq")
    expect(value).not_to_have_text(now)
    assert value.inner_text().startswith("0.00")
    page.get_by_text("then / now").first.click()
    visit.settled()
    expect(page.locator(".figure.main .now").first).to_be_visible()
    page.get_by_role("button", name="Live").click()
    visit.settled()
    expect(value).to_have_text(now)


def label_of(visit: Visit, text: str) -> str:
    """The whole label of an entry of the jump box."""
    options = visit.page.get_by_label("Jump to just before").locator("option")
    return next(one for one in options.all_inner_texts() if text in one)


def test_a_link_to_a_moment_shows_it_again_and_back_leaves_it(visit: Visit) -> None:
    visit.go("markets")
    visit.go("markets?as_of=block:5")
    expect(visit.page.locator(".where").first).to_contain_text("As of block 5")
    visit.page.reload()
    visit.settled()
    expect(visit.page.locator(".where").first).to_contain_text("As of block 5")
    visit.page.go_back()
    expect(visit.page.locator(".where").first).to_contain_text("Live at")


def test_a_moment_that_is_none_is_said_so(visit: Visit) -> None:
    visit.go("markets")
    box = visit.page.get_by_label("Go to a seq, block or time")
    box.fill("yesterday")
    box.press("Enter")
    expect(visit.page.get_by_role("alert")).to_contain_text("Type a seq")


def test_operations_of_the_past_say_which_gate_was_closed(visit: Visit) -> None:
    seq = visit.site.writer.state.seq
    visit.go(f"operations?as_of={seq}")
    gates = visit.page.get_by_role("region", name=re.compile("^Gates to (post|cancel) only"))
    expect(gates).to_contain_text("guards")
    expect(gates).to_contain_text("funding")
