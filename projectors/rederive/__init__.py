"""The views of the ledger a second time: one event after the other, in plain Python.

Written to be read beside ``docs/reference/events.md`` and not to be fast: 25 µs per event, and what decoding
takes. It shares no code with the column folds, the stores or the writer's rules; only ``projectors verify``
uses it.
"""
