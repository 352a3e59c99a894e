"""A correction from a log: the counterfactual, what is collected beside it, and the plan."""

from ledger.core.state import State
from ledger.errors import SettingsFault
from ledger.incident.correction.collect import Collector
from ledger.incident.correction.parts import Asked
from ledger.incident.correction.planner import plan_correction
from ledger.incident.counterfactual.corrections import FAIR, Corrections
from ledger.incident.counterfactual.run import Counterfactual, Watcher, counterfactual
from ledger.incident.plan import Plan
from ledger.log.port import LogReader
from ledger.writer.checkpoints import Checkpoints


def correction_of(
    log: LogReader,
    corrections: Corrections,
    from_height: int,
    asked: Asked,
    checkpoints: Checkpoints | None = None,
) -> tuple[Plan, Counterfactual]:
    """The plan that corrects everything after a block up to the newest, and its counterfactual.

    Raises ``SettingsFault`` for a window that there is not, for corrected marks, which no index can make
    good, and when nothing is to be corrected.
    """
    if corrections.markets(FAIR):
        raise SettingsFault(
            "a mark was wrong, and a correction restates indices only",
            remedy="Name funding ticks only, or compensate by refunds",
        )
    collectors: list[Collector] = []

    def prepare(state: State) -> Watcher:
        collector = Collector(state)
        collectors.append(collector)
        return collector.watch

    head = log.head()
    to_height = 0 if head is None else head.height
    done = counterfactual(log, corrections, from_height, to_height, checkpoints=checkpoints, prepare=prepare)
    return plan_correction(done, collectors[0], asked), done
