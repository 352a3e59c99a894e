"""Which files are generated, and from what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from schemas import Schema, grouped, parse
from schemas.generate.lock import Lock
from schemas.generate.messages import messages_text
from schemas.generate.reference import commands_page, events_page
from schemas.generate.wire import wire_text

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"
LOCK_PATH: Final = ROOT / "schemas" / "lock.json"


def generated(schemas: Sequence[Schema]) -> dict[Path, str]:
    """Text of every generated file but the lock; an installation has the code and not the pages."""
    newest = [found[-1] for found in grouped(schemas).values()]
    code = {
        ROOT / "ledger" / "core" / "messages.py": messages_text(newest),
        ROOT / "ledger" / "log" / "wire.py": wire_text(schemas),
    }
    if not DOCS.is_dir():
        return code
    return code | {
        DOCS / "reference" / "events.md": events_page(newest, older(schemas)),
        DOCS / "reference" / "commands.md": commands_page(newest, older(schemas)),
    }


def older(schemas: Sequence[Schema]) -> dict[str, tuple[Schema, ...]]:
    """The versions of each message that are read and no longer written."""
    return {name: found[:-1] for name, found in grouped(schemas).items()}


def schemas_of(found: dict[str, bytes], lock: Lock) -> list[Schema]:
    """The schemas in the files, with the fingerprints of ``lock``."""
    return [parse(path, data, lock[path]["fingerprint"]) for path, data in found.items()]
