"""Cuts a stream of bytes into lines, without ever holding more than one line that is too long."""

from collections.abc import Iterator
from typing import BinaryIO, Final, final

READ_BYTES: Final = 256 * 1024


@final
class Lines:
    """A splitter that is fed chunks as they arrive.

    A line longer than ``longest`` bytes comes out as ``None``: its bytes are thrown away as they
    arrive, so a line of any length costs one buffer. The last line needs no line end.
    """

    __slots__ = ("_longest", "_rest", "_skipping")

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes | None]:
        """Lines that ``chunk`` completes, without their line ends."""
        *whole, rest = chunk.split(b"\n")
        lines: list[bytes | None] = []
        for part in whole:
            lines.append(self._complete(part))
            self._rest, self._skipping = b"", False
        self._keep(rest)
        return lines

    def finish(self) -> list[bytes | None]:
        """The line that the end of the stream completes, if there is one."""
        if not self._rest and not self._skipping:
            return []
        line = self._complete(b"")
        self._rest, self._skipping = b"", False
        return [line]

    def _complete(self, part: bytes) -> bytes | None:
        if self._skipping or len(self._rest) + len(part) > self._longest:
            return None
        return self._rest + part

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(part) > self._longest:
            self._rest, self._skipping = b"", True
        else:
            self._rest += part


def read_lines(stream: BinaryIO, longest: int) -> Iterator[bytes | None]:
    """The lines of a file, ``None`` for each that is longer than ``longest`` bytes."""
    lines = Lines(longest)
    while chunk := stream.read(READ_BYTES):
        yield from lines.feed(chunk)
    yield from lines.finish()
