"""Views built from the log by column folds say what the second ledger says."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.core.digest import table_digests
from ledger.core.messages import AnyCommand
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.rows import LaneDigest
from ledger.writer.writer import Writer
from projectors.bootstrap import open_states
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.views import VIEWS
from tests import playing
from tests.model.ledger import Model
from tests.strategies import seeded_history

SEEDS = (21, 22)
COMMANDS = 400
COMPARED = (
    "balances",
    "positions",
    "open_orders",
    "funding_index",
    "refunds",
    "vault_shares",
    "vault_books",
)
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def written(commands: Sequence[AnyCommand]) -> tuple[Writer, MemoryLog]:
    """A writer that took ``commands`` in blocks of 37."""
    log = MemoryLog("test-ledger", playing.PARTITIONS)
    writer = Writer(log)
    writer.open_ledger(playing.START_US)
    for command in commands:
        log.append_commands([encode_command(command)], command.issued_at_us)
    while writer.run_block(37):
        pass
    return writer, log


@contextmanager
def built(
    root: Path, log: MemoryLog, *, partitions: Sequence[int] | None = None, events_max: int = 400_000
) -> Iterator[dict[str, ViewState]]:
    """Every view of ``log``, by name of its shown tables, folded up to the head."""
    with open_states(root, list(VIEWS.values()), log, writable=True, partitions=partitions) as states:
        runner = Runner(log, states, events_max=events_max)
        runner.run_to_head()
        assert {name: str(stop.fault) for name, stop in runner.stops.items()} == {}
        yield {table: state for state in states for table in state.view.plan.shown()}


def rows_of(tables: Mapping[str, ViewState], name: str, keys: int) -> Rows:
    """The rows of one shown table by key."""
    return {tuple(row[:keys]): tuple(row[keys:]) for row in tables[name].rows(name).rows()}


def modelled(commands: Sequence[AnyCommand]) -> Model:
    """The second ledger after ``commands``."""
    model = Model(seq=1)
    for command in commands:
        model.apply(command)
    return model


@pytest.mark.parametrize("seed", SEEDS)
def test_views_rebuilt_from_the_log_equal_the_model(seed: int, tmp_path: Path) -> None:
    commands = list(seeded_history(seed, COMMANDS))
    model = modelled(commands)
    _, log = written(commands)
    with built(tmp_path, log) as tables:
        balances = {key: row for key, row in rows_of(tables, "balances", 2).items() if row != (0, 0)}
        assert balances == model.balances()
        stakes = {key[1:]: row for key, row in rows_of(tables, "vault_shares", 3).items()}
        assert stakes == model.stakes()
        assert rows_of(tables, "positions", 2) == model.positions()
        assert rows_of(tables, "open_orders", 2) == model.open_orders()
        ticked = {(name,): row for name, row in model.funding().items() if row != (0, 0, 0, 0)}
        funding = {key: row for key, row in rows_of(tables, "funding_index", 1).items() if any(row)}
        assert funding == ticked
        held: Counter[str] = Counter()
        for (_, asset), (balance, _) in model.balances().items():
            held[asset] += balance
        for (vault, _), (shares, _, _) in model.stakes().items():
            held[f"share:{vault}"] += shares
        totals = {("accounts", asset): amount for asset, amount in held.items()}
        counters = {key: int(row[0]) for key, row in rows_of(tables, "counter_accounts", 2).items()}
        assert {key: amount for key, amount in counters.items() if amount} == model.counters() | totals


def test_partitions_folded_apart_and_merged_equal_partitions_folded_together(tmp_path: Path) -> None:
    writer, log = written(list(seeded_history(24, COMMANDS)))
    stated = {name: digest.hexdigest() for name, digest in table_digests(writer.state).items()}
    apart = {name: LaneDigest() for name in COMPARED}
    rows: dict[str, Rows] = {name: {} for name in COMPARED}
    for number in range(log.partitions):
        with built(tmp_path, log, partitions=[number], events_max=150) as tables:
            for name in COMPARED:
                if number == 0 or not tables[name].view.plan.shown()[name].broadcast:
                    apart[name].merge(tables[name].digest(name))
                    rows[name] |= rows_of(tables, name, 2)
    assert {name: digest.hexdigest() for name, digest in apart.items()} == stated
    with built(tmp_path / "together", log) as tables:
        assert {name: rows_of(tables, name, 2) for name in COMPARED} == rows
        assert {name: tables[name].digest(name).hexdigest() for name in COMPARED} == stated
