"""Rollbacks: what the rules see of them.

Going back is not a change of state: whoever replays follows the chain of parents
(``ledger.log.chain``), so before a ``RollbackDeclared`` the state is the one at its target. What is
recorded again after it (deposits, withdrawals, cancellations) are ordinary events.

References of outside movements (``State.external_refs``) are part of the state and go back with it.
Those of void blocks that are settled outside become known again with the events that reinstate them.
"""

from ledger.core.messages import RollbackCompleted, RollbackDeclared
from ledger.core.state import State


def evolve_rollback_declared(state: State, event: RollbackDeclared) -> None:
    """It says where the state was taken from and changes nothing of it."""


def evolve_rollback_completed(state: State, event: RollbackCompleted) -> None:
    """It says that what belongs to the rollback is recorded and changes nothing."""
