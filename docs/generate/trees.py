"""The command trees of the programs ``ledger`` and ``projectors``."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

from typer.main import get_command

from ledger.cli.app import app as ledger_app
from projectors.cli.app import app as projectors_app

PROGRAMS: Final = {"ledger": ledger_app, "projectors": projectors_app}
TYPES: Final = {"int": "INTEGER", "float": "NUMBER", "str": "TEXT", "Path": "PATH"}


class Parameter(NamedTuple):
    """An argument or option; ``value`` is what it takes, empty for a flag."""

    names: tuple[str, ...]
    value: str
    default: str
    help: str
    is_argument: bool
    required: bool
    hidden: bool


class Node(NamedTuple):
    """A program, a group of commands, or a command; ``path`` begins with the program."""

    path: tuple[str, ...]
    help: str
    is_group: bool
    parameters: tuple[Parameter, ...]


def nodes() -> list[Node]:
    """Both programs with everything below them, in the order in which ``--help`` lists it."""
    return [node for name, app in PROGRAMS.items() for node in _nodes((name,), get_command(app))]


def _nodes(path: tuple[str, ...], command: Any) -> Iterator[Node]:  # noqa: ANN401  typer has classes of its own
    children: dict[str, Any] = getattr(command, "commands", {})
    parameters = tuple(_parameter(each) for each in command.params)
    yield Node(path, command.help or "", bool(children), parameters)
    for name, child in children.items():
        if not child.hidden:
            yield from _nodes((*path, name), child)


def _parameter(each: Any) -> Parameter:  # noqa: ANN401
    is_argument = each.param_type_name == "argument"
    return Parameter(
        names=() if is_argument else (*each.opts, *each.secondary_opts),
        value=_value(each, is_argument=is_argument),
        default=_default(each),
        help=each.help or "",
        is_argument=is_argument,
        required=bool(each.required),
        hidden=bool(each.hidden),
    )


def _value(each: Any, *, is_argument: bool) -> str:  # noqa: ANN401
    if getattr(each, "is_flag", False):
        return ""
    kind = each.type_descriptor.annotation
    if get_origin(kind) is list:
        (kind,) = get_args(kind)
    if each.metavar:
        text = str(each.metavar)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        text = "|".join(str(word.value) for word in kind)
    elif get_origin(kind) is Literal:
        text = "|".join(map(str, get_args(kind)))
    elif is_argument:
        text = str(each.name).upper()
    else:
        text = TYPES[kind.__name__]
    return f"{text}..." if each.multiple or each.nargs == -1 else text


def _default(each: Any) -> str:  # noqa: ANN401
    if isinstance(each.show_default, str):
        return each.show_default
    value = getattr(each.default, "value", each.default)
    return "" if value in (None, "", False) or callable(value) else str(value)
