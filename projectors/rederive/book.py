"""What the second derivation of a view is made of: tables of plain rows, and what was found on the way."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ledger.core.messages import AnyEvent, AssetListed
from ledger.rows import LaneDigest, encode_row

Key = tuple[int | str, ...]
Row = dict[str, int | str]
Values = Mapping[str, int | str]


def copied(event: AnyEvent, names: str) -> Row:
    """Fields of an event, named with spaces between, as columns of the same names."""
    return {name: getattr(event, name) for name in names.split()}


class Break(NamedTuple):
    """Something that does not follow: at which event, whose, and what. Seq 0 is no event by itself."""

    seq: int
    account: str
    what: str


class Table:
    """Rows by key, and the newest event that each came from; a column that nobody set is 0 or empty.

    ``mirror`` are the columns, in order, of a table that the writer digests too. ``keep`` says which rows
    are shown.
    """

    def __init__(
        self,
        mirror: Sequence[str] = (),
        keep: Callable[[Row], bool] = lambda row: True,  # noqa: ARG005
    ) -> None:
        self.seqs: dict[Key, int] = {}
        self.digest = LaneDigest()
        self.mirror = tuple(mirror)
        self._rows: dict[Key, Row] = {}
        self._keep = keep

    def row(self, *key: int | str) -> Row:
        """The row of a key, shown or not; empty when there is none."""
        return self._rows.get(key, {})

    def number(self, column: str, *key: int | str) -> int:
        """A number of a row, 0 when there is none."""
        return int(self.row(*key).get(column, 0))

    def put(self, event: AnyEvent, key: Key, values: Values) -> None:
        """Set columns of a row."""
        self._change(event.seq, key, {**self._rows.get(key, {}), **values})

    def add(self, event: AnyEvent, key: Key, amounts: Mapping[str, int]) -> None:
        """Add to columns of a row."""
        row = self._rows.get(key, {})
        sums = {name: int(row.get(name, 0)) + amount for name, amount in amounts.items()}
        self._change(event.seq, key, {**row, **sums})

    def remove(self, event: AnyEvent, key: Key) -> None:
        """Take a row away."""
        self._change(event.seq, key, None)

    def shown(self) -> dict[Key, Row]:
        """The rows that answers show."""
        return {key: row for key, row in self._rows.items() if self._keep(row)}

    def _change(self, seq: int, key: Key, row: Row | None) -> None:
        old = self._rows.pop(key, None)
        if row is not None:
            self._rows[key] = row
        self.seqs[key] = seq
        if self.mirror:
            if old is not None and self._keep(old):
                self.digest.remove(encode_row(key), self._bytes(old))
            if row is not None and self._keep(row):
                self.digest.add(encode_row(key), self._bytes(row))

    def _bytes(self, row: Row) -> bytes:
        return encode_row([row.get(name, 0) for name in self.mirror])


class Book(ABC):
    """One view, derived again. ``whole`` says that it is given every account's events."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.settlement = ""
        """The asset in which profit, funding and fees are paid."""
        self.breaks: list[Break] = []
        self._broken: set[Key] = set()

    @property
    @abstractmethod
    def tables(self) -> dict[str, Table]:
        """The tables that can be compared, by name."""

    def take(self, event: AnyEvent) -> None:
        """Take in the next event of the history; broadcast ones come once."""
        if isinstance(event, AssetListed) and event.settlement == 1:
            self.settlement = event.asset
        self._take(event)

    @abstractmethod
    def _take(self, event: AnyEvent) -> None:
        """Take in an event."""

    def sealed(self, seq: int) -> None:  # noqa: B027  most views have nothing to check then
        """A block ended with this event: check what holds then."""

    def expect(self, event: AnyEvent, said: int | str, expected: int | str, what: str, *whose: str) -> None:
        """Note a break when an event does not say what it must; once per thing, since the rest follows."""
        if said != expected and (what, *whose) not in self._broken:
            self._broken.add((what, *whose))
            named = " ".join(whose)
            account = str(getattr(event, "account", ""))
            kind = type(event).__name__
            self.breaks.append(
                Break(event.seq, account, f"{kind} of {named}: {what} is {said} and should be {expected}")
            )

    def hold(self, seq: int, said: int, expected: int, what: str) -> None:
        """Note a break of a law at a seal, once per law and what it is about."""
        if said != expected and (what,) not in self._broken:
            self._broken.add((what,))
            self.breaks.append(Break(seq, "", f"{what} is {said} and should be {expected}"))
