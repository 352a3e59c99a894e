"""The books in sums, event by event, and the laws that hold when a block is sealed."""

from typing import Any

from ledger.core.messages import (
    AdjustmentPosted,
    AnyEvent,
    DepositCredited,
    FillSettled,
    FundingSettled,
    LossSocialized,
    PenaltyCharged,
    RefundPaid,
    RoundingSwept,
    TradeBusted,
    TransferReceived,
    TransferSent,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.values import E8
from projectors.rederive.book import Book, Table

_REASON = {
    "AccountOpened": "kind",
    "AccountChanged": "field",
    "AdjustmentPosted": "reason_code",
    "FillSettled": "fill_type",
    "FundingSettled": "settle_kind",
    "LiquidationStarted": "trigger",
    "OrderCancelled": "cancel_reason",
    "OrderPlaced": "order_type",
    "RefundPaid": "method",
    "TransferReceived": "transfer_kind",
    "TransferSent": "transfer_kind",
    "VaultFeeSettled": "settle_reason",
    "VaultSharesBurned": "burn_kind",
    "VaultSharesMinted": "mint_kind",
    "VaultUpdated": "field",
}


class AuditBook(Book):
    """The view ``audit``. Only whole: its rows are sums over all accounts."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.counters = Table()
        self.markets = Table()
        self.pending = Table()
        self.counts = Table()
        self.broadcasts = Table()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        whole = {
            "counter_accounts": self.counters,
            "markets": self.markets,
            "pending": self.pending,
            "counts": self.counts,
        }
        return {"broadcasts": self.broadcasts} | (whole if self.whole else {})

    def _take(self, event: AnyEvent) -> None:
        kind = type(event).__name__
        if not hasattr(event, "account"):
            newest = {"newest_seq": event.seq, "newest_at_us": event.recorded_at_us}
            self.broadcasts.put(event, (kind,), newest)
            return
        reason = getattr(event, _REASON[kind]) if kind in _REASON else ""
        self.counts.add(event, (kind, reason), {"count": 1})
        legs = self._legs(event)
        if sum(amount for _, _, amount in legs):
            self.expect(event, sum(amount for _, _, amount in legs), 0, "sum of the postings", event.account)
        for counter_account, asset, amount in legs:
            self.counters.add(event, (counter_account, asset), {"amount_e8": amount})
        if isinstance(event, WithdrawalRequested | WithdrawalFailed | WithdrawalReleased):
            change = event.pending_after_e8 - event.pending_before_e8
            self.pending.add(event, (event.asset,), {"pending_e8": change})
        self._market(event)

    def _legs(self, event: AnyEvent) -> list[tuple[str, str, int]]:  # noqa: C901, PLR0912  a table
        """Counter-account, asset and amount of every posting; ``accounts`` stands for the account's own."""
        match event:
            case DepositCredited():
                return [_own(event, event.asset), ("custody", event.asset, -event.amount_e8)]
            case WithdrawalRequested():
                return [_own(event, event.asset), ("withdrawal_pending", event.asset, event.amount_e8)]
            case WithdrawalFailed():
                return [_own(event, event.asset), ("withdrawal_pending", event.asset, -event.amount_e8)]
            case WithdrawalReleased():
                return [
                    ("withdrawal_pending", event.asset, -event.amount_e8),
                    ("custody", event.asset, event.paid_e8),
                    ("transit:socialized_loss", event.asset, event.loss_e8),
                ]
            case TransferSent():
                transit = f"transit:{event.transfer_kind.lower()}"
                return [_own(event, event.asset), (transit, event.asset, event.amount_e8)]
            case TransferReceived():
                transit = f"transit:{event.transfer_kind.lower()}"
                return [_own(event, event.asset), (transit, event.asset, -event.amount_e8)]
            case AdjustmentPosted():
                reason = f"adjustment:{event.reason_code}"
                return [_own(event, event.asset), (reason, event.asset, -event.amount_e8)]
            case FillSettled():
                return self._settled(event, event.realized_pnl_e8, event.realized_funding_e8, event.fee_e8)
            case TradeBusted():
                funding = event.realized_funding_e8 + event.funding_returned_e8
                return self._settled(event, event.realized_pnl_e8, funding, -event.fee_returned_e8)
            case FundingSettled():
                funding_account = f"funding_clearing:{event.market}"
                owed = (funding_account, self.settlement, -event.realized_funding_e8)
                return [_own(event, self.settlement), owed]
            case PenaltyCharged():
                return [_own(event, self.settlement), ("transit:penalty", self.settlement, event.amount_e8)]
            case RefundPaid():
                return [_own(event, self.settlement), ("transit:refund", self.settlement, -event.amount_e8)]
            case LossSocialized():
                loss = ("transit:socialized_loss", self.settlement, -event.amount_e8)
                return [_own(event, self.settlement), loss]
            case VaultSharesMinted():
                return _issued(event, event.shares_e8)
            case VaultSharesBurned():
                return _issued(event, -event.shares_e8)
            case VaultFeeSettled():
                owner = event.owner_shares_after_e8 - event.owner_shares_before_e8
                return [("accounts", f"share:{event.vault}", _shares(event) + owner)]
            case RoundingSwept():
                clearing = f"{event.clearing}_clearing:{event.market}"
                return [
                    (clearing, self.settlement, -event.amount_e8),
                    ("rounding", self.settlement, event.amount_e8),
                ]
            case _:
                return []

    def _settled(
        self, event: FillSettled | TradeBusted, pnl_e8: int, funding_e8: int, fee_e8: int
    ) -> list[tuple[str, str, int]]:
        return [
            _own(event, self.settlement),
            (f"pnl_clearing:{event.market}", self.settlement, -pnl_e8),
            (f"funding_clearing:{event.market}", self.settlement, -funding_e8),
            ("fee", self.settlement, fee_e8),
        ]

    def _market(self, event: AnyEvent) -> None:
        """Sums of all positions of a market."""
        match event:
            case FillSettled() | TradeBusted():
                cached = event.size_before_e8 * event.cached_index_before_e8
                amounts = {
                    "size_e8": event.size_after_e8 - event.size_before_e8,
                    "long_e8": max(event.size_after_e8, 0) - max(event.size_before_e8, 0),
                    "cost_e8": event.cost_after_e8 - event.cost_before_e8,
                    "size_index_e16": event.size_after_e8 * event.funding_index_e8 - cached,
                    "dust_e16": event.dust_e16,
                }
                if isinstance(event, FillSettled):
                    amounts |= {"fees_e8": event.fee_e8, "traded_e8": event.value_e8, "fills": 1}
                else:
                    amounts |= {"fees_e8": -event.fee_returned_e8}
                self.markets.add(event, (event.market,), amounts)
            case FundingSettled():
                change = event.size_e8 * (event.cached_index_after_e8 - event.cached_index_before_e8)
                self.markets.add(
                    event, (event.market,), {"size_index_e16": change, "dust_e16": event.dust_e16}
                )
            case RoundingSwept():
                self.markets.add(event, (event.market,), {"dust_e16": -event.dust_swept_e16})
            case _:
                pass

    def sealed(self, seq: int) -> None:
        """The laws, which need all partitions and all accounts."""
        if not self.whole:
            return
        sums: dict[str, int] = {}
        for key, row in self.counters.shown().items():
            sums[str(key[1])] = sums.get(str(key[1]), 0) + int(row["amount_e8"])
            if str(key[0]).startswith("transit:"):
                self.hold(seq, int(row["amount_e8"]), 0, f"{key[0]} in {key[1]}")
        for asset, amount in sums.items():
            self.hold(seq, amount, 0, f"the sum of the books in {asset}")
        for asset_key, row in self.pending.shown().items():
            held = self.counters.number("amount_e8", "withdrawal_pending", *asset_key)
            self.hold(seq, held, int(row["pending_e8"]), f"withdrawal_pending in {asset_key[0]}")
        for market_key in self.markets.shown():
            self._market_laws(seq, str(market_key[0]))

    def _market_laws(self, seq: int, market: str) -> None:
        def of(column: str) -> int:
            return self.markets.number(column, market)

        def cleared(account: str) -> int:
            return self.counters.number("amount_e8", f"{account}:{market}", self.settlement)

        self.hold(seq, of("size_e8"), 0, f"the sum of sizes in {market}")
        self.hold(seq, cleared("pnl_clearing"), -of("cost_e8"), f"pnl_clearing:{market}")
        accrued = of("size_index_e16") + of("dust_e16")
        self.hold(seq, cleared("funding_clearing") * E8, accrued, f"funding_clearing:{market} in 1e-16")


def _shares(event: VaultSharesMinted | VaultSharesBurned | VaultFeeSettled) -> int:
    return event.holder_shares_after_e8 - event.holder_shares_before_e8


def _issued(event: VaultSharesMinted | VaultSharesBurned, shares_e8: int) -> list[tuple[str, str, int]]:
    asset = f"share:{event.vault}"
    return [("accounts", asset, _shares(event)), (f"vault_issue:{event.vault}", asset, -shares_e8)]


def _own(event: Any, asset: str) -> tuple[str, str, int]:  # noqa: ANN401
    return ("accounts", asset, event.balance_after_e8 - event.balance_before_e8)
