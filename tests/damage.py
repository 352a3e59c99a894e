"""Ways to damage files."""

from pathlib import Path


def flip_bit(path: Path, place: float = 0.5) -> None:
    """Change one bit at a place, from 0 for the first byte to 1 for the last."""
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 4
    replace(path, bytes(data))


def truncate(path: Path) -> None:
    """Cut a file in half."""
    data = path.read_bytes()
    replace(path, data[: len(data) // 2])


def replace(path: Path, data: bytes) -> None:
    """Other contents under a name; hard links elsewhere keep theirs."""
    path.unlink()
    path.write_bytes(data)


def remove(path: Path) -> None:
    """No file."""
    path.unlink()
