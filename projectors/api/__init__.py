"""The HTTP side of the projectors: the exchange's pages and the ledger's own, now and as of any moment.

``models`` are the shapes, ``resources`` make them from the views, ``routes`` say who may ask for what;
``served`` holds the views that are asked, ``access`` knows the callers.
"""
