"""The past: reading along a chain of parents, and answering as of any moment with any knowledge.

``blocks`` reads the blocks of a chain, ``moments`` finds the event that a seq, block or time stands
for, ``question`` puts two of them together into what is to be folded, ``bases`` finds stored rows to
start from, ``replay`` folds the rest into memory. Nothing here writes to a store of a view.
"""
