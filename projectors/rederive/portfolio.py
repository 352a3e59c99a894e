"""The portfolio in buckets, event by event."""

from ledger.core.messages import (
    AdjustmentPosted,
    AnyEvent,
    DepositCredited,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    LossSocialized,
    MarketListed,
    PenaltyCharged,
    PricesUpdated,
    RefundPaid,
    TradeBusted,
    TransferReceived,
    TransferSent,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.values import E8
from projectors.rederive.book import Book, Table

_MINUTE_US = 60_000_000
_FLOWS = {"TRANSFER", "VAULT_DEPOSIT", "VAULT_WITHDRAWAL", "UNWINDING"}


class PortfolioBook(Book):
    """The view ``portfolio``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.cash = Table()
        self.holdings = Table()
        self.cached = Table()
        self.activity = Table()
        self.flows = Table()
        self.marks = Table()
        self.indices = Table()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "cash": self.cash,
            "holdings": self.holdings,
            "cached_indices": self.cached,
            "activity": self.activity,
            "flows": self.flows,
            "marks": self.marks,
            "indices": self.indices,
        }

    def _take(self, event: AnyEvent) -> None:
        minute = event.recorded_at_us // _MINUTE_US
        match event:
            case PricesUpdated():
                self.marks.put(event, (event.market, minute), {"mark_e8": event.mark_e8})
            case MarketListed():
                self.indices.put(event, (event.market, minute), {"index_e8": event.index_start_e8})
            case FundingIndexAdvanced() | FundingIndexRestated():
                self.indices.put(event, (event.market, minute), {"index_e8": event.index_after_e8})
            case FillSettled() | TradeBusted() | FundingSettled():
                self.cash.put(event, (event.account, minute), {"balance_e8": event.balance_after_e8})
                self._position(event, minute)
            case PenaltyCharged() | LossSocialized() | RefundPaid():
                self.cash.put(event, (event.account, minute), {"balance_e8": event.balance_after_e8})
            case _:
                self._money(event, minute)

    def _money(self, event: AnyEvent, minute: int) -> None:
        """Money that came, went, or was moved; in the settlement asset only."""
        match event:
            case WithdrawalReleased():
                if event.asset == self.settlement and event.loss_e8:
                    self.flows.add(event, (event.account, minute), {"flow_e8": event.loss_e8})
                return
            case DepositCredited() | WithdrawalFailed():
                flow: int | None = event.amount_e8
            case WithdrawalRequested():
                flow = -event.amount_e8
            case TransferReceived():
                flow = event.amount_e8 if event.transfer_kind in _FLOWS else None
            case TransferSent():
                flow = -event.amount_e8 if event.transfer_kind in _FLOWS else None
            case AdjustmentPosted():
                flow = None
            case _:
                return
        if event.asset == self.settlement:
            self.cash.put(event, (event.account, minute), {"balance_e8": event.balance_after_e8})
            if flow is not None:
                self.flows.add(event, (event.account, minute), {"flow_e8": flow})

    def _position(self, event: FillSettled | TradeBusted | FundingSettled, minute: int) -> None:
        key = (event.account, event.market, minute)
        if isinstance(event, FundingSettled):
            self.cached.put(event, key, {"cached_index_e8": event.cached_index_after_e8})
            self.activity.add(event, key, {"realized_funding_e8": event.realized_funding_e8})
            return
        self.cached.put(event, key, {"cached_index_e8": event.funding_index_e8})
        self.holdings.put(event, key, {"size_e8": event.size_after_e8, "cost_e8": event.cost_after_e8})
        if isinstance(event, FillSettled):
            sign, funding, fees = 1, event.realized_funding_e8, event.fee_e8
        else:
            sign = -1
            funding = event.realized_funding_e8 + event.funding_returned_e8
            fees = -event.fee_returned_e8
        amounts = {
            "volume_e8": sign * event.value_e8,
            "realized_pnl_e8": event.realized_pnl_e8,
            "realized_funding_e8": funding,
            "fees_e8": fees,
            "fills": sign,
        }
        self.activity.add(event, key, amounts)
        if isinstance(event, FillSettled) and event.fill_type == "UNWIND_TRANSFER":
            moved = (event.size_after_e8 - event.size_before_e8) * event.mark_price_e8 // E8
            flow = moved - (event.cost_after_e8 - event.cost_before_e8)
            self.flows.add(event, (event.account, minute), {"flow_e8": flow})
