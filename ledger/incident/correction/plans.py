"""A correction from a log: the counterfactual, what is collected beside it, and the plan."""

from dataclasses import dataclass
from typing import Final

from ledger.core.state import State
from ledger.incident.correction.collect import Collector
from ledger.incident.correction.planner import Asked, plan_correction
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.incident.counterfactual.run import Counterfactual, Watcher, counterfactual
from ledger.incident.plan import Plan
from ledger.log.port import LogReader
from ledger.writer.checkpoints import Checkpoints

LAST_TICK: Final = 2**62


@dataclass(frozen=True, slots=True)
class Window:
    """Markets whose index was wrong after the block ``from_height``, and the ticks that count.

    ``to_height`` is the newest block that the plan looks at.
    """

    markets: tuple[str, ...]
    from_height: int
    to_height: int
    from_tick: int = 0
    to_tick: int = LAST_TICK

    def corrections(self) -> Corrections:
        """The index of these markets as the ledger computes it."""
        ticks = [TickCorrection(name, self.from_tick, self.to_tick, COMPUTED) for name in self.markets]
        return Corrections([], ticks)


def correction_of(
    log: LogReader, window: Window, asked: Asked, checkpoints: Checkpoints | None = None
) -> tuple[Plan, Counterfactual]:
    """The plan that corrects a window, and the counterfactual that it came from.

    Raises ``SettingsFault`` for a window that there is not, or in which nothing is to be corrected.
    """
    collectors: list[Collector] = []

    def prepare(state: State) -> Watcher:
        collector = Collector(state)
        collectors.append(collector)
        return collector.watch

    done = counterfactual(
        log,
        window.corrections(),
        window.from_height,
        window.to_height,
        checkpoints=checkpoints,
        prepare=prepare,
    )
    return plan_correction(done, collectors[0], asked), done
