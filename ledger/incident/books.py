"""Balances, positions and prices folded from the after-columns of recorded events, without any rule.

What is said here of an account's value is computed from the events alone, so it is a second opinion on
what the writer recorded.
"""

from collections.abc import Mapping
from typing import final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    MarketListed,
    MarketUpdated,
    PricesUpdated,
    TradeBusted,
)
from ledger.core.state import State
from ledger.core.values import E8, PPM


@final
class Position:
    """Signed size, cost and cached index of one position."""

    __slots__ = ("cached_e8", "cost_e8", "size_e8")

    def __init__(self, size_e8: int, cost_e8: int, cached_e8: int) -> None:
        self.size_e8 = size_e8
        self.cost_e8 = cost_e8
        self.cached_e8 = cached_e8


@final
class Books:
    """Every account's settlement balance, money on its way out and positions; every market's prices.

    ``fairs`` has the external fair price of markets that have one. ``factors`` is the maintenance factor
    of a market in 1e-12.
    """

    def __init__(self, state: State) -> None:
        self.asset = state.settlement_asset
        self.balances: dict[str, int] = {}
        self.pending: dict[str, int] = {}
        self.positions: dict[str, dict[str, Position]] = {}
        self.marks: dict[str, int] = {}
        self.fairs: dict[str, int] = {}
        self.indices: dict[str, int] = {}
        self.factors: dict[str, int] = {}
        for name, account in state.accounts.items():
            self.balances[name] = account.balance_e8
            self.pending[name] = account.pending.get(self.asset, 0)
            for market, held in account.holdings.items():
                if held.size_e8:
                    own = self.positions.setdefault(name, {})
                    own[market] = Position(held.size_e8, held.cost_e8, held.cached_index_e8)
        for name, market_state in state.markets.items():
            self.marks[name] = market_state.mark_e8
            self.indices[name] = market_state.index_e8
            self.factors[name] = _factor(
                market_state.imf_base_ppm, market_state.mmf_factor_ppm, market_state.taker_fee_ppm
            )
            if market_state.has_external_fair:
                self.fairs[name] = market_state.external_fair_e8

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        match event:
            case PricesUpdated():
                self.marks[event.market] = event.mark_e8
                if event.has_external_fair:
                    self.fairs[event.market] = event.external_fair_e8
                else:
                    self.fairs.pop(event.market, None)
            case FundingIndexAdvanced() | FundingIndexRestated():
                self.indices[event.market] = event.index_after_e8
            case MarketListed() | MarketUpdated():
                self.factors[event.market] = _factor(
                    event.imf_base_ppm, event.mmf_factor_ppm, event.taker_fee_ppm
                )
                self.indices.setdefault(event.market, event.index_start_e8)
            case FillSettled() | TradeBusted():
                self._hold(
                    event.account,
                    event.market,
                    Position(event.size_after_e8, event.cost_after_e8, event.funding_index_e8),
                )
                self.balances[event.account] = event.balance_after_e8
            case FundingSettled():
                if event.size_e8:  # a correction settles what was closed since, too
                    self.positions[event.account][event.market].cached_e8 = event.cached_index_after_e8
                self.balances[event.account] = event.balance_after_e8
            case _:
                self._take_money(event)

    def _hold(self, account: str, market: str, position: Position) -> None:
        own = self.positions.setdefault(account, {})
        if position.size_e8:
            own[market] = position
        else:
            own.pop(market, None)

    def _take_money(self, event: AnyEvent) -> None:
        """Any other event with the balance of an account, or with money on its way out."""
        account: str = getattr(event, "account", "")
        if not account or getattr(event, "asset", self.asset) != self.asset:
            return
        balance: int | None = getattr(event, "balance_after_e8", None)
        if balance is not None:
            self.balances[account] = balance
        pending: int | None = getattr(event, "pending_after_e8", None)
        if pending is not None:
            self.pending[account] = pending

    def fair_prices(self) -> dict[str, int]:
        """External fair prices, marks where there are none."""
        return {**self.marks, **self.fairs}

    def holds(self, account: str) -> Mapping[str, Position]:
        """Positions of an account by market."""
        return self.positions.get(account, {})

    def value_e16(self, account: str, prices: Mapping[str, int], indices: Mapping[str, int]) -> int:
        """Account value at these prices and indices, in 1e-16, money on its way out left out."""
        value = self.balances.get(account, 0) * E8
        for market, held in self.holds(account).items():
            value += held.size_e8 * (prices[market] - indices[market] + held.cached_e8) - held.cost_e8 * E8
        return value

    def required_e28(self, account: str, prices: Mapping[str, int]) -> int:
        """Maintenance requirement at these prices, in 1e-28."""
        return sum(
            abs(held.size_e8) * prices[market] * self.factors[market]
            for market, held in self.holds(account).items()
        )


def _factor(imf_base_ppm: int, mmf_factor_ppm: int, taker_fee_ppm: int) -> int:
    return imf_base_ppm * mmf_factor_ppm + taker_fee_ppm * PPM
