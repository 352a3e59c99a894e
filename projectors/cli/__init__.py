"""The ``projectors`` command, one module per group of subcommands."""

from projectors.cli.app import app, main

__all__ = ["app", "main"]
