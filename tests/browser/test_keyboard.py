"""The dashboard without a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_every_page_can_be_reached_and_read_with_the_keyboard(visit: Visit) -> None:
    visit.go("markets")
    page = visit.page
    page.reload()
    visit.settled()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_be_focused()
    page.get_by_role("link", name="Operations").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Operations")
    expect(page.locator("main h1")).to_be_focused()
    visit.settled()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "() => document.activeElement.closest('section, header, main, nav')?.ariaLabel "
                "?? document.activeElement.tagName"
            )
        )
        if page.evaluate("() => document.activeElement === document.body"):
            break
    assert "BUTTON" in seen or len(seen) > 3


def test_a_table_sorts_by_keyboard_and_says_so(visit: Visit) -> None:
    visit.go("operations")
    views = visit.card("Views")
    heading = views.get_by_role("columnheader", name="View", exact=True)
    heading.get_by_role("button").focus()
    visit.page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    visit.page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(views.locator("tbody tr").first).to_contain_text("account")


def test_focus_is_always_visible(visit: Visit) -> None:
    visit.go("incident")
    page = visit.page
    page.get_by_label("Which accounts").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
