"""Digests of the stored tables that the writer keeps too, for a proof from outside."""

from pathlib import Path

from ledger.log.port import LogReader
from projectors.folding.digests import merged
from projectors.reading.answers import open_answers
from projectors.views import VIEWS


def mirrored_digests(root: Path, log: LogReader) -> dict[str, tuple[int, str]]:
    """Table -> the block that it stands at in every partition, and its digest over all of them.

    Only of views that were built; one whose partitions stand at different blocks is left out.
    """
    found: dict[str, tuple[int, str]] = {}
    built = [view for view in VIEWS.values() if (root / view.name).is_dir() and view.mirrors]
    if not built:
        return found
    with open_answers(root, built, log) as answers:
        for state in answers.states():
            heights = {partition.cursor.height for partition in state.partitions.values()}
            if len(heights) > 1:
                continue
            for table in state.view.mirrors:
                parts = [partition.digests[table] for partition in state.partitions.values()]
                if state.view.plan.shown()[table].broadcast:
                    parts = parts[:1]
                found[table] = (next(iter(heights)), merged(parts).hexdigest())
    return found
