"""Commands with any values that their types allow, for code that must have an answer to all of them."""

from typing import Any, Final, TypeVar

from ledger.core.messages import AdvanceFunding, AnyCommand, MarketPrice, MarketRate, UpdatePrices
from tests.fields import changed, changed_entry, entry_record, record_of
from tests.histories.author import Author

E = TypeVar("E", bound=MarketPrice | MarketRate)

LONG_MAX: Final = 2**63 - 1
NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    10**8,
    10**16,
    10**17,
    10**17 + 1,
    2**31,
    LONG_MAX // 1000,
    2**62,
    LONG_MAX,
    -(10**17),
    -LONG_MAX - 1,
)
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
    "9" * 18,
    "\x00" * 5_000,
)
KEPT: Final = frozenset({"producer", "number", "issued_at_us"})


def any_values(fields: dict[str, Any]) -> dict[str, tuple[int, ...] | tuple[str, ...]]:
    """The values that each of ``fields`` may be set to, by name; nothing for the header."""
    return {
        name: TEXTS if isinstance(value, str) else NUMBERS
        for name, value in fields.items()
        if name not in KEPT and isinstance(value, int | str)
    }


def wild(author: Author, command: AnyCommand) -> AnyCommand:
    """The same command with one to three fields set to anything of their type; of a tick, or one entry."""
    match command:
        case UpdatePrices() if command.prices and author.chooser.integer(0, 1):
            return changed(command, prices=[wild_entry(author, command.prices[0]), *command.prices[1:]])
        case AdvanceFunding() if command.rates and author.chooser.integer(0, 1):
            return changed(command, rates=[wild_entry(author, command.rates[0]), *command.rates[1:]])
        case _:
            return changed(command, **_drawn(author, record_of(command)))


def wild_entry(author: Author, entry: E) -> E:
    """The same entry of a tick with one to three fields set to anything of their type."""
    return changed_entry(entry, **_drawn(author, entry_record(entry)))


def _drawn(author: Author, fields: dict[str, Any]) -> dict[str, object]:
    options = any_values(fields)
    values: dict[str, object] = {}
    for _ in range(author.chooser.integer(1, 3)):
        if options:
            name = author.chooser.pick(list(options))
            values[name] = author.chooser.pick(options[name])
    return values
