"""The read side: views folded in columns from the event log, kept in RocksDB, and answers from them.

A view is a plain module: a name, a version, key columns and polars expressions
(``projectors.view``). ``projectors.frames`` turns raw events into columns, ``projectors.tables``
folds them into rows, ``projectors.store`` keeps rows and cursor together, ``projectors.runner``
drives all views along the log in one pass. Nothing here imports the writer's rules: the two
sides compute the same things independently and compare digests at every checkpoint.

Polars reads its thread count once, when it is first imported. One thread per process is the
faster choice here (frames are small, and the other core has RocksDB's own work to do), so it is
set before any module imports polars; an operator's own setting wins.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
