"""The ``projectors`` command, one module per group of subcommands."""
