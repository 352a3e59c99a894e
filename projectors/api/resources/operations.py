"""What operators watch, put together: views, modes with their gates, guards, checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.core.rulebook import GUARD_PREFIX, GUARDS, MODE_RULES, POLICIES
from ledger.errors import CheckpointCorrupt, ViewMissing
from projectors.api.models import operations as shapes
from projectors.api.models.base import At
from projectors.api.resources import gates
from projectors.api.resources.values import US_PER_MS, ms, number, text
from projectors.api.served import Asked
from projectors.api.tokens import now_ms
from projectors.marks import files
from projectors.marks.records import read_record
from projectors.reading import reports
from projectors.stores import generations
from projectors.stores.building import Building, building
from projectors.views import VIEWS

NEEDS: Final = tuple(VIEWS)


def operations(asked: Asked, at: At, root: Path, ledger_id: str, since: gates.Since) -> shapes.Operations:
    """All of it; ``root`` is the directory of all views, ``since`` when books began to be fair."""
    statuses = asked.control("SystemStatusChanged")
    newest = statuses[-1] if statuses else {}
    status = gates.status_of(asked)
    partitions = len(asked.market.states()[0].partitions)
    return shapes.Operations(
        at=at,
        ledger_id=ledger_id,
        head_digest=_digest(asked),
        answered_at=now_ms(),
        status=status,
        withdrawals=text(newest, "withdrawals_after") or "open",
        reason=text(newest, "reason"),
        next_status=gates.next_status(status),
        gates_policy=gates.rule(asked, "gates"),
        gates=gates.gates(asked, since),
        modes=modes(asked, status),
        guards=guards(asked),
        views=views(asked, at, root),
        checkpoints=[one for name in VIEWS for one in checkpoints(asked, at, root, name, partitions)],
    )


def _digest(asked: Asked) -> str:
    """Digest of the newest block that is served."""
    if asked.when.past:
        return ""
    cursors = [part.cursor for part in asked.market.states()[0].partitions.values()]
    return min(cursors, key=lambda cursor: cursor.height).digest


def modes(asked: Asked, status: str) -> list[shapes.Mode]:
    """What every mode allows, by the rules in force."""
    changed = gates.rules(asked)
    found = []
    for name, (_, default, meaning) in MODE_RULES.items():
        allowed = [mode for mode in changed.get(name, default).split(",") if mode]
        found.append(shapes.Mode(rule=name, meaning=meaning, modes=allowed, allowed=status in allowed))
    return found


def guards(asked: Asked) -> list[shapes.Guard]:
    """Every guard with its policy, and what of it was recorded."""
    changed = gates.rules(asked)
    now_us = gates.ledger_time_us(asked)
    rows = asked.control("GuardTripped")
    found = []
    for name, guard in GUARDS.items():
        own = [row for row in rows if row["guard"] == name]
        last = own[-1] if own else {}
        default = POLICIES[guard.default]
        policy, until_us = _policy(changed.get(GUARD_PREFIX + name, default), default, now_us)
        found.append(
            shapes.Guard(
                guard=name,
                asks=guard.doc.replace("`", ""),
                policy=policy,
                until=until_us // US_PER_MS,
                default=default,
                trips=len(own),
                last_seq=number(last, "seq"),
                last_at=ms(last, "recorded_at_us"),
                last_market=text(last, "market"),
                last_action=text(last, "action"),
            )
        )
    return found


def _policy(value: str, default: str, now_us: int) -> tuple[str, int]:
    """A policy in force and until when, 0 for ever; one that only observes ends by itself."""
    word, _, until = value.partition(":")
    if not until:
        return word, 0
    return (word, int(until)) if now_us < int(until) else (default, 0)


def views(asked: Asked, at: At, root: Path) -> list[shapes.WatchedView]:
    """Every view, with what is built beside it."""
    built = {one.view: one for one in building(root, list(VIEWS))}
    stops = {one["view"]: one["finding"] for one in reports.findings(asked.market)}
    return [
        shapes.WatchedView(
            view=row["view"],
            version=row["version"],
            generation=row["generation"],
            generations=[generations.name_of(one) for one in generations.numbers(root, row["view"])],
            block=row["height"],
            seq=row["seq"],
            behind=max(0, row["behind"]),
            state=row["state"],
            reason=stops.get(row["view"], ""),
            building=_building(built.get(row["view"])),
        )
        for row in reports.views(asked.market, at.head)
    ]


def _building(found: Building | None) -> shapes.Building | None:
    if found is None:
        return None
    return shapes.Building(
        kind=found.kind,
        done=found.done,
        of=found.of,
        began_at=found.began_at_ms,
        told_at=found.told_at_ms,
    )


def checkpoints(asked: Asked, at: At, root: Path, view: str, partitions: int) -> list[shapes.Checkpoint]:
    """Checkpoints of a view up to a moment, newest first; what cannot be read is left out."""
    segments = live_segments(asked, at.head)
    found = []
    for generation in generations.numbers(root, view):
        place = root / view / generations.name_of(generation)
        for height in files.heights(place, range(partitions)):
            if height <= at.block and (seq := _seq_of(place, height)):
                counts = any(first <= height <= last for first, last in segments)
                found.append(
                    shapes.Checkpoint(view=view, generation=place.name, block=height, seq=seq, counts=counts)
                )
    return sorted(found, key=lambda one: (-one.block, one.generation))


def live_segments(asked: Asked, head: int) -> Sequence[tuple[int, int]]:
    """First and last blocks of what counts, newest first, by the rollbacks that were declared."""
    declared = {
        number(row, "void_to_height") + 1: number(row, "target_height")
        for row in asked.rows("exchange", "rollbacks")
    }
    found = []
    high = head
    for block in sorted(declared, reverse=True):
        if block <= high:
            found.append((block, high))
            high = declared[block]
    return [*found, (1, high)]


def _seq_of(generation: Path, height: int) -> int:
    """Seq at which a checkpoint stands; 0 where that cannot be read."""
    try:
        record = read_record(files.path_of(generation, height) / "0.json")
        return int(record["cursor"]["seq"])
    except (CheckpointCorrupt, KeyError, TypeError, ViewMissing):
        return 0
