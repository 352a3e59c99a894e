"""``python -m schemas.generate``: write what follows from the schemas, or check that it was written.

Without an option it brings ``lock.json``, the message classes, the codec and the reference
pages up to date. ``--check`` changes nothing and exits 1 when one of them is stale. A released schema that
changed, and a version that the ones before it cannot be read into, are refused either way, exit 1;
``--release`` marks all schemas as released.
"""

import argparse
import sys
from pathlib import Path

from schemas import SchemaFault, read_files, read_lock
from schemas.generate.lock import lock_text, new_lock
from schemas.generate.outputs import LOCK_PATH, ROOT, generated, schemas_of
from schemas.generate.versions import check_versions


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit code: 0 in order, 1 not."""
    parser = argparse.ArgumentParser(
        prog="python -m schemas.generate", description="Write what follows from schemas/."
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is stale")
    choice.add_argument(
        "--release", action="store_true", help="mark every schema as released: never to change again"
    )
    options = parser.parse_args(arguments)
    try:
        wanted = wanted_files(release=options.release)
    except SchemaFault as fault:
        print(fault, file=sys.stderr)
        return 1
    stale = stale_files(wanted)
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'stale' if options.check else 'written'}", file=sys.stderr)
    if options.check:
        if stale:
            print("Run `python -m schemas.generate`.", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


def wanted_files(*, release: bool) -> dict[Path, str]:
    """Text of every generated file, the lock included; ``SchemaFault`` when a released file changed."""
    found = read_files()
    lock = new_lock(found, read_lock(), release=release)
    schemas = schemas_of(found, lock)
    check_versions(schemas, lock)
    return {LOCK_PATH: lock_text(lock), **generated(schemas)}


def stale_files(wanted: dict[Path, str]) -> list[Path]:
    """The files that are missing or have another text."""
    return [
        path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
