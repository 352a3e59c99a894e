"""An account's pages, from its rows."""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.core.values import E8
from projectors.api.models import account as shapes
from projectors.api.models.base import At
from projectors.api.resources.margin import (
    open_orders,
    settlement_asset,
    standing,
)
from projectors.api.resources.values import e8, e8_of, given_e8, ms, number, text
from projectors.api.served import OWN_VIEWS, Asked
from projectors.reading.answers import Row
from projectors.reading.lines import Lined, Mapped, Merged

OWN: Final = OWN_VIEWS
"""Views that an account's pages are made of, besides those of everybody."""

Read = Mapping[str, tuple[str, ...]]
SUMMARY: Final[Read] = {
    "account": ("accounts", "balances", "positions", "margin_inputs", "leverage"),
    "orders": ("orders",),
    "activity": ("balance_changes",),
}
POSITIONS: Final[Read] = {
    "account": (*SUMMARY["account"], "position_results"),
    "orders": ("orders",),
    "activity": ("position_times",),
}
BALANCES: Final[Read] = {"account": ("accounts", "balances"), "activity": ("balance_changes",)}
FILLS: Final[Read] = {"activity": ("fills",)}
ORDERS: Final[Read] = {"orders": ("orders",), "activity": ("order_lines", "order_times")}
TRANSFERS: Final[Read] = {"activity": ("transfers", "transfer_lines")}
PAYMENTS: Final[Read] = {"activity": ("fills", "funding_payments")}
STATEMENT: Final[Read] = {"account": ("statement",)}
REFUNDS: Final[Read] = {"account": ("refund_lines",)}
"""Which tables a page of an account reads."""

_STATUSES: Final = {"active": "ACTIVE", "liquidating": "LIQUIDATION", "liquidation": "LIQUIDATION"}
_OPEN: Final = ("OPEN", "UNTRIGGERED")


def account_row(asked: Asked, name: str) -> Row | None:
    """The row of an account; ``None`` when there was none by that name."""
    rows = asked.rows_of("account", "accounts", name)
    return rows[0] if rows else None


def summary(asked: Asked, row: Row, at: At) -> shapes.AccountSummary:
    """Value and margin."""
    name = text(row, "account")
    found = standing(asked, row)
    changes = asked.rows_of("activity", "balance_changes", name)
    status = text(row, "status")
    return shapes.AccountSummary(
        at=at,
        account=name,
        account_value=e8(found.value_e8),
        free_collateral=e8(found.value_e8 - found.initial_e8),
        initial_margin_requirement=e8(found.initial_e8),
        maintenance_margin_requirement=e8(found.maintenance_e8),
        margin_cushion=e8(found.value_e8 - found.maintenance_e8),
        total_collateral=e8(found.balance_e8),
        settlement_asset=settlement_asset(asked),
        status=_STATUSES.get(status, status.upper()),
        seq_no=max([number(row, "opened_seq"), *(number(one, "changed_seq") for one in changes)]),
        created_at=ms(row, "opened_at_us"),
        updated_at=max([ms(row, "opened_at_us"), *(ms(one, "changed_at_us") for one in changes)]),
    )


def balances(asked: Asked, name: str) -> list[shapes.Balance]:
    """Every token of an account."""
    changes = {text(row, "asset"): row for row in asked.rows_of("activity", "balance_changes", name)}
    return [
        shapes.Balance(
            token=text(row, "asset"),
            size=e8_of(row, "balance_e8"),
            average_entry_price="",
            average_entry_price_usd="",
            cost="",
            cost_usd="",
            last_updated_at=ms(changes.get(text(row, "asset"), {}), "changed_at_us"),
            seq_no=number(changes.get(text(row, "asset"), {}), "changed_seq"),
        )
        for row in asked.rows_of("account", "balances", name)
    ]


