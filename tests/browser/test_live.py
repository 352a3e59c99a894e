"""What happens while a page is open: a commit, a rollback, a rebuild, an outage."""

import pytest
from playwright.sync_api import expect

from projectors.stores.building import told
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_commit_is_on_the_page_without_a_reload(visit: Visit) -> None:
    visit.go("portfolio?account=rich")
    balance = visit.page.locator(".figure", has_text="Balance").locator("dd")
    before = balance.inner_text()
    visit.page.evaluate("() => { window.untouched = true }")
    visit.site.pay_in("rich", "250")
    expect(balance).not_to_have_text(before)
    assert visit.page.evaluate("() => window.untouched")


def test_a_page_heals_by_itself_when_history_is_rolled_back(visit: Visit) -> None:
    site = visit.site
    height = site.town.head.height
    visit.go("portfolio?account=rich")
    balance = visit.page.locator(".figure", has_text="Balance").locator("dd")
    sound = balance.inner_text()
    site.adjust("rich", "-777")
    expect(balance).not_to_have_text(sound)
    site.operators.status("maintenance")
    site.roll_back(height)
    site.project()
    expect(balance).to_have_text(sound)
    expect(visit.page.locator(".skeleton")).to_have_count(0)
    visit.go("incident")
    expect(visit.card("What happened")).to_contain_text(f"Rollback to block {height}")


def test_an_outage_is_said_keeps_what_was_shown_and_ends_by_itself(visit: Visit) -> None:
    visit.go("markets")
    expect(visit.page.locator("main")).to_contain_text("BTC-USD-PERP")
    visit.site.service.stop()
    banner = visit.page.locator(".banner.bad")
    expect(banner).to_contain_text("No connection")
    expect(visit.page.locator("main")).to_contain_text("BTC-USD-PERP")
    visit.site.service.start()
    visit.page.get_by_role("button", name="Try now").first.click()
    expect(banner).to_have_count(0)
    visit.go("operations")
    expect(visit.page.locator("main")).to_contain_text("What each mode allows")


def test_a_rebuild_is_watched_from_beginning_to_end(visit: Visit) -> None:
    place = visit.site.reader.root / "orders.rebuild" / "generation"
    place.mkdir(parents=True)
    progress = told([place])
    progress(50, 200)
    visit.go("operations")
    row = visit.card("Views").get_by_role("row").filter(has_text="orders")
    expect(row).to_contain_text("rebuild 25%")
    progress(200, 200)
    expect(row).to_contain_text("rebuild 100%")
    (place.parent / "progress.json").unlink()
    place.rmdir()
    expect(row.locator("progress")).to_have_count(0)
