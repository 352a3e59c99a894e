"""Accounts, balances, positions, withdrawals and statements, event by event."""

from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    AdjustmentPosted,
    AnyEvent,
    DepositCredited,
    FillSettled,
    FundingSettled,
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
from projectors.rederive.book import Book, Row, Table

Moving = (
    DepositCredited
    | TransferSent
    | TransferReceived
    | AdjustmentPosted
    | WithdrawalRequested
    | WithdrawalFailed
    | FillSettled
    | TradeBusted
    | FundingSettled
    | PenaltyCharged
    | LossSocialized
    | RefundPaid
)
"""Events that move a balance."""


class AccountBook(Book):
    """The view ``account``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.accounts = Table()
        self.balances = Table(("balance_e8", "pending_e8"))
        self.positions = Table(
            ("position_id", "size_e8", "cost_e8", "cached_index_e8"), lambda row: row["size_e8"] != 0
        )
        self.margin_inputs = Table(keep=lambda row: row["open_buy_e8"] != 0 or row["open_sell_e8"] != 0)
        self.results = Table()
        self.leverage = Table()
        self.withdrawals = Table()
        self.statement = Table()
        self.refund_lines = Table()
        self.refunds = Table(("paid_e8",))

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "accounts": self.accounts,
            "balances": self.balances,
            "positions": self.positions,
            "margin_inputs": self.margin_inputs,
            "position_results": self.results,
            "leverage": self.leverage,
            "withdrawals": self.withdrawals,
            "statement": self.statement,
            "refund_lines": self.refund_lines,
            "refunds": self.refunds,
        }

    def _take(self, event: AnyEvent) -> None:
        match event:
            case AccountOpened():
                self._opened(event)
            case AccountChanged():
                self._account_changed(event)
            case DepositCredited():
                self._moved(event, event.asset, event.amount_e8, event.external_ref)
            case TransferSent():
                self._moved(event, event.asset, -event.amount_e8, event.transfer_id)
            case TransferReceived():
                self._moved(event, event.asset, event.amount_e8, event.transfer_id)
            case AdjustmentPosted():
                self._moved(event, event.asset, event.amount_e8, event.reason_code)
            case WithdrawalRequested() | WithdrawalFailed() | WithdrawalReleased():
                self._withdrawal(event)
            case FillSettled():
                paid = event.realized_pnl_e8 + event.realized_funding_e8 - event.fee_e8
                self._moved(event, self.settlement, paid, event.trade_id, event.market)
                self._traded(event)
                self._open_sizes(event)
            case TradeBusted():
                paid = (
                    event.realized_pnl_e8
                    + event.realized_funding_e8
                    + event.funding_returned_e8
                    + event.fee_returned_e8
                )
                self._moved(event, self.settlement, paid, event.trade_id, event.market)
                self._traded(event)
                self._open_sizes(event)
            case FundingSettled():
                self._moved(event, self.settlement, event.realized_funding_e8, "", event.market)
                self._funding_settled(event)
            case PenaltyCharged():
                self._moved(event, self.settlement, -event.amount_e8, event.liquidation_id)
            case LossSocialized():
                self._moved(event, self.settlement, event.amount_e8, event.withdrawal_id)
            case RefundPaid():
                self._refund(event)
            case OrderPlaced() | OrderTriggered() | OrderCancelled():
                self._open_sizes(event)
            case _:
                pass

    def _opened(self, event: AccountOpened) -> None:
        values: Row = {
            "kind": event.kind,
            "status": "active",
            "parent": event.parent,
            "signer_key": event.signer_key,
            "fee_tier": event.fee_tier,
            "margin_exempt": event.margin_exempt,
            "opened_seq": event.seq,
            "opened_at_us": event.recorded_at_us,
        }
        self.accounts.put(event, (event.account,), values)

    def _account_changed(self, event: AccountChanged) -> None:
        if event.field == "leverage":
            values: Row = {"leverage": event.value_after, "changed_seq": event.seq}
            self.leverage.put(event, (event.account, event.market), values)
            return
        column = {"status": "status", "signer": "signer_key", "fee_tier": "fee_tier"}.get(event.field)
        if column is not None:
            held = self.accounts.row(event.account).get(column, "")
            self.expect(event, event.value_before, held, f"{column} before", event.account)
            self.accounts.put(event, (event.account,), {column: event.value_after})

    def _moved(self, event: Moving, asset: str, amount_e8: int, reference: str, market: str = "") -> None:
        """A balance changed: its chain, the amount, and a line of the statement."""
        key = (event.account, asset)
        held = self.balances.number("balance_e8", *key)
        self.expect(event, event.balance_before_e8, held, "balance before", *key)
        self.expect(event, event.balance_after_e8, event.balance_before_e8 + amount_e8, "balance after", *key)
        self.balances.put(event, key, {"balance_e8": event.balance_after_e8})
        self._line(
            event, asset, "balance", event.balance_before_e8, event.balance_after_e8, reference, market
        )

    def _withdrawal(self, event: WithdrawalRequested | WithdrawalFailed | WithdrawalReleased) -> None:
        key = (event.account, event.asset)
        held = self.balances.number("pending_e8", *key)
        self.expect(event, event.pending_before_e8, held, "pending before", *key)
        amount = event.amount_e8 if isinstance(event, WithdrawalRequested) else -event.amount_e8
        self.expect(event, event.pending_after_e8, event.pending_before_e8 + amount, "pending after", *key)
        if isinstance(event, WithdrawalReleased):
            self.expect(event, event.paid_e8 + event.loss_e8, event.amount_e8, "paid and lost", *key)
            reference = event.withdrawal_id
            self._line(
                event, event.asset, "pending", event.pending_before_e8, event.pending_after_e8, reference, ""
            )
        else:
            self._moved(event, event.asset, -amount, event.withdrawal_id)
        self.balances.put(event, key, {"pending_e8": event.pending_after_e8})
        place = (event.account, event.withdrawal_id)
        if isinstance(event, WithdrawalRequested):
            asked: Row = {
                "asset": event.asset,
                "amount_e8": event.amount_e8,
                "destination": event.destination,
                "requested_seq": event.seq,
            }
            self.withdrawals.put(event, place, asked)
        status = {
            WithdrawalRequested: "REQUESTED",
            WithdrawalFailed: "FAILED",
            WithdrawalReleased: "RELEASED",
        }
        self.withdrawals.put(event, place, {"status": status[type(event)], "changed_seq": event.seq})

    def _line(  # noqa: PLR0913
        self,
        event: Moving | WithdrawalReleased,
        asset: str,
        what: str,
        before_e8: int,
        after_e8: int,
        reference: str,
        market: str,
    ) -> None:
        values: Row = {
            "kind": type(event).__name__,
            "asset": asset,
            "what": what,
            "before_e8": before_e8,
            "amount_e8": after_e8 - before_e8,
            "after_e8": after_e8,
            "market": market,
            "reference": reference,
            "why": _why(event),
            "corrects_seq": _corrected(event),
            "cause_seq": event.cause_seq,
            "recorded_at_us": event.recorded_at_us,
        }
        self.statement.put(event, (event.account, event.seq), values)

    def _refund(self, event: RefundPaid) -> None:
        self._moved(event, self.settlement, event.amount_e8, event.refund_id)
        key = (event.account, event.refund_id)
        held = self.refund_lines.number("paid_e8", *key)
        self.expect(event, event.paid_before_e8, held, "paid before", *key)
        paid = event.paid_before_e8 + event.amount_e8
        self.expect(event, event.paid_after_e8, paid, "paid after", *key)
        self.refund_lines.add(event, key, {"payments": 1})
        self.refunds.put(event, key, {"paid_e8": event.paid_after_e8})
        values: Row = {
            "paid_e8": event.paid_after_e8,
            "incident_id": event.incident_id,
            "reason": event.reason,
            "method": event.method,
            "plan_digest": event.plan_digest,
            "line": event.line,
            "paid_seq": event.seq,
            "paid_at_us": event.recorded_at_us,
        }
        self.refund_lines.put(event, key, values)

    def _traded(self, event: FillSettled | TradeBusted) -> None:
        """A fill, or its reversal: the position's chain, and what it came to."""
        key = (event.account, event.market)
        held = self.positions.row(*key)
        for name, said in (
            ("position_id", event.position_id_before),
            ("size_e8", event.size_before_e8),
            ("cost_e8", event.cost_before_e8),
            ("cached_index_e8", event.cached_index_before_e8),
        ):
            self.expect(event, said, held.get(name, 0), f"{name} before", *key)
        self.positions.put(
            event,
            key,
            {
                "position_id": event.position_id_after,
                "size_e8": event.size_after_e8,
                "cost_e8": event.cost_after_e8,
                "cached_index_e8": event.funding_index_e8,
            },
        )
        found = event.position_id_before or event.position_id_after
        if isinstance(event, FillSettled):
            amounts = {
                "realized_pnl_e8": event.realized_pnl_e8,
                "realized_funding_e8": event.realized_funding_e8,
                "fees_e8": event.fee_e8,
                "traded_e8": event.value_e8,
                "fills": 1,
            }
        else:
            amounts = {
                "realized_pnl_e8": event.realized_pnl_e8,
                "realized_funding_e8": event.realized_funding_e8 + event.funding_returned_e8,
                "fees_e8": -event.fee_returned_e8,
            }
        self.results.add(event, (*key, found), amounts)

    def _funding_settled(self, event: FundingSettled) -> None:
        key = (event.account, event.market)
        held = self.positions.row(*key)
        self.expect(event, event.position_id, held.get("position_id", 0), "position_id", *key)
        self.expect(event, event.size_e8, held.get("size_e8", 0), "size", *key)
        cached = held.get("cached_index_e8", 0)
        self.expect(event, event.cached_index_before_e8, cached, "cached index before", *key)
        values: Row = {
            "position_id": event.position_id,
            "size_e8": event.size_e8,
            "cached_index_e8": event.cached_index_after_e8,
        }
        self.positions.put(event, key, values)
        self.results.add(event, (*key, event.position_id), {"realized_funding_e8": event.realized_funding_e8})

    def _open_sizes(
        self, event: OrderPlaced | OrderTriggered | OrderCancelled | FillSettled | TradeBusted
    ) -> None:
        key = (event.account, event.market)
        held = self.margin_inputs.row(*key)
        self.expect(event, event.open_buy_before_e8, held.get("open_buy_e8", 0), "open buy before", *key)
        self.expect(event, event.open_sell_before_e8, held.get("open_sell_e8", 0), "open sell before", *key)
        values: Row = {"open_buy_e8": event.open_buy_after_e8, "open_sell_e8": event.open_sell_after_e8}
        self.margin_inputs.put(event, key, values)


def _why(event: Moving | WithdrawalReleased) -> str:
    """What kind of event moved the money, or the reason given for it."""
    match event:
        case FillSettled():
            return event.fill_type
        case FundingSettled():
            return event.settle_kind
        case TradeBusted() | WithdrawalFailed():
            return event.reason
        case AdjustmentPosted():
            return event.note
        case TransferSent() | TransferReceived():
            incident = f", incident {event.incident_id}" if event.incident_id else ""
            return event.transfer_kind + incident
        case RefundPaid():
            return f"incident {event.incident_id}, {event.reason}, method {event.method}"
        case _:
            return ""


def _corrected(event: Moving | WithdrawalReleased) -> int:
    """Seq of the event that this one corrects or records again; 0 for none."""
    match event:
        case FillSettled() | TradeBusted():
            return event.reverses_seq
        case FundingSettled() | TransferSent() | TransferReceived() | AdjustmentPosted():
            return event.corrects_seq
        case DepositCredited() | WithdrawalRequested() | WithdrawalFailed() | WithdrawalReleased():
            return event.reinstates_seq
        case _:
            return 0
