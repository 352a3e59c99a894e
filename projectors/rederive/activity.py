"""What accounts did, event by event."""

from typing import Final

from ledger.core.messages import (
    AdjustmentPosted,
    AnyEvent,
    DepositCredited,
    FillSettled,
    FundingSettled,
    LiquidationStarted,
    LossSocialized,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PenaltyCharged,
    RefundPaid,
    TradeBusted,
    TransferReceived,
    TransferSent,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from projectors.rederive.book import Book, Row, Table, copied

_FILL: Final = (
    "market trade_id fill_type side liquidity fill_size_e8 price_e8 fee_e8 order_id client_id"
    " remaining_after_e8 realized_pnl_e8 realized_funding_e8 funding_index_e8 spot_price_e8 mark_price_e8"
    " balance_before_e8 balance_after_e8 liquidation_id reverses_seq recorded_at_us"
)
_BUST: Final = (
    "market trade_id reverses_seq reason side fill_size_e8 price_e8 order_id realized_pnl_e8"
    " realized_funding_e8 funding_returned_e8 fee_returned_e8 balance_before_e8 balance_after_e8"
    " recorded_at_us"
)
_PAYMENT: Final = (
    "market settle_kind size_e8 funding_index_e8 realized_funding_e8 mark_price_e8 corrects_seq"
    " recorded_at_us"
)
_LIQUIDATION: Final = (
    "liquidation_id share_ppm full account_value_e8 mmr_e8 margin_ratio_ppm balance_e8 unrealized_pnl_e8"
    " accrued_funding_e8 has_fair account_value_fair_e8 mmr_fair_e8 price_tick_id funding_tick_id price_seq"
    " funding_seq trigger positions notional_e8 account_status_before account_status_after recorded_at_us"
)

_Settled = FillSettled | TradeBusted | FundingSettled | PenaltyCharged | LossSocialized | RefundPaid
_Moved = (
    DepositCredited
    | TransferSent
    | TransferReceived
    | AdjustmentPosted
    | WithdrawalRequested
    | WithdrawalFailed
)
_Entered = (
    DepositCredited
    | TransferSent
    | TransferReceived
    | WithdrawalRequested
    | WithdrawalReleased
    | WithdrawalFailed
)


class ActivityBook(Book):
    """The view ``activity``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.fills = Table()
        self.busts = Table()
        self.funding_payments = Table()
        self.liquidations = Table()
        self.transfers = Table()
        self.order_lines = Table()
        self.transfer_lines = Table()
        self.balance_changes = Table()
        self.position_times = Table()
        self.order_times = Table()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "fills": self.fills,
            "busts": self.busts,
            "funding_payments": self.funding_payments,
            "liquidations": self.liquidations,
            "order_lines": self.order_lines,
            "transfers": self.transfers,
            "transfer_lines": self.transfer_lines,
            "balance_changes": self.balance_changes,
            "position_times": self.position_times,
            "order_times": self.order_times,
        }

    def _take(self, event: AnyEvent) -> None:
        self._line(event)
        self._movement(event)
        self._order(event)
        changed: Row = {"changed_seq": event.seq, "changed_at_us": event.recorded_at_us}
        if isinstance(event, _Settled):
            self.balance_changes.put(event, (event.account, self.settlement), changed)
        elif isinstance(event, _Moved):
            self.balance_changes.put(event, (event.account, event.asset), changed)
        if isinstance(event, FillSettled | TradeBusted | FundingSettled):
            self._position(event, changed)

    def _line(self, event: AnyEvent) -> None:
        match event:
            case FillSettled():
                self.fills.put(event, (event.account, event.seq), copied(event, _FILL))
            case TradeBusted():
                self.busts.put(event, (event.account, event.seq), copied(event, _BUST))
            case FundingSettled():
                self.funding_payments.put(event, (event.account, event.seq), copied(event, _PAYMENT))
            case LiquidationStarted():
                self.liquidations.put(event, (event.account, event.seq), copied(event, _LIQUIDATION))
            case OrderPlaced():
                line = copied(event, "order_id market recorded_at_us")
                self.order_lines.put(event, (event.account, event.seq), line)
            case _:
                pass

    def _movement(self, event: AnyEvent) -> None:
        """A deposit or a transfer is over at once; a withdrawal is named by its id until it is."""
        match event:
            case DepositCredited():
                self._entry(event, "DEPOSIT", "IN", event.external_ref)
            case TransferSent():
                self._entry(event, event.transfer_kind, "OUT", event.transfer_id)
            case TransferReceived():
                self._entry(event, event.transfer_kind, "IN", event.transfer_id)
            case WithdrawalRequested():
                values = copied(event, "asset amount_e8")
                values |= {"kind": "WITHDRAWAL", "direction": "OUT", "external_account": event.destination}
                self._created(event, event.withdrawal_id, values, "PENDING")
            case WithdrawalReleased():
                values = copied(event, "socialized_loss_factor_e8") | {"reference": event.external_ref}
                self._entry_changed(event, event.withdrawal_id, values, "COMPLETED")
            case WithdrawalFailed():
                self._entry_changed(event, event.withdrawal_id, {"failure_reason": event.reason}, "FAILED")
            case _:
                pass

    def _entry(
        self,
        event: DepositCredited | TransferSent | TransferReceived,
        kind: str,
        direction: str,
        reference: str,
    ) -> None:
        values = copied(event, "asset amount_e8")
        values |= {"kind": kind, "direction": direction, "reference": reference}
        if isinstance(event, DepositCredited):
            values |= copied(event, "bridge external_chain")
        else:
            values |= copied(event, "counterparty vault")
        self._created(event, f"seq:{event.seq}", values, "COMPLETED")

    def _created(
        self,
        event: DepositCredited | TransferSent | TransferReceived | WithdrawalRequested,
        entry: str,
        values: Row,
        status: str,
    ) -> None:
        when: Row = {"created_seq": event.seq, "created_at_us": event.recorded_at_us}
        self._entry_changed(event, entry, values | when, status)
        line: Row = {"entry": entry, "recorded_at_us": event.recorded_at_us}
        self.transfer_lines.put(event, (event.account, event.seq), line)

    def _entry_changed(self, event: _Entered, entry: str, values: Row, status: str) -> None:
        when: Row = {"changed_seq": event.seq, "changed_at_us": event.recorded_at_us}
        self.transfers.put(event, (event.account, entry), values | when | {"status": status})

    def _position(self, event: FillSettled | TradeBusted | FundingSettled, changed: Row) -> None:
        values = dict(changed)
        if isinstance(event, FillSettled):
            values |= {"fill_seq": event.seq, "trade_id": event.trade_id}
        if not isinstance(event, FundingSettled):
            opened = event.position_id_after
            if opened not in (0, event.position_id_before):
                values["opened_at_us"] = event.recorded_at_us
        self.position_times.put(event, (event.account, event.market), values)

    def _order(self, event: AnyEvent) -> None:
        if not isinstance(event, OrderPlaced | OrderTriggered | OrderCancelled | FillSettled | TradeBusted):
            return
        if event.order_id or not isinstance(event, FillSettled | TradeBusted):
            values: Row = {"changed_seq": event.seq, "changed_at_us": event.recorded_at_us}
            if isinstance(event, OrderPlaced):
                values |= {"stp": event.stp, "created_at_us": event.recorded_at_us}
            self.order_times.put(event, (event.account, event.order_id), values)
