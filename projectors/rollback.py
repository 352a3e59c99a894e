"""Rollbacks on the read side: views that have folded void blocks are built anew beside themselves.

A view goes back in four steps, and serves what it had until the last of them:

1. the runner names it: its newest block is void (``Runner.departed``), and the rollback is completed;
2. a new generation begins at the newest checkpoint on the live chain, empty where there is none;
3. it is folded along the chain of parents, all views that go back in one pass;
4. it is made the serving generation, in one step; the one before it is kept.

A kill on the way leaves the old generation serving, and the next start begins with 1. A rollback
that is declared meanwhile begins 2 again. A view that stops in 3 is never switched to: the old one
goes on serving, marked as stopped.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ledger.log.port import LogReader
from projectors import generations
from projectors.bootstrap import open_states
from projectors.runner import Runner, Stop
from projectors.steps import Timing
from projectors.view import View


def restore(root: Path, runner: Runner, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Build the views that ``runner`` left behind anew, and switch to them; returns their names.

    The runner's states are open for writing with all partitions, so that nobody else builds them;
    they are of no further use for the views named. Views that stopped are noted in its ``stops`` and
    in their old stores.
    """
    views = [state.view for state in runner.states if state.view.name in runner.departed]
    stops: dict[str, Stop] = {}
    built: dict[str, Path] = {}
    while pending := [view for view in views if view.name not in built and view.name not in stops]:
        places = {view.name: generations.begin(root, view.name) for view in pending}
        fresh = _fold(root, pending, places, runner.log, runner.timing, progress)
        stops |= fresh.stops
        built |= {
            name: place
            for name, place in places.items()
            if name not in fresh.stops and name not in fresh.departed
        }
    for name, place in built.items():
        generations.serve(root, name, place)
    for state in runner.states:
        stop = stops.get(state.view.name)
        if stop is not None:
            runner.stops[state.view.name] = stop
            for partition in state.partitions.values():
                partition.stop(stop.height, str(stop.fault))
    return list(built)


def _fold(
    root: Path,
    views: Sequence[View],
    places: dict[str, Path],
    log: LogReader,
    timing: Timing,
    progress: Callable[[int, int], None] | None,
) -> Runner:
    """Fold new generations up to the tip of the live chain, and close them."""
    with ExitStack() as opened:
        states = [
            state
            for view in views
            for state in opened.enter_context(
                open_states(root, [view], log, writable=True, generation=places[view.name])
            )
        ]
        runner = Runner(log, states, timing=timing)
        runner.run_to_head(progress)
    return runner
