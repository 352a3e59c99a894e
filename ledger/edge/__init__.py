"""The edge where people's formats become commands and the ledger's answers become JSON.

Outside, amounts are decimal strings and flags are booleans; inside, everything is integers of
1e-8. ``fields`` says how each schema field looks outside, ``commands`` turns a JSON line into a
command, ``outcomes`` and ``records`` turn answers, events and seals into JSON.
"""
