"""The file of an audit: its format, and the digest by which it is known.

The digest covers everything in it but itself. It says that a file is as it was written; that its content is
what the log gives is what ``ledger incident check`` computes.
"""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.errors import SettingsFault
from ledger.files import write_whole

FORMAT: Final = "ledger.incident.audit/1"
DIGEST: Final = "digest"
ANOTHER: Final = "Name a file that `ledger incident audit --report` wrote"

Json = dict[str, Any]


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed: keys sorted, no blanks."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest_of(content: Mapping[str, Any]) -> str:
    """Digest of a report without its digest."""
    rest = {name: value for name, value in content.items() if name != DIGEST}
    return blake2b(canonical(rest), digest_size=32).hexdigest()


def write_report(path: Path, content: Mapping[str, Any]) -> None:
    """Write a report, whole or not at all. Raises what ``write_whole`` raises."""
    write_whole(path, orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")


def read_report(path: Path) -> Json:
    """The report in a file, whatever its digest. Raises ``SettingsFault`` for a file that is none."""
    try:
        given = orjson.loads(path.read_bytes())
    except OSError as fault:
        raise SettingsFault(f"cannot be read: {fault.strerror}", where=str(path), remedy=ANOTHER) from fault
    except orjson.JSONDecodeError as fault:
        raise SettingsFault(f"is not JSON: {fault}", where=str(path), remedy=ANOTHER) from fault
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise SettingsFault(f"is no report of format {FORMAT}", where=str(path), remedy=ANOTHER)
    return given
