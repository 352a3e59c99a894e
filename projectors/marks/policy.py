"""Which checkpoints are kept: many of what is new, few of what is old.

The newest ``KEPT_NEWEST`` always; of older ones, by their age in events, the oldest of each half of a
doubling. A history of fifty million events with a mark every million has a dozen, and the way from any
past block back to a checkpoint is at most some half of the block's age. (Keeping the newest of each would
let none grow old.)
"""

from collections.abc import Sequence
from typing import Final

KEPT_NEWEST: Final = 2

_SPLIT_BITS: Final = 1
"""Checkpoints per doubling of age, as a power of two."""


def kept(seqs: Sequence[int]) -> set[int]:
    """Those of some checkpoints that are kept; each is named by its seq, in rising order."""
    chosen = set(seqs[-KEPT_NEWEST:])
    seen: set[tuple[int, int]] = set()
    for seq in seqs[:-KEPT_NEWEST]:
        age = seqs[-1] - seq
        bits = age.bit_length()
        step = (bits, age >> max(bits - 1 - _SPLIT_BITS, 0))
        if step not in seen:
            seen.add(step)
            chosen.add(seq)
    return chosen
