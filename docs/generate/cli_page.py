"""Text of ``docs/reference/cli.md``: every command, argument, option, default and environment variable."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic.fields import FieldInfo

from docs.generate.markdown import cell, table
from docs.generate.trees import Node, Parameter, nodes
from ledger.cli.exits import Exit
from ledger.log.kafka import security
from ledger.settings import Settings

INTRODUCTION: Final = """\
# Command line

Two programs: `ledger` writes, `projectors` reads. Data goes to stdout, talk and progress to stderr. A setting
comes from its option, else from the environment, else it has its default.

Written by `python -m docs.generate` from the programs themselves."""

EXITS: Final = {
    Exit.CLEAN: "yes: accepted, sound, equal",
    Exit.FINDINGS: "no: something was refused, a check found something, a view stopped",
    Exit.USAGE: "the command line or a setting is wrong",
    Exit.COULD_NOT_RUN: "a fault kept the command from being done; [its message says what to do]"
    "(../how-to/operate.md#when-something-cannot-go-on)",
}

SETTINGS: Final = {
    "data": "directory of the ledger, its checkpoints and its views",
    "brokers": "brokers of a Kafka cluster, with commas; empty is the log on the local disk",
    "topic_prefix": "how the names of the topics begin: several ledgers on one cluster",
    "id": "name that the ledger must have, and gets when it is created",
    "listen": "where a service answers `/healthz`, `/readyz` and `/metrics`",
    "partitions": "partitions of a ledger that is created now; they never change",
    "block_size": "most commands of one block",
    "checkpoint_events": "events between two checkpoints that the writer makes by itself",
    "checkpoint_events_at_close": "the same when a writer ends",
    "heartbeat_s": "seconds of silence after which an empty block is sealed",
    "view_files": "files with views of one's own, as a `PATH` is written",
}
"""What each field of ``Settings`` is for; a field without a text here fails the page."""


def cli_page() -> str:
    """The whole page."""
    found = nodes()
    parts = [INTRODUCTION, "## Exit codes", _exits(), "## Environment", _environment()]
    for node in found:
        if len(node.path) == 1:
            parts += [f"## {node.path[0]}", node.help, _contents(found, node.path[0])]
        elif not node.is_group:
            parts += _command(node)
    return "\n\n".join(part for part in parts if part) + "\n"


def _exits() -> str:
    return table(("code", "meaning"), [(str(int(code)), text) for code, text in EXITS.items()])


def _environment() -> str:
    rows = [
        (f"`LEDGER_{name.upper()}`", _shown_default(name, field), SETTINGS[name])
        for name, field in Settings.model_fields.items()
    ]
    rows += [(f"`{name}`", "", text) for name, text in _security()]
    return table(("variable", "default", "meaning"), rows)


def _shown_default(name: str, field: FieldInfo) -> str:
    if name == "block_size":
        return "1000; 8000 on a cluster"
    return str(field.default)


def _security() -> list[tuple[str, str]]:
    """The variables that ``ledger.log.kafka.security`` lists in its docstring."""
    return [
        (name, " ".join(text.split()))
        for name, text in re.findall(r"^``(LEDGER_\w+)``\s+(.*)$", security.__doc__ or "", re.MULTILINE)
    ]


def _contents(found: Sequence[Node], program: str) -> str:
    rows = [
        (f"[{_name(node)}](#{_name(node).replace(' ', '-')})", cell(_first_sentence(node.help)))
        for node in found
        if node.path[0] == program and not node.is_group
    ]
    return table(("command", "what it does"), rows)


def _command(node: Node) -> Iterator[str]:
    shown = [each for each in node.parameters if not each.hidden and each.names != ("--help",)]
    yield f"### {_name(node)}"
    yield f"```\n{_usage(node, shown)}\n```"
    yield _paragraphs(node.help)
    rows = [(_label(each), cell(_default(each)), cell(each.help)) for each in shown]
    yield table(("argument, option", "default", "meaning"), rows) if rows else ""


def _usage(node: Node, shown: Sequence[Parameter]) -> str:
    arguments = [each.value if each.required else f"[{each.value}]" for each in shown if each.is_argument]
    needed = [f"{each.names[0]} {each.value}" for each in shown if each.names and each.required]
    options = ["[OPTIONS]"] if any(each.names and not each.required for each in shown) else []
    return " ".join([*node.path, *arguments, *needed, *options])


def _label(each: Parameter) -> str:
    if each.is_argument:
        return f"`{each.value}`"
    names = ", ".join(f"`{name}`" for name in each.names)
    return f"{names} `{cell(each.value)}`" if each.value else names


def _default(each: Parameter) -> str:
    return "needed" if each.required else each.default


def _name(node: Node) -> str:
    return " ".join(node.path)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]
