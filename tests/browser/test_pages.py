"""Every page: it has data, can be read by everybody, and asks nobody but its own service."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

PAGES = {
    "portfolio?account=rich": re.compile(r"98\d,\d{3}\.\d\d"),
    "vaults": re.compile("A fund"),
    "markets": re.compile("BTC-USD-PERP"),
    "funding": re.compile("Funding index of BTC-USD-PERP"),
    "orders?account=rich": re.compile("Orders of rich"),
    "operations": re.compile("Gates to (post|cancel) only"),
    "incident": re.compile("liquidated only in reality"),
}
"""Page -> something on it that comes from the ledger."""


def violations(visit: Visit) -> list[str]:
    """What keeps people from using a page, by the rules of WCAG 2.1 AA."""
    options: dict[str, Any] = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    }
    found = Axe().run(visit.page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']][:3]}" for one in found
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_data_and_readers_of_the_screen_can_use_it(page: str, visit: Visit) -> None:
    visit.go(page)
    expect(visit.page.locator("main")).to_contain_text(PAGES[page])
    expect(visit.page.locator(".notice.bad[role=alert]")).to_have_count(0)
    assert violations(visit) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read_in_the_dark(page: str, dark: Visit) -> None:
    dark.go(page)
    expect(dark.page.locator("main")).to_contain_text(PAGES[page])
    background = dark.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in background[4:-1].split(",")) < 3 * 64
    assert violations(dark) == []


def test_no_page_is_wider_than_a_phone(phone: Visit) -> None:
    for page, expected in PAGES.items():
        phone.go(page)
        expect(phone.page.locator("main")).to_contain_text(expected)
        width, window = phone.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert width <= window, page


def test_a_stranger_sees_markets_and_is_told_what_the_rest_needs(stranger: Visit) -> None:
    stranger.go("markets")
    expect(stranger.page.locator("main")).to_contain_text("BTC-USD-PERP")
    stranger.go("operations")
    expect(stranger.page.locator("main")).to_contain_text("This needs a token")
    stranger.go("incident")
    expect(stranger.page.locator("main")).to_contain_text("This needs a token")


def test_the_first_page_is_painted_from_few_files(phone: Visit) -> None:
    phone.go("markets")
    painted = phone.page.evaluate(
        "() => performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)"
    )
    assert len(painted) == 1
    files = phone.page.evaluate(
        "() => performance.getEntriesByType('resource').filter(one => one.name.includes('/assets/')).length"
    )
    assert 10 < files < 60
