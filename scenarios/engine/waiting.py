"""Orders that wait for the mark, by trigger price: a tick finds what it reaches and looks at nothing else."""

from heapq import heappop, heappush
from typing import final

from ledger.core.rules.words import ABOVE
from ledger.core.state import Order

Waits = tuple[int, int, str, str]
"""Distance key (rising price, or falling price negated), age, account, order id."""


@final
class Waiting:
    """Untriggered orders of one market."""

    __slots__ = ("_above", "_below")

    def __init__(self) -> None:
        self._above: list[Waits] = []
        self._below: list[Waits] = []

    def add(self, account: str, order: Order) -> None:
        """An order waits from now on."""
        if order.trigger_condition == ABOVE:
            heappush(self._above, (order.trigger_price_e8, order.placed_seq, account, order.order_id))
        else:
            heappush(self._below, (-order.trigger_price_e8, order.placed_seq, account, order.order_id))

    def reached(self, mark_e8: int) -> list[tuple[str, str]]:
        """Account and id of every order whose trigger this mark reaches, oldest first; they wait no more."""
        found: list[tuple[int, str, str]] = []
        for heap, bound in ((self._above, mark_e8), (self._below, -mark_e8)):
            while heap and heap[0][0] <= bound:
                _, age, account, order_id = heappop(heap)
                found.append((age, account, order_id))
        return [(account, order_id) for _, account, order_id in sorted(found)]
