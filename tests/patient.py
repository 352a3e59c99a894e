"""A service that folds the past for as long as a machine that does other things too needs for it."""

from typing import Final

from ledger.settings import Settings
from projectors.api.served import Served

PAST_S: Final = 300.0


def patient(settings: Settings) -> Served:
    """What is served of a data directory; nothing of the past costs too much."""
    return Served(settings, past_s=PAST_S)
