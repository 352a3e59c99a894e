"""The views of the ledger: one plain module each, a name, a version, and expressions."""

from typing import Final

from projectors.define.view import View
from projectors.views import account, activity, audit, exchange, funding, orders, portfolio, vaults

VIEWS: Final[dict[str, View]] = {
    view.VIEW.name: view.VIEW
    for view in (account, orders, funding, audit, portfolio, vaults, exchange, activity)
}
"""Each by its name."""
