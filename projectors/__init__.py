"""The read side: views folded in columns from the event log, kept in RocksDB, and answers from them.

A view is a plain module: a name, a version, key columns and polars expressions (``define``, ``views``).
``columns`` turns the bytes of the log into frames, ``folding`` drives all views along the log in one
pass, ``stores`` keeps rows and cursor together, ``marks`` are the checkpoints of views, ``past`` and
``history`` answer as of then, ``rebuild`` builds anew, ``rederive`` is a second way to the same rows.
Nothing here imports the writer's rules: the two sides compute the same things independently and
compare digests at every checkpoint.

Polars reads its settings once, when it is first imported, so they are set before any module imports it;
an operator's own win. One thread per process is the faster choice here (frames are small, and the other
core has RocksDB's own work to do). Memory that a step lets go of is kept for some seconds for the next one:
handing it back and asking for it again took a tenth of all processor time (docs/adr/0008). All threads take
it from one heap, of polars and of the system's own: with one for each thread, what one lets go of is of no
use to the others, and a fold had half as much again (750 MB became 1,020 to 1,290).
"""

import ctypes
import os
import sys

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``mallopt(3)``."""

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:10000,narenas:1")
if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
    # Only the C library of GNU has several heaps, and this to say so.
    getattr(ctypes.CDLL(None), "mallopt", lambda _option, _value: None)(_ARENA_MAX, 1)
