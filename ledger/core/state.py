"""What the writer knows: a fold of the log, changed only by ``evolve``.

Plain slots classes with typed fields, compiled by mypyc where a compiler is there. Rules
read them; nothing but ``ledger.core.evolve`` and the modules it calls writes them. Units
are in the names (``values.py``).
"""

from collections.abc import Mapping
from sys import intern
from typing import Final, final

from ledger.core.control import Control
from ledger.core.money_state import Asset, Refund, Withdrawal
from ledger.core.vault_state import Breaker, Unwind, Vault

NO_AMOUNTS: Final[Mapping[str, int]] = {}
"""Amounts per asset of the many accounts that have none: an empty dictionary each would be 64 bytes."""


@final
class Market:
    """Rules of a market, its last accepted prices, and its funding index.

    ``mark_e8`` is 0 until the first price: no rule that needs a mark may run before it.
    ``mark_before_e8`` and ``index_before_e8`` are those before the last tick.
    ``premium_e8`` is in force since ``funding_observed_ms`` and is applied by the next tick.
    ``dust_e16`` is the funding dust not yet swept. ``long_e8`` sums the sizes of the long positions.
    ``calm_since_ms`` is the first of the ticks in a row with which the market could open (0: the last
    one was not such). ``window`` has the lows and highs of the mark within ``price_window_ms``: start
    in Unix milliseconds, low, high, and again. ``opened_us`` is when its status last became ok.
    """

    __slots__ = (
        "ask_depth_e8",
        "ask_e8",
        "base",
        "bid_depth_e8",
        "bid_e8",
        "calm_since_ms",
        "clamp_rate_e12",
        "depth_min_e8",
        "dust_e16",
        "external_fair_e8",
        "fair_divergence_max_ppm",
        "funding_gap_max_ms",
        "funding_observed_ms",
        "funding_period_s",
        "funding_rate_change_max_e12",
        "funding_rate_max_e12",
        "funding_rate_tolerance_e12",
        "funding_seq",
        "has_ask",
        "has_bid",
        "has_external_fair",
        "has_last",
        "imf_base_ppm",
        "index_before_e8",
        "index_e8",
        "index_start_e8",
        "interest_rate_e12",
        "last_e8",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "long_e8",
        "maintenance_band_ppm",
        "maker_fee_ppm",
        "mark_before_e8",
        "mark_e8",
        "market",
        "market_kind",
        "mmf_factor_ppm",
        "notional_min_e8",
        "open_orders_max",
        "opened_us",
        "oracle_ewma_ppm",
        "order_size_max_e8",
        "position_limit_e8",
        "premium_e8",
        "price_age_max_ms",
        "price_band_ppm",
        "price_move_max_ppm",
        "price_observed_ms",
        "price_seq",
        "price_tick_e8",
        "price_window_move_max_ppm",
        "price_window_ms",
        "quote",
        "rate_e12",
        "remainder",
        "revision",
        "settlement_asset",
        "size_step_e8",
        "spot_e8",
        "spread_max_ppm",
        "status",
        "taker_fee_ppm",
        "window",
    )

    def __init__(self, market: str) -> None:  # noqa: PLR0915
        self.market = market
        self.base = ""
        self.quote = ""
        self.settlement_asset = ""
        self.market_kind = ""
        self.status = ""
        self.revision = 0
        self.price_tick_e8 = 0
        self.size_step_e8 = 0
        self.notional_min_e8 = 0
        self.order_size_max_e8 = 0
        self.position_limit_e8 = 0
        self.open_orders_max = 0
        self.imf_base_ppm = 0
        self.mmf_factor_ppm = 0
        self.taker_fee_ppm = 0
        self.maker_fee_ppm = 0
        self.price_band_ppm = 0
        self.maintenance_band_ppm = 0
        self.spread_max_ppm = 0
        self.depth_min_e8 = 0
        self.liquidation_fee_ppm = 0
        self.liquidation_step_ppm = 0
        self.liquidation_target_ppm = 0
        self.funding_period_s = 0
        self.funding_gap_max_ms = 0
        self.funding_rate_max_e12 = 0
        self.funding_rate_change_max_e12 = 0
        self.funding_rate_tolerance_e12 = 0
        self.interest_rate_e12 = 0
        self.clamp_rate_e12 = 0
        self.price_move_max_ppm = 0
        self.price_window_ms = 0
        self.price_window_move_max_ppm = 0
        self.fair_divergence_max_ppm = 0
        self.price_age_max_ms = 0
        self.oracle_ewma_ppm = 0
        self.index_start_e8 = 0
        self.mark_e8 = 0
        self.mark_before_e8 = 0
        self.spot_e8 = 0
        self.has_external_fair = 0
        self.external_fair_e8 = 0
        self.has_bid = 0
        self.bid_e8 = 0
        self.has_ask = 0
        self.ask_e8 = 0
        self.has_last = 0
        self.last_e8 = 0
        self.bid_depth_e8 = 0
        self.ask_depth_e8 = 0
        self.price_observed_ms = 0
        self.price_seq = 0
        self.index_e8 = 0
        self.index_before_e8 = 0
        self.remainder = 0
        self.rate_e12 = 0
        self.premium_e8 = 0
        self.funding_observed_ms = 0
        self.funding_seq = 0
        self.dust_e16 = 0
        self.long_e8 = 0
        self.calm_since_ms = 0
        self.opened_us = 0
        self.window: list[int] = []


