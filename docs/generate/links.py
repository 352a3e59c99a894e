"""Links inside the documentation: to files of the tree, and to headings of its pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generate.markdown import anchors, prose

_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"`[^`]*`")
_OUTSIDE: Final = ("http://", "https://", "mailto:")


def pages(root: Path) -> list[Path]:
    """Every page of the documentation: those of the root folder, and all below ``docs``."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def broken_links(root: Path) -> list[str]:
    """What no link leads to, each as ``PAGE: TARGET``."""
    return [f"{page.relative_to(root)}: {target}" for page in pages(root) for target in _broken(page)]


def _broken(page: Path) -> Iterator[str]:
    text = "\n".join(prose(page.read_text(encoding="utf-8")))
    for target in _LINK.findall(_CODE.sub("`code`", text)):
        if target.startswith(_OUTSIDE):
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        if not found.exists() or (anchor and anchor not in anchors(found.read_text(encoding="utf-8"))):
            yield target
