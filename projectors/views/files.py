"""Views that others wrote: one Python file each, with the view in ``VIEW``.

A file is named where views are named (``--views account,daily_fees.py``), or in ``LEDGER_VIEW_FILES``, with
``:`` between several; those count among all views and go by the name that they give themselves. The file is
run by whoever names it, with that person's rights: nothing is ever run from a ledger's data.
"""

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ledger.errors import SettingsFault, ViewUnusable
from ledger.settings import load_settings
from projectors.define.view import View
from projectors.views import VIEWS

SUFFIX: Final = ".py"

_loaded: dict[Path, View] = {}
"""Views that were loaded, by file: a file is run once."""


def views_named(names: Iterable[str]) -> list[View]:
    """Views by name or file, in that order.

    Raises ``SettingsFault`` for a name that nobody has, and what ``load_view`` raises.
    """
    known = known_views()
    chosen: dict[str, View] = {}
    for name in names:
        view = load_view(Path(name)) if name.endswith(SUFFIX) else known.get(name)
        if view is None:
            raise SettingsFault(
                f"there is no view {name!r}; there are {', '.join(known)}",
                remedy="Name one of these, or the .py file of your own",
            )
        chosen[view.name] = view
    return list(chosen.values())


def known_views() -> dict[str, View]:
    """The views of the ledger and those of ``LEDGER_VIEW_FILES``, by name."""
    files = [file for file in load_settings().view_files.split(os.pathsep) if file]
    return VIEWS | {view.name: view for view in map(load_view, map(Path, files))}


def argument_of(view: View) -> str:
    """What names the view to another process: its file, or its name."""
    return next((str(path) for path, loaded in _loaded.items() if loaded is view), view.name)


def load_view(path: Path) -> View:
    """The view in the ``VIEW`` of a file; a file that was loaded before is not run again.

    Raises ``ViewUnusable`` with file and line when it cannot be run, has no ``VIEW`` or one that does
    not fit the schemas, and when its name is taken.
    """
    path = path.resolve()
    if path not in _loaded:
        view = _run(path)
        others = {loaded.name: str(other) for other, loaded in _loaded.items()}
        taken = others | dict.fromkeys(VIEWS, "a view of the ledger")
        if view.name in taken:
            raise ViewUnusable(f"the name {view.name!r} is taken by {taken[view.name]}", where=str(path))
        _loaded[path] = view
    return _loaded[path]


def _run(path: Path) -> View:
    spec = importlib.util.spec_from_file_location(f"view_file_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ViewUnusable("there is no such file", where=str(path), remedy="Name the .py file of a view")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except ViewUnusable as fault:
        where = f"{path}, line {_line(fault, path)}, {fault.where}"
        raise ViewUnusable(fault.what, where=where) from None
    except Exception as broken:  # whatever somebody's file raises
        what = f"the file cannot be run: {type(broken).__name__}: {broken}"
        raise ViewUnusable(what, where=f"{path}, line {_line(broken, path)}") from broken
    view = getattr(module, "VIEW", None)
    if not isinstance(view, View):
        raise ViewUnusable("the file has no VIEW = View(...)", where=str(path))
    return view


def _line(broken: Exception, path: Path) -> int:
    """The last line of the file that was on the way to the exception."""
    if isinstance(broken, SyntaxError) and broken.lineno is not None:
        return broken.lineno
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(broken.__traceback__)
        if frame.filename == str(path) and frame.lineno is not None
    ]
    return lines[-1] if lines else 1
