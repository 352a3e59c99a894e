"""Keeping views at the head of the log, in this process or shared by several."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ledger.errors import Action, LedgerFault, ViewStopped
from ledger.log.port import LogReader
from projectors import generations
from projectors.bootstrap import create_missing, open_states
from projectors.checkpoints import compare_noted
from projectors.rollback import restore
from projectors.runner import Runner
from projectors.steps import Timing
from projectors.view import View

POLL_S = 0.05
"""How long a follower at the head waits before it looks again."""

RETRY_S = 1.0
"""How long it waits after a fault that passes by itself: a full disk, a log that does not answer."""


Progress = Callable[[int, int], None]
"""Told how far the views are, and how far they go."""

Wait = Callable[[float], bool]
"""Sleeps for some seconds and says whether to stop."""


def keep_up(  # noqa: PLR0913
    root: Path,
    views: Sequence[View],
    log: LogReader,
    say: Callable[[str], None],
    *,
    reporting: Callable[[], AbstractContextManager[Progress]],
    waiting: Callable[[], AbstractContextManager[Wait]] | None = None,
    partitions: Sequence[int] | None = None,
) -> Runner:
    """Fold the log into the stored views up to its head, and with ``waiting`` go on with what comes.

    ``reporting`` and ``waiting`` are entered for as long as views are folded, and followed. Views that
    a rollback led away from are built anew on the way and switched to. A process that has some
    partitions only cannot do that: it ends there, and its runner names them in ``departed``.
    Returns the last runner, its stores closed; ``stops`` has the views that go no further.
    """
    timing = Timing()
    while True:
        with open_states(root, views, log, writable=True, partitions=partitions) as states:
            runner = Runner(log, states, timing=timing)
            with reporting() as progress:
                runner.run_to_head(progress)
            if waiting is not None and not runner.departed and len(runner.stops) < len(states):
                say("at the head of the log; following it")
                with waiting() as wait:
                    follow(runner, wait, say)
            if not runner.departed or any(len(state.partitions) < log.partitions for state in states):
                return runner
            with reporting() as progress:
                switched = restore(root, runner, progress)
        if not switched:
            return runner
        say(f"rolled back: {', '.join(switched)} served from a new generation, the old one is kept")


def follow(runner: Runner, wait: Wait, say: Callable[[str], None]) -> None:
    """Apply what comes until ``wait`` says to stop, a rollback leads away from a view, or none goes on.

    ``wait`` sleeps for some seconds and returns whether to stop. Faults with action RETRY are
    said and waited out; the other faults are raised.
    """
    while len(runner.stops) < len(runner.states) and not runner.departed:
        pause = POLL_S
        try:
            if runner.step():
                continue
        except LedgerFault as fault:
            if fault.action is not Action.RETRY:
                raise
            say(f"{fault} Trying again every second.")
            pause = RETRY_S
        if wait(pause):
            return


def run_shared(
    root: Path,
    views: Sequence[View],
    log: LogReader,
    arguments: Sequence[str],
    processes: int,
    say: Callable[[str], None],
) -> list[str]:
    """Run to the head with the partitions shared by several processes; returns what stopped.

    Each process is this program with ``arguments`` and its partitions. What needs all partitions
    (the writer's digests, the laws, going back) is done here when all are done.
    """
    create_missing(root, views, log)
    groups = [
        list(range(number, log.partitions, processes)) for number in range(min(processes, log.partitions))
    ]
    children = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "projectors", *arguments, "--partitions", ",".join(map(str, group))]
        )
        for group in groups
    ]
    failed = [child.wait() for child in children]
    if any(code not in (0, 1) for code in failed):
        raise ViewStopped(f"{sum(code not in (0, 1) for code in failed)} of {len(children)} processes failed")
    stops = []
    with open_states(root, views, log, writable=True) as states:
        runner = Runner(log, states)
        runner.find_departed()
        if runner.departed:
            say(f"rolled back: {', '.join(restore(root, runner))} served from a new generation")
            stops += [f"{stop.view}, block {stop.height}: {stop.fault}" for stop in runner.stops.values()]
        for state in [state for state in states if state.view.name not in runner.departed]:
            reasons = [stop.why for part in state.partitions.values() if (stop := part.store.stopped())]
            try:
                compare_noted(state)
                if len({part.cursor.height for part in state.partitions.values()}) == 1:
                    state.check_laws()
            except ViewStopped as fault:
                for part in state.partitions.values():
                    part.stop(part.cursor.height, str(fault))
                reasons.append(str(fault))
            stops += [f"{state.view.name}: {reason}" for reason in reasons[:1]]
    return stops


def rebuild(
    root: Path, view: View, log: LogReader, progress: Callable[[int, int], None]
) -> tuple[Path | None, list[str]]:
    """Build a view anew from the first block in the next generation, and make that the serving one.

    Returns where it lies now, and what stopped it; a stopped generation never serves. The older
    generation keeps serving until the switch and is kept after it.
    """
    generation = generations.begin(root, view.name)
    with open_states(root, [view], log, writable=True, generation=generation) as states:
        runner = Runner(log, states)
        runner.run_to_head(progress)
        stops = [f"block {stop.height}: {stop.fault}" for stop in runner.stops.values()]
    if stops:
        return None, stops
    return generations.serve(root, view.name, generation), []
