"""What a following projector tells the outside: health and metrics over HTTP, structured log lines.

Ready is a projector whose views all stand at the head of the log, or are less than ``READY_LAG_S``
behind it. A view that stopped makes it unready and keeps serving what it has; the others go on.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

from ledger.core.messages import BlockSealed
from ledger.errors import LedgerFault
from ledger.service.watch import Pulse, Watch
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.service.metrics import ProjectorMetrics, Standing
from projectors.stores import generations

READY_LAG_S: Final = 10.0
"""As long as an idle ledger takes to seal its next block."""

_logger: Final = logging.getLogger("projectors")


@final
class Watched:
    """The audience of a service. ``listen`` is HOST:PORT; port 0 takes any free one."""

    def __init__(self, root: Path, listen: str) -> None:
        self._root = root
        self._metrics = ProjectorMetrics()
        self._pulse = Pulse("projectors")
        host, _, port = listen.rpartition(":")
        self._watch = Watch(self._pulse, self._metrics.registry, host, int(port))
        self._runner: Runner | None = None
        self._generations: dict[str, int] = {}
        self._stopped: set[str] = set()
        self._events = self._blocks = 0
        _logger.info("listens", extra={"port": self._watch.port})

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._watch.port

    def say(self, line: str) -> None:
        """Something a person may want to know."""
        _logger.info(line)

    def met(self, fault: LedgerFault) -> None:
        """A fault that is waited out, or that ends the service."""
        self._metrics.fault(type(fault).__name__)
        self._pulse.now("waiting", ready=False)
        _logger.warning("fault", extra={"fault": str(fault), "action": fault.action.value})

    def turned(self, runner: Runner, seconds: float) -> None:
        """The projector looked at the log, and applied what it had; that took ``seconds``."""
        if runner is not self._runner:
            self._runner = runner
            self._generations = {
                state.view.name: generations.serving_number(self._root, state.view.name)
                for state in runner.states
            }
        timing = runner.timing
        if timing.events > self._events or timing.blocks > self._blocks:
            self._metrics.folded(timing.events - self._events, timing.blocks - self._blocks, seconds)
            self._events, self._blocks = timing.events, timing.blocks
        self._metrics.head(runner.head.height if runner.head else 0)
        standings = [self._standing(runner, state) for state in runner.states]
        for standing in standings:
            self._metrics.stands(standing)
        for name in runner.stops.keys() - self._stopped:
            self._stopped.add(name)
            stop = runner.stops[name]
            self._metrics.fault(type(stop.fault).__name__)
            _logger.error(
                "view stopped", extra={"view": name, "height": stop.height, "fault": str(stop.fault)}
            )
        self._pulse.height = min((standing.height for standing in standings), default=0)
        role = "stopped" if runner.stops else "following"
        self._pulse.now(role, ready=all(_is_good(standing) for standing in standings))

    def alive(self) -> None:
        """The projector waits, is at something long, or has nothing left to follow."""
        self._pulse.beat()

    @contextmanager
    def reporting(self) -> Iterator[Callable[[int, int], None]]:
        """Progress of something long: who watches a service looks at its metrics."""
        yield lambda _done, _tip: self.alive()

    def close(self) -> None:
        """Stop listening."""
        self._watch.close()

    def _standing(self, runner: Runner, state: ViewState) -> Standing:
        name = state.view.name
        cursor = min((part.cursor for part in state.partitions.values()), key=lambda one: one.height)
        head: BlockSealed | None = runner.head
        behind = head.last_seq - cursor.seq if head else 0
        lag_s = (head.recorded_at_us - cursor.recorded_at_us) / 1e6 if head and cursor.height else 0.0
        if name in runner.stops:
            what = "stopped"
        elif name in runner.departed:
            what = "void"
        else:
            what = "serving" if head and cursor.height >= head.height else "stale"
        number = self._generations[name]
        return Standing(name, what, number, cursor.height, cursor.seq, max(0, behind), max(0.0, lag_s))


def _is_good(standing: Standing) -> bool:
    return standing.state == "serving" or (standing.state == "stale" and standing.lag_s < READY_LAG_S)
