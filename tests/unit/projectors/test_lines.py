"""Lines from any place on are those of the whole list, however they lie in runs and whatever is in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.rows import encode_row
from projectors.define.plan import TablePlan
from projectors.folding.partition import PartitionRows, run_key
from projectors.past.overlay import OverlayStore
from projectors.port import RowStore
from projectors.reading.lines import NEWEST, KeyLines, Mapped, Merged, Row
from projectors.stores.memory import MemoryStore
from projectors.stores.store import Identity, create_store
from projectors.views import VIEWS

PLAN = cast(TablePlan, VIEWS["activity"].plan.shown()["order_lines"])
STORED = VIEWS["activity"].plan.stored()
RUNS = st.lists(st.integers(1, 5), min_size=0, max_size=8)
NAMES = ("a", "b", "ab")


def run(firsts: list[int]) -> bytes:
    """Lines as a view keeps them: seq, order, market, time, which is the seq by ten."""
    return encode_row([value for seq in firsts for value in (seq, f"o{seq}", "M", seq // 10)])


def filled(store: RowStore, runs: list[int], later: list[int]) -> tuple[PartitionRows, dict[str, list[int]]]:
    """A partition with runs of some accounts, those of ``later`` only in memory; and the seqs of each."""
    part = PartitionRows(store, STORED, ())
    seqs: dict[str, list[int]] = {name: [] for name in NAMES}
    seq = 3
    puts: dict[bytes, bytes | None] = {}
    for place, length in enumerate([*runs, *later]):
        name = NAMES[place % len(NAMES)]
        own = [seq + 7 * number for number in range(length)]
        seq = own[-1] + 5
        seqs[name] += own
        key = part.prefix("order_lines") + run_key(encode_row([name]), own[0])
        if place < len(runs):
            puts[key] = run(own)
        else:
            part.note(key, run(own))
    store.write(puts, logged=True)
    return part, seqs


@contextmanager
def store_of(kind: str) -> Iterator[RowStore]:
    """A new store of a kind."""
    if kind == "memory":
        yield MemoryStore()
    elif kind == "overlay":
        yield OverlayStore(MemoryStore())
    else:
        with TemporaryDirectory() as folder:
            store = create_store(Path(folder) / "store", Identity("activity", 1, "test", 1, 0, ()))
            yield store
            store.close()


def seqs_of(rows: Iterator[Row]) -> list[int]:
    return [int(str(row["seq"])) for row in rows]


@pytest.mark.parametrize("kind", ["memory", "overlay", "rocks"])
@settings(max_examples=25, deadline=None)
@given(runs=RUNS, later=RUNS, place=st.integers(0, 150))
def test_lines_go_on_from_any_place_in_both_directions(
    kind: str, runs: list[int], later: list[int], place: int
) -> None:
    with store_of(kind) as store:
        part, seqs = filled(store, runs, later)
        check_both_directions(part, seqs, place)


def check_both_directions(part: PartitionRows, seqs: dict[str, list[int]], place: int) -> None:
    """Every list from a place on."""
    for name in NAMES:
        lines = KeyLines(PLAN, part, encode_row([name]))
        assert seqs_of(lines.back()) == seqs[name][::-1]
        assert seqs_of(lines.back(place)) == [seq for seq in seqs[name][::-1] if seq < place]
        assert seqs_of(lines.on(place)) == [seq for seq in seqs[name] if seq > place]
        after = [seq for seq in seqs[name] if seq // 10 > place // 10]
        begin = lines.after(place // 10)
        assert [seq for seq in seqs[name] if seq >= begin] == after
        assert begin == NEWEST or after


@settings(max_examples=25, deadline=None)
@given(runs=RUNS, place=st.integers(0, 150))
def test_lines_of_several_keys_come_in_one_order_and_some_may_be_left_out(
    runs: list[int], place: int
) -> None:
    part, seqs = filled(MemoryStore(), runs, [])
    every = sorted(seq for own in seqs.values() for seq in own)
    merged = Merged([KeyLines(PLAN, part, encode_row([name])) for name in NAMES])
    assert seqs_of(merged.back(place)) == [seq for seq in every[::-1] if seq < place]
    assert seqs_of(merged.on(place)) == [seq for seq in every if seq > place]
    even = Mapped(merged, lambda row: row if int(str(row["seq"])) % 2 == 0 else None)
    assert seqs_of(even.back()) == [seq for seq in every[::-1] if seq % 2 == 0]
    begin = even.after(place // 10)
    assert [seq for seq in every if seq >= begin] == [seq for seq in every if seq // 10 > place // 10]
