"""Folding new generations: in this process, or shared by several that each have some partitions.

A process that helps is this program again with ``--part``. It says how far it is, a JSON line at a time
on stdout, and ends when its standard input does: with whoever started it.

A log that does not answer is asked again for a minute, which is said.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Lock
from time import monotonic, sleep
from typing import IO, Final

from ledger.errors import LogUnavailable, ViewStopped
from ledger.log.chain import Chain, Rollbacks
from ledger.log.port import LogReader
from projectors.children import end_with_parent, start_child
from projectors.folding.checkpoints import compare_noted
from projectors.folding.runner import FOLDING_THREADS, Runner
from projectors.folding.state import ViewState
from projectors.marks.keeper import Keeper
from projectors.rebuild.plan import Plan
from projectors.rebuild.site import Site

Progress = Callable[[int, int], None]
"""Told how many seqs are done, and how many are to do."""

PATIENCE_S: Final = 60.0
"""How long a log may give no block before a rebuild gives up."""

RETRY_S: Final = 1.0

_logger: Final = logging.getLogger("projectors")

_DONE: Final = "done"
_OF: Final = "of"
_CLEAN: Final = (0, 1)
"""Exit codes of a helper that did what it could; 1 says that a view stopped."""


def fold_plan(
    sites: Sequence[Site],
    log: LogReader,
    plan: Plan,
    progress: Progress | None,
    partitions: Sequence[int] | None = None,
) -> Runner:
    """Fold all or some partitions up to the block of the plan, along its chain; returns the runner."""
    with _opened(sites, partitions) as states:
        chain = _chain(log, plan.tip)
        threads = FOLDING_THREADS if partitions is None else 1
        runner = Runner(log, states, until=plan.to_height, chain=chain, threads=threads)
        _run(Keeper(runner, {site.view.name: site.generation for site in sites}), progress)
    return runner


def fold_shared(
    sites: Sequence[Site], log: LogReader, arguments: Sequence[str], processes: int, progress: Progress
) -> None:
    """The same by several processes. Raises ``ViewStopped`` where a view stopped, or a process failed."""
    groups = [
        list(range(number, log.partitions, processes)) for number in range(min(processes, log.partitions))
    ]
    told_by = _Together([len(group) for group in groups], progress).told_by
    with ThreadPoolExecutor(len(groups)) as threads:
        codes = list(
            threads.map(
                lambda place: _helper(
                    [*arguments, "--part", ",".join(map(str, groups[place]))],
                    partial(told_by, place),
                ),
                range(len(groups)),
            )
        )
    failed = sum(code not in _CLEAN for code in codes)
    if failed:
        raise ViewStopped(f"{failed} of {len(groups)} processes failed", remedy="Start the rebuild again")
    check_together(sites)


def check_together(sites: Sequence[Site]) -> None:
    """What needs all partitions: why one stopped, the writer's digests, the laws. Raises ``ViewStopped``."""
    with _opened(sites, None) as states:
        for state in states:
            for part in state.partitions.values():
                stop = part.store.stopped()
                if stop is not None:
                    raise ViewStopped(stop.why, where=f"{state.view.name}, block {stop.height}")
            compare_noted(state)
            state.check_laws()


def fold_live(sites: Sequence[Site], log: LogReader, progress: Progress | None) -> Runner:
    """Fold to the head of the log as it is by now, back and forth where a rollback led away."""
    while True:
        with _opened(sites, None) as states:
            runner = Runner(log, states)
            _run(Keeper(runner, {site.view.name: site.generation for site in sites}), progress)
        if not runner.departed:
            return runner
        head = log.head()
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        chain = rollbacks.chain(rollbacks.served_tip(0 if head is None else head.height))
        for site in sites:
            if site.view.name in runner.departed:
                site.begin_on(chain)


def help_fold(sites: Sequence[Site], log: LogReader, partitions: Sequence[int]) -> Runner:
    """What a helping process does: fold some partitions, and say on stdout how far it is."""
    end_with_parent()
    return fold_plan(sites, log, sites[0].plan(), _tell, partitions)


def _run(keeper: Keeper, progress: Progress | None) -> None:
    """Fold to the end. Raises ``LogUnavailable`` once the log has given nothing for ``PATIENCE_S``."""
    blocks, since = -1, 0.0
    while True:
        try:
            keeper.run_to_head(progress)
        except LogUnavailable as fault:
            if keeper.runner.timing.blocks > blocks:
                blocks, since = keeper.runner.timing.blocks, monotonic()
            if monotonic() - since >= PATIENCE_S:
                raise
            _logger.warning("%s Asking again.", fault)
            sleep(RETRY_S)
        else:
            return


def _chain(log: LogReader, tip: int) -> Chain:
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    return rollbacks.chain(tip)


@contextmanager
def _opened(sites: Sequence[Site], partitions: Sequence[int] | None) -> Iterator[list[ViewState]]:
    with ExitStack() as opened:
        yield [opened.enter_context(site.opened(partitions)) for site in sites]


def _helper(arguments: Sequence[str], progress: Progress) -> int:
    """Run one process to its end, and pass on what it says of its progress; returns its exit code."""
    with start_child(arguments, told=True) as process:
        for done, of in _told(process.stdout):
            progress(done, of)
        return process.wait()


def _told(lines: IO[bytes] | None) -> Iterator[tuple[int, int]]:
    for line in lines or ():
        said = json.loads(line)
        yield said[_DONE], said[_OF]


def _tell(done: int, of: int) -> None:
    sys.stdout.write(json.dumps({_DONE: done, _OF: of}) + "\n")
    sys.stdout.flush()


class _Together:
    """Progress of processes that have some partitions each, as one."""

    def __init__(self, partitions: Sequence[int], progress: Progress) -> None:
        self._weights = [count / sum(partitions) for count in partitions]
        self._done = [0.0] * len(partitions)
        self._progress = progress
        self._lock = Lock()

    def told_by(self, place: int, done: int, of: int) -> None:
        """What one process said."""
        with self._lock:
            self._done[place] = done * self._weights[place]
            self._progress(int(sum(self._done)), of)
