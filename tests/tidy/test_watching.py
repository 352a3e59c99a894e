"""Alerts and dashboard ask for metrics, labels and values that the services have."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docs.generate.markdown import anchors
from docs.generate.metrics_page import metrics
from ledger.core.refusals import RefusalCode
from ledger.errors import LedgerFault
from ledger.service.metrics import ROLES
from projectors.service.metrics import STATES
from tests.tidy.test_guides import faults

ROOT = Path(__file__).parent.parent.parent
DASHBOARD = ROOT / "docker" / "grafana" / "ledger.json"
ALERTS = ROOT / "docker" / "prometheus" / "alerts.yml"
OF_OTHERS = {"up", "node_filesystem_avail_bytes"}
OF_THE_SCRAPE = {"service", "instance", "job", "le"}
VALUES = {
    "role": set(ROLES),
    "state": set(STATES),
    "name": {code.name for code in RefusalCode},
    "fault": {fault.__name__ for fault in faults()} | {LedgerFault.__name__},
}


@cache
def labels_of() -> dict[str, set[str]]:
    """Labels of every time series, over the services that have it."""
    found: dict[str, set[str]] = {}
    for metric in metrics():
        for series in metric.series():
            found.setdefault(series, set()).update(metric.labels)
    return found


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return loaded


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def alerts() -> dict[str, dict[str, str]]:
    """Every alert by name, with its fields."""
    text = ALERTS.read_text(encoding="utf-8").replace(">-\n", "")
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^ +- alert: ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        found[name.strip()] = {
            key: " ".join(value.split()) for key, value in re.findall(r"^ +(\w+): *(.+)$", rest, re.MULTILINE)
        }
    return found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in panels():
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])
    yield from ((name, alert["expr"]) for name, alert in alerts().items())


def test_every_metric_that_is_asked_for_is_one_of_the_services() -> None:
    known = labels_of().keys() | OF_OTHERS
    asked = {
        (place, name)
        for place, text in expressions()
        for name in re.findall(r"\b(?:ledger_[a-z_]+|up|node_[a-z_]+)\b", text)
    }
    assert {(place, name) for place, name in asked if name not in known} == set()
    assert labels_of().keys() & {name for _, name in asked}


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    wrong = []
    for place, text in expressions():
        used = {label for part in re.findall(r"by \(([^)]*)\)", text) for label in re.findall(r"\w+", part)}
        used |= set(re.findall(r"[{,]\s*(\w+)\s*[!=]~?", text))
        names = re.findall(r"\bledger_[a-z_]+\b", text)
        allowed = OF_THE_SCRAPE.union(*(labels_of()[name] for name in names))
        wrong += [(place, label) for label in used if names and label not in allowed]
    assert wrong == []


def test_every_value_that_is_asked_for_can_occur() -> None:
    asked = [
        (place, label, word)
        for place, text in expressions()
        for label, value in re.findall(r"(\w+)\s*[!=]~?\s*\"([^\"$]*)\"", text)
        for word in value.split("|")
    ]
    assert [one for one in asked if one[1] in VALUES and one[2] not in VALUES[one[1]]] == []
    assert {"role", "state", "name", "fault"} <= {label for _, label, _ in asked}


def test_every_metric_is_on_the_dashboard_or_follows_from_one_that_is() -> None:
    text = DASHBOARD.read_text(encoding="utf-8")
    left_out = {metric.name for metric in metrics() if metric.name not in text}
    assert left_out == {
        "ledger_command_cursor",
        "ledger_feed_tick_id",
        "ledger_head_height",
        "ledger_projected_blocks_total",
        "ledger_view_height",
        "ledger_view_seq",
    }


def test_the_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert len(ids) == len(set(ids))


def test_every_alert_says_where_to_read_on() -> None:
    guide = anchors((ROOT / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8"))
    for name, alert in alerts().items():
        page, _, anchor = alert["runbook"].partition("#")
        assert page == "docs/how-to/operate.md", name
        assert anchor in guide, name
        assert re.search(r"severity: (page|ticket)", alert["labels"]), name
