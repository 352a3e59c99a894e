"""Reads as of any moment with any knowledge, over a log on a real broker, equal a clean replay.

``tests/property/test_past.py`` has the same over other logs; with ``--hypothesis-profile=long`` both look at
a thousand pairs of moments, and at every block.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log.kafka.log import KafkaLog
from projectors.past.bases import NoBases, StoredBases
from tests.branching import Branching, Habits
from tests.past import ALL, FEW, LONG, SMALL, Past
from tests.reading import Reader

pytestmark = pytest.mark.kafka

BLOCKS = 60
PART = 10
"""Blocks between two runs of a projector that follows."""


def test_any_two_moments_of_a_log_on_a_broker_equal_a_clean_replay(log: KafkaLog, tmp_path: Path) -> None:
    ledger = Branching(log, 34, Habits(rollbacks=12, marks=25))
    reader = Reader(tmp_path, ledger, [*ALL, SMALL])
    for _ in range(0, BLOCKS, PART):
        ledger.write(PART)
        assert reader.run().stops == {}
    bare, based = Past(ledger, NoBases()), Past(ledger, StoredBases(tmp_path, log))

    @given(st.data())
    def small(data: st.DataObject) -> None:
        known_at = data.draw(st.integers(1, bare.last_seq))
        for past in (bare, based):
            past.check([SMALL], data.draw(st.integers(1, known_at)), known_at)

    @settings(max_examples=FEW)
    @given(st.data())
    def every(data: st.DataObject) -> None:
        known_at = data.draw(st.integers(1, bare.last_seq))
        based.check(ALL, data.draw(st.integers(1, known_at)), known_at, rows=True)

    small()
    every()
    bare.check_blocks(ALL, 1 if LONG else 20)
