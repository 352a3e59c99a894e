"""Views that are run, rebuilt and led back at random have what a clean replay has."""

from pathlib import Path

import pytest

from ledger.log.memory import MemoryLog
from projectors.marks.choose import places
from projectors.past.moments import Moment, MomentKind
from projectors.rebuild.plan import Ask
from projectors.stores import generations
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.reading import FEW, LEDGER, Reader

SEEDS = range(2)
TURNS = 18


class Handled(Reader):
    """A reader that does anything with its views, as the ledger's dice say."""

    def turn(self) -> None:
        """One thing or another."""
        acts = (self.rebuild_some, self.rebuild_part, self.rebuild_from, self.drop, self.fall_behind)
        self.ledger.chooser.pick(acts)()

    def rebuild_some(self) -> None:
        """Everything again."""
        self.rebuild()

    def rebuild_part(self) -> None:
        """Up to a block that counts, or that counted."""
        chain = live_chain_of(self.ledger.log)
        height = self.ledger.chooser.integer(1, chain.tip)
        known_at = None if chain.is_on_chain(height) else Moment(MomentKind.BLOCK, height)
        if known_at is None and self.ledger.open_since and height >= self.ledger.open_since:
            return
        self.rebuild(Ask(to=Moment(MomentKind.BLOCK, height), known_at=known_at))
        assert self.contents() == self.clean(height)

    def rebuild_from(self) -> None:
        """From a checkpoint that all views have."""
        chain = live_chain_of(self.ledger.log)
        found = [
            {place.height for place in places(self.root, view.name, 2) if chain.is_on_chain(place.height)}
            for view in self.views
        ]
        both = sorted(set.intersection(*found))
        if both and not self.ledger.open_since:
            self.rebuild(Ask(from_height=self.ledger.chooser.pick(both)))

    def drop(self) -> None:
        """The oldest generation, if it does not serve."""
        for view in self.views:
            oldest = generations.name_of(generations.numbers(self.root, view.name)[0])
            if generations.serving(self.root, view.name).name != oldest:
                generations.drop(self.root, view.name, oldest)

    def fall_behind(self) -> None:
        """Nothing for a while."""
        self.ledger.write(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_views_handled_in_any_way_have_what_a_clean_replay_has(seed: int, tmp_path: Path) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=15, open_rollbacks=15, marks=25))
    reader = Handled(tmp_path, ledger, FEW)
    reader.run()
    for _ in range(TURNS):
        ledger.write(ledger.chooser.integer(1, 6))
        reader.turn()
        if ledger.chooser.integer(1, 3) > 1:
            assert reader.run().stops == {}
            assert reader.contents() == reader.clean(max(reader.heights()))
    if ledger.open_since:
        ledger.write(1)
    reader.run()
    assert reader.heights() == {head_of(ledger.log).height}
    assert reader.contents() == reader.clean()
