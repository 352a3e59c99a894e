"""Funding of a position: its settlement, and the dust of rounding.

How the index of a market moves is in ``ledger.core.rules.funding_ticks``.

A settlement realises ``floor(-size * (index - cached) / 1e8)``. What is cut off is less than
one unit and cannot be posted, so it is counted as dust, and at any time

    1e8 * balance(funding_clearing) = sum(-size * (index - cached)) + dust

exactly. ``SweepRounding`` moves whole units of dust to ``rounding`` and keeps the law.
"""

from typing import Final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import FundingSettled, RoundingSwept, SettleFunding, SweepRounding
from ledger.core.refusals import RefusalCode
from ledger.core.rules.balances import recount_bankruptcy, refuse_account
from ledger.core.rules.positions import accrued_e16
from ledger.core.state import Account, Holding, State
from ledger.core.values import E8, ROUNDING_ACCOUNT, is_long

SETTLEMENT: Final = "SETTLEMENT"
CORRECTION: Final = "CORRECTION"


def decide_settle_funding(state: State, command: SettleFunding, now_us: int) -> Decision:  # noqa: ARG001
    """Realise what a position has accrued, without a trade."""
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    account = state.accounts[command.account]
    holding = account.holdings.get(command.market)
    if holding is None or holding.size_e8 == 0:
        return refused(RefusalCode.NO_POSITION, f"account {account.name} has none in {market.market}")
    settled = settled_funding(account, holding, account.balance_e8)
    if not is_long(settled.balance_after_e8) or not is_long(settled.realized_funding_e8):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {settled.balance_after_e8}e-8")
    return accepted([settled])


def settled_funding(account: Account, holding: Holding, balance_e8: int) -> FundingSettled:
    """What a position has accrued, realised, given the balance before it."""
    market = holding.market
    accrued = accrued_e16(holding.size_e8, market.index_e8, holding.cached_index_e8)
    funding = accrued // E8
    return FundingSettled(
        account=account.name,
        market=market.market,
        settle_kind=SETTLEMENT,
        position_id=holding.position_id,
        size_e8=holding.size_e8,
        cached_index_before_e8=holding.cached_index_e8,
        cached_index_after_e8=market.index_e8,
        funding_index_e8=market.index_e8,
        realized_funding_e8=funding,
        dust_e16=accrued % E8,
        mark_price_e8=market.mark_e8,
        balance_before_e8=balance_e8,
        balance_after_e8=balance_e8 + funding,
        corrects_seq=0,
    )


def decide_sweep_rounding(state: State, command: SweepRounding, now_us: int) -> Decision:  # noqa: ARG001
    """Move the whole units in the funding dust of a market to ``rounding``."""
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    units = market.dust_e16 // E8
    if units == 0:
        return refused(RefusalCode.NOTHING_TO_SWEEP, f"dust of {market.market} is {market.dust_e16}e-16")
    return accepted(
        [
            RoundingSwept(
                account=ROUNDING_ACCOUNT,
                clearing="funding",
                market=market.market,
                amount_e8=units,
                dust_swept_e16=units * E8,
            )
        ]
    )


def evolve_funding_settled(state: State, event: FundingSettled) -> None:
    """Balance, cached index, dust."""
    account = state.accounts[event.account]
    account.balance_e8 = event.balance_after_e8
    account.has_balance = 1
    holding = account.holdings[event.market]
    holding.cached_index_e8 = event.cached_index_after_e8
    holding.market.dust_e16 += event.dust_e16
    if event.balance_after_e8 < 0 or account.bankrupt_e8:
        recount_bankruptcy(state, account)


def evolve_rounding_swept(state: State, event: RoundingSwept) -> None:
    """Less dust."""
    state.markets[event.market].dust_e16 -= event.dust_swept_e16
