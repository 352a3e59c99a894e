"""Putting the parts together: views with their stores, over a log. Functions, no state."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ledger.log.opening import CLUSTER_TIMEOUT_S, open_reader
from ledger.log.port import LogReader
from ledger.settings import Settings, load_settings
from projectors.define.view import View
from projectors.folding.state import ViewState
from projectors.port import RowStore
from projectors.stores import generations
from projectors.stores.store import Identity, create_store, open_store


def views_dir(data: Path) -> Path:
    """Where all views lie."""
    return data / "views"


def history_dir(data: Path) -> Path:
    """Where the account history lies."""
    return data / "history"


@contextmanager
def open_log(
    chosen: Settings | Path, *, live: bool = False, within_s: float = CLUSTER_TIMEOUT_S
) -> Iterator[LogReader]:
    """The log for reading, beside its writer or without; ``live`` is for who follows it.

    A directory is that of an embedded ledger; a cluster may take ``within_s`` to answer.
    """
    settings = chosen if isinstance(chosen, Settings) else load_settings(data=chosen, brokers="", id="")
    with closing(open_reader(settings, live=live, within_s=within_s)) as log:
        yield log


@contextmanager
def open_states(
    root: Path,
    views: Sequence[View],
    log: LogReader,
    *,
    writable: bool,
    partitions: Sequence[int] | None = None,
    generation: Path | None = None,
) -> Iterator[list[ViewState]]:
    """Open views under ``root`` with all or some partitions; new ones are made when writable.

    ``generation`` is the directory of the only view's next generation, which does not serve yet; stores
    that it lacks are made. Raises what ``open_store`` raises, and ``ViewMissing`` for a view that was
    never built when it is opened for reading.
    """
    if generation is not None:
        _create_stores(generation, views[0], log)
    elif writable:
        create_missing(root, views, log)
    with ExitStack() as opened:
        states = []
        for view in views:
            place = generations.serving(root, view.name) if generation is None else generation
            stores: dict[int, RowStore] = {}
            for partition in range(log.partitions) if partitions is None else partitions:
                store = open_store(
                    place / str(partition), identity_of(view, log, partition), writable=writable
                )
                opened.enter_context(closing(store))
                stores[partition] = store
            states.append(ViewState(view, stores, log.partitions))
        yield states


def create_missing(root: Path, views: Sequence[View], log: LogReader) -> None:
    """Make the first generation, empty, of every view that was never built."""
    root.mkdir(parents=True, exist_ok=True)
    for view in views:
        if not generations.exists(root, view.name):
            generation = generations.begin(root, view.name)
            _create_stores(generation, view, log)
            generations.serve(root, view.name, generation)


def _create_stores(generation: Path, view: View, log: LogReader) -> None:
    for partition in range(log.partitions):
        if not (generation / str(partition)).exists():
            create_store(generation / str(partition), identity_of(view, log, partition)).close()


def identity_of(view: View, log: LogReader, partition: int) -> Identity:
    """What the store of a view's partition says of itself."""
    return Identity(view.name, view.version, log.ledger_id, log.partitions, partition, view.plan.signature())