@final
class Order:
    """An order that is OPEN or UNTRIGGERED; a closed one is forgotten.

    ``sign`` is +1 for BUY and -1 for SELL. ``placed_seq`` gives its age.
    """

    __slots__ = (
        "client_id",
        "has_price",
        "instruction",
        "market",
        "oco_group",
        "order_id",
        "order_type",
        "parent_order_id",
        "placed_seq",
        "price_e8",
        "reduce_only",
        "remaining_e8",
        "sign",
        "size_e8",
        "status",
        "trigger_condition",
        "trigger_price_e8",
    )

    def __init__(  # noqa: PLR0913
        self,
        order_id: str,
        client_id: str,
        market: str,
        sign: int,
        order_type: str,
        instruction: str,
        reduce_only: int,
        size_e8: int,
        remaining_e8: int,
        has_price: int,
        price_e8: int,
        trigger_price_e8: int,
        trigger_condition: str,
        oco_group: str,
        parent_order_id: str,
        status: str,
        placed_seq: int,
    ) -> None:
        # Words that many orders share are kept once: 285 bytes less per order than as decoded.
        self.order_id = order_id
        self.client_id = client_id
        self.market = intern(market)
        self.sign = sign
        self.order_type = intern(order_type)
        self.instruction = intern(instruction)
        self.reduce_only = reduce_only
        self.size_e8 = size_e8
        # One number object for both while nothing is filled: 32 bytes less per order.
        self.remaining_e8 = size_e8 if remaining_e8 == size_e8 else remaining_e8
        self.has_price = has_price
        self.price_e8 = price_e8
        self.trigger_price_e8 = trigger_price_e8
        self.trigger_condition = intern(trigger_condition)
        self.oco_group = oco_group
        self.parent_order_id = parent_order_id
        self.status = intern(status)
        self.placed_seq = placed_seq


@final
class Holding:
    """What an account has in one market: its position and the sums over its open orders.

    ``size_e8`` is signed, ``cost_e8`` is signed size times entry price, ``position_id`` is the
    seq of the fill that opened the position (0: none). ``open_buy_e8`` and ``open_sell_e8``
    sum the remaining sizes of open orders that reserve margin (not reduce-only, not
    untriggered). ``buy_price_max_e8`` and ``sell_price_min_e8`` bound their prices (never
    tighter than the truth, 0: no such order), so that the open loss is known to be zero
    without a look at the orders. ``imf_ppm`` is the account's own factor when it chose a
    lower leverage (0: the market's). ``changed_seq`` is the seq of the last event that changed
    the position.
    """

    __slots__ = (
        "buy_price_max_e8",
        "cached_index_e8",
        "changed_seq",
        "cost_e8",
        "imf_ppm",
        "market",
        "open_buy_e8",
        "open_sell_e8",
        "orders",
        "position_id",
        "reduce_only_orders",
        "sell_price_min_e8",
        "size_e8",
    )

    def __init__(self, market: Market) -> None:
        self.market = market
        self.size_e8 = 0
        self.cost_e8 = 0
        self.cached_index_e8 = 0
        self.position_id = 0
        self.open_buy_e8 = 0
        self.open_sell_e8 = 0
        self.buy_price_max_e8 = 0
        self.sell_price_min_e8 = 0
        self.orders = 0
        self.reduce_only_orders = 0
        self.imf_ppm = 0
        self.changed_seq = 0


@final
class Account:
    """An account: balances per asset, money on its way out, holdings per market, orders.

    ``bankrupt_e8`` is its part of ``State.bankruptcy_e8``. ``vault`` is the vault it operates.
    """

    __slots__ = (
        "balance_e8",
        "bankrupt_e8",
        "fee_tier",
        "has_balance",
        "holdings",
        "kind",
        "margin_exempt",
        "name",
        "orders",
        "other_balances",
        "parent",
        "pending",
        "signer_key",
        "status",
        "vault",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        parent: str,
        signer_key: str,
        margin_exempt: int,
        fee_tier: str,
    ) -> None:
        self.name = name
        self.kind = intern(kind)
        self.parent = parent
        self.signer_key = signer_key
        self.margin_exempt = margin_exempt
        self.fee_tier = intern(fee_tier)
        self.status = "active"
        self.balance_e8 = 0
        """Balance of the settlement asset."""
        self.has_balance = 0
        """1 since the first event that carried that balance; until then no view has a row for it."""
        self.bankrupt_e8 = 0
        self.vault = ""
        self.other_balances = NO_AMOUNTS
        """Balances of other assets; once touched an asset stays. Replaced and never changed in place."""
        self.pending = NO_AMOUNTS
        """Money on its way out per asset, in the same manner."""
        self.holdings: dict[str, Holding] = {}
        self.orders: dict[str, Order] = {}


