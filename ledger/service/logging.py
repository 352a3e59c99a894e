"""Structured log lines: one JSON object a line on stderr."""

import logging
import sys
from typing import Final

from pythonjsonlogger.json import JsonFormatter

_FIELDS: Final = "{asctime}{levelname}{name}{message}"


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send every logger's lines to stderr as JSON, from ``level`` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            _FIELDS,
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
