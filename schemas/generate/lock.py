"""The lock: which bytes a schema file has, and whether it was released.

A released file never changes by a byte: events written with it lie in logs for ever. A change
is a new file under a new namespace version. Until its release a file may change freely.
"""

import hashlib
import json
from typing import Any

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

from schemas import SchemaFault

Lock = dict[str, dict[str, Any]]


def fingerprint_of(data: bytes) -> str:
    """CRC-64-AVRO of the canonical form, as 16 hexadecimal digits of the number.

    fastavro prints the digits in the byte order of the framing, that is reversed.
    """
    canonical = to_parsing_canonical_form(parse_schema(json.loads(data)))
    digits = fingerprint(canonical, "CRC-64-AVRO")
    return bytes.fromhex(digits)[::-1].hex()


def new_lock(found: dict[str, bytes], old: Lock, *, release: bool) -> Lock:
    """The lock of the files as they are now.

    Raises ``SchemaFault`` when a released file changed or is gone. ``release`` marks every file
    as released.
    """
    for path, entry in old.items():
        if entry["released"] and _digest(found.get(path, b"")) != entry["sha256"]:
            raise SchemaFault(
                f"{path}: released, and no longer the file that was locked. Restore it, and put the "
                "change into a new file under the next namespace version."
            )
    return {
        path: {
            "sha256": _digest(data),
            "fingerprint": fingerprint_of(data),
            "released": release or (path in old and bool(old[path]["released"])),
        }
        for path, data in found.items()
    }


def lock_text(lock: Lock) -> str:
    """The lock as its file, one line per schema."""
    lines = ",\n".join(f"  {json.dumps(path)}: {json.dumps(entry)}" for path, entry in lock.items())
    return f"{{\n{lines}\n}}\n"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
