"""Messages of a partition become blocks at their seals, however they come."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from ledger.log.blobs import join_messages, join_outcomes
from ledger.log.codec import SEAL_PREFIX
from ledger.log.kafka.cutting import Cutter

SEALED: Final = SEAL_PREFIX + b"height and digests"


class Told:
    """A message as the client library gives it."""

    def __init__(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        self._said = (offset, key, value)

    def offset(self) -> int:
        return self._said[0]

    def key(self) -> bytes | None:
        return self._said[1]

    def value(self) -> bytes | None:
        return self._said[2]


def told(values: list[bytes], first: int = 0) -> list[Any]:
    """Messages of these values, every second offset from ``first`` on; seals have no key."""
    return [
        Told(first + 2 * place, None if value == SEALED else b"key", value)
        for place, value in enumerate(values)
    ]


@given(
    blocks=st.lists(st.lists(st.binary(max_size=4), max_size=4), max_size=4),
    cuts=st.lists(st.integers(0, 20), max_size=4),
)
def test_blocks_are_the_same_however_their_messages_are_cut(
    blocks: list[list[bytes]], cuts: list[int]
) -> None:
    messages = told([value for block in blocks for value in (*block, SEALED)])
    cutter = Cutter(keyed=True)
    runs = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(messages)], strict=True):
        runs += cutter.take(messages[start:end])
    assert [run.data for run in runs] == [join_messages([b"key"] * len(block), block) for block in blocks]
    ends = [message.offset() + 1 for message in messages if message.value() == SEALED]
    assert [run.end_offset for run in runs] == ends
    assert {run.seal_bytes for run in runs} <= {SEALED}
    assert cutter.waiting == 0


def test_what_lies_behind_the_last_seal_waits_and_says_where() -> None:
    cutter = Cutter(keyed=True)
    assert len(cutter.take(told([b"a", SEALED, b"b", b"c"], first=40))) == 1
    assert (cutter.waiting, cutter.first_offset) == (2, 44)
    assert [run.data for run in cutter.take(told([SEALED], first=48))] == [
        join_messages([b"key"] * 2, [b"b", b"c"])
    ]


def test_what_waits_is_forgotten_when_another_place_is_read() -> None:
    cutter = Cutter(keyed=True)
    cutter.take(told([b"a"]))
    cutter.begin()
    assert [run.data for run in cutter.take(told([b"b", SEALED]))] == [join_messages([b"key"], [b"b"])]


def test_outcomes_are_joined_without_keys_and_a_message_of_nothing_is_empty() -> None:
    (run,) = Cutter(keyed=False).take(told([b"yes", b"", SEALED]))
    assert run.data == join_outcomes([b"yes", b""])
    nothing: list[Any] = [Told(0, None, None), Told(1, None, SEALED)]
    assert Cutter(keyed=True).take(nothing)[0].data == join_messages([b""], [b""])
