"""A rebuild from beginning to end.

1. Work out which blocks are asked for (``plan``), and lock the views against another rebuild.
2. Go on with what a kill left, or begin beside the serving generation (``site``).
3. Fold to the block of the plan, in one pass for all views; with the head asked for, on to where it is
   by now.
4. Compare with the generation that serves.
5. Fold what came meanwhile, and switch, view by view, each in one step.

Reads go on from the old generation until 5, and whoever follows the log goes on with the new one. A kill
anywhere leaves the old generation serving or the new one, and a rebuild that goes on. A fault before 5
leaves everything as it was: what was built so far is removed, but for a log that does not answer any more:
then the rebuild goes on when it is started again.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import FormatUnknown, LedgerFault, LogUnavailable, ViewFault, ViewStopped
from ledger.log.port import LogReader
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.reading.answers import open_answers
from projectors.rebuild.comparison import Comparison, compare_states
from projectors.rebuild.fold import Progress, fold_live, fold_plan, fold_shared
from projectors.rebuild.plan import Ask, Plan, plan
from projectors.rebuild.site import Site
from projectors.stores import generations
from projectors.stores.building import told


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one view: what is different, and the new generation if it serves now."""

    comparison: Comparison
    generation: Path | None


@dataclass(frozen=True, slots=True)
class Way:
    """How to go about it. ``helpers`` are the arguments of this program for processes that help."""

    processes: int = 1
    helpers: Sequence[str] = ()
    dry_run: bool = False


def rebuild(  # noqa: PLR0913
    root: Path,
    views: Sequence[View],
    log: LogReader,
    ask: Ask,
    way: Way,
    say: Callable[[str], None],
    *,
    reporting: Callable[[], AbstractContextManager[Progress]],
    compared: Callable[[Comparison], None] = lambda _comparison: None,
) -> list[Rebuilt]:
    """Build views anew and switch to them; ``compared`` gets each comparison before that.

    Raises what ``plan`` raises, ``ViewLocked`` when another rebuild of a view is at work, ``ViewStopped``
    when a view meets what it cannot apply, and ``DiskFull``.
    """
    with ExitStack() as held:
        for view in views:
            held.enter_context(generations.locked(root, f"{view.name}.rebuild"))
        sites = [Site(root, view, log) for view in views]
        chosen, going_on = _chosen(sites, ask, log)
        try:
            _begin(sites, going_on, ask, chosen, say)
            places = [site.generation for site in sites]
            with reporting() as progress:
                _fold(sites, log, chosen, way, told(places, progress))
            comparisons = [_compared(site, log) for site in sites]
            for comparison in comparisons:
                compared(comparison)
            if not way.dry_run and chosen.live:
                with reporting() as progress:
                    _check(fold_live(sites, log, told(places, progress)))
        except LogUnavailable:
            raise
        except LedgerFault:
            for site in sites:
                site.remove()
            raise
        served = [_end(site, dry_run=way.dry_run) for site in sites]
        return [Rebuilt(comparison, place) for comparison, place in zip(comparisons, served, strict=True)]


def _chosen(sites: Sequence[Site], ask: Ask, log: LogReader) -> tuple[Plan, list[str]]:
    """The plan to follow, and the views whose next generation was begun by it already."""
    begun = {site.view.name: site.begun(ask) for site in sites}
    chosen = next((one for one in begun.values() if one is not None), None)
    if chosen is None:
        chosen = plan(sites[0].root, [site.view for site in sites], log, ask)
    return chosen, [name for name, one in begun.items() if one == chosen]


def _begin(
    sites: Sequence[Site], going_on: Sequence[str], ask: Ask, chosen: Plan, say: Callable[[str], None]
) -> None:
    if going_on:
        say(f"going on with what was begun: {', '.join(going_on)}")
    for site in sites:
        if site.view.name not in going_on:
            site.begin(ask, chosen)


def _fold(sites: Sequence[Site], log: LogReader, chosen: Plan, way: Way, progress: Progress) -> None:
    if way.processes > 1:
        fold_shared(sites, log, way.helpers, way.processes, progress)
    else:
        _check(fold_plan(sites, log, chosen, progress))
    if chosen.live:
        _check(fold_live(sites, log, progress))


def _check(runner: Runner) -> None:
    """Raise ``ViewStopped`` with the first view that stopped."""
    for stop in runner.stops.values():
        raise ViewStopped(
            f"the rebuild stopped, and nothing was changed: {stop.fault.what}",
            where=f"{stop.view}, block {stop.height}",
        )


def _compared(site: Site, log: LogReader) -> Comparison:
    """The new generation beside the serving one, if that can be read."""
    with site.opened() as built:
        height = min(part.cursor.height for part in built.partitions.values())
        try:
            with open_answers(site.root, [site.view], log) as answers:
                changes = compare_states(answers.states()[0], built)
                return Comparison(site.view.name, answers.moment().height, height, "", changes)
        except (ViewFault, FormatUnknown) as fault:
            return Comparison(site.view.name, 0, height, f"{fault.where}: {fault.what}", [])


def _end(site: Site, *, dry_run: bool) -> Path | None:
    if dry_run:
        site.remove()
        return None
    return site.serve()
