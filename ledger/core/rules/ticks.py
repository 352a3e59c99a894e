"""The order of a feed's ticks: no tick twice, none missing between two, none from the past or future."""

from typing import Final, final

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.values import is_name

AHEAD_MAX_US: Final = 2_000_000
"""How far a tick's time may be ahead of the ledger's, in microseconds (corruptions.md, G4).

A tick from the far future would make every later one look late.
"""


@final
class Feed:
    """Where a feed is: its last tick, who sends it, and when that was observed."""

    __slots__ = ("epoch", "observed_at_ms", "source", "tick_id")

    def __init__(self, tick_id: int, source: str, epoch: int, observed_at_ms: int) -> None:
        self.tick_id = tick_id
        self.source = source
        self.epoch = epoch
        self.observed_at_ms = observed_at_ms


def refuse_tick(last: Feed, tick: Feed, previous_tick_id: int, now_us: int) -> Decision | None:
    """Why ``tick`` does not follow the ``last`` accepted one of its feed, or None.

    Before the first tick ``last`` is all zero. One epoch has one source: another feed takes
    over with a higher epoch.
    """
    if not is_name(tick.source):
        return refused(RefusalCode.INVALID_VALUE, f"source {tick.source!r} is not a name")
    if previous_tick_id != last.tick_id:
        return refused(
            RefusalCode.TICK_OUT_OF_ORDER,
            f"previous_tick_id {previous_tick_id}, last accepted {last.tick_id}",
        )
    if tick.tick_id <= last.tick_id:
        return refused(RefusalCode.TICK_OUT_OF_ORDER, f"tick_id {tick.tick_id}, last accepted {last.tick_id}")
    if tick.epoch < last.epoch:
        return refused(
            RefusalCode.TICK_OUT_OF_ORDER, f"source_epoch {tick.epoch}, last accepted {last.epoch}"
        )
    if tick.epoch == last.epoch and last.tick_id and tick.source != last.source:
        return refused(
            RefusalCode.TICK_OUT_OF_ORDER, f"source {tick.source}, of epoch {last.epoch} is {last.source}"
        )
    if tick.observed_at_ms <= last.observed_at_ms:
        return refused(
            RefusalCode.TICK_TIME_INVALID,
            f"observed_at_ms {tick.observed_at_ms}, last accepted {last.observed_at_ms}",
        )
    if tick.observed_at_ms * 1000 > now_us + AHEAD_MAX_US:
        return refused(
            RefusalCode.TICK_TIME_INVALID,
            f"observed_at_ms {tick.observed_at_ms} is ahead of the ledger's time {now_us} us",
        )
    return None
