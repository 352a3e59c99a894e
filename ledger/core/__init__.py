"""The rules of the ledger, pure: commands become events, events become state.

No I/O, no clock, no third-party library; the same commands give the same events, always.
"""
