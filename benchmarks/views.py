"""The views that the figures of the read side are about."""

from typing import Final

from projectors.define.view import View
from projectors.views import VIEWS

FOUR: Final[dict[str, View]] = {name: VIEWS[name] for name in ("account", "orders", "funding", "audit")}
"""Four views in one pass."""
