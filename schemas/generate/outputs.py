"""Which files are generated, and from what."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from schemas import Schema, parse
from schemas.generate.lock import Lock
from schemas.generate.messages import messages_text
from schemas.generate.reference import commands_page, events_page
from schemas.generate.wire import wire_text

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"
LOCK_PATH: Final = ROOT / "schemas" / "lock.json"


def generated(schemas: Sequence[Schema]) -> dict[Path, str]:
    """Text of every generated file but the lock; an installation has the code and not the pages."""
    code = {
        ROOT / "ledger" / "core" / "messages.py": messages_text(schemas),
        ROOT / "ledger" / "log" / "wire.py": wire_text(schemas),
    }
    if not DOCS.is_dir():
        return code
    return code | {
        DOCS / "reference" / "events.md": events_page(schemas),
        DOCS / "reference" / "commands.md": commands_page(schemas),
    }


def schemas_of(found: dict[str, bytes], lock: Lock) -> list[Schema]:
    """The schemas in the files, with the fingerprints of ``lock``."""
    return [parse(path, data, lock[path]["fingerprint"]) for path, data in found.items()]
