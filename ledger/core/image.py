"""The whole state as rows, and back.

A row is a list of numbers and texts; its first element says what it is, the next ones are
its key, the rest its value (``KEY_LENGTHS``). ``load_state(state_rows(state))`` gives an
equal state, the order of accounts, orders and remembered trades included, which the rules
can see: rows are read in the order in which they were written.

A fill of a remembered trade names its order. While the order is open, that is the same
object as in its account; the last known form of an order that is not comes as ``closed``.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.core.cells import Row
from ledger.core.cells import number_at as _number
from ledger.core.cells import text_at as _text
from ledger.core.control_image import CONTROL_KEY_LENGTHS, CONTROL_ROWS, control_rows, load_control_row
from ledger.core.image_fields import HOLDING_FIELDS, MARKET_FIELDS
from ledger.core.money_state import Asset, Refund, Withdrawal
from ledger.core.rules.words import ACCOUNT_IS_RESTRICTED as RESTRICTED
from ledger.core.state import Account, Holding, Market, Order, SettledFill, State, Trade
from ledger.core.vault_image import VAULT_KEY_LENGTHS, load_vault_row, vault_rows
from ledger.errors import invariant

CLOCK: Final = "clock"
LEDGER: Final = "ledger"
FEED: Final = "feed"
ASSET: Final = "asset"
MARKET: Final = "market"
ACCOUNT: Final = "account"
BALANCE: Final = "balance"
PENDING: Final = "pending"
HOLDING: Final = "holding"
ORDER: Final = "order"
WITHDRAWAL: Final = "withdrawal"
REFUND: Final = "refund"
CLOSED_ORDER: Final = "closed"
TRADE: Final = "trade"
FILL: Final = "fill"
CUSTODY: Final = "custody"
EXTERNAL_REF: Final = "external_ref"
WINDOW: Final = "window"
OUTFLOW: Final = "outflow"
ROLLBACK: Final = "rollback"

KEY_LENGTHS: Final[dict[str, int]] = {
    CLOCK: 1,
    LEDGER: 1,
    FEED: 2,
    ASSET: 2,
    MARKET: 2,
    ACCOUNT: 2,
    BALANCE: 3,
    PENDING: 3,
    HOLDING: 3,
    ORDER: 3,
    WITHDRAWAL: 2,
    REFUND: 2,
    CLOSED_ORDER: 2,
    TRADE: 2,
    FILL: 3,
    CUSTODY: 2,
    EXTERNAL_REF: 2,
    **VAULT_KEY_LENGTHS,
    WINDOW: 2,
    OUTFLOW: 1,
    ROLLBACK: 1,
    **CONTROL_KEY_LENGTHS,
}
"""How many elements of a row, from its first, no two rows of a state share."""


def state_rows(state: State) -> list[Row]:
    """Rows that say everything about ``state``."""
    rows = _ledger_rows(state)
    for account in state.accounts.values():
        _add_account(rows, account)
    rows.extend(
        [WITHDRAWAL, withdrawal.withdrawal_id, withdrawal.account, withdrawal.asset, withdrawal.amount_e8]
        for withdrawal in state.withdrawals.values()
    )
    rows.extend(
        [REFUND, refund.refund_id, refund.account, refund.paid_e8] for refund in state.refunds.values()
    )
    _add_trades(rows, state)
    rows.extend([CUSTODY, asset_name, amount_e8] for asset_name, amount_e8 in state.custody.items())
    rows.extend(vault_rows(state))
    rows.extend([EXTERNAL_REF, reference] for reference in sorted(state.external_refs))
    return rows


def scratch_state(state: State, accounts: Iterable[str]) -> State:
    """A copy to try events on: markets, vaults and these accounts; nothing of trades and outside."""
    rows = _ledger_rows(state)
    for name in accounts:
        _add_account(rows, state.accounts[name])
    rows.extend(
        [REFUND, refund.refund_id, refund.account, refund.paid_e8] for refund in state.refunds.values()
    )
    rows.extend(vault_rows(state))
    return load_state(rows)


def _ledger_rows(state: State) -> list[Row]:
    """Clock, feeds, control, assets and markets."""
    rows: list[Row] = [
        [CLOCK, state.seq, state.recorded_at_us, state.passing_from_seq, state.passing_to_seq],
        [
            LEDGER,
            state.ledger_id,
            state.partitions,
            state.settlement_asset,
            state.liquidator,
            state.bankruptcy_e8,
        ],
        [
            FEED,
            "price",
            state.price_tick_id,
            state.price_source,
            state.price_epoch,
            state.price_observed_ms,
            state.price_equal,
        ],
        [
            FEED,
            "funding",
            state.funding_tick_id,
            state.funding_source,
            state.funding_epoch,
            state.funding_observed_ms,
            state.funding_equal,
        ],
        [OUTFLOW, *state.outflow],
    ]
    rows.append(
        [
            ROLLBACK,
            state.rollback_seq,
            state.rollback_digest,
            state.restored_seq,
            state.waits,
            state.book_seq,
            state.restored_us,
        ]
    )
    rows.extend(control_rows(state.control))
    rows.extend(
        [ASSET, asset.symbol, asset.decimals, asset.settlement, asset.status, asset.revision]
        for asset in state.assets.values()
    )
    for market in state.markets.values():
        row: Row = [MARKET, market.market]
        row.extend([getattr(market, name) for name in MARKET_FIELDS])
        rows.append(row)
        if market.window:
            rows.append([WINDOW, market.market, *market.window])
    return rows


def _add_account(rows: list[Row], account: Account) -> None:
    """An account, then what it holds; its orders oldest first."""
    name = account.name
    rows.append(
        [
            ACCOUNT,
            name,
            account.kind,
            account.parent,
            account.signer_key,
            account.margin_exempt,
            account.fee_tier,
            account.status,
            account.has_balance,
            account.balance_e8,
            account.bankrupt_e8,
            account.vault,
        ]
    )
    rows.extend([BALANCE, name, asset, amount_e8] for asset, amount_e8 in account.other_balances.items())
    rows.extend([PENDING, name, asset, amount_e8] for asset, amount_e8 in account.pending.items())
    for holding in account.holdings.values():
        row: Row = [HOLDING, name, holding.market.market]
        row.extend([getattr(holding, field) for field in HOLDING_FIELDS])
        rows.append(row)
    for order in account.orders.values():
        row = [ORDER, name, order.order_id]
        row.extend(_order_values(order))
        rows.append(row)


def _add_trades(rows: list[Row], state: State) -> None:
    """The remembered trades, oldest first, each followed by its fills."""
    closed: set[str] = set()
    for trade in state.trades.values():
        rows.append([TRADE, trade.trade_id, trade.market, trade.price_e8, trade.value_e8, trade.busted])
        for side, fill in enumerate(trade.fills):
            order = fill.order
            order_id = ""
            if order is not None:
                order_id = order.order_id
                open_order = state.accounts[fill.account].orders.get(order_id)
                if open_order is not order and order_id not in closed:
                    closed.add(order_id)
                    row: Row = [CLOSED_ORDER, order_id]
                    row.extend(_order_values(order))
                    rows.append(row)
            rows.append(
                [
                    FILL,
                    trade.trade_id,
                    side,
                    fill.seq,
                    fill.account,
                    fill.sign,
                    fill.fill_size_e8,
                    fill.fee_e8,
                    fill.index_e8,
                    fill.size_before_e8,
                    fill.cost_before_e8,
                    fill.cost_after_e8,
                    fill.position_id_before,
                    order_id,
                ]
            )


def _order_values(order: Order) -> Row:
    return [
        order.client_id,
        order.market,
        order.sign,
        order.order_type,
        order.instruction,
        order.reduce_only,
        order.size_e8,
        order.remaining_e8,
        order.has_price,
        order.price_e8,
        order.trigger_price_e8,
        order.trigger_condition,
        order.oco_group,
        order.parent_order_id,
        order.status,
        order.placed_seq,
    ]


def load_state(rows: Iterable[Sequence[int | str]]) -> State:
    """The state that ``state_rows`` wrote.

    Raises ``InvariantError`` for a row of an unknown kind: who stores rows checks their bytes.
    """
    state = State()
    closed: dict[str, Order] = {}
    for row in rows:
        kind = row[0]
        if kind == ORDER:
            order = _order(row, 2)
            state.accounts[_text(row, 1)].orders[order.order_id] = order
        elif kind == HOLDING:
            _load_holding(state, row)
        elif kind == ACCOUNT:
            _load_account(state, row)
        elif kind in (BALANCE, PENDING, CUSTODY, EXTERNAL_REF, WITHDRAWAL, REFUND):
            _load_money(state, row)
        elif kind == CLOSED_ORDER:
            order = _order(row, 1)
            closed[order.order_id] = order
        elif kind in (TRADE, FILL):
            _load_trade(state, row, closed)
        elif kind in VAULT_KEY_LENGTHS:
            load_vault_row(state, row)
        elif kind in CONTROL_ROWS:
            load_control_row(state.control, row)
        else:
            _load_ledger(state, row)
    return state


def _load_ledger(state: State, row: Sequence[int | str]) -> None:
    kind = row[0]
    if kind == CLOCK:
        state.seq, state.recorded_at_us = _number(row, 1), _number(row, 2)
        state.passing_from_seq, state.passing_to_seq = _number(row, 3), _number(row, 4)
    elif kind == LEDGER:
        state.ledger_id, state.partitions = _text(row, 1), _number(row, 2)
        state.settlement_asset = _text(row, 3)
        state.liquidator, state.bankruptcy_e8 = _text(row, 4), _number(row, 5)
    elif kind == FEED and row[1] == "price":
        state.price_tick_id, state.price_source = _number(row, 2), _text(row, 3)
        state.price_epoch, state.price_observed_ms = _number(row, 4), _number(row, 5)
        state.price_equal = _number(row, 6)
    elif kind == FEED:
        state.funding_tick_id, state.funding_source = _number(row, 2), _text(row, 3)
        state.funding_epoch, state.funding_observed_ms = _number(row, 4), _number(row, 5)
        state.funding_equal = _number(row, 6)
    elif kind == ROLLBACK:
        state.rollback_seq, state.rollback_digest = _number(row, 1), _text(row, 2)
        state.restored_seq, state.waits = _number(row, 3), _number(row, 4)
        state.book_seq, state.restored_us = _number(row, 5), _number(row, 6)
    elif kind == OUTFLOW:
        state.outflow = [_number(row, place) for place in range(1, len(row))]
    elif kind == WINDOW:
        state.markets[_text(row, 1)].window = [_number(row, place) for place in range(2, len(row))]
    elif kind == ASSET:
        symbol = _text(row, 1)
        state.assets[symbol] = Asset(symbol, _number(row, 2), _number(row, 3), _text(row, 4), _number(row, 5))
    else:
        invariant(kind == MARKET, f"a state row of the unknown kind {kind!r}")
        market = Market(_text(row, 1))
        for place, name in enumerate(MARKET_FIELDS, 2):
            setattr(market, name, row[place])
        state.markets[market.market] = market


def _load_account(state: State, row: Sequence[int | str]) -> None:
    account = Account(
        _text(row, 1), _text(row, 2), _text(row, 3), _text(row, 4), _number(row, 5), _text(row, 6)
    )
    account.status = _text(row, 7)
    account.has_balance = _number(row, 8)
    account.balance_e8 = _number(row, 9)
    account.bankrupt_e8 = _number(row, 10)
    account.vault = _text(row, 11)
    state.accounts[account.name] = account
    if account.status == RESTRICTED:
        state.restricted.add(account.name)


def _load_holding(state: State, row: Sequence[int | str]) -> None:
    holding = Holding(state.markets[_text(row, 2)])
    for place, name in enumerate(HOLDING_FIELDS, 3):
        setattr(holding, name, row[place])
    state.accounts[_text(row, 1)].holdings[_text(row, 2)] = holding


def _load_money(state: State, row: Sequence[int | str]) -> None:
    kind = row[0]
    if kind == BALANCE:
        account = state.accounts[_text(row, 1)]
        account.other_balances = {**account.other_balances, _text(row, 2): _number(row, 3)}
    elif kind == PENDING:
        account = state.accounts[_text(row, 1)]
        asset = _text(row, 2)
        account.pending = {**account.pending, asset: _number(row, 3)}
        state.pending[asset] = state.pending.get(asset, 0) + _number(row, 3)
    elif kind == CUSTODY:
        state.custody[_text(row, 1)] = _number(row, 2)
    elif kind == REFUND:
        refund_id = _text(row, 1)
        state.refunds[refund_id] = Refund(refund_id, _text(row, 2), _number(row, 3))
    elif kind == EXTERNAL_REF:
        state.external_refs.add(_text(row, 1))
    else:
        withdrawal_id = _text(row, 1)
        state.withdrawals[withdrawal_id] = Withdrawal(
            withdrawal_id, _text(row, 2), _text(row, 3), _number(row, 4)
        )


def _load_trade(state: State, row: Sequence[int | str], closed: dict[str, Order]) -> None:
    """A trade, or a fill with its order found again: the closed one, else the account's open one."""
    trade_id = _text(row, 1)
    if row[0] == TRADE:
        trade = Trade(trade_id, _text(row, 2), _number(row, 3), _number(row, 4))
        trade.busted = _number(row, 5)
        state.trades[trade_id] = trade
        return
    account = _text(row, 4)
    order_id = _text(row, 13)
    order: Order | None = None
    if order_id:
        order = closed.get(order_id)
        if order is None:
            order = state.accounts[account].orders[order_id]
    fill = SettledFill(
        _number(row, 3),
        account,
        _number(row, 5),
        _number(row, 6),
        _number(row, 7),
        _number(row, 8),
        _number(row, 9),
        _number(row, 10),
        _number(row, 11),
        _number(row, 12),
        order,
    )
    state.trades[trade_id].fills.append(fill)


def _order(row: Sequence[int | str], start: int) -> Order:
    """The order whose id is at ``start`` and whose values follow it."""
    return Order(
        _text(row, start),
        _text(row, start + 1),
        _text(row, start + 2),
        _number(row, start + 3),
        _text(row, start + 4),
        _text(row, start + 5),
        _number(row, start + 6),
        _number(row, start + 7),
        _number(row, start + 8),
        _number(row, start + 9),
        _number(row, start + 10),
        _number(row, start + 11),
        _text(row, start + 12),
        _text(row, start + 13),
        _text(row, start + 14),
        _text(row, start + 15),
        _number(row, start + 16),
    )
