"""All remedies for an audited window, in the order in which they are shown."""

from collections.abc import Sequence

from ledger.incident.audit import Audit
from ledger.incident.compare import (
    Remedy,
    Target,
    compensation_remedies,
    rollback_remedy,
    surgical_remedy,
)
from ledger.incident.valuation import worth_of


def remedies_of(found: Audit) -> list[Remedy]:
    """Rollback to every target, surgical correction, compensation by every method."""
    done = found.done
    values = {
        name: worth_of(account, done.state, done.state).value_e8
        for name, account in done.state.accounts.items()
    }
    orphans = [one.trade_id for one in done.replay.orphans]
    rollbacks = [
        rollback_remedy(target, done.recorded, done.state, orphans, values, _title(found.targets, target))
        for target in found.targets
    ]
    surgical = surgical_remedy(
        done.recorded,
        done.state,
        found.effects,
        found.settlements,
        len(found.wrongful),
        done.replay.house,
    )
    compensation = compensation_remedies(done.recorded, found.effects, found.inputs, found.excluded)
    return [*rollbacks, surgical, *compensation]


def _title(targets: Sequence[Target], target: Target) -> str:
    return "to the last good block" if target is targets[0] else f"to block {target.height}"
