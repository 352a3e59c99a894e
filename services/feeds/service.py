"""The feeds as a service: their turns, one after the other, and what they tell the outside."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from ledger.core.messages import UpdatePrices
from ledger.core.refusals import RefusalCode
from ledger.edge.records import refusal_name
from ledger.errors import SettingsFault
from ledger.writer.apply import Answer
from services.feeds.feeds import Tick
from services.feeds.follower import FeedFollower
from services.feeds.player import Player, Turn
from services.metrics import FeedMetrics
from services.running import Audience

Report = Callable[[dict[str, Any]], None]

READY_LAG_S: Final = 10.0
"""A feed that has waited for longer than this for something else is not ready."""


@final
class FeedService:
    """Plays feeds of one ledger in turn: with both, the rates of a moment follow its prices.

    ``report`` is told of every tick and its outcome. ``live``: the times of the series are those of now, so a
    tick that comes at a wrong time is passed over; of any other series all would be refused like the first.
    Ends when no feed has anything more to play.
    """

    def __init__(
        self,
        players: Sequence[Player],
        follower: FeedFollower,
        metrics: FeedMetrics,
        audience: Audience,
        report: Report,
        *,
        live: bool,
    ) -> None:
        self.accepted: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self._players = list(players)
        self._follower = follower
        self._metrics = metrics
        self._audience = audience
        self._report = report
        self._live = live
        self._good_s = 0.0

    def turn(self) -> float | None:
        """A turn of every feed; seconds to wait, or ``None`` at the end. Raises what playing raises."""
        turns = [self._played(player) for player in self._players]
        waits = [turn for turn in turns if not turn.ended]
        ended = not waits or (len(waits) < len(turns) and all(turn.why for turn in waits))
        if ended:
            return None
        why = next((turn.why for turn in waits if turn.why), "")
        now_s = time.monotonic()
        if not why:
            self._good_s = now_s
        if now_s - self._good_s < READY_LAG_S:
            self._audience.become("publishing", ready=True)
        else:
            self._audience.become(f"waiting: {why}", ready=False)
        self._audience.pulse.height = self._follower.height
        return min(turn.wait_s for turn in waits)

    def _played(self, player: Player) -> Turn:
        began_s = time.perf_counter()
        turn = player.turn()
        if turn.tick is not None and turn.answer is not None:
            feed, code = player.feed.name, turn.answer.outcome.code
            self._metrics.answered(feed, turn.answer, time.perf_counter() - began_s)
            last = player.feed.last(self._follower.restored)
            self._metrics.stands(feed, last.tick_id, last.observed_at_ms)
            counts = self.refused if code else self.accepted
            counts[feed] = counts.get(feed, 0) + 1
            self._report(answered(feed, turn.tick, turn.answer))
            if code == RefusalCode.TICK_TIME_INVALID and not self._live:
                raise SettingsFault(
                    f"the ledger takes no tick of this time: {turn.answer.outcome.detail}",
                    where=f"{feed} tick {turn.tick.tick_id}",
                    remedy="Move the series with --shift-days, or set the rule tick_age_max_ms to its age",
                )
        return turn


def answered(feed: str, tick: Tick, answer: Answer) -> dict[str, Any]:
    """A tick and its outcome, as they are printed."""
    outcome = answer.outcome
    entries = tick.prices if isinstance(tick, UpdatePrices) else tick.rates
    row: dict[str, Any] = {
        "feed": feed,
        "tick_id": tick.tick_id,
        "source_epoch": tick.source_epoch,
        "observed_at_ms": tick.observed_at_ms,
        "markets": len(entries),
        "command_id": f"{tick.producer}/{tick.number}",
        "status": outcome.status,
        "duplicate": answer.duplicate,
    }
    if outcome.code:
        row |= {"code": outcome.code, "reason": refusal_name(outcome.code)}
    if outcome.detail:
        row["detail"] = outcome.detail
    return row
