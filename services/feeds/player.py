"""Plays a series into a ledger, one tick at a time, in order.

A start, before the first tick:

1. *Ask*: send a tick that is refused in any case, and wait for its outcome. Commands have one order, so
   whatever a predecessor sent before it died has been taken by now.
2. *Restore*: fold the log up to there.
3. *Verify*: the publisher, or ``NotVerified``.

Each tick:

4. *Observe* the first moment after the last accepted tick.
5. *Send*, and send the same command again as long as nobody answers.
6. *Read* the log up to the outcome, and go on from the tick that the ledger accepted last, whichever it is.

A death at any step leaves nothing to repair: the number of a command is the time of its moment, so a
tick that is sent twice is one command; and what was accepted is in the log, where 2 finds it. After a
rollback the producer has another name, since the times of the void ticks may be played once more.
"""

from collections.abc import Callable
from typing import Final, Protocol, final

from ledger.core.refusals import RefusalCode
from ledger.writer.apply import Answer
from services.feeds.feeds import Feed, Tick
from services.feeds.follower import FeedFollower
from services.feeds.restored import LastTick, Restored
from services.feeds.series import Moment, Series

ATTEMPTS: Final = 10
"""How often one moment may be sent, each under its own number."""
LOOK_S: Final = 0.05
"""How often a feed looks whether what it waits for has come."""
MS_US: Final = 1000
NEVER_MS: Final = 0


class Clock(Protocol):
    """When a moment is due, and the time now. All of it in Unix milliseconds."""

    def now_ms(self) -> int:
        """The machine's time."""

    def due_ms(self, observed_at_ms: int) -> int:
        """When the moment is to be published."""


@final
class Turn:
    """What a turn of a player came to: a ``tick`` with its ``answer``, or ``why`` there is none.

    ``wait_s`` until the next turn; ``ended``: there is nothing more to play.
    """

    __slots__ = ("answer", "ended", "tick", "wait_s", "why")

    def __init__(
        self,
        wait_s: float = 0.0,
        *,
        tick: Tick | None = None,
        answer: Answer | None = None,
        why: str = "",
        ended: bool = False,
    ) -> None:
        self.wait_s = wait_s
        self.tick = tick
        self.answer = answer
        self.why = why
        self.ended = ended


@final
class Player:
    """One feed of one ledger.

    ``send`` takes a command and its time of arrival (Unix microseconds), where the log asks for one, and
    answers once it is durable. ``ticks_max`` accepted ticks are played; 0: to the end.
    """

    def __init__(
        self,
        feed: Feed,
        series: Series,
        follower: FeedFollower,
        send: Callable[[Tick, int], Answer],
        clock: Clock,
        ticks_max: int = 0,
    ) -> None:
        self.feed = feed
        self.accepted = 0
        self._series = series
        self._follower = follower
        self._send = send
        self._clock = clock
        self._ticks_max = ticks_max
        self._verified_at = 0
        """The beginning of the follower that was verified; 0: none."""
        self._passed_ms = NEVER_MS
        """Time of the newest moment that was answered and is not sent again."""
        self._attempt = 0
        self._sent: Tick | None = None
        """A tick whose outcome is not known."""

    def turn(self) -> Turn:
        """Play one moment, or say how long to wait. Raises ``LogUnavailable``; then call it again."""
        if self._sent is not None:
            return self._settle(self._sent)
        restored = self._follower.catch_up()
        if self._verified_at != self._follower.beginnings:
            restored = self._begin(restored)
        if self._ticks_max and self.accepted >= self._ticks_max:
            return Turn(ended=True)
        markets = self.feed.markets(restored)
        last_ms = max(self.feed.last(restored).observed_at_ms, self._passed_ms)
        moment = self._series.after(last_ms, self._clock.now_ms(), markets) if markets else None
        if moment is None:
            return Turn(ended=True) if markets else Turn(LOOK_S, why="no market is listed")
        left_ms = self._clock.due_ms(moment.observed_at_ms) - self._clock.now_ms()
        if left_ms > 0:
            return Turn(min(left_ms / 1000, LOOK_S))
        why = self.feed.waits(restored, moment)
        if why:
            return Turn(LOOK_S, why=why)
        return self._settle(self._tick(restored, moment))

    def _begin(self, restored: Restored) -> Restored:
        """Steps 1 to 3; after a rollback 3 alone."""
        if self._verified_at == 0:
            number = self._clock.now_ms() * ATTEMPTS
            answer = self._send(self.feed.question((f"{self.feed.producer}.start", number, 0)), 0)
            restored = self._follower.reach(answer.outcome.position)
        self.feed.verify(restored)
        self._passed_ms = NEVER_MS
        self._verified_at = self._follower.beginnings
        return restored

    def _tick(self, restored: Restored, moment: Moment) -> Tick:
        number = moment.observed_at_ms * ATTEMPTS + self._attempt
        rollbacks = self._follower.rollbacks
        producer = f"{self.feed.producer}.{rollbacks}" if rollbacks else self.feed.producer
        header = (producer, number, moment.observed_at_ms * MS_US)
        self._sent = self.feed.tick(header, restored, moment)
        return self._sent

    def _settle(self, tick: Tick) -> Turn:
        """Steps 5 and 6."""
        before = self.feed.last(self._follower.restored)
        place = (before.tick_id, before.epoch)
        answer = self._send(tick, tick.observed_at_ms * MS_US)
        after = self.feed.last(self._follower.reach(answer.outcome.position))
        self._sent = None
        if self._verified_at == self._follower.beginnings:
            self.feed.go_on(self._follower.restored)
        self.accepted += answer.outcome.code == 0
        if _another_follows(answer, place, after) and self._attempt < ATTEMPTS - 1:
            self._attempt += 1
        else:
            self._attempt = 0
            self._passed_ms = tick.observed_at_ms
        return Turn(tick=tick, answer=answer)


def _another_follows(answer: Answer, before: tuple[int, int], after: LastTick) -> bool:
    """Whether a tick was refused only for following one that is not, or was not, the last accepted."""
    late = answer.duplicate or before != (after.tick_id, after.epoch)
    return late and answer.outcome.code == RefusalCode.TICK_OUT_OF_ORDER
