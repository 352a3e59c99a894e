"""Which form of the hot modules runs: compiled by mypyc, or plain Python (docs/adr/0005).

The two give the same bytes and differ only in speed. ``python -m ledger.form`` prints which one this
interpreter finds.
"""

import sys
from importlib.util import find_spec
from typing import Final

from ledger.errors import SettingsFault

HOT_MODULES: Final = (
    "ledger.core.decide",
    "ledger.core.evolve",
    "ledger.core.messages",
    "ledger.core.rules.trades",
    "ledger.core.state",
    "ledger.log.blobs",
    "ledger.log.blocks",
    "ledger.log.wire",
    "ledger.rows",
    "ledger.writer.apply",
    "ledger.writer.apply",
    "ledger.writer.duplicates",
)
"""Modules that tell the form; all of ``ledger.core`` is compiled with them."""

COMPILED: Final = "compiled"
PURE: Final = "pure"


def form() -> str:
    """``compiled`` or ``pure``; raises ``SettingsFault`` where an installation has some of both."""
    forms = {name: _form_of(name) for name in HOT_MODULES}
    found = set(forms.values())
    if len(found) > 1:
        pure = ", ".join(name for name, kind in forms.items() if kind == PURE)
        raise SettingsFault(
            f"some modules are compiled and some are not ({pure})", remedy="Install again with `make dev`"
        )
    return found.pop()


def _form_of(name: str) -> str:
    spec = find_spec(name)
    origin = "" if spec is None or spec.origin is None else spec.origin
    return PURE if origin.endswith(".py") else COMPILED


if __name__ == "__main__":
    sys.stdout.write(form() + "\n")
