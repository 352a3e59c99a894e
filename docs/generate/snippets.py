"""Command lines and routes that the documentation names: each must be one that there is."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generate.api_page import application, scopes
from docs.generate.links import pages
from docs.generate.markdown import code_blocks, prose
from docs.generate.trees import Node, nodes

_SHELLS: Final = frozenset({"", "sh", "console"})
_INLINE: Final = re.compile(r"`((?:ledger|projectors) [^`]+)`")
_BEGIN: Final = re.compile(r"(?:^|[ /])((?:ledger|projectors) .*)$")
_INSIDE: Final = re.compile(r"docker/compose exec -T \w+ ")
_ROUTE: Final = re.compile(r"/v1(?:/[a-z_{}-]+)+")
_CHANNELS: Final = frozenset({"/v1/ws", "/v1/openapi"})
_ALWAYS: Final = frozenset({"--help", "--version"})


def unknown_commands(root: Path) -> list[str]:
    """Command lines that no program takes, each as ``PAGE: LINE: what is wrong``."""
    known = {node.path: node for node in nodes()}
    return [
        f"{page.relative_to(root)}: {line}: {problem}"
        for page in pages(root)
        for line in command_lines(page.read_text(encoding="utf-8"))
        for problem in _problems(known, line)
    ]


def unknown_routes(root: Path) -> list[str]:
    """Routes that the service does not have, each as ``PAGE: ROUTE``."""
    known = scopes(application()).keys() | _CHANNELS
    return [
        f"{page.relative_to(root)}: {route}"
        for page in pages(root)
        for route in sorted(set(_ROUTE.findall(page.read_text(encoding="utf-8"))) - known)
    ]


def command_lines(text: str) -> Iterator[str]:
    """Lines of code blocks, and inline code, that begin with one of the programs."""
    for language, block in code_blocks(text):
        if language not in _SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if language == "console" and not line.startswith("$ "):
                continue
            for part in re.split(r"\||&&|;", line.removeprefix("$ ")):
                begin = _BEGIN.search(_INSIDE.sub("", part.split(" #")[0].strip()))
                if begin and "[" not in part:
                    yield begin[1].strip()
    yield from _INLINE.findall("\n".join(prose(text)))


def _problems(known: dict[tuple[str, ...], Node], line: str) -> Iterator[str]:
    words = shlex.split(line.replace("'", ""))
    path: tuple[str, ...] = ()
    for word in words:
        if (*path, word) not in known:
            break
        path = (*path, word)
    node = known[path]
    rest = words[len(path) :]
    if node.is_group and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        yield f"there is no `{' '.join([*path, rest[0]])}`"
        return
    below = [other for other in known.values() if other.path[: len(path)] == path]
    options = {name for other in below for each in other.parameters for name in each.names} | _ALWAYS
    for word in rest:
        name = word.split("=")[0]
        if name.startswith("--") and name not in options:
            yield f"`{' '.join(path)}` has no {name}"
