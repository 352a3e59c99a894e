"""Real market data: funding and mark series of BTC and ETH, every 8 hours, 2023-12 to 2025-11.

The files beside this module are facts with a licence of their own (``LICENSE``); ``series`` reads
them into integers, exactly.
"""
