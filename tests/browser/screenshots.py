"""The pictures of the dashboard in the documentation, taken from a demo's ledger: ``make screenshots``."""

import argparse
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from projectors.api.tokens import Scope, Tokens
from tests.browser.chromium import arguments, find_chromium
from tests.browser.site import Service

INCIDENT: Final = "2026-01-19"
COLOURS: Final = 128
"""Of a picture's palette: text stays sharp, and the file is a third."""
WITHIN_MS: Final = 60_000
DURING: Final = "2026-01-19T05:02:00Z"
CLOSED: Final = "2026-01-19T12:09:00Z"


class Shot(NamedTuple):
    """A picture: its name, the page, the window."""

    name: str
    page: str
    width: int = 1280
    height: int = 860
    dark: bool = False
    card: str = ""
    """A part of the page to show at the top; empty: the page from its beginning."""


def shots(account: str) -> list[Shot]:
    """All of them; ``account`` was liquidated wrongly."""
    return [
        Shot("incident", "incident"),
        Shot("incident-account", f"incident?who={account}"),
        Shot("incident-remedies", "incident", card="What could be done, and what it costs"),
        Shot("operations", f"operations?as_of={CLOSED}"),
        Shot("portfolio-then-and-now", f"portfolio?account={account}&as_of={DURING}&compare=known"),
        Shot("vaults", "vaults"),
        Shot("markets", f"markets?as_of={CLOSED}"),
        Shot("funding", f"funding?as_of={DURING}"),
        Shot("orders", "orders?account=maker-1"),
        Shot("phone", "incident", width=390, height=844, dark=True),
    ]


@contextmanager
def served(ledger: Path) -> Iterator[tuple[Service, str]]:
    """A service of a ledger, and a token that it alone knows."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(Path(folder) / "tokens.json")
        token = tokens.issue("pictures", Scope.OPERATOR, "", 3_600)
        service = Service(ledger, tokens)
        service.start()
        try:
            yield service, token
        finally:
            service.stop()


def asked(service: Service, token: str, path: str) -> Any:  # noqa: ANN401
    """What the API answers."""
    with closing(HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        connection.request("GET", f"/v1{path}", headers={"Authorization": f"Bearer {token}"})
        return json.loads(connection.getresponse().read())


def take(browser: Browser, service: Service, token: str, shot: Shot) -> bytes:
    """A picture as a PNG of few colours."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(WITHIN_MS)
    expect.set_options(timeout=WITHIN_MS)
    page = context.new_page()
    joint = "&" if "?" in shot.page else "?"
    page.goto(f"{service.url}#/{shot.page}{joint}token={token}")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator(".skeleton, .pending")).to_have_count(0)
    expect(page.locator(".top .badge", has_text="operator")).to_be_visible()
    page.wait_for_load_state("networkidle")
    if shot.card:
        card = page.get_by_role("region", name=shot.card, exact=True)
        card.evaluate("card => scrollTo(0, card.getBoundingClientRect().top + scrollY - 120)")
    raw = page.screenshot(animations="disabled", caret="hide")
    context.close()
    packed = io.BytesIO()
    picture = Image.open(io.BytesIO(raw)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ledger", type=Path, help="the ledger of a demo, such as demo-data/as-it-was")
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    with served(given.ledger) as (service, token), sync_playwright() as playwright:
        place = f"/incidents/{INCIDENT}/accounts?which=liquidated&page_size=1"
        account = asked(service, token, place)["results"][0]["account"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments())
        for shot in shots(account):
            picture = take(browser, service, token, shot)
            (given.output / f"{shot.name}.png").write_bytes(picture)
            print(f"{shot.name}.png  {len(picture) // 1024} KB")  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
