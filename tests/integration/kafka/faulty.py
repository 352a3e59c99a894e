"""What a fault must leave behind for its test to pass."""

from benchmarks.faults.row import FaultRow

SLOW_MACHINE = 4
"""A test asks for a recovery at all, not for a machine without other work: `make faults` judges the time."""


def accepted(row: FaultRow) -> None:
    """Nothing lost, doubled or broken, and answers again before anybody would have given up."""
    assert row.kept, row
    assert not row.limit_s or row.recovery_s <= row.limit_s * SLOW_MACHINE, row
