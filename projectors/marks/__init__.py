"""Checkpoints of views: copies of a view's stores at marked blocks, to begin again from.

``marked`` says which blocks are marked, ``policy`` which of them are worth a copy, ``files`` how a copy
lies on disk and what is checked before anybody builds on it, ``keeper`` makes them while views are
folded, and ``choose`` finds the one to begin from.
"""
