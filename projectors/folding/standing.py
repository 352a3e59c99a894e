"""Whether a view stands at a block of the log that it is given."""

from ledger.core.messages import BlockSealed
from ledger.errors import LedgerFault, TopicChanged, ViewStopped
from ledger.log.port import LogReader
from projectors.port import Cursor


def misplaced(cursor: Cursor, log: LogReader, head: BlockSealed | None) -> LedgerFault | None:
    """Why a view may not go on from ``cursor`` in ``log``, which ends with ``head``; ``None`` if it may."""
    if cursor.height == 0:
        return None
    if cursor.log != log.identity:
        ends = f"block {head.height}, seq {head.last_seq}" if head else "no block"
        return TopicChanged(
            f"the view is at block {cursor.height}, seq {cursor.seq} of {cursor.log or 'an embedded log'};"
            f" this is another log, at {ends}",
            where=log.identity or "the embedded log",
        )
    at = f"the view is at block {cursor.height}"
    if head is None or cursor.height > head.height:
        return ViewStopped(f"{at} and the log ends at block {head.height if head else 0}")
    if cursor.digest != log.seal(cursor.height).digest:
        return ViewStopped(f"{at} and the log has another block there")
    return None
