"""What the generated accounts do at a tick. Every choice is a draw or follows from the notebook."""

from functools import partial
from typing import Final, final

from ledger.core.messages import (
    ChangeAccount,
    CreditDeposit,
    OpenAccount,
    PlaceOrder,
    RequestWithdrawal,
    Transfer,
)
from ledger.core.values import BUY, E8, PPM, SELL
from ledger.market_data.series import SYMBOLS
from scenarios.draws import E6
from scenarios.gateway import Gateway
from scenarios.history.population import MAKER_DEPOSIT_E8, Maker, Notebook, Trader
from scenarios.history.venue import TICK_E8, Venue
from scenarios.listing import COIN, OPERATOR, SETTLEMENT_ASSET, SIZE_STEP_E8, market_of

BRIDGE: Final = "bridge"
CHAIN: Final = "ethereum"
QUOTE_OFFSETS_PPM: Final = (500, 1_500)
QUOTE_NOTIONAL_E8: Final = 150_000 * E8
SKEW_PER_E8: Final = 4_000_000 * E8
"""A maker that holds this much moves its quotes by ``SKEW_PPM``."""
SKEW_PPM: Final = 400
NOTIONAL_MIN_E8: Final = 25 * E8
CENTS: Final = E6
"""Amounts of money are drawn in steps of 1e-2."""
LEVERAGE_ALARM_E6: Final = 5_500_000
"""An account above this leverage halves its positions."""
REST_TICKS: Final = 30
"""A resting order is cancelled after ten days."""
STEP_E8: Final = {market_of(symbol): SIZE_STEP_E8[symbol] for symbol in SYMBOLS}


@final
class Scene:
    """What agents see and act through; ``leaving`` collects withdrawals on their way out."""

    __slots__ = ("accounts", "gateway", "leaving", "resting", "tick", "venue")

    def __init__(self, gateway: Gateway, venue: Venue) -> None:
        self.gateway = gateway
        self.venue = venue
        self.tick = 0
        self.accounts: list[Trader] = []
        """Traders with an open account."""
        self.leaving: list[tuple[Trader, str, int]] = []
        """Account, withdrawal id and amount (1e-8)."""
        self.resting: list[tuple[int, str, str]] = []
        """Tick of expiry, market and id of resting orders."""


def open_maker(scene: Scene, maker: Maker) -> None:
    """Open a maker's account and pay its deposit in."""
    _open(scene, maker.name, "")
    _deposit(scene, maker.name, maker.notebook, SETTLEMENT_ASSET, MAKER_DEPOSIT_E8)


