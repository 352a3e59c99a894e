"""What the operators of a run leave behind: audits and plans, as the files that the command line writes."""

from pathlib import Path

from ledger.incident.plan import write_plan
from ledger.incident.report_file import write_report
from scenarios.day.player import Player
from scenarios.day.undoing import INCIDENT


def keep_evidence(incidents: Path, player: Player) -> None:
    """Write what a run has of audits and plans; nothing where it has none."""
    plans = {"rollback": player.undoing.plan, "refunds": player.refunding.plan}
    made = {name: plan for name, plan in plans.items() if plan is not None}
    if not made and not player.auditing.reports:
        return
    folder = incidents / INCIDENT
    folder.mkdir(parents=True, exist_ok=True)
    for name, report in player.auditing.reports.items():
        write_report(folder / f"audit-{name.replace(' ', '-')}.json", report)
    for name, plan in made.items():
        write_plan(folder / f"plan-{name}.json", plan)