@final
class SettledFill:
    """One side of a remembered trade, with what its reversal needs.

    ``order`` is the order as it is now or was when it closed or was cancelled, which its
    ``status`` says; ``None`` for an off-book side.
    """

    __slots__ = (
        "account",
        "cost_after_e8",
        "cost_before_e8",
        "fee_e8",
        "fill_size_e8",
        "index_e8",
        "order",
        "position_id_before",
        "seq",
        "sign",
        "size_before_e8",
    )

    def __init__(  # noqa: PLR0913
        self,
        seq: int,
        account: str,
        sign: int,
        fill_size_e8: int,
        fee_e8: int,
        index_e8: int,
        size_before_e8: int,
        cost_before_e8: int,
        cost_after_e8: int,
        position_id_before: int,
        order: Order | None,
    ) -> None:
        self.seq = seq
        self.account = account
        self.sign = sign
        self.fill_size_e8 = fill_size_e8
        self.fee_e8 = fee_e8
        self.index_e8 = index_e8
        self.size_before_e8 = size_before_e8
        self.cost_before_e8 = cost_before_e8
        self.cost_after_e8 = cost_after_e8
        self.position_id_before = position_id_before
        self.order = order


@final
class Trade:
    """A remembered trade; the last ``TRADES_REMEMBERED`` may be busted."""

    __slots__ = ("busted", "fills", "market", "price_e8", "trade_id", "value_e8")

    def __init__(self, trade_id: str, market: str, price_e8: int, value_e8: int) -> None:
        self.trade_id = trade_id
        self.market = market
        self.price_e8 = price_e8
        self.value_e8 = value_e8
        self.fills: list[SettledFill] = []
        self.busted = 0


@final
class State:
    """The whole business state of a ledger after event ``seq``."""

    __slots__ = (
        "accounts",
        "assets",
        "bankruptcy_e8",
        "book_seq",
        "breaker",
        "control",
        "custody",
        "external_refs",
        "funding_epoch",
        "funding_equal",
        "funding_observed_ms",
        "funding_source",
        "funding_tick_id",
        "ledger_id",
        "liquidator",
        "markets",
        "outflow",
        "partitions",
        "passing_from_seq",
        "passing_to_seq",
        "pending",
        "price_epoch",
        "price_equal",
        "price_observed_ms",
        "price_source",
        "price_tick_id",
        "recorded_at_us",
        "refunds",
        "restored_seq",
        "restored_us",
        "restricted",
        "rollback_digest",
        "rollback_seq",
        "seq",
        "settlement_asset",
        "trades",
        "unwinds",
        "vaults",
        "waits",
        "withdrawals",
    )

    def __init__(self) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.ledger_id = ""
        self.partitions = 1
        self.settlement_asset = ""
        self.assets: dict[str, Asset] = {}
        self.markets: dict[str, Market] = {}
        self.accounts: dict[str, Account] = {}
        self.withdrawals: dict[str, Withdrawal] = {}
        self.trades: dict[str, Trade] = {}
        """Oldest first; ``evolve`` drops the oldest past ``TRADES_REMEMBERED``."""
        self.external_refs: set[str] = set()
        """``chain/ref`` of every deposit, each credited once."""
        self.custody: dict[str, int] = {}
        self.pending: dict[str, int] = {}
        """Per asset: deposits minus what was paid out; money of all accounts on its way out."""
        self.liquidator = ""
        """The Liquidator Vault's account; empty while there is none."""
        self.bankruptcy_e8 = 0
        """What accounts without positions are worth less than nothing, margin-exempt ones left out."""
        self.restricted: set[str] = set()
        self.breaker = Breaker()
        self.vaults: dict[str, Vault] = {}
        self.unwinds: dict[str, Unwind] = {}
        self.refunds: dict[str, Refund] = {}
        self.price_tick_id = 0
        self.price_source = ""
        self.price_epoch = 0
        self.price_observed_ms = 0
        self.price_equal = 0
        """How many price ticks in a row were equal to the one before in every market; so for funding."""
        self.funding_tick_id = 0
        self.funding_source = ""
        self.funding_epoch = 0
        self.funding_observed_ms = 0
        self.funding_equal = 0
        self.outflow: list[int] = []
        """Withdrawals of the settlement asset within a day: start of ten minutes (us), amount, and again."""
        self.passing_from_seq = 0
        self.passing_to_seq = 0
        """The newest events in a row that make no plan stale (``ledger.core.rules.plans``)."""
        self.rollback_seq = 0
        self.rollback_digest = ""
        """The rollback that is declared and not completed, and its plan; 0 and empty: none is."""
        self.restored_seq = 0
        self.restored_us = 0
        """The newest rollback, 0: none; marks before it are old, and ``waits`` says that one is left."""
        self.waits = 0
        self.book_seq = 0
        self.control = Control()
        """Survives a rollback; everything else is business state and goes back with it."""
