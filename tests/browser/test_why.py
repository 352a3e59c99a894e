"""A person finds why an account was liquidated, and that it does not count any more."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_wrong_takeover_is_explained_in_words_and_figures(visit: Visit) -> None:
    visit.go("portfolio?account=long")
    card = visit.card("Why was I liquidated?")
    expect(card.get_by_text("void", exact=True)).to_be_visible()
    card.get_by_role("link", name="Why?").click()
    expect(card).to_contain_text("It should not have been")
    expect(card).to_contain_text("by a step of the index of BTC-USD-PERP that the ledger did not compute")
    expect(card).to_contain_text("made void")
    card.locator(".notice .seq").first.click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_contain_text("FundingIndexAdvanced")
    expect(dialog).to_contain_text("void")
    visit.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_void_lines_of_a_statement_are_shown_as_void_and_can_be_left_out(visit: Visit) -> None:
    visit.go("portfolio?account=long")
    card = visit.card("Statement")
    expect(card.locator("tr.void").first).to_be_visible()
    card.get_by_label("void lines").uncheck()
    expect(card.locator("tr.void")).to_have_count(0)


def test_a_stranger_sees_what_is_public_and_is_asked_for_a_token(stranger: Visit) -> None:
    stranger.go("portfolio")
    expect(stranger.page.locator("main")).to_contain_text("Sign in with a token")
    stranger.page.get_by_role("button", name="Sign in").click()
    stranger.page.get_by_label("Bearer token").fill(stranger.site.own_token)
    stranger.page.get_by_role("button", name="Use it").click()
    expect(stranger.page.locator("main")).to_contain_text("rich")
    stranger.settled()
    assert stranger.page.evaluate("() => localStorage.getItem('ledger.token')") is None
