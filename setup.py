"""Builds the hot modules with mypyc where a C compiler is there; everything else is in pyproject.toml.

The compiled and the pure form give the same bytes and pass the same tests; only the speed differs
(docs/adr/0005). ``LEDGER_PURE=1`` forces the pure form. A failed compilation is an error and not
a silent fall-back: only a missing compiler, or missing headers, make the form pure.
"""

import os
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

COMPILED = (
    "ledger/core/**/*.py",
    "ledger/incident/books.py",
    "ledger/incident/counterfactual/corrections.py",
    "ledger/incident/counterfactual/deciding.py",
    "ledger/incident/counterfactual/differences.py",
    "ledger/incident/counterfactual/forced.py",
    "ledger/incident/counterfactual/keeper.py",
    "ledger/incident/counterfactual/record.py",
    "ledger/incident/counterfactual/replay.py",
    "ledger/incident/counterfactual/sides.py",
    "ledger/incident/settlements.py",
    "ledger/incident/taint.py",
    "ledger/log/blobs.py",
    "ledger/log/blocks.py",
    "ledger/log/kafka/cutting.py",
    "ledger/log/wire.py",
    "ledger/rows.py",
    "ledger/writer/apply.py",
    "ledger/writer/duplicates.py",
)


def say(line: str) -> None:
    """Tell the person who installs; pip shows it with ``-v``, ``make`` prints the form at its end."""
    print(f"perp-ledger: {line}", file=sys.stderr)


def compiler_works() -> bool:
    """Whether a program that includes ``Python.h`` can be compiled here."""
    command = build_ext(Distribution())
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text("#include <Python.h>\nint probe(void) { return PY_MAJOR_VERSION; }\n")
        command.extensions = [Extension("probe", [str(source)])]
        command.build_lib = command.build_temp = folder
        try:
            command.ensure_finalized()
            command.run()
        except (CompileError, OSError) as problem:
            say(f"no working C compiler ({problem})")
            return False
    return True


def modules() -> list[str]:
    """The modules to compile, sorted; packages' own ``__init__`` have nothing to gain."""
    here = Path(__file__).parent
    found = {path for pattern in COMPILED for path in here.glob(pattern)}
    return sorted(str(path.relative_to(here)) for path in found if path.name != "__init__.py")


def extensions() -> list[Extension]:
    """What mypyc makes of the hot modules, or nothing for the pure form."""
    if os.environ.get("LEDGER_PURE", "") not in {"", "0"}:
        say("pure Python, as LEDGER_PURE asks")
        return []
    if not compiler_works():
        say("installing the pure Python form, which is several times slower")
        return []
    from mypyc.build import mypycify  # noqa: PLC0415  only the compiled form needs it

    say("compiling the hot modules with mypyc")
    return mypycify(modules(), opt_level="3", debug_level="0", multi_file=True)


if __name__ == "__main__":
    setup(ext_modules=extensions())
