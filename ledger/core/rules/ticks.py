"""The order of a feed's ticks: no tick twice, none missing between two, none from the past or future."""

from typing import Final, final

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.rules.guards import Trips
from ledger.core.state import State
from ledger.core.values import is_long, is_name

MS_US: Final = 1000


@final
class Feed:
    """Where a feed is: its last tick, who sends it, and when that was observed."""

    __slots__ = ("epoch", "observed_at_ms", "source", "tick_id")

    def __init__(self, tick_id: int, source: str, epoch: int, observed_at_ms: int) -> None:
        self.tick_id = tick_id
        self.source = source
        self.epoch = epoch
        self.observed_at_ms = observed_at_ms


def refuse_source(source: str) -> Decision | None:
    """``INVALID_VALUE`` for a feed without a name."""
    return None if is_name(source) else refused(RefusalCode.INVALID_VALUE, f"source {source!r} is not a name")


def observed_us(observed_at_ms: int) -> int:
    """The time of a tick in microseconds; 0, which is no outside time, for one that no event can carry."""
    time_us = observed_at_ms * MS_US
    return time_us if is_long(time_us) else 0


def check_order(
    state: State, trips: Trips, last: Feed, tick: Feed, previous_tick_id: int, now_us: int
) -> None:
    """G4a and G4: whether ``tick`` follows the ``last`` accepted one of its feed.

    Before the first tick ``last`` is all zero. One epoch has one source: another feed takes
    over with a higher epoch. A time that no event can carry is refused whatever the policies are.
    """
    code = RefusalCode.TICK_OUT_OF_ORDER
    if previous_tick_id != last.tick_id:
        detail = f"previous_tick_id {previous_tick_id}, last accepted {last.tick_id}"
        trips.trip("G4a", code, detail, "previous_tick_id", previous_tick_id)
    if tick.epoch < last.epoch:
        detail = f"source_epoch {tick.epoch}, last accepted {last.epoch}"
        trips.trip("G4a", code, detail, "source_epoch", tick.epoch)
    if tick.epoch == last.epoch and last.tick_id and tick.source != last.source:
        detail = f"source {tick.source}, of epoch {last.epoch} is {last.source}"
        trips.trip("G4a", code, detail, "source", tick.source)
    if tick.tick_id <= last.tick_id:
        detail = f"tick_id {tick.tick_id}, last accepted {last.tick_id}"
        trips.trip("G4", code, detail, "tick_id", tick.tick_id)
    code = RefusalCode.TICK_TIME_INVALID
    time_us = tick.observed_at_ms * MS_US
    numbers = state.control.numbers
    if tick.observed_at_ms <= last.observed_at_ms:
        detail = f"observed_at_ms {tick.observed_at_ms}, last accepted {last.observed_at_ms}"
        trips.trip("G4", code, detail, "observed_at_ms", tick.observed_at_ms)
    if time_us > now_us + numbers["tick_ahead_max_ms"] * MS_US:
        detail = f"observed_at_ms {tick.observed_at_ms} is ahead of the ledger's time {now_us} us"
        trips.trip("G4", code, detail, "observed_at_ms", tick.observed_at_ms)
    elif time_us < now_us - numbers["tick_age_max_ms"] * MS_US:
        detail = f"observed_at_ms {tick.observed_at_ms} is too long before the ledger's time {now_us} us"
        trips.trip("G4", code, detail, "observed_at_ms", tick.observed_at_ms)
    if not is_long(time_us):
        trips.refuse(code, f"observed_at_ms {tick.observed_at_ms} is no time in microseconds")
