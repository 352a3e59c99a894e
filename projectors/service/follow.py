"""Keeping views at the head of the log, in this process or shared by several."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Protocol

from ledger.errors import Action, LedgerFault, LedgerMissing, LogFault, ViewStopped
from ledger.log.port import LogReader
from projectors.bootstrap import create_missing, open_states
from projectors.children import start_child
from projectors.define.view import View
from projectors.folding.checkpoints import compare_noted
from projectors.folding.runner import Runner
from projectors.folding.steps import Timing
from projectors.marks.files import generation_of
from projectors.marks.keeper import Keeper
from projectors.service.rollback import restore
from projectors.stores import generations

POLL_S = 0.02
"""How long a follower at the head waits before it looks again."""

RETRY_S = 1.0
"""How long it waits after a fault that passes by itself: a full disk, a log that does not answer."""


Progress = Callable[[int, int], None]
"""Told up to which seq the views are, and how far they go."""

Wait = Callable[[float], bool]
"""Sleeps for some seconds and says whether to stop."""


class Audience(Protocol):
    """Who is told what a projector does: a person at a terminal, or those who watch a service."""

    def say(self, line: str) -> None:
        """Something a person may want to know."""

    def alive(self) -> None:
        """The projector waits, or is at something long."""

    def met(self, fault: LedgerFault) -> None:
        """A fault that is waited out, or that stops all views."""

    def turned(self, runner: Runner, seconds: float) -> None:
        """The runner looked at the log, and applied what it had; that took ``seconds``."""


class Person:
    """An audience that is only told what a person may want to know."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def alive(self) -> None:
        """Nobody asks."""

    def met(self, fault: LedgerFault) -> None:
        """Say it, and what is done about it."""
        retried = fault.action is Action.RETRY
        self.say(f"{fault} Trying again every second." if retried else str(fault))

    def turned(self, runner: Runner, seconds: float) -> None:
        """Nobody counts."""


def keep_up(  # noqa: PLR0913
    root: Path,
    views: Sequence[View],
    log: LogReader,
    audience: Audience,
    *,
    reporting: Callable[[], AbstractContextManager[Progress]],
    wait: Wait | None = None,
    partitions: Sequence[int] | None = None,
) -> Runner:
    """Fold the log into the stored views up to its head, and with ``wait`` go on with what comes.

    ``reporting`` is entered for as long as views are behind. Views that a rollback led away from are
    built anew on the way and switched to, and one of which a rebuild made another generation serve is
    followed there. A process that has some partitions only cannot go back: it ends there, and its
    runner names them in ``departed``.
    Returns the last runner, its stores closed; ``stops`` has the views that go no further. With ``wait`` a
    fault with action RETRY, wherever it is met, is said and waited out.
    """
    timing = Timing()
    if not _has_begun(root, views, log, audience, wait):
        return Runner(log, [], timing=timing)
    while True:
        try:
            runner, ended = _followed(root, views, log, audience, timing, reporting, wait, partitions)
        except LedgerFault as fault:
            if wait is None or fault.action is not Action.RETRY:
                raise
            audience.met(fault)
            runner, ended = Runner(log, [], timing=timing), wait(RETRY_S)
        if ended:
            return runner


def _followed(  # noqa: PLR0913
    root: Path,
    views: Sequence[View],
    log: LogReader,
    audience: Audience,
    timing: Timing,
    reporting: Callable[[], AbstractContextManager[Progress]],
    wait: Wait | None,
    partitions: Sequence[int] | None,
) -> tuple[Runner, bool]:
    """Follow the log with the generations that serve now; the runner, and whether that was all.

    It is not after going back, and when others switched to another generation.
    """
    with open_states(root, views, log, writable=True, partitions=partitions) as states:
        served = {state.view.name: generation_of(state) for state in states}
        runner = Runner(log, states, timing=timing)
        keeper = Keeper(runner, served)
        if wait is None:
            with reporting() as progress:
                keeper.run_to_head(progress)
            ended = True
        else:
            ended = follow(keeper, wait, audience, reporting, partial(_switched, root, served))
        if not runner.departed:
            if not ended:
                audience.say("another generation serves; going on with that one")
            return runner, ended
        if any(len(state.partitions) < log.partitions for state in states):
            return runner, True
        with reporting() as progress:
            switched = restore(root, runner, served, progress)
        if switched:
            audience.say(
                f"rolled back: {', '.join(switched)} served from a new generation, the old one is kept"
            )
        return runner, not switched


