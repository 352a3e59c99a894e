"""Account history: every event of an account in one place, so that its past is answered in milliseconds.

``files`` is the format: Arrow IPC files sorted by account and seq, each with a small index, and a manifest
that names them. ``build`` adds what the log has. ``account`` answers: it takes an account's events up to any
moment, along any chain of parents, and folds the views from those alone. Events of void blocks are kept, so
a rollback rewrites nothing.
"""
