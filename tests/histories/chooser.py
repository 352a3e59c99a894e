"""Where the choices of a history come from: Hypothesis, or a seed."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Chooser(Protocol):
    """A source of choices; the lowest number and the first option are the simplest."""

    def integer(self, low: int, high: int) -> int:
        """An integer of ``[low, high]``."""
        ...

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        ...


class Seeded:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- repeatable on purpose

    def integer(self, low: int, high: int) -> int:
        """An integer of ``[low, high]``."""
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        return options[self._random.randrange(len(options))]


class Drawn:
    """Choices that Hypothesis draws, records and shrinks."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """An integer of ``[low, high]``."""
        return int(self._draw(st.integers(low, high)))

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        return options[int(self._draw(st.integers(0, len(options) - 1)))]