def _switched(root: Path, served: Mapping[str, Path]) -> bool:
    return any(generations.serving(root, view) != place for view, place in served.items())


def follow(
    keeper: Keeper,
    wait: Wait,
    audience: Audience,
    reporting: Callable[[], AbstractContextManager[Progress]] = lambda: nullcontext(lambda _done, _tip: None),
    switched: Callable[[], bool] = lambda: False,
) -> bool:
    """Apply what comes; returns whether ``wait`` said to stop, or no view goes on.

    Ends, with ``False``, when a rollback leads away from a view, or others have ``switched`` to another
    generation. ``wait`` sleeps for some seconds and returns whether to stop; it is asked between any
    two steps. Faults with action RETRY are said and waited out. A log that is not what it was stops
    every view, and the other faults are raised.
    """
    runner = keeper.runner
    with ExitStack() as behind:
        progress = behind.enter_context(reporting())
        at_head = False
        while len(runner.stops) < len(runner.states):
            if runner.departed or switched():
                return False
            pause = 0.0
            began = time.perf_counter()
            try:
                moved = keeper.step()
            except LedgerFault as fault:
                pause = _pause_after(fault, runner)
                audience.met(fault)
            else:
                audience.turned(runner, time.perf_counter() - began)
                if not at_head:
                    keeper.report(progress)
                if not moved:
                    pause = POLL_S
                    if not at_head:
                        at_head = True
                        behind.close()
                        audience.say("at the head of the log; following it")
            if wait(pause):
                return True
    audience.turned(runner, 0.0)
    return True


def _has_begun(
    root: Path, views: Sequence[View], log: LogReader, audience: Audience, wait: Wait | None
) -> bool:
    """Whether the log says whose it is, as new views must know; waits for its first block if need be.

    Views that are there already find out by themselves that an empty log is not theirs.
    """
    waited = False
    while not log.ledger_id and not all(generations.exists(root, view.name) for view in views):
        if wait is None:
            raise LedgerMissing(
                "the log has no blocks yet",
                where=log.identity,
                remedy="Start its writer with `ledger writer`",
            )
        if not waited:
            audience.say("the log has no blocks yet; waiting for its writer")
            waited = True
        audience.alive()
        if wait(RETRY_S):
            return False
    return True


def _pause_after(fault: LedgerFault, runner: Runner) -> float:
    """Seconds to wait after a fault that passes; one of the log that does not stops every view."""
    if fault.action is Action.RETRY:
        return RETRY_S
    if not isinstance(fault, LogFault):
        raise fault
    runner.halt(fault)
    return 0.0


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
    with ExitStack() as started:
        children = [
            started.enter_context(
                start_child([*arguments, "--with-parent", "--partitions", ",".join(map(str, group))])
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
            switched = restore(root, runner, {state.view.name: generation_of(state) for state in states})
            say(f"rolled back: {', '.join(switched)} served from a new generation")
            stops += [f"{stop.view}, block {stop.height}: {stop.fault}" for stop in runner.stops.values()]
        for state in [state for state in states if state.view.name not in runner.departed]:
            reasons = [stop.why for part in state.partitions.values() if (stop := part.store.stopped())]
            try:
                compare_noted(state)
                if len({part.cursor.height for part in state.partitions.values()}) == 1:
                    runner.note_corrections()
                    state.check_laws()
            except ViewStopped as fault:
                for part in state.partitions.values():
                    part.stop(part.cursor.height, str(fault))
                reasons.append(str(fault))
            stops += [f"{state.view.name}: {reason}" for reason in reasons[:1]]
    return stops
