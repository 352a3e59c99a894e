"""The Chromium that is installed on this machine."""

import os
import shutil
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES: Final = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
MISSING: Final = (
    "The browser tests need Chromium or Chrome, and there is none. Debian, Ubuntu: apt-get install chromium; "
    "macOS: brew install --cask chromium; or name the program in CHROMIUM."
)


class ChromiumMissing(Exception):
    """There is no browser; the text says what to install."""


def find_chromium() -> str:
    """The program. Raises ``ChromiumMissing``."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise ChromiumMissing(f"CHROMIUM names {named}, which is no program. {MISSING}")
        return found
    for name in NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    for place in PLACES:
        if place.is_file():
            return str(place)
    raise ChromiumMissing(MISSING)


def arguments() -> list[str]:
    """What it is started with: without its sandbox where that cannot be had, as root in a container."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
