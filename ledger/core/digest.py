"""Digests of the state: of all of it, and of the tables that views compute for themselves.

Both are lane digests of rows (``ledger.rows``), free of order. The projectors reach the
digests of the tables on their own way, column by column from the events; at a checkpoint
the two must be equal.
"""

from typing import Final

from ledger.core.control_image import CONTROL_ROWS
from ledger.core.image import CLOCK, EXTERNAL_REF, KEY_LENGTHS, ROLLBACK, state_rows
from ledger.core.state import Account, State
from ledger.core.values import BUY, SELL
from ledger.core.vault_image import BREAKER
from ledger.rows import LaneDigest, encode_row

NOT_IN_DIGEST: Final = frozenset((CLOCK, EXTERNAL_REF, ROLLBACK)) | CONTROL_ROWS | {BREAKER}
"""Rows of control state: status, rules, keys, seq and references of deposits go on through a rollback
(decisions.md 31)."""

BALANCES: Final = "balances"
POSITIONS: Final = "positions"
OPEN_ORDERS: Final = "open_orders"
FUNDING_INDEX: Final = "funding_index"
VAULT_SHARES: Final = "vault_shares"
VAULT_BOOKS: Final = "vault_books"
REFUNDS: Final = "refunds"


def writer_digest(state: State) -> str:
    """Digest of the business state, 64 hexadecimal digits."""
    digest = LaneDigest()
    for row in state_rows(state):
        kind = row[0]
        if isinstance(kind, str) and kind not in NOT_IN_DIGEST:
            length = KEY_LENGTHS[kind]
            digest.add(encode_row(row[:length]), encode_row(row[length:]))
    return digest.hexdigest()


def view_digests(state: State) -> str:
    """Digests of the tables of views as CheckpointMarked lists them: ``table=hex``, comma-joined."""
    return ",".join(f"{name}={digest.hexdigest()}" for name, digest in table_digests(state).items())


def table_digests(state: State) -> dict[str, LaneDigest]:
    """Digest of each table that views keep too.

    ``balances``       (account, asset) -> (balance_e8, pending_e8), once an event touched the pair
    ``positions``      (account, market) -> (position_id, size_e8, cost_e8, cached_index_e8), size not 0
    ``open_orders``    (account, order_id) -> (market, side, order_type, status, remaining_e8)
    ``vault_shares``   (account, vault, holder) -> (shares_e8, hwm_e8, deposited_e8), shares not 0
    ``vault_books``    (account, vault) -> (supply_e8, net_deposits_e8, status)
    ``refunds``        (account, refund_id) -> (paid_e8,)
    ``funding_index``  (market,) -> (index_e8, remainder, rate_e12, premium_e8), once it had a tick
    """
    balances = LaneDigest()
    positions = LaneDigest()
    open_orders = LaneDigest()
    funding_index = LaneDigest()
    refunds = LaneDigest()
    for account in state.accounts.values():
        _add_balances(balances, account, state.settlement_asset)
        _add_positions(positions, account)
        _add_orders(open_orders, account)
    for market in state.markets.values():
        if market.funding_seq:
            value = encode_row([market.index_e8, market.remainder, market.rate_e12, market.premium_e8])
            funding_index.add(encode_row([market.market]), value)
    for refund in state.refunds.values():
        refunds.add(encode_row([refund.account, refund.refund_id]), encode_row([refund.paid_e8]))
    return {
        BALANCES: balances,
        POSITIONS: positions,
        OPEN_ORDERS: open_orders,
        FUNDING_INDEX: funding_index,
        REFUNDS: refunds,
        **_vault_digests(state),
    }


def _vault_digests(state: State) -> dict[str, LaneDigest]:
    shares = LaneDigest()
    books = LaneDigest()
    for vault in state.vaults.values():
        key: list[int | str] = [vault.account, vault.vault]
        books.add(encode_row(key), encode_row([vault.supply_e8, vault.net_deposits_e8, vault.status]))
        for stake in vault.stakes.values():
            value = encode_row([stake.shares_e8, stake.hwm_e8, stake.deposited_e8])
            shares.add(encode_row([*key, stake.holder]), value)
    return {VAULT_SHARES: shares, VAULT_BOOKS: books}


def _add_balances(digest: LaneDigest, account: Account, settlement_asset: str) -> None:
    pending = account.pending
    if account.has_balance:
        value = encode_row([account.balance_e8, pending.get(settlement_asset, 0)])
        digest.add(encode_row([account.name, settlement_asset]), value)
    for asset, balance_e8 in account.other_balances.items():
        digest.add(encode_row([account.name, asset]), encode_row([balance_e8, pending.get(asset, 0)]))


def _add_positions(digest: LaneDigest, account: Account) -> None:
    for holding in account.holdings.values():
        if holding.size_e8:
            value = encode_row(
                [holding.position_id, holding.size_e8, holding.cost_e8, holding.cached_index_e8]
            )
            digest.add(encode_row([account.name, holding.market.market]), value)


def _add_orders(digest: LaneDigest, account: Account) -> None:
    for order in account.orders.values():
        side = BUY if order.sign > 0 else SELL
        value = encode_row([order.market, side, order.order_type, order.status, order.remaining_e8])
        digest.add(encode_row([account.name, order.order_id]), value)
