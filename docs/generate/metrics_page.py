"""Text of ``docs/reference/metrics.md``: every Prometheus metric of every service."""

from typing import Final, NamedTuple

from prometheus_client.metrics import MetricWrapperBase

from docs.generate.markdown import cell, table
from ledger.service.metrics import ROLES, WriterMetrics
from projectors.service.metrics import STATES, ProjectorMetrics
from services.metrics import FeedMetrics, KeeperMetrics

INTRODUCTION: Final = """\
# Metrics

Each service answers `/metrics` in the text format of Prometheus where it was told to listen (`--listen` or
`LEDGER_LISTEN`). A counter's name ends in `_total`; a histogram has `_bucket`, `_sum` and `_count`.
[docker/prometheus](../../docker/prometheus) scrapes them and has alerts;
[docker/grafana](../../docker/grafana) shows them.

Written by `python -m docs.generate` from the registries of the services."""

SERVICES: Final[dict[str, type]] = {
    "ledger writer": WriterMetrics,
    "projectors run --follow": ProjectorMetrics,
    "ledger keeper": KeeperMetrics,
    "ledger feed": FeedMetrics,
}

LABELS: Final = {
    "code": "number of the [refusal](refusals.md)",
    "fault": "class of the [fault](../how-to/operate.md#when-something-cannot-go-on)",
    "feed": "`prices` or `funding`",
    "name": "name of the [refusal](refusals.md)",
    "role": ", ".join(f"`{role}`" for role in ROLES),
    "state": ", ".join(f"`{state}`" for state in STATES),
    "status": "`accepted`, `refused` or `duplicate`",
    "view": "name of the view",
    "what": "of `ledger_keeper_accounts_total`: `asked`, `liquidated`, `unanswered`, or a refusal's name;"
    " of `ledger_keeper_size`: `accounts` or `positions`",
}
"""What a label says; one without a text here fails the page."""


class Metric(NamedTuple):
    """One metric by the name under which it is asked for: a histogram without its endings."""

    service: str
    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    def series(self) -> set[str]:
        """Names of the time series that it makes."""
        if self.kind != "histogram":
            return {self.name}
        return {f"{self.name}_{ending}" for ending in ("bucket", "sum", "count")}


def metrics() -> list[Metric]:
    """Every metric of every service, in the order of their names."""
    return [
        _metric(service, collector)
        for service, kind in SERVICES.items()
        for collector in vars(kind()).values()
        if isinstance(collector, MetricWrapperBase)
    ]


def metrics_page() -> str:
    """The whole page."""
    found = metrics()
    parts = [INTRODUCTION]
    for service in SERVICES:
        rows = [
            (f"`{one.name}`", one.kind, ", ".join(f"`{label}`" for label in one.labels), cell(one.meaning))
            for one in found
            if one.service == service
        ]
        parts += [f"## {service}", table(("metric", "type", "labels", "meaning"), sorted(rows))]
    used = sorted({label for one in found for label in one.labels})
    parts += ["## Labels", table(("label", "says"), [(f"`{label}`", LABELS[label]) for label in used])]
    return "\n\n".join(parts) + "\n"


def _metric(service: str, collector: MetricWrapperBase) -> Metric:
    (family,) = collector.describe()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels: tuple[str, ...] = vars(collector)["_labelnames"]  # the library tells samples and not labels
    return Metric(service, name, family.type, tuple(labels), family.documentation)
