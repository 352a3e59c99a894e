"""An overlay reads like a copy of the store below, and never changes it."""

from hypothesis import given
from hypothesis import strategies as st

from projectors.past.overlay import OverlayStore
from projectors.port import CURSOR, STOPPED, Cursor, Stopped, record
from projectors.stores.memory import MemoryStore

KEYS = [b"r" + bytes((place,)) for place in range(6)] + [b"ra", b"rab", b"d0"]
puts = st.dictionaries(st.sampled_from(KEYS), st.one_of(st.none(), st.binary(min_size=1, max_size=2)))


@given(puts, st.lists(puts, max_size=4))
def test_reads_are_those_of_a_copy(
    below: dict[bytes, bytes | None], writes: list[dict[bytes, bytes | None]]
) -> None:
    base, copy = MemoryStore(), MemoryStore()
    base.write(below, logged=True)
    copy.write(below, logged=True)
    was = list(base.scan(b""))
    overlay = OverlayStore(base)
    for write in writes:
        overlay.write(write, logged=False)
        copy.write(write, logged=False)
    assert overlay.get_many(KEYS) == copy.get_many(KEYS)
    assert [overlay.get(key) for key in KEYS] == [copy.get(key) for key in KEYS]
    for prefix in (b"r", b"ra", b"d", b"x"):
        assert list(overlay.scan(prefix)) == list(copy.scan(prefix))
    assert list(base.scan(b"")) == was


def test_the_cursor_is_the_one_below_until_another_is_written() -> None:
    base = MemoryStore()
    base.write({CURSOR: record(Cursor(3, "aa", 9, 1, "USDC"))}, logged=True)
    overlay = OverlayStore(base)
    assert overlay.cursor().height == 3
    overlay.write({CURSOR: record(Cursor(4, "bb", 12, 2, "USDC"))}, logged=True)
    assert (overlay.cursor().height, base.cursor().height) == (4, 3)


def test_why_the_view_below_stopped_does_not_matter_here() -> None:
    base = MemoryStore()
    base.write({STOPPED: record(Stopped(7, "a reason"))}, logged=True)
    overlay = OverlayStore(base)
    assert overlay.stopped() is None
    overlay.write({STOPPED: record(Stopped(8, "another"))}, logged=True)
    stopped = overlay.stopped()
    assert stopped is not None
    assert stopped.height == 8
