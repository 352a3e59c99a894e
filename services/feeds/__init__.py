"""The price feed and the funding feed of the exchange.

Pure, no I/O:

``marks``      the mark of a market from spot, its own book and the price outside
``funding``    funding rate, premium, and the absolute index with its carried remainder
``restored``   what a feed knows, folded from the ledger's own events and nothing else
``ticks``      from what was observed to the next tick
``series``     what is observed: a recorded series, or a generated one

With I/O: ``follower`` reads the log, ``service`` plays a series into a ledger, ``cli`` is ``ledger feed``.

A feed has no store of its own. Averages, indices and its place are a fold of the ticks that the ledger
accepted, so a refused tick leaves no trace in it, and killing it loses nothing.
"""
