"""What a fault left behind, as one line of the table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.integration.kafka.cluster import Cluster

TAKE_OVER_MAX_S: Final = 15.0
BROKER_KILLED_MAX_S: Final = 8.0
BROKER_PAUSED_MAX_S: Final = 20.0
BROKER_BACK_MAX_S: Final = 30.0


@dataclass
class FaultRow:
    """How a fault ended.

    ``recovery_s`` is the longest time without an answer after it began, and means nothing without a
    ``limit_s``; ``findings`` are broken promises, ``note`` what else is worth knowing.
    """

    fault: str
    seed: int
    answered: int = 0
    lost: int = 0
    duplicated: int = 0
    recovery_s: float = 0.0
    limit_s: float = 0.0
    note: str = ""
    findings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether every promise was kept, however long it took."""
        return not (self.lost or self.duplicated or self.findings or not self.answered)

    @property
    def in_time(self) -> bool:
        """Whether answers came again within ``limit_s``."""
        return not self.limit_s or self.recovery_s <= self.limit_s


Fault = Callable[[Cluster, int], FaultRow]
"""Makes one fault happen on a cluster and says what was left; the seed repeats its choices."""
