"""Stored rows that a past can be folded on from: those of the newest block on its chain."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from ledger.errors import FormatUnknown, ViewCorrupt, ViewFault
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.bootstrap import identity_of
from projectors.define.view import View
from projectors.marks.choose import Place, open_newest, places, report_damage
from projectors.port import RowStore
from projectors.stores import generations
from projectors.stores.store import open_store


class Bases(Protocol):
    """Finds rows to start from."""

    def nearest(
        self, view: View, chain: Chain, height: int, opened: ExitStack
    ) -> Mapping[int, RowStore] | None:
        """Stores by partition, all at one block of ``chain`` at or below ``height``; ``None`` for none.

        They are only read, and closed with ``opened``.
        """

    def passes_over(self, fault: ViewCorrupt) -> bool:
        """Whether the damage is in a checkpoint that was found, which is not found again."""


class NoBases:
    """Nothing to start from: everything is folded from block 1."""

    def nearest(
        self,
        view: View,  # noqa: ARG002
        chain: Chain,  # noqa: ARG002
        height: int,  # noqa: ARG002
        opened: ExitStack,  # noqa: ARG002
    ) -> Mapping[int, RowStore] | None:
        """See ``Bases``."""
        return None

    def passes_over(self, fault: ViewCorrupt) -> bool:  # noqa: ARG002
        """See ``Bases``."""
        return False


class StoredBases:
    """What a view has under ``root``: its generations where they stand, and their checkpoints.

    One that cannot be opened, was made by another version of the view, or stands at blocks that
    are not on the chain is passed over.
    """

    def __init__(self, root: Path, log: LogReader) -> None:
        self._root = root
        self._log = log
        self._found: set[Place] = set()
        self._damaged: set[Place] = set()

    def nearest(
        self, view: View, chain: Chain, height: int, opened: ExitStack
    ) -> Mapping[int, RowStore] | None:
        """See ``Bases``."""
        best: Mapping[int, RowStore] | None = None
        best_height = 0
        kept = ExitStack()
        for number in reversed(generations.numbers(self._root, view.name)):
            with ExitStack() as tried:
                place = self._root / view.name / generations.name_of(number)
                stores = self._stores(view, place, tried)
                at = self._usable_height(stores, chain, height)
                if at > best_height:
                    kept.close()
                    best, best_height, kept = stores, at, tried.pop_all()
        found = places(self._root, view.name, self._log.partitions)
        newer = [place for place in found if place.height > best_height and place not in self._damaged]
        checkpoint = open_newest(newer, view, self._log, chain, height, opened)
        if checkpoint is not None:
            kept.close()
            self._found.add(checkpoint[0])
            return checkpoint[1]
        opened.enter_context(kept)
        return best

    def passes_over(self, fault: ViewCorrupt) -> bool:
        """See ``Bases``."""
        for place in self._found - self._damaged:
            if Path(fault.where).is_relative_to(place.path):
                report_damage(place, fault)
                self._damaged.add(place)
                return True
        return False

    def _stores(self, view: View, place: Path, opened: ExitStack) -> dict[int, RowStore]:
        stores: dict[int, RowStore] = {}
        for partition in range(self._log.partitions):
            try:
                store = open_store(
                    place / str(partition), identity_of(view, self._log, partition), writable=False
                )
                opened.enter_context(closing(store))
                store.cursor()
            except (ViewFault, FormatUnknown):
                return {}
            stores[partition] = store
        return stores

    def _usable_height(self, stores: Mapping[int, RowStore], chain: Chain, height: int) -> int:
        """The block at which all stores stand, 0 unless it is one to start from."""
        cursors = {store.cursor() for store in stores.values()}
        if len(cursors) != 1:
            return 0
        cursor = cursors.pop()
        if not chain.is_on_chain(cursor.height) or cursor.height > height:
            return 0
        return cursor.height if self._log.seal(cursor.height).digest == cursor.digest else 0
