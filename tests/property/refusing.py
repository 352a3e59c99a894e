"""Orders, trades, ticks and vault commands for the table of refusals."""

from typing import Final

from ledger.core.messages import (
    AdvanceFunding,
    CreateVault,
    DepositToVault,
    MarketRate,
    PlaceOrder,
    PostAdjustment,
    RedeemShares,
    SettleOffBookTrade,
    SettleTrade,
)
from tests.spec import START_MS, START_US, ask, e8

BTC: Final = "BTC-USD-PERP"


def vault(**fields: object) -> CreateVault:
    """The vault ``hlp`` of ``ann`` over the account ``op``: 30 s of lock-up, at most 1,000 USDC."""
    defaults: dict[str, object] = {
        "vault": "hlp",
        "account": "op",
        "name": "hlp",
        "vault_kind": "user",
        "owner_account": "ann",
        "profit_share_period_s": 3600,
        "lockup_s": 30,
        "tvl_max_e8": e8("1000"),
        "owner_minimum_e8": e8("10"),
    }
    return ask(CreateVault, **(defaults | fields))


def put(name: str, amount: str) -> DepositToVault:
    """A deposit into the vault."""
    return ask(DepositToVault, vault="hlp", account=name, amount_e8=e8(amount))


def redeem(name: str, shares: str) -> RedeemShares:
    """A redemption from the vault."""
    return ask(RedeemShares, vault="hlp", account=name, shares_e8=e8(shares), aux_account="aux")


def lost(name: str, amount: str) -> PostAdjustment:
    """Money that is taken away."""
    return ask(PostAdjustment, account=name, asset="USDC", amount_e8=-e8(amount), reason_code="test")


def order(name: str, side: str, size: str, price: str = "60000", **fields: object) -> PlaceOrder:
    """A limit order of the BTC market, or what ``fields`` make of it."""
    placed: dict[str, object] = {
        "account": name,
        "market": BTC,
        "side": side,
        "order_type": "LIMIT",
        "size_e8": e8(size),
        "has_price": 1,
        "price_e8": e8(price),
    }
    return ask(PlaceOrder, **(placed | fields))


def stop(name: str, side: str, size: str, trigger: str) -> PlaceOrder:
    """A stop order of the BTC market that waits for the mark to rise (buy) or fall (sell)."""
    return order(
        name,
        side,
        size,
        order_type="STOP_MARKET",
        has_price=0,
        price_e8=0,
        has_trigger=1,
        trigger_price_e8=e8(trigger),
    )


def block_trade(size: str, price: str = "60000") -> SettleOffBookTrade:
    """``ann`` buys from ``bob`` outside the book."""
    fields = {"market": BTC, "price_e8": e8(price), "size_e8": e8(size), "taker": "NONE"}
    return ask(SettleOffBookTrade, buyer="ann", seller="bob", **fields)


def match(size: str = "0.1", price: str = "60000", buy: str = "gate/1", sell: str = "gate/2") -> SettleTrade:
    """A match of an order of ``ann`` to buy and one of ``bob`` to sell; ``ann`` takes."""
    return ask(
        SettleTrade,
        market=BTC,
        price_e8=e8(price),
        size_e8=e8(size),
        buy_account="ann",
        buy_order_id=buy,
        sell_account="bob",
        sell_order_id=sell,
        taker="BUY",
    )


def funding(*rates: tuple[str, str, int], claim: int | None = None, tick_id: int = 1) -> AdvanceFunding:
    """The funding tick ``tick_id`` of (market, spot, rate) entries."""
    entries = [
        MarketRate(name, rate, e8(spot), int(claim is not None), claim or 0, 0, 0)
        for name, spot, rate in rates
    ]
    return ask(
        AdvanceFunding,
        tick_id=tick_id,
        previous_tick_id=tick_id - 1,
        source="funding",
        source_epoch=1,
        observed_at_ms=START_MS + tick_id * 1_000,
        issued_at_us=START_US + tick_id * 1_000_000,
        rates=entries,
    )
