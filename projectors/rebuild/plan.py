"""What a rebuild was asked for, and the blocks that this comes down to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import MomentUnknown, SettingsFault
from ledger.log.chain import Chain, Rollbacks
from ledger.log.port import LogReader
from projectors.define.view import View
from projectors.marks.choose import places
from projectors.past.moments import Moment, MomentKind, Point, resolve


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for. At most one of ``from_height`` and ``from_seq`` is given; 0 is not given.

    A moment that is not given is the head.
    """

    from_height: int = 0
    from_seq: int = 0
    to: Moment | None = None
    known_at: Moment | None = None

    def record(self) -> dict[str, Any]:
        """As it is written down, to know it again."""
        return {
            "from_height": self.from_height,
            "from_seq": self.from_seq,
            "to": "" if self.to is None else str(self.to),
            "known_at": "" if self.known_at is None else str(self.known_at),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Fold the blocks of the chain of block ``tip`` above ``base_height`` up to ``to_height``.

    ``base_height`` has a checkpoint; 0 is from nothing. ``live`` says that the head was asked for: what
    comes meanwhile is folded too, and rollbacks are followed.
    """

    base_height: int
    to_height: int
    tip: int
    live: bool


def plan(root: Path, views: Sequence[View], log: LogReader, ask: Ask) -> Plan:
    """The blocks that ``ask`` comes down to.

    Raises ``MomentUnknown`` for a moment that the log does not have, that lies inside a block or that is
    void by what is known, and ``SettingsFault`` for a start without a checkpoint, naming the nearest.
    """
    head = log.head()
    if head is None:
        raise MomentUnknown("there is nothing to build from: the log is empty")
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    tip = rollbacks.served_tip(head.height)
    if ask.known_at is not None:
        tip = resolve(log, ask.known_at, head).height
    chain = rollbacks.chain(tip)
    to_height = tip
    if ask.to is not None:
        to_height = _border(log, ask.to, resolve(log, ask.to, head))
        _check_target(ask.to, to_height, chain)
    base_height = _base(root, views, log, ask, chain, to_height)
    return Plan(base_height, to_height, tip, live=ask.to is None and ask.known_at is None)


def _border(log: LogReader, moment: Moment, point: Point) -> int:
    """The block that ends at a moment; for a time the newest that was recorded by then."""
    if point.seq == log.seal(point.height).last_seq:
        return point.height
    before = log.seal(point.height - 1).last_seq if point.height > 1 else 0
    if moment.kind is MomentKind.TIME and before:
        return point.height - 1
    raise MomentUnknown(
        f"{moment} lies inside block {point.height}, and a view stands at the end of a block",
        remedy=f"The nearest ends of blocks are seq {before} and seq {log.seal(point.height).last_seq}",
    )


def _check_target(moment: Moment, height: int, chain: Chain) -> None:
    if height > chain.tip:
        raise MomentUnknown(
            f"{moment} (block {height}) lies after what is known (block {chain.tip})",
            remedy="Name an earlier moment, or later knowledge with --known-at",
        )
    if not chain.is_on_chain(height):
        raise MomentUnknown(
            f"{moment} (block {height}) is void: a rollback led away from it",
            remedy=f"The newest block before it that counts is {chain.newest_at(height)}; what was known then"
            f" is built with --known-at block:{height}",
        )


def _base(root: Path, views: Sequence[View], log: LogReader, ask: Ask, chain: Chain, to_height: int) -> int:
    """The block to begin from, 0 for none."""
    if not ask.from_height and not ask.from_seq:
        return 0
    for view in views:
        found = [
            place.height
            for place in places(root, view.name, log.partitions)
            if place.height <= to_height and chain.is_on_chain(place.height)
        ]
        by_seq = {log.seal(height).last_seq: height for height in found}
        asked = ask.from_height or by_seq.get(ask.from_seq, 0)
        if asked not in found:
            named = f"block {ask.from_height}" if ask.from_height else f"offset {ask.from_seq}"
            raise SettingsFault(
                f"{view.name} has no checkpoint at {named} to begin from",
                remedy=_nearest(log, found, ask),
            )
    return ask.from_height or by_seq[ask.from_seq]


def _nearest(log: LogReader, found: Sequence[int], ask: Ask) -> str:
    """The checkpoints on both sides of what was asked for, in words."""
    seqs = {height: log.seal(height).last_seq for height in set(found)}
    wanted = ask.from_height or ask.from_seq
    ordered = sorted(seqs, key=lambda height: height if ask.from_height else seqs[height])
    below = [height for height in ordered if (height if ask.from_height else seqs[height]) < wanted]
    above = [height for height in ordered if (height if ask.from_height else seqs[height]) > wanted]
    named = [f"block {height} (offset {seqs[height]})" for height in [*below[-1:], *above[:1]]]
    if not named:
        return "It has none that counts for what was asked; build it from the first block"
    return f"The nearest {'is' if len(named) == 1 else 'are'} {' and '.join(named)}"
