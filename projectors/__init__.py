"""The read side: views folded in columns from the event log, kept in RocksDB, and answers from them.

A view is a plain module: a name, a version, key columns and polars expressions (``define``, ``views``).
``columns`` turns the bytes of the log into frames, ``folding`` drives all views along the log in one
pass, ``stores`` keeps rows and cursor together, ``marks`` are the checkpoints of views, ``past`` and
``history`` answer as of then, ``rebuild`` builds anew, ``rederive`` is a second way to the same rows.
Nothing here imports the writer's rules: the two sides compute the same things independently and
compare digests at every checkpoint.

Polars reads its thread count once, when it is first imported. One thread per process is the
faster choice here (frames are small, and the other core has RocksDB's own work to do), so it is
set before any module imports polars; an operator's own setting wins.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