def fill(row: Row, fee_currency: str) -> shapes.Fill:
    """One side's execution."""
    return shapes.Fill(
        id=str(number(row, "seq")),
        account=text(row, "account"),
        market=text(row, "market"),
        side="BUY" if row["side"] == "BUY" else "SELL",
        size=e8_of(row, "fill_size_e8"),
        price=e8_of(row, "price_e8"),
        liquidity=text(row, "liquidity"),
        fill_type=text(row, "fill_type"),
        flags=[],
        fee=e8_of(row, "fee_e8"),
        fee_currency=fee_currency,
        order_id=text(row, "order_id"),
        client_id=text(row, "client_id"),
        remaining_size=e8_of(row, "remaining_after_e8"),
        realized_pnl=e8_of(row, "realized_pnl_e8"),
        realized_funding=e8_of(row, "realized_funding_e8"),
        underlying_price=e8_of(row, "spot_price_e8"),
        orderbook_seq_no=number(row, "seq"),
        created_at=ms(row, "recorded_at_us"),
        trade_id=text(row, "trade_id"),
        funding_index=e8_of(row, "funding_index_e8"),
        mark_price=e8_of(row, "mark_price_e8"),
        balance_before=e8_of(row, "balance_before_e8"),
        balance_after=e8_of(row, "balance_after_e8"),
        liquidation_id=text(row, "liquidation_id"),
        reverses_seq=number(row, "reverses_seq"),
    )


def orders(asked: Asked, name: str) -> list[shapes.Order]:
    """Open orders of an account and those that wait for their trigger, newest first."""
    rows = sorted(open_orders(asked, name), key=lambda row: number(row, "placed_seq"), reverse=True)
    return _orders(asked, name, rows)


def orders_named(asked: Asked, name: str, order_ids: Sequence[str]) -> list[shapes.Order]:
    """Some orders of an account, open or not, those that there are."""
    return _orders(asked, name, asked.rows_at("orders", "orders", [(name, one) for one in order_ids]))


def _orders(asked: Asked, name: str, rows: Sequence[Row]) -> list[shapes.Order]:
    keys = [(name, text(row, "order_id")) for row in rows]
    times = {text(row, "order_id"): row for row in asked.rows_at("activity", "order_times", keys)}
    return [_order(row, times.get(text(row, "order_id"), {})) for row in rows]