def quote(scene: Scene, maker: Maker) -> None:
    """Replace the maker's quotes: two orders a side around the mark, moved against its inventory."""
    venue, market = scene.venue, maker.market
    mark, tick = venue.marks[market], TICK_E8[market]
    venue.cancel_all(maker.name, market, maker.name, "REQUOTE")
    inventory_e8 = maker.notebook.stakes[market].size_e8 * mark // E8
    skew_ppm = max(-SKEW_PPM, min(SKEW_PPM, inventory_e8 * SKEW_PPM // SKEW_PER_E8))
    centre = mark * (PPM - skew_ppm) // PPM
    size = QUOTE_NOTIONAL_E8 * E8 // mark // STEP_E8[market] * STEP_E8[market]
    for offset in QUOTE_OFFSETS_PPM:
        bid = centre * (PPM - offset) // (PPM * tick) * tick
        ask = -(-centre * (PPM + offset) // (PPM * tick)) * tick
        for side, price in ((BUY, bid), (SELL, ask)):
            venue.place(_order(scene.gateway, maker.name, market, side, size, price_e8=price))


def arrive(scene: Scene, trader: Trader) -> None:
    """Open the account and pay the first deposit in; some bring a coin that does not settle."""
    trader.opened = True
    scene.accounts.append(trader)
    _open(scene, trader.name, trader.parent)
    _deposit(scene, trader.name, trader.notebook, SETTLEMENT_ASSET, trader.deposit_e8)
    if trader.draws.chance("limits", 400_000):
        _choose_leverage(scene, trader)
    if trader.draws.chance("coin", 60_000):
        _deposit(scene, trader.name, None, COIN, trader.draws.between("coins", 1, 300) * CENTS)


def act(scene: Scene, trader: Trader) -> None:
    """One thing that a trader does of its own accord; which one is a draw."""
    draws = trader.draws
    choice = draws.below("choice", 1000)
    if choice < 480:  # noqa: PLR2004  the table of choices, in thousandths
        _take(scene, trader)
    elif choice < 640:  # noqa: PLR2004
        _rest(scene, trader)
    elif choice < 800:  # noqa: PLR2004
        _reduce(scene, trader, trader.favourite, PPM if draws.chance("close", 500_000) else PPM // 2)
    elif choice < 850:  # noqa: PLR2004
        amount = trader.deposit_e8 * draws.between("more", 5, 40) // 100 // CENTS * CENTS
        _deposit(scene, trader.name, trader.notebook, SETTLEMENT_ASSET, amount)
    elif choice < 910:  # noqa: PLR2004
        _withdraw(scene, trader)
    elif choice < 950:  # noqa: PLR2004
        _transfer(scene, trader)
    elif choice < 975:  # noqa: PLR2004
        _choose_leverage(scene, trader)
    else:
        scene.venue.cancel_all(trader.name, "", trader.name, "")


def protect(scene: Scene, trader: Trader) -> None:
    """Place a take-profit and a stop-loss order, one cancels the other, for an unprotected position."""
    venue, draws = scene.venue, trader.draws
    for market, stake in trader.notebook.stakes.items():
        if not stake.size_e8 or trader.name in venue.waiting[market]:
            continue
        long = stake.size_e8 > 0
        gain_ppm = draws.between("take_profit", 40_000, 150_000)
        loss_ppm = draws.between("stop_loss", 30_000, 120_000)
        group = f"{trader.name}:{scene.tick}:{market}"
        for order_type, move_ppm in (("TAKE_PROFIT_MARKET", gain_ppm), ("STOP_LOSS_MARKET", -loss_ppm)):
            signed_ppm = move_ppm if long else -move_ppm
            trigger = venue.marks[market] * (PPM + signed_ppm) // (PPM * TICK_E8[market]) * TICK_E8[market]
            venue.place_waiting(
                _order(
                    scene.gateway,
                    trader.name,
                    market,
                    SELL if long else BUY,
                    abs(stake.size_e8),
                    order_type=order_type,
                    trigger_e8=trigger,
                    condition="ABOVE" if signed_ppm > 0 else "BELOW",
                    oco_group=group,
                )
            )


def defend(scene: Scene, trader: Trader) -> None:
    """Halve the positions of an account whose leverage has risen past the alarm."""
    venue = scene.venue
    notional = trader.notebook.notional_e8(venue.marks)
    if notional and notional * E6 > LEVERAGE_ALARM_E6 * trader.notebook.equity_e8(venue.marks, venue.indices):
        for market in trader.notebook.stakes:
            _reduce(scene, trader, market, PPM // 2)


def expire(scene: Scene) -> None:
    """Cancel resting orders that have waited long enough."""
    left: list[tuple[int, str, str]] = []
    for expiry in scene.resting:
        tick, market, order_id = expiry
        if tick > scene.tick:
            left.append(expiry)
            continue
        order = scene.venue.books[market].find(order_id)
        if order is not None:
            scene.venue.cancel(order, "EXPIRED")
    scene.resting = left


def _take(scene: Scene, trader: Trader) -> None:
    """Move towards a drawn position with a market order or an immediate limit order."""
    venue, draws = scene.venue, trader.draws
    market = trader.favourite if draws.chance("elsewhere", 800_000) else _other(trader.favourite)
    size = _target_e8(scene, trader, market)
    side = BUY if draws.chance("side", trader.long_ppm) else SELL
    wanted = size if side == BUY else -size
    difference = wanted - trader.notebook.stakes[market].size_e8
    side = BUY if difference > 0 else SELL
    size = abs(difference) // STEP_E8[market] * STEP_E8[market]
    if size * venue.marks[market] < NOTIONAL_MIN_E8 * E8:
        return
    if draws.chance("market_order", 600_000):
        venue.place(_order(scene.gateway, trader.name, market, side, size))
    else:
        tick = TICK_E8[market]
        limit = venue.marks[market] * (PPM + (3_000 if side == BUY else -3_000)) // (PPM * tick) * tick
        venue.place(_order(scene.gateway, trader.name, market, side, size, price_e8=limit, instruction="IOC"))


def _rest(scene: Scene, trader: Trader) -> None:
    """Leave an order 0.3 to 4% away from the mark."""
    venue, draws, market = scene.venue, trader.draws, trader.favourite
    size = _target_e8(scene, trader, market) // 3 // STEP_E8[market] * STEP_E8[market]
    if size * venue.marks[market] < NOTIONAL_MIN_E8 * E8:
        return
    side = BUY if draws.chance("rest_side", trader.long_ppm) else SELL
    away = draws.between("away", 3_000, 40_000)
    tick = TICK_E8[market]
    price = venue.marks[market] * (PPM + (-away if side == BUY else away)) // (PPM * tick) * tick
    order_id = venue.place(_order(scene.gateway, trader.name, market, side, size, price_e8=price))
    scene.resting.append((scene.tick + REST_TICKS, market, order_id))


def _reduce(scene: Scene, trader: Trader, market: str, share_ppm: int) -> None:
    """Sell or buy back a share of a position with a reduce-only market order."""
    stake = trader.notebook.stakes[market].size_e8
    size = abs(stake)
    if share_ppm < PPM:
        size = size * share_ppm // (PPM * STEP_E8[market]) * STEP_E8[market]
    if size:
        side = SELL if stake > 0 else BUY
        scene.venue.place(_order(scene.gateway, trader.name, market, side, size, reduce_only=1))


def _choose_leverage(scene: Scene, trader: Trader) -> None:
    """Lower or raise the highest leverage allowed in the favourite market."""
    chosen = trader.draws.between("leverage_choice", 2, 8)
    header = scene.gateway.header(trader.name)
    command = ChangeAccount(*header, trader.name, "leverage", trader.favourite, str(chosen), "")
    scene.gateway.send(command, partial(_chosen, trader, chosen))


def _chosen(trader: Trader, chosen: int, accepted: bool) -> None:  # noqa: FBT001
    if accepted:
        trader.leverage_max = chosen


def _withdraw(scene: Scene, trader: Trader) -> None:
    """Ask for a part of what is not needed as margin."""
    venue = scene.venue
    equity = trader.notebook.equity_e8(venue.marks, venue.indices)
    free = min(trader.notebook.cash_e8, equity - trader.notebook.notional_e8(venue.marks) // 4)
    amount = free * trader.draws.between("share", 10, 60) // 100 // CENTS * CENTS
    if amount <= 0:
        return
    command = RequestWithdrawal(
        *scene.gateway.header(trader.name), trader.name, SETTLEMENT_ASSET, amount, f"0x{trader.name}"
    )
    name = f"{command.producer}/{command.number}"
    scene.gateway.send(command, partial(_leave, scene, trader, name, amount))


def _leave(scene: Scene, trader: Trader, name: str, amount: int, accepted: bool) -> None:  # noqa: FBT001
    if accepted:
        trader.notebook.cash_e8 -= amount
        scene.leaving.append((trader, name, amount))


def _transfer(scene: Scene, trader: Trader) -> None:
    """Send money to the parent account, or to a drawn other one."""
    other = trader.parent
    if not other:
        other = scene.accounts[trader.draws.below("receiver", len(scene.accounts))].name
    amount = trader.notebook.cash_e8 * trader.draws.between("sent", 1, 15) // 100 // CENTS * CENTS
    if amount > 0 and other != trader.name:
        command = Transfer(*scene.gateway.header(trader.name), trader.name, other, SETTLEMENT_ASSET, amount)
        receiver = next(account for account in scene.accounts if account.name == other)
        scene.gateway.send(command, partial(_moved, trader.notebook, receiver.notebook, amount))


def _moved(sender: Notebook, receiver: Notebook, amount: int, accepted: bool) -> None:  # noqa: FBT001
    if accepted:
        sender.cash_e8 -= amount
        receiver.cash_e8 += amount


def _open(scene: Scene, name: str, parent: str) -> None:
    kind = "SUBACCOUNT" if parent else "TRADER"
    scene.gateway.send(OpenAccount(*scene.gateway.header(OPERATOR), name, kind, parent, "", 0, ""))


def _deposit(scene: Scene, name: str, notebook: Notebook | None, asset: str, amount: int) -> None:
    producer, number, now_us = scene.gateway.header(BRIDGE)
    command = CreditDeposit(
        producer, number, now_us, name, asset, amount, f"deposit-{number}", BRIDGE, CHAIN, now_us
    )
    scene.gateway.send(command, partial(_credited, notebook, amount))


def _credited(notebook: Notebook | None, amount: int, accepted: bool) -> None:  # noqa: FBT001
    if accepted and notebook is not None:
        notebook.cash_e8 += amount


def _target_e8(scene: Scene, trader: Trader, market: str) -> int:
    """Size of a position at 30 to 100% of the trader's leverage, on step."""
    venue = scene.venue
    equity = max(0, trader.notebook.equity_e8(venue.marks, venue.indices))
    notional = equity * trader.leverage_e6 // E6 * trader.draws.between("size", 30, 100) // 100
    return notional * E8 // venue.marks[market] // STEP_E8[market] * STEP_E8[market]


def _other(market: str) -> str:
    return next(name for name in STEP_E8 if name != market)


def _order(  # noqa: PLR0913  an order has many faces; each caller names those it means
    gateway: Gateway,
    account: str,
    market: str,
    side: str,
    size_e8: int,
    *,
    order_type: str = "",
    instruction: str = "GTC",
    price_e8: int = 0,
    trigger_e8: int = 0,
    condition: str = "",
    oco_group: str = "",
    reduce_only: int = 0,
) -> PlaceOrder:
    """An order of an account; a limit order if it has a price, else a market order."""
    return PlaceOrder(
        *gateway.header(account),
        account=account,
        client_id="",
        market=market,
        side=side,
        order_type=order_type or ("LIMIT" if price_e8 else "MARKET"),
        instruction=instruction,
        reduce_only=1 if trigger_e8 else reduce_only,
        size_e8=size_e8,
        has_price=1 if price_e8 else 0,
        price_e8=price_e8,
        has_trigger=1 if trigger_e8 else 0,
        trigger_price_e8=trigger_e8,
        trigger_condition=condition,
        oco_group=oco_group,
        parent_order_id="",
        stp="EXPIRE_TAKER",
    )
