"""The author of histories: commands that a busy and not always careful exchange would see.

It follows what it has written with the second ledger (``tests.model``), so trades meet open
orders, withdrawals reach for the last free unit, and triggers find a mark. About one command
in eight is bad on purpose. ``issued_at_us`` of a command is also its arrival in every test.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from ledger.core.messages import AnyCommand
from tests.histories.chooser import Chooser
from tests.histories.shapes import SHAPES, Shape
from tests.model.books import Account, Market, World
from tests.model.ledger import Model, Verdict

START_US: Final = 1_750_000_000_000_000
"""Arrival of the first command of every history; any moment would do."""

PAUSES_US: Final = (250_000, 1_000, 1_000_000, 5_000_000, 1_000, 250_000, 1_000_000, 70_000_000)
"""Time between two commands: twice the last is longer than the funding gap of the markets."""

Deed = Callable[["Author"], AnyCommand | None]
"""Something an author may write now; ``None`` when it makes no sense at the moment."""


class Author:
    """Writes one history, command by command, and knows what becomes of it."""

    def __init__(
        self,
        chooser: Chooser,
        opening: Callable[["Author"], Sequence[Deed]],
        deeds: Sequence[Deed],
        spoil: Callable[["Author", AnyCommand], AnyCommand],
        *,
        markets: int,
        accounts: int,
        observing: bool = False,
    ) -> None:
        """``observing``: guards may be told to observe only, after which the funding view stops."""
        self.observing = observing
        self.chooser = chooser
        self.model = Model(seq=1)
        self.now_us = START_US
        first = chooser.integer(0, len(SHAPES) - 1)
        self.shapes: list[Shape] = [SHAPES[(first + i) % len(SHAPES)] for i in range(markets)]
        self.traders = [f"trader-{i}" for i in range(accounts)]
        self._numbers: dict[str, int] = {}
        self.deeds = deeds
        self._spoil = spoil
        self._plans: deque[Deed] = deque(opening(self))

    @property
    def world(self) -> World:
        """What the model knows."""
        return self.model.world

    def head(self, producer: str) -> tuple[str, int, int]:
        """Header of the next command of ``producer``."""
        self._numbers[producer] = self._numbers.get(producer, 0) + 1
        return producer, self._numbers[producer], self.now_us

    def plan(self, *deeds: Deed) -> None:
        """What is to be written next, in this order, each looked at again when it is due."""
        self._plans.extend(deeds)

    def write(self) -> tuple[AnyCommand, Verdict]:
        """The next command, and what the model says of it."""
        self.now_us += self.chooser.pick(PAUSES_US)
        command = self._next()
        return command, self.model.apply(command)

    def _next(self) -> AnyCommand:
        while self._plans:
            command = self._plans.popleft()(self)
            if command is not None:
                return command
        while True:
            command = self.a_deed(self)
            if command is not None:
                return self._spoil(self, command) if self.chooser.integer(0, 7) == 7 else command

    @staticmethod
    def a_deed(author: "Author") -> AnyCommand | None:
        """Any deed at all."""
        return author.chooser.pick(author.deeds)(author)

    def trader(self) -> tuple[str, Account] | None:
        """One of the traders that are open by now."""
        known = [name for name in self.traders if name in self.world.accounts]
        if not known:
            return None
        name = self.chooser.pick(known)
        return name, self.world.accounts[name]

    def market(self) -> tuple[str, Market] | None:
        """One of the markets that have a mark by now."""
        known = [
            s.name for s in self.shapes if s.name in self.world.markets and self.world.markets[s.name].mark
        ]
        if not known:
            return None
        name = self.chooser.pick(known)
        return name, self.world.markets[name]
