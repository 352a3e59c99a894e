"""The views of the ledger: one plain module each, a name, a version, and expressions."""

from typing import Final

from projectors.define.view import View
from projectors.views import account, audit, funding, orders, portfolio, vaults

VIEWS: Final[dict[str, View]] = {
    view.VIEW.name: view.VIEW for view in (account, orders, funding, audit, portfolio, vaults)
}
"""Each by its name."""
