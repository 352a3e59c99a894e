"""The audit of a window: counterfactual, effects, taint, second wave and what the remedies are computed from.

Two passes over the recorded events: one with the replay, one to value every account at its own moment
before the incident, which the first pass finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from ledger.core.messages import AnyEvent, OrderTriggered
from ledger.core.state import State
from ledger.incident.books import Books
from ledger.incident.compare import Target, Targets
from ledger.incident.counterfactual.corrections import COMPUTED, FAIR, Corrections
from ledger.incident.counterfactual.record import HOUSE_TRADES, RecordedBlock
from ledger.incident.counterfactual.run import Counterfactual, Watcher, collector_off, counterfactual
from ledger.incident.counterfactual.window import Window
from ledger.incident.effects import Effect, effects_of, wrongful_takeovers
from ledger.incident.propose import Evidence, Suspicion, evidence_of
from ledger.incident.refunds.formulas import Inputs
from ledger.incident.refunds.inputs import InputsReader, exclusions, inputs_of, moments_of
from ledger.incident.second_wave import ELIGIBLE, WRONGFUL, Waves, classes_of
from ledger.incident.settlements import Settlements, fill_indices
from ledger.incident.taint import Taint
from ledger.log.port import Block, LogReader
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recovered_at


@dataclass(frozen=True, slots=True)
class Options:
    """What an audit is asked. ``targets`` are heights of rollback targets, ``flagged`` accounts with why."""

    orphan_trades: str = HOUSE_TRADES
    grace_ticks: int | None = None
    divergence_ppm: int | None = None
    targets: tuple[int, ...] = ()
    flagged: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Audit:
    """All that was found. ``wrongful`` are ids of the takeovers that count as ``W``; ``excluded`` why not."""

    done: Counterfactual
    corrections: Corrections
    options: Options
    effects: list[Effect]
    taint: Taint
    waves: Waves
    classes: dict[str, str]
    wrongful: frozenset[str]
    inputs: list[Inputs]
    settlements: Settlements
    targets: list[Target]
    excluded: dict[str, str]
    evidence: list[Evidence]


@final
class _FirstPass:
    """What is folded beside the replay."""

    def __init__(self, start: State, corrections: Corrections, options: Options) -> None:
        self.waves = Waves(start, options.divergence_ppm)
        self.taint = Taint(self.waves.books, start.liquidator, corrections)
        self.suspicion = Suspicion(start)
        self.books = Books(start)
        self.fills = fill_indices(start)
        self.triggered: dict[str, int] = {}
        """Order id -> seq of the event that its trigger followed from."""

    def watch(self, recorded: RecordedBlock, _: Block) -> None:
        """Take in one block."""
        for event in events_of(recorded):
            self.taint.take(event)
            self.waves.take(event)
            self.suspicion.take(event)
            if isinstance(event, OrderTriggered):
                self.triggered[event.order_id] = event.cause_seq or event.seq


def events_of(block: RecordedBlock) -> Iterator[AnyEvent]:
    """Recorded events of a block in order."""
    for command in block.commands:
        yield from command.events


def audit(
    log: LogReader,
    corrections: Corrections,
    from_height: int,
    to_height: int,
    options: Options | None = None,
    checkpoints: Checkpoints | None = None,
) -> Audit:
    """Audit the blocks after ``from_height`` up to ``to_height`` under ``corrections``."""
    with collector_off():
        return _audited(log, corrections, from_height, to_height, options or Options(), checkpoints)


def _audited(
    log: LogReader,
    corrections: Corrections,
    from_height: int,
    to_height: int,
    chosen: Options,
    checkpoints: Checkpoints | None,
) -> Audit:
    passes: list[_FirstPass] = []

    def prepare(start: State) -> Watcher:
        passes.append(_FirstPass(start, corrections, chosen))
        return passes[0].watch

    done = counterfactual(
        log,
        corrections,
        from_height,
        to_height,
        orphan_trades=chosen.orphan_trades,
        grace_ticks=chosen.grace_ticks,
        checkpoints=checkpoints,
        prepare=prepare,
    )
    (first,) = passes
    effects = effects_of(done)
    classes = classes_of(first.waves.judgements, done.replay.liquidations)
    wrongful = _wrongful(done, corrections, first.waves, classes)
    orders = frozenset(
        one.order_id for one in first.waves.triggers if one.verdict == WRONGFUL and one.episodes
    )
    moments = moments_of(done, effects, wrongful)
    for one in first.waves.triggers:
        if one.order_id in orders:
            before = first.triggered[one.order_id] - 1
            moments[one.account] = min(moments.get(one.account, before), before)
    settlements = Settlements(done.replay.index_path, first.fills)
    reader = InputsReader(first.books, settlements, moments, wrongful, orders)
    targets = Targets(first.books, targets_of(done, chosen.targets))
    for block in done.window.blocks():
        targets.begin_block(block.seal)
        for event in events_of(block):
            reader.take(event)
            targets.take(event)
    reader.close()
    flagged = chosen.flagged
    return Audit(
        done=done,
        corrections=corrections,
        options=chosen,
        effects=effects,
        taint=first.taint,
        waves=first.waves,
        classes=classes,
        wrongful=wrongful,
        inputs=inputs_of(reader, effects),
        settlements=settlements,
        targets=targets.found,
        excluded=exclusions(done.recorded, done.replay.house, flagged),
        evidence=[*first.suspicion.found(), *evidence_of(first.waves.episodes)],
    )


def _wrongful(
    done: Counterfactual, corrections: Corrections, waves: Waves, classes: Mapping[str, str]
) -> frozenset[str]:
    """Ids of the takeovers that count as ``W``.

    Where an index or a field was corrected: those that happened only in reality. Where a mark was: those
    of the episodes that the second wave's classes make eligible.
    """
    found: set[str] = set()
    if corrections.fields or corrections.markets(COMPUTED):
        found |= {one.liquidation_id for one in wrongful_takeovers(done)}
    if corrections.markets(FAIR):
        found |= {
            one.liquidation_id
            for one in waves.judgements
            if one.episodes and classes[one.liquidation_id] in ELIGIBLE
        }
    return frozenset(found)


def targets_of(done: Counterfactual, asked: Sequence[int]) -> list[int]:
    """Heights of the rollback targets: the last good block, and those that were asked for."""
    first, last = done.window.first.height, done.window.last.height
    return sorted({first, *(height for height in asked if first <= height < last)})


def suspect(
    log: LogReader,
    from_height: int,
    to_height: int,
    divergence_ppm: int | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[list[Evidence], int]:
    """Evidence of wrong inputs in a window, and the last block before the first of it (0: there is none)."""
    window = Window(log, from_height, to_height)
    ends: list[tuple[int, int]] = []
    with collector_off():
        start = recovered_at(log, from_height, checkpoints).state
        suspicion = Suspicion(start)
        waves = Waves(start, divergence_ppm)
        for block in window.blocks():
            for event in events_of(block):
                suspicion.take(event)
                waves.take(event)
            ends.append((block.seal.first_seq, block.seal.height))
    evidence = [*suspicion.found(), *evidence_of(waves.episodes)]
    if not evidence:
        return [], 0
    first = min(one.seq for one in evidence)
    height = max(height for first_seq, height in ends if first_seq <= first)
    return evidence, height - 1
