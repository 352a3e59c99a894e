"""Marks that a rollback restored: old, and nothing that looks at margin is decided on them.

From a ``RollbackDeclared`` until every open market has had a price since, the exchange cannot be opened
further, and what would look at an account's value is refused with ``PRICES_RESTORED``.
"""

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.rules.gates import open_markets
from ledger.core.state import State


def refuse_restored(state: State) -> Decision:
    """What is answered while ``state.waits``."""
    waiting = _waiting(state)
    return refused(
        RefusalCode.PRICES_RESTORED,
        f"market {waiting} has had no price since the rollback of event {state.restored_seq}",
    )


def note_restored(state: State) -> None:
    """Look again whether a market waits; for evolve functions only."""
    state.waits = 1 if _waiting(state) else 0


def _waiting(state: State) -> str:
    """The first open market without a price since the rollback; empty: none."""
    for market in open_markets(state):
        if market.price_seq < state.restored_seq and market.mark_e8:
            return market.market
    return ""
