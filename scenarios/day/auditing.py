"""The audits of the day: before the rollback of what the zeroed indices did, later of the thin book.

An audit takes its corrections from the log's own evidence and replays the commands of its window under them.
"""

from typing import Any, Final, final

from ledger.errors import LedgerMissing
from ledger.incident.audit import Audit, Options, audit, suspect
from ledger.incident.propose import corrections_of
from ledger.incident.report import report_of
from ledger.incident.report_file import DIGEST
from scenarios.day.site import Site
from scenarios.day.undoing import block_at

EFFECTS_SHOWN: Final = 20
LINES_SHOWN: Final = 40
METHOD: Final = "C"
"""Refunds pay what an account would have had."""

Row = dict[str, Any]


@final
class Auditing:
    """What was found, as far as it is there, by the name of the wave: ``reports`` all, ``found`` in short."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.found: dict[str, Row] = {}
        self.reports: dict[str, Row] = {}

    def look(self, name: str, from_us: int, divergence_ppm: int | None = None) -> Audit:
        """Audit everything since the last block at or before a time; keeps what the report shows.

        ``divergence_ppm`` is the bound of marks against prices outside, the market's own by default.
        """
        log, checkpoints = self._site.log, self._site.checkpoints
        head = log.head()
        if head is None:
            raise LedgerMissing("the log has no blocks yet")
        from_height = block_at(log, from_us)
        evidence, before = suspect(log, from_height, head.height, divergence_ppm, checkpoints)
        options = Options(targets=(before,) if before else (), divergence_ppm=divergence_ppm)
        found = audit(log, corrections_of(evidence), from_height, head.height, options, checkpoints)
        self.reports[name] = report = report_of(found)
        self.found[name] = shown(report)
        return found


def shown(report: Row) -> Row:
    """What the page shows of a report: it is made again by ``ledger incident audit``."""
    effects = sorted(report["effects"], key=lambda effect: (-abs(effect["difference_e8"]), effect["account"]))
    lines = [line for line in report["lines"][METHOD] if line["amount_e8"]]
    lines.sort(key=lambda line: (-line["amount_e8"], line["account"]))
    return {
        "window": report["window"],
        "digest": report[DIGEST],
        "evidence": len(report["evidence"]),
        "accounts": len(effects),
        "wrongful_takeovers": len(report["liquidations"]),
        "wrongful_accounts": len({one["account"] for one in report["liquidations"]}),
        "remedies": report["remedies"],
        "effects": [
            {
                "account": effect["account"],
                "value_recorded_e8": effect["value_recorded_e8"],
                "value_counterfactual_e8": effect["value_counterfactual_e8"],
                "difference_e8": effect["difference_e8"],
            }
            for effect in effects[:EFFECTS_SHOWN]
        ],
        "lines": [
            {name: line[name] for name in ("account", "reason", "method", "amount_e8", "note")}
            for line in lines[:LINES_SHOWN]
        ],
        "lines_total": len(lines),
        "lines_total_e8": sum(line["amount_e8"] for line in lines),
    }
