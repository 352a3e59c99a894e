"""``python -m docs.generate``: write the reference of command line, API and metrics, and look at all pages.

``--check`` writes nothing. Exit code 1 says that a page is not what the code gives, or that some page names
what is not there: a file, a heading, a command, an option, a route.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from docs.generate.api_page import api_page
from docs.generate.cli_page import cli_page
from docs.generate.links import broken_links
from docs.generate.metrics_page import metrics_page
from docs.generate.snippets import unknown_commands, unknown_routes

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final[dict[str, Callable[[], str]]] = {"api": api_page, "cli": cli_page, "metrics": metrics_page}


def stale_pages() -> dict[Path, str]:
    """The pages that are missing or have another text, with the text they should have."""
    wanted = {ROOT / "docs" / "reference" / f"{name}.md": page() for name, page in PAGES.items()}
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main(arguments: Sequence[str]) -> int:
    """Write or check; the exit code."""
    check = "--check" in arguments
    stale = stale_pages()
    for path, text in stale.items():
        sys.stderr.write(f"{path.relative_to(ROOT)}: {'stale' if check else 'written'}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stderr.write("Run `make docs`.\n")
    problems = list(wrong(ROOT))
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems or (check and stale) else 0


def wrong(root: Path) -> Iterator[str]:
    """Everything that the pages name and that is not there."""
    yield from (f"a link leads nowhere: {link}" for link in broken_links(root))
    yield from (f"no such command: {line}" for line in unknown_commands(root))
    yield from (f"no such route: {route}" for route in unknown_routes(root))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
