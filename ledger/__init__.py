"""The write side: commands in, blocks of immutable events on a durable log.

``core`` decides and folds, purely; ``log`` keeps commands and blocks; ``writer`` is the one process
that turns the first into the second; ``edge`` speaks JSON; ``cli`` is what people type.
"""

__version__ = "0.1.0"
