"""The tables that writer and views both keep, folded from events by the plainest code there is."""

from collections.abc import Iterable, Mapping

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    RefundPaid,
    TradeBusted,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUpdated,
)
from ledger.rows import LaneDigest, encode_row
from tests.fields import record_of

Row = tuple[int | str, ...]


class Tables:
    """Rows by key of balances, positions, open orders, funding indices, refunds, and those of vaults.

    An order is kept when it closes, since a bust may bring it back.
    """

    def __init__(self, events: Iterable[AnyEvent], settlement: str = "USDC") -> None:
        self.settlement = settlement
        self.balances: dict[Row, Row] = {}
        self.positions: dict[Row, Row] = {}
        self.orders: dict[Row, Row] = {}
        self.funding_index: dict[Row, Row] = {}
        self.shares: dict[Row, Row] = {}
        self.books: dict[Row, Row] = {}
        self.refunds: dict[Row, Row] = {}
        for event in events:
            self.fold(event)

    def fold(self, event: AnyEvent) -> None:
        """Take one event into every table that it changes."""
        self._fold_money(event)
        match event:
            case FillSettled() | TradeBusted():
                key = (event.account, event.market)
                self.positions[key] = (
                    event.position_id_after,
                    event.size_after_e8,
                    event.cost_after_e8,
                    event.funding_index_e8,
                )
                if event.order_id:
                    self._order(
                        event.account, event.order_id, event.order_status_after, event.remaining_after_e8
                    )
            case FundingSettled():
                key = (event.account, event.market)
                self.positions[key] = (*self.positions[key][:3], event.cached_index_after_e8)
            case OrderPlaced():
                self.orders[event.account, event.order_id] = (
                    event.market,
                    event.side,
                    event.order_type,
                    event.status_after,
                    event.remaining_after_e8,
                )
            case OrderTriggered():
                self._order(event.account, event.order_id, event.status_after, event.remaining_after_e8)
            case OrderCancelled():
                self._order(event.account, event.order_id, "CLOSED", event.remaining_after_e8)
            case FundingIndexAdvanced():
                self.funding_index[(event.market,)] = (
                    event.index_after_e8,
                    event.remainder_after,
                    event.rate_e12,
                    event.premium_e8,
                )
            case FundingIndexRestated():
                before = self.funding_index[(event.market,)]
                self.funding_index[(event.market,)] = (
                    event.index_after_e8,
                    event.remainder_after,
                    *before[2:],
                )
            case RefundPaid():
                self.refunds[event.account, event.refund_id] = (event.paid_after_e8,)
            case _:
                self._fold_vaults(event)

    def _fold_vaults(self, event: AnyEvent) -> None:
        match event:
            case VaultCreated():
                self.books[event.account, event.vault] = (0, 0, event.status)
            case VaultUpdated() if event.field == "status":
                book = (event.account, event.vault)
                self.books[book] = (*self.books[book][:2], event.value_after)
            case VaultSharesMinted() | VaultSharesBurned():
                book = (event.account, event.vault)
                flows = (event.supply_after_e8, event.net_deposits_after_e8)
                self.books[book] = (*flows, self.books[book][2])
                self.shares[*book, event.holder] = (
                    event.holder_shares_after_e8,
                    event.hwm_after_e8,
                    event.holder_deposited_after_e8,
                )
            case VaultFeeSettled():
                holder = (event.account, event.vault, event.holder)
                owner = (event.account, event.vault, event.owner)
                deposited = self.shares[holder][2]
                self.shares[holder] = (event.holder_shares_after_e8, event.hwm_after_e8, deposited)
                self.shares[owner] = (event.owner_shares_after_e8, *self.shares.get(owner, (0, 0, 0))[1:])
            case _:
                pass

    def _fold_money(self, event: AnyEvent) -> None:
        row = record_of(event)
        if "balance_after_e8" not in row and "pending_after_e8" not in row:
            return
        key = (event_account(row), str(row.get("asset", self.settlement)))
        balance, pending = self.balances.get(key, (0, 0))
        self.balances[key] = (
            row.get("balance_after_e8", balance),
            row.get("pending_after_e8", pending),
        )

    def _order(self, account: str, order_id: str, status: str, remaining: int) -> None:
        key = (account, order_id)
        self.orders[key] = (*self.orders[key][:3], status, remaining)

    def digests(self) -> dict[str, str]:
        """Lane digest of each table in hexadecimal, of the rows that it shows."""
        return {
            "balances": digest_of(self.balances),
            "positions": digest_of({k: row for k, row in self.positions.items() if row[1]}),
            "open_orders": digest_of({k: row for k, row in self.orders.items() if row[3] != "CLOSED"}),
            "funding_index": digest_of(self.funding_index),
            "refunds": digest_of(self.refunds),
            "vault_shares": digest_of({k: row for k, row in self.shares.items() if row[0]}),
            "vault_books": digest_of(self.books),
        }


def event_account(row: Mapping[str, object]) -> str:
    """Account of an event that has one."""
    return str(row["account"])


def digest_of(rows: Mapping[Row, Row]) -> str:
    """Lane digest of some rows."""
    digest = LaneDigest()
    for key, value in rows.items():
        digest.add(encode_row(key), encode_row(value))
    return digest.hexdigest()
