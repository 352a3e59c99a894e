"""The breaker on liquidations (G7): how much is taken over per window of ledger time.

Counted per ledger time and never per block, whose borders depend on timing. A liquidation that
would pass a limit is refused, and may be asked for again in the next window.
"""

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.vault_state import Breaker


def refuse_beyond(
    breaker: Breaker, notional_e8: int, loss_e8: int, liquidator_value_e8: int, now_us: int
) -> Decision | None:
    """Why one more liquidation does not fit the window that runs, or None.

    ``notional_e8`` is what it takes over, ``loss_e8`` what the Liquidator Vault pays for it, and
    ``liquidator_value_e8`` what that is worth afterwards.
    """
    runs = _runs(breaker, now_us)
    accounts = (breaker.accounts if runs else 0) + 1
    notional = (breaker.notional_e8 if runs else 0) + notional_e8
    loss = (breaker.loss_e8 if runs else 0) + loss_e8
    for name, value, limit in (
        ("liquidation_accounts_max", accounts, breaker.liquidation_accounts_max),
        ("liquidation_notional_max_e8", notional, breaker.liquidation_notional_max_e8),
        ("liquidation_loss_max_e8", loss, breaker.liquidation_loss_max_e8),
    ):
        if limit and value > limit:
            return refused(
                RefusalCode.LIQUIDATION_BREAKER,
                f"{value} in the window of {breaker.liquidation_window_ms} ms is above {name} {limit}",
            )
    if liquidator_value_e8 < breaker.liquidator_value_min_e8:
        return refused(
            RefusalCode.LIQUIDATION_BREAKER,
            f"the Liquidator Vault would be worth {liquidator_value_e8}e-8, below liquidator_value_min_e8"
            f" {breaker.liquidator_value_min_e8}",
        )
    return None


def count_liquidation(breaker: Breaker, notional_e8: int, recorded_at_us: int) -> None:
    """Count a liquidation, in a new window if the last one is over."""
    if not _runs(breaker, recorded_at_us):
        breaker.started_us = recorded_at_us
        breaker.accounts = 0
        breaker.notional_e8 = 0
        breaker.loss_e8 = 0
    breaker.accounts += 1
    breaker.notional_e8 += notional_e8


def count_loss(breaker: Breaker, loss_e8: int) -> None:
    """Count what the Liquidator Vault paid; it follows a liquidation, so its window runs."""
    breaker.loss_e8 += loss_e8


def _runs(breaker: Breaker, now_us: int) -> bool:
    return now_us < breaker.started_us + breaker.liquidation_window_ms * 1000
