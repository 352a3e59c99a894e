"""Commands with any values that their types allow, for code that must have an answer to all of them."""

from typing import Final

from ledger.core.messages import AnyCommand
from tests.fields import changed, record_of
from tests.histories.author import Author

LONG_MAX: Final = 2**63 - 1
NUMBERS: Final = (0, 1, -1, 2, 10**8, 10**16, 10**17, 10**17 + 1, 2**31, 2**62, LONG_MAX, -LONG_MAX - 1)
TEXTS: Final = (
    "",
    " ",
    "x" * 300,
    "é",
    "\n",
    "None",
    "-1",
    "0",
    "BUY",
    "LIMIT",
    "leverage",
    "10",
    "a/b",
    "*",
)
KEPT: Final = frozenset({"producer", "number", "issued_at_us"})


def wild(author: Author, command: AnyCommand) -> AnyCommand:
    """The same command with one to three fields set to anything of their type."""
    fields = {name: value for name, value in record_of(command).items() if name not in KEPT}
    names = [name for name, value in fields.items() if isinstance(value, int | str)]
    values: dict[str, object] = {}
    for _ in range(author.chooser.integer(1, 3)):
        if names:
            name = author.chooser.pick(names)
            values[name] = author.chooser.pick(TEXTS if isinstance(fields[name], str) else NUMBERS)
    return changed(command, **values)
