"""Views as they were: the nearest stored rows, and the blocks after them, folded into memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from ledger.errors import ViewCorrupt, ViewStopped
from ledger.log.port import LogReader
from projectors.define.view import View
from projectors.folding.runner import EVENTS_MAX, Runner
from projectors.folding.state import ViewState
from projectors.past.bases import Bases
from projectors.past.overlay import OverlayStore
from projectors.past.question import Question
from projectors.port import RowStore
from projectors.stores.memory import MemoryStore


@contextmanager
def replayed(
    log: LogReader,
    views: Sequence[View],
    question: Question,
    bases: Bases,
    *,
    progress: Callable[[int, int], None] | None = None,
    events_max: int = EVENTS_MAX,
) -> Iterator[list[ViewState]]:
    """Views at the moment and with the knowledge of ``question``, in memory, over what ``bases`` has.

    A checkpoint whose rows turn out to be damaged on the way is passed over for an older one. Raises the
    fault of a view that meets what it cannot apply.
    """
    states: list[ViewState] | None = None
    with ExitStack() as opened:
        while states is None:
            with ExitStack() as tried:
                states = [
                    ViewState(view, _stores(log, view, question, bases, tried), log.partitions)
                    for view in views
                ]
                for state in states:
                    state.as_recorded = True
                try:
                    _fold(log, states, question, progress, events_max)
                except ViewCorrupt as fault:
                    if not bases.passes_over(fault):
                        raise
                    states = None
                else:
                    opened.enter_context(tried.pop_all())
        yield states


def _fold(
    log: LogReader,
    states: Sequence[ViewState],
    question: Question,
    progress: Callable[[int, int], None] | None,
    events_max: int,
) -> None:
    runner = Runner(log, states, events_max=events_max, until=question.whole_height, chain=question.chain)
    runner.run_to_head(progress)
    if not question.whole and not runner.stops:
        runner.fold_part(question.seq)
    for stop in runner.stops.values():
        raise ViewStopped(
            f"view {stop.view} cannot be told as of that moment: {stop.fault.what}",
            where=f"block {stop.height}",
        )


def _stores(
    log: LogReader, view: View, question: Question, bases: Bases, opened: ExitStack
) -> dict[int, RowStore]:
    found = bases.nearest(view, question.chain, question.whole_height, opened)
    if found is None:
        return {partition: MemoryStore() for partition in range(log.partitions)}
    return {partition: OverlayStore(store) for partition, store in found.items()}
