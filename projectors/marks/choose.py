"""Finding the checkpoint to begin from: the newest on a chain that is sound; the others are reported."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import CheckpointCorrupt, FormatUnknown, LedgerFault, ViewFault
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.bootstrap import identity_of
from projectors.define.view import View
from projectors.folding.state import ViewState
from projectors.marks import files
from projectors.port import RowStore
from projectors.stores import generations
from projectors.stores.store import open_store

_logger: Final = logging.getLogger("projectors")


class Place(NamedTuple):
    """A checkpoint: the block it is of, and the generation that it belongs to."""

    height: int
    generation: Path

    @property
    def path(self) -> Path:
        """Its directory."""
        return files.path_of(self.generation, self.height)


def places(root: Path, view: str, partitions: int) -> list[Place]:
    """All checkpoints of a view that have all partitions, newest block first; not looked into.

    Of one block those of the newest generation come first.
    """
    found = [
        Place(height, generation)
        for number in reversed(generations.numbers(root, view))
        for generation in [root / view / generations.name_of(number)]
        for height in files.heights(generation, range(partitions))
    ]
    return sorted(found, key=lambda place: -place.height)


def open_newest(
    found: Iterable[Place], view: View, log: LogReader, chain: Chain, until: int, opened: ExitStack
) -> tuple[Place, Mapping[int, RowStore]] | None:
    """The first of ``found`` at or below block ``until`` of ``chain`` that can be built on, and its stores.

    They are for reading, and closed with ``opened``. One that cannot be used is passed over and said in
    the log of the program, with the reason; one that age made superfluous meanwhile is passed over only.
    """
    for place in found:
        if place.height <= until and chain.is_on_chain(place.height):
            with ExitStack() as tried:
                try:
                    stores = open_sound(place, view, log, tried)
                except CheckpointCorrupt as fault:
                    if place.path.is_dir():
                        _logger.warning("%s", fault)
                else:
                    opened.enter_context(tried.pop_all())
                    return place, stores
    return None


def report_damage(place: Place, fault: LedgerFault) -> None:
    """Say that rows of a checkpoint turned out to be damaged when they were read."""
    _logger.warning("%s: its rows are damaged: %s", place.path, fault.what)


def open_sound(place: Place, view: View, log: LogReader, opened: ExitStack) -> Mapping[int, RowStore]:
    """Stores of a checkpoint by partition, for reading, closed with ``opened``.

    Raises ``CheckpointCorrupt`` unless it is what it says it is.
    """
    headers = files.read(place.generation, view, log, place.height)
    stores: dict[int, RowStore] = {}
    try:
        for number in range(log.partitions):
            identity = identity_of(view, log, number)
            store = open_store(place.path / str(number), identity, writable=False)
            stores[number] = opened.enter_context(closing(store))
        files.check_opened(headers, ViewState(view, stores, log.partitions).partitions, place.path)
    except (ViewFault, FormatUnknown) as fault:
        raise CheckpointCorrupt(f"it cannot be opened: {fault.what}", where=str(place.path)) from fault
    return stores


@contextmanager
def opened_state(place: Place, view: View, log: LogReader) -> Iterator[ViewState]:
    """A checkpoint as a view for reading. Raises as ``open_sound`` does."""
    with ExitStack() as opened:
        yield ViewState(view, open_sound(place, view, log, opened), log.partitions)
