"""Pieces of Markdown, written and read."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_FENCE: Final = re.compile(r"^( {0,3})(`{3,}|~{3,})(.*)$")
_HEADING: Final = re.compile(r"^#{1,6} +(.*?) *#* *$")
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]", re.UNICODE)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells are Markdown."""
    head = f"| {' | '.join(names)} |\n|{' --- |' * len(names)}"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])


def cell(text: str) -> str:
    """Text as it may stand in a cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def prose(text: str) -> list[str]:
    """The lines outside of code blocks."""
    return [line for line, language in _lines(text) if language is None]


def code_blocks(text: str) -> list[tuple[str, str]]:
    """Language and text of every code block."""
    blocks: list[tuple[str, list[str]]] = []
    inside = False
    for line, language in _lines(text, fences=True):
        if language is None:
            inside = False
        elif not inside:
            inside = True
            blocks.append((language, []))
        else:
            blocks[-1][1].append(line)
    return [(language, "".join(f"{line}\n" for line in lines)) for language, lines in blocks]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    found: set[str] = set()
    for line in prose(text):
        match = _HEADING.match(line)
        if match is None:
            continue
        base = _NOT_IN_ANCHORS.sub("", _LINK.sub(r"\1", match[1]).lower()).replace(" ", "-")
        name, number = base, 0
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found.add(name)
    return found


def _lines(text: str, *, fences: bool = False) -> Iterator[tuple[str, str | None]]:
    """Every line with the language of the code block it lies in, ``None`` outside.

    Fences themselves are left out, but with ``fences`` the opening one is there and the closing one is a
    line outside.
    """
    closing = ""
    language = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if closing:
            if fence and fence[2].startswith(closing) and not fence[3].strip():
                closing = ""
                if fences:
                    yield "", None
                continue
            yield line, language
        elif fence:
            closing, language = fence[2], fence[3].strip().split(" ")[0]
            if fences:
                yield line, language
        else:
            yield line, None
