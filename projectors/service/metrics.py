"""The Prometheus metrics of a projector service."""

from typing import Final, NamedTuple, final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

STATES: Final = ("serving", "stale", "stopped", "void")
"""At the head; behind it; stopped at a block that it cannot apply; at a block that a rollback took back."""

_SECONDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)


class Standing(NamedTuple):
    """Where a view stands, and how far from the head of the log: in events, and in ledger time."""

    view: str
    state: str
    generation: int
    height: int
    seq: int
    lag_events: int
    lag_s: float


@final
class ProjectorMetrics:
    """Says what projectors do. One registry per service, so that tests can run several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter("ledger_projected_events", "Events read and folded", registry=self.registry)
        self._blocks = Counter("ledger_projected_blocks", "Blocks read and folded", registry=self.registry)
        self._step_seconds = Histogram(
            "ledger_projected_step_seconds",
            "From a look at the log to rows that can be read, of steps that had something to do",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._head = Gauge("ledger_head_height", "Newest block of the log", registry=self.registry)
        self._height = self._gauge("height", "Newest block that the view shows")
        self._seq = self._gauge("seq", "Newest event that the view shows")
        self._lag_events = self._gauge("lag_events", "Events of the log that the view does not show")
        self._lag_seconds = self._gauge(
            "lag_seconds", "Between the newest event of the log and of the view, by the times they carry"
        )
        self._generation = self._gauge("generation", "Number of the generation that serves")
        self._state = Gauge(
            "ledger_view_state", "1 for the state of a view", ["view", "state"], registry=self.registry
        )
        self._faults = Counter("ledger_faults", "Faults met, by class", ["fault"], registry=self.registry)

    def folded(self, events: int, blocks: int, seconds: float) -> None:
        """A step was applied."""
        self._events.inc(events)
        self._blocks.inc(blocks)
        self._step_seconds.observe(seconds)

    def head(self, height: int) -> None:
        """The log ends at this block."""
        self._head.set(height)

    def stands(self, view: Standing) -> None:
        """Where a view stands now."""
        self._height.labels(view.view).set(view.height)
        self._seq.labels(view.view).set(view.seq)
        self._lag_events.labels(view.view).set(view.lag_events)
        self._lag_seconds.labels(view.view).set(view.lag_s)
        self._generation.labels(view.view).set(view.generation)
        for state in STATES:
            self._state.labels(view.view, state).set(1 if state == view.state else 0)

    def fault(self, name: str) -> None:
        """A fault of this class was met."""
        self._faults.labels(name).inc()

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"ledger_view_{name}", what, ["view"], registry=self.registry)
