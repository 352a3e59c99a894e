"""The cells of a state row: numbers and texts, read back as what they must be."""

from collections.abc import Sequence

from ledger.errors import invariant

Row = list[int | str]


def number_at(row: Sequence[int | str], place: int) -> int:
    """The number at ``place``; a text there is a bug."""
    value = row[place]
    invariant(not isinstance(value, str), "a state row has a text where a number belongs")
    return int(value)


def text_at(row: Sequence[int | str], place: int) -> str:
    """The text at ``place``; a number there is a bug."""
    value = row[place]
    invariant(isinstance(value, str), "a state row has a number where a text belongs")
    return str(value)
