"""The edge to code that a view brings along: expressions, checks, laws, steps of a scan.

Whatever it raises is a fault of that view, which stops at the block and says so; the other views go on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from ledger.errors import InvariantError, LedgerFault, ViewStopped


@contextmanager
def of_the_view(what: str, where: str) -> Iterator[None]:
    """Raise ``ViewStopped`` for whatever the view's own code raises inside; ``what`` names the code.

    Faults of the ledger pass, and bugs of the ledger stop the process. A panic of polars is no
    ``Exception``.
    """
    try:
        yield
    except (LedgerFault, InvariantError, MemoryError):
        raise
    except (Exception, pl.exceptions.PanicException) as broken:
        said = (str(broken).splitlines() or [""])[0]
        raise ViewStopped(
            f"{what}: {type(broken).__name__}: {said}",
            where=where,
            remedy="Correct the view, raise its version, and build it again with `projectors rebuild`",
        ) from broken
