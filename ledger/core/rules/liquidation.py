"""Liquidation: the Liquidator Vault takes over a share of every position, at the mark.

Whoever asks, the writer decides on the state at the moment: an account that is healthy by then
is left alone. The share is the smallest multiple of the step that brings the margin ratio below
the target, given that the penalty is paid; each position is rounded up to the size step. Step,
target and fee are those of the market that requires most of the account. When even the whole
is not enough, all is taken over, the penalty is at most what the balance then holds, and the
Liquidator Vault pays what the balance is below zero (decisions.md 20, 21).

Events, all of them following from the first: LiquidationStarted; per market the fills of the
account and of the Liquidator Vault; the penalty and its credit; the cover and its credit; the
cancellations, of the account and then of the Liquidator Vault.
"""

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import LiquidateAccount, LiquidationStarted, PenaltyCharged
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import LIQUIDATIONS
from ledger.core.rules.balances import RESTRICTED, put_balance
from ledger.core.rules.breaker import broken_limit, count_liquidation, refuse_beyond
from ledger.core.rules.health import IN_FORCE, Health, health_of, positions_of
from ledger.core.rules.margin import maintenance_factor_e12
from ledger.core.rules.modes import market_allows, refuse_mode
from ledger.core.rules.takeover import Takeover
from ledger.core.rules.words import ACCOUNT_CLOSED
from ledger.core.state import Holding, Market, State
from ledger.core.values import PPM


def decide_liquidate_account(state: State, command: LiquidateAccount, now_us: int) -> Decision:
    """Take over a share of the positions of an account below maintenance."""
    refusal = refuse_mode(state, LIQUIDATIONS)
    if refusal is not None:
        return refusal
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    if account.status == ACCOUNT_CLOSED:
        return refused(RefusalCode.ACCOUNT_CLOSED, f"account {account.name}")
    held = positions_of(account)
    if not held:
        return refused(RefusalCode.NO_POSITION, f"account {account.name} has no position")
    refusal = refuse_closed(state, held, LIQUIDATIONS)
    if refusal is not None:
        return refusal
    health = health_of(account, IN_FORCE)
    if account.margin_exempt or health.healthy():
        return refused(
            RefusalCode.HEALTHY,
            f"account value {health.value_e8()} covers {health.required_e8()} required",
        )
    grace_us = state.control.numbers["rollback_grace_ms"] * 1000
    if state.restored_seq and account.status == RESTRICTED and now_us < state.restored_us + grace_us:
        return refused(RefusalCode.UNDER_GRACE, f"account {account.name}, {grace_us} us after the rollback")
    liquidator = state.accounts.get(state.liquidator)
    if liquidator is None:
        return refused(RefusalCode.LIQUIDATOR_MISSING, "no LIQUIDATOR account")
    refusal = refuse_stale(held, now_us)
    if refusal is not None:
        return refusal
    terms = terms_of(held)
    share = share_ppm(health, terms)
    takeover = Takeover(state, account, liquidator, command_id(command), now_us)
    events = takeover.events(held, health, terms, share)
    if not takeover.fits():
        return refused(RefusalCode.OUT_OF_RANGE, f"a result of the takeover of {account.name}")
    value_e8 = health_of(liquidator, IN_FORCE).value_e8() + takeover.penalty_e8 - takeover.loss_e8
    broken = broken_limit(state, takeover, value_e8, now_us)
    if broken is not None:
        refusal, tripped = refuse_beyond(state, takeover, broken, now_us)
        if refusal is not None:
            return refusal
        events.extend(tripped)
    return accepted(events)


def refuse_closed(state: State, held: list[Holding], capability: int) -> Decision | None:
    """``MARKET_CLOSED`` when a market of these holdings is not open for ``capability``, or None."""
    for holding in held:
        market = holding.market
        if not market_allows(state, market, capability):
            return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is {market.status}")
    return None


def refuse_stale(held: list[Holding], now_us: int) -> Decision | None:
    """``PRICE_STALE`` when a mark of these holdings is too old at ``now_us``, or None."""
    for holding in held:
        market = holding.market
        age_ms = now_us // 1000 - market.price_observed_ms
        if market.price_age_max_ms and age_ms > market.price_age_max_ms:
            return refused(
                RefusalCode.PRICE_STALE,
                f"mark of {market.market} is {age_ms} ms old, bound {market.price_age_max_ms} ms",
            )
    return None


def terms_of(held: list[Holding]) -> Market:
    """The market whose step, target and fee hold: the one that requires most, by name among equals."""
    first = held[0].market
    most = 0
    for holding in held:
        market = holding.market
        required = abs(holding.size_e8) * market.mark_e8 * maintenance_factor_e12(market)
        if required > most:
            most = required
            first = market
    return first


def share_ppm(health: Health, terms: Market) -> int:
    """Smallest multiple of the step after which the margin ratio is below the target; else the whole."""
    share = terms.liquidation_step_ppm
    while share < PPM:
        left = (PPM - share) * health.required_e28
        value = health.value_e28 * PPM * PPM - share * terms.liquidation_fee_ppm * health.required_e28
        if value > 0 and left * PPM * PPM < terms.liquidation_target_ppm * value:
            return share
        share += terms.liquidation_step_ppm
    return PPM


def evolve_liquidation_started(state: State, event: LiquidationStarted) -> None:
    """It counts for the breaker; what is taken over follows in events of its own."""
    count_liquidation(state, event.notional_e8, event.recorded_at_us)


def evolve_penalty_charged(state: State, event: PenaltyCharged) -> None:
    """The payer's side of the penalty."""
    put_balance(state, state.accounts[event.account], state.settlement_asset, event.balance_after_e8)
