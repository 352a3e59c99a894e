"""The Prometheus metrics of the keeper and of the feeds."""

from typing import Final, final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ledger.core.refusals import RefusalCode
from ledger.writer.apply import Answer

_SECONDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)


class ServiceMetrics:
    """What every service counts. One registry per service, so that tests can run several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._faults = Counter("ledger_faults", "Faults met, by class", ["fault"], registry=self.registry)

    def fault(self, name: str) -> None:
        """A fault of this class was met."""
        self._faults.labels(name).inc()


@final
class FeedMetrics(ServiceMetrics):
    """Counts what feeds publish."""

    def __init__(self) -> None:
        super().__init__()
        self._ticks = Counter("ledger_feed_ticks", "Ticks sent", ["feed", "status"], registry=self.registry)
        self._refusals = Counter(
            "ledger_feed_refusals", "Ticks refused, by code", ["feed", "code", "name"], registry=self.registry
        )
        self._tick_id = Gauge(
            "ledger_feed_tick_id", "Number of the last accepted tick", ["feed"], registry=self.registry
        )
        self._observed = Gauge(
            "ledger_feed_observed_seconds",
            "When the last accepted tick was observed, Unix time",
            ["feed"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ledger_feed_outcome_seconds",
            "From a tick being sent to its block being read back",
            ["feed"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def answered(self, feed: str, answer: Answer, seconds: float) -> None:
        """A tick was answered, and read back."""
        code = answer.outcome.code
        status = "duplicate" if answer.duplicate else "refused" if code else "accepted"
        self._ticks.labels(feed, status).inc()
        if code and not answer.duplicate:
            self._refusals.labels(feed, str(code), RefusalCode(code).name).inc()
        self._seconds.labels(feed).observe(seconds)

    def stands(self, feed: str, tick_id: int, observed_at_ms: int) -> None:
        """The last accepted tick of a feed."""
        self._tick_id.labels(feed).set(tick_id)
        self._observed.labels(feed).set(observed_at_ms / 1000)


@final
class KeeperMetrics(ServiceMetrics):
    """Counts what a keeper found and asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = Counter(
            "ledger_keeper_accounts", "Accounts, by what became of them", ["what"], registry=self.registry
        )
        self._seconds = Histogram(
            "ledger_keeper_check_seconds",
            "From a tick being readable to every account having been checked",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._height = Gauge("ledger_keeper_height", "Newest block that was read", registry=self.registry)
        self._size = Gauge("ledger_keeper_size", "What is kept", ["what"], registry=self.registry)
        self._counted: dict[str, int] = {}

    def checked(self, seconds: float) -> None:
        """A tick came, and every account was looked at."""
        self._seconds.observe(seconds)

    def stands(self, height: int, accounts: int, positions: int) -> None:
        """How far the keeper is, and how much it keeps."""
        self._height.set(height)
        self._size.labels("accounts").set(accounts)
        self._size.labels("positions").set(positions)

    def counts(self, counts: dict[str, int]) -> None:
        """How many accounts were asked for, taken over, and refused with which code, so far."""
        for what, count in counts.items():
            self._answers.labels(what).inc(count - self._counted.get(what, 0))
            self._counted[what] = count
