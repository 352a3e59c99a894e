"""Pages in Chromium over a ledger with an incident. Nothing may be asked of anybody but its own service."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, expect, sync_playwright

from tests.browser.chromium import ChromiumMissing, arguments, find_chromium
from tests.browser.site import Site

ANSWERED_MS = 10_000
"""How long a page may take on a machine that does other things too; what is measured says so itself."""
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to")
"""What Chromium writes to its console of every answer that is an error."""


@dataclass
class Visit:
    """A browser window on the dashboard, and what went wrong in it."""

    page: Page
    site: Site
    token: str = ""
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def go(self, place: str) -> None:
        """Show a page, such as ``orders?as_of=9``, and wait until it has what it reads."""
        if self.page.url.startswith(self.site.service.url):
            self.page.evaluate("place => { location.hash = place }", f"#/{place}")
        else:
            joint = "&" if "?" in place else "?"
            token = f"{joint}token={self.token}" if self.token else ""
            self.page.goto(f"{self.site.service.url}#/{place}{token}")
        self.settled()

    def settled(self) -> None:
        """Wait until everything was read."""
        expect(self.page.locator("main h1")).to_be_visible()
        expect(self.page.locator(".skeleton, .pending")).to_have_count(0)

    def card(self, title: str) -> Locator:
        """A part of the page by its heading."""
        return self.page.get_by_role("region", name=title, exact=True)

    def wrong(self) -> list[str]:
        """What went wrong, and was asked of others, since this was asked last."""
        found = [*self.faults, *(f"asked for {url}" for url in self.outside)]
        self.faults.clear()
        self.outside.clear()
        return found

    def take_fault(self, message: ConsoleMessage) -> None:
        """Note what the console says is wrong."""
        if message.type == "error" and not EXPECTED.search(message.text):
            self.faults.append(message.text)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("browser") / "ledger")
    yield site
    site.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    try:
        program = find_chromium()
    except ChromiumMissing as missing:
        pytest.exit(str(missing), returncode=3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        yield browser
        browser.close()


class Windows:
    """Windows on the dashboard; one is used again by the next test unless something went wrong in it."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self._chromium = chromium
        self._site = site
        self._kept: dict[bool, Visit] = {}

    @contextmanager
    def kept(self, *, dark: bool) -> Iterator[Visit]:
        """A window that others have used before, with an operator's token."""
        visit = self._kept.pop(dark, None)
        if visit is None:
            visit = self.opened(dark=dark)
        yield visit
        wrong = visit.wrong()
        if wrong or visit.page.get_by_role("dialog").count():
            visit.page.context.close()
        else:
            self._kept[dark] = visit
        assert wrong == []

    @contextmanager
    def fresh(self, *, width: int = 1280, token: str | None = None) -> Iterator[Visit]:
        """A window of one's own, with an operator's token unless another is given."""
        visit = self.opened(width=width, token=token)
        yield visit
        visit.page.context.close()
        assert visit.wrong() == []

    def opened(self, *, width: int = 1280, dark: bool = False, token: str | None = None) -> Visit:
        """A new window."""
        site = self._site
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(ANSWERED_MS)
        expect.set_options(timeout=ANSWERED_MS)
        visit = Visit(context.new_page(), site, site.token if token is None else token)

        def refuse(route: Route) -> None:
            visit.outside.append(route.request.url)
            route.abort()

        context.route(re.compile(rf"^(?!{re.escape(site.service.url)})"), refuse)
        visit.page.on("console", visit.take_fault)
        visit.page.on("pageerror", lambda fault: visit.faults.append(str(fault)))
        return visit


@pytest.fixture(scope="session")
def windows(chromium: Browser, site: Site) -> Windows:
    return Windows(chromium, site)


@pytest.fixture
def visit(windows: Windows) -> Iterator[Visit]:
    with windows.kept(dark=False) as visit:
        yield visit


@pytest.fixture
def dark(windows: Windows) -> Iterator[Visit]:
    with windows.kept(dark=True) as visit:
        yield visit


@pytest.fixture
def phone(windows: Windows) -> Iterator[Visit]:
    with windows.fresh(width=390) as visit:
        yield visit


@pytest.fixture
def stranger(windows: Windows) -> Iterator[Visit]:
    with windows.fresh(token="") as visit:
        yield visit