def _order(row: Row, times: Row) -> shapes.Order:
    filled = number(row, "filled_e8")
    created = ms(times, "created_at_us")
    return shapes.Order(
        id=text(row, "order_id"),
        account=text(row, "account"),
        market=text(row, "market"),
        side="BUY" if row["side"] == "BUY" else "SELL",
        type=text(row, "order_type"),
        instruction=text(row, "instruction"),
        flags=["REDUCE_ONLY"] if number(row, "reduce_only") else [],
        size=e8_of(row, "size_e8"),
        remaining_size=e8_of(row, "remaining_e8"),
        price=given_e8(row, "price"),
        trigger_price=e8_of(row, "trigger_price_e8") if number(row, "has_trigger") else "",
        avg_fill_price=e8(number(row, "value_e8") * E8 // filled) if filled else "",
        status=_order_status(text(row, "status")),
        cancel_reason=text(row, "cancel_reason"),
        client_id=text(row, "client_id"),
        stp=text(times, "stp"),
        seq_no=number(row, "changed_seq"),
        timestamp=created,
        received_at=created,
        created_at=created,
        published_at=created,
        last_updated_at=ms(times, "changed_at_us"),
        request_info=None,
    )


def _order_status(status: str) -> str:
    """The ledger's word, or the exchange's where it has one."""
    return status if status in _OPEN else "CLOSED"


def transfer(row: Row) -> shapes.Transfer:
    """Money that came or went."""
    status = text(row, "status")
    external = text(row, "kind") in {"DEPOSIT", "WITHDRAWAL"}
    reference = text(row, "reference")
    return shapes.Transfer(
        id=text(row, "entry"),
        account=text(row, "account"),
        counterparty=text(row, "counterparty"),
        kind=text(row, "kind"),
        direction="IN" if row["direction"] == "IN" else "OUT",
        status="PENDING" if status == "PENDING" else "FAILED" if status == "FAILED" else "COMPLETED",
        token=text(row, "asset"),
        amount=e8_of(row, "amount_e8"),
        socialized_loss_factor=e8_of(row, "socialized_loss_factor_e8"),
        bridge=text(row, "bridge"),
        external_account=text(row, "external_account"),
        external_chain=text(row, "external_chain"),
        external_txn_hash=reference if external else "",
        txn_hash="" if external else reference,
        vault_address=text(row, "vault"),
        vault_unwind_completion_percentage="",
        auto_withdrawal_fee="",
        failure_reason=text(row, "failure_reason"),
        seq_no=number(row, "changed_seq"),
        created_at=ms(row, "created_at_us"),
        last_updated_at=ms(row, "changed_at_us"),
    )


def funding_payments(asked: Asked, name: str) -> Lined:
    """Settlements by themselves, and the funding that fills settled."""
    fills = Mapped(asked.lines("activity", "fills", name), _funding_of_fill)
    return Merged([asked.lines("activity", "funding_payments", name), fills])


def _funding_of_fill(row: Row) -> Row | None:
    if not number(row, "realized_funding_e8"):
        return None
    return {**row, "settle_kind": "FILL", "fill_id": str(number(row, "seq"))}


def funding_payment(row: Row) -> shapes.FundingPayment:
    """Funding that an account was paid, or paid."""
    return shapes.FundingPayment(
        id=str(number(row, "seq")),
        account=text(row, "account"),
        market=text(row, "market"),
        payment=e8_of(row, "realized_funding_e8"),
        index=e8_of(row, "funding_index_e8"),
        fill_id=text(row, "fill_id"),
        kind=text(row, "settle_kind"),
        seq_no=number(row, "seq"),
        created_at=ms(row, "recorded_at_us"),
    )


def liquidation(row: Row) -> shapes.Liquidation:
    """A takeover, and the figures that made it."""
    fair = bool(number(row, "has_fair"))
    return shapes.Liquidation(
        id=text(row, "liquidation_id"),
        account=text(row, "account"),
        created_at=ms(row, "recorded_at_us"),
        seq_no=number(row, "seq"),
        account_value=e8_of(row, "account_value_e8"),
        maintenance_margin_requirement=e8_of(row, "mmr_e8"),
        margin_ratio_ppm=number(row, "margin_ratio_ppm"),
        balance=e8_of(row, "balance_e8"),
        unrealized_pnl=e8_of(row, "unrealized_pnl_e8"),
        accrued_funding=e8_of(row, "accrued_funding_e8"),
        account_value_fair=e8_of(row, "account_value_fair_e8") if fair else "",
        maintenance_margin_requirement_fair=e8_of(row, "mmr_fair_e8") if fair else "",
        share_ppm=number(row, "share_ppm"),
        full=bool(number(row, "full")),
        trigger=text(row, "trigger"),
        positions=number(row, "positions"),
        notional=e8_of(row, "notional_e8"),
        price_tick_id=number(row, "price_tick_id"),
        funding_tick_id=number(row, "funding_tick_id"),
        price_seq=number(row, "price_seq"),
        funding_seq=number(row, "funding_seq"),
        account_status_before=text(row, "account_status_before"),
        account_status_after=text(row, "account_status_after"),
    )


def tradebust(row: Row) -> shapes.Tradebust:
    """A trade that was taken back."""
    return shapes.Tradebust(
        id=str(number(row, "seq")),
        account=text(row, "account"),
        market=text(row, "market"),
        trade_id=text(row, "trade_id"),
        reverses_seq=number(row, "reverses_seq"),
        reason=text(row, "reason"),
        side="BUY" if row["side"] == "BUY" else "SELL",
        size=e8_of(row, "fill_size_e8"),
        price=e8_of(row, "price_e8"),
        order_id=text(row, "order_id"),
        realized_pnl=e8_of(row, "realized_pnl_e8"),
        realized_funding=e8_of(row, "realized_funding_e8"),
        funding_returned=e8_of(row, "funding_returned_e8"),
        fee_returned=e8_of(row, "fee_returned_e8"),
        balance_before=e8_of(row, "balance_before_e8"),
        balance_after=e8_of(row, "balance_after_e8"),
        seq_no=number(row, "seq"),
        created_at=ms(row, "recorded_at_us"),
    )


def line(row: Row) -> shapes.Line:
    """A line of a statement."""
    return shapes.Line(
        seq=number(row, "seq"),
        kind=text(row, "kind"),
        token=text(row, "asset"),
        what=text(row, "what"),
        before=e8_of(row, "before_e8"),
        amount=e8_of(row, "amount_e8"),
        after=e8_of(row, "after_e8"),
        market=text(row, "market"),
        reference=text(row, "reference"),
        why=text(row, "why"),
        cause_seq=number(row, "cause_seq"),
        corrects_seq=number(row, "corrects_seq"),
        created_at=ms(row, "recorded_at_us"),
    )


def refund(row: Row) -> shapes.Refund:
    """What an account was paid for an incident."""
    return shapes.Refund(
        id=text(row, "refund_id"),
        account=text(row, "account"),
        incident_id=text(row, "incident_id"),
        reason=text(row, "reason"),
        method=text(row, "method"),
        plan_digest=text(row, "plan_digest"),
        line=number(row, "line"),
        amount=e8_of(row, "paid_e8"),
        seq_no=number(row, "paid_seq"),
        created_at=ms(row, "paid_at_us"),
    )
