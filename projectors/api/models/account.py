"""Accounts: what they have, what they did, what they were worth."""

from typing import Literal

from pydantic import Field

from projectors.api.models.base import Answered, Decimal, Ms, OptionalDecimal, Resource, Seq


class AccountSummary(Answered):
    """Value and margin of an account."""

    account: str
    account_value: Decimal
    free_collateral: Decimal
    initial_margin_requirement: Decimal
    maintenance_margin_requirement: Decimal
    margin_cushion: Decimal
    total_collateral: Decimal
    settlement_asset: str
    status: str = Field(description="ACTIVE, LIQUIDATION, or RESTRICTED since a rollback left it owing.")
    seq_no: Seq
    created_at: Ms
    updated_at: Ms


class Balance(Resource):
    """How much of a token an account has."""

    token: str
    size: Decimal
    average_entry_price: OptionalDecimal = Field(description="Empty: the ledger keeps amounts only.")
    average_entry_price_usd: OptionalDecimal
    cost: OptionalDecimal
    cost_usd: OptionalDecimal
    last_updated_at: Ms
    seq_no: Seq


class Position(Resource):
    """A position; one that is closed has what it realised, and no prices."""

    id: str
    account: str
    market: str
    side: Literal["LONG", "SHORT", ""]
    status: Literal["OPEN", "CLOSED"]
    size: Decimal
    average_entry_price: OptionalDecimal
    average_entry_price_usd: OptionalDecimal
    average_exit_price: OptionalDecimal
    cost: Decimal
    cost_usd: Decimal
    cached_funding_index: Decimal
    unrealized_pnl: Decimal
    unrealized_funding_pnl: Decimal
    realized_positional_pnl: Decimal
    realized_positional_funding_pnl: Decimal
    liquidation_price: OptionalDecimal
    leverage: OptionalDecimal
    last_fill_id: str
    seq_no: Seq
    created_at: Ms
    last_updated_at: Ms
    closed_at: Ms


class Fill(Resource):
    """One side's execution."""

    id: str
    account: str
    market: str
    side: Literal["BUY", "SELL"]
    size: Decimal
    price: Decimal
    liquidity: str
    fill_type: str
    flags: list[str]
    fee: Decimal
    fee_currency: str
    order_id: str
    client_id: str
    remaining_size: Decimal
    realized_pnl: Decimal
    realized_funding: Decimal
    underlying_price: Decimal
    orderbook_seq_no: Seq
    created_at: Ms
    trade_id: str
    funding_index: Decimal
    mark_price: Decimal
    balance_before: Decimal
    balance_after: Decimal
    liquidation_id: str
    reverses_seq: Seq


class Order(Resource):
    """An order with what became of it."""

    id: str
    account: str
    market: str
    side: Literal["BUY", "SELL"]
    type: str
    instruction: str
    flags: list[str]
    size: Decimal
    remaining_size: Decimal
    price: OptionalDecimal
    trigger_price: OptionalDecimal
    avg_fill_price: OptionalDecimal
    status: str
    cancel_reason: str
    client_id: str
    stp: str
    seq_no: Seq
    timestamp: Ms
    received_at: Ms
    created_at: Ms
    published_at: Ms
    last_updated_at: Ms
    request_info: None = Field(description="Null: what a gateway kept of the request is not in the ledger.")


class OneOrder(Answered, Order):
    """An order, and where the answer is true."""


class Transfer(Resource):
    """Money that came or went."""

    id: str
    account: str
    counterparty: str
    kind: str
    direction: Literal["IN", "OUT"]
    status: Literal["PENDING", "COMPLETED", "FAILED"]
    token: str
    amount: Decimal
    socialized_loss_factor: Decimal
    bridge: str
    external_account: str
    external_chain: str
    external_txn_hash: str
    txn_hash: str
    vault_address: str
    vault_unwind_completion_percentage: OptionalDecimal = Field(description="Empty: see /vaults/transfers.")
    auto_withdrawal_fee: OptionalDecimal = Field(description="Empty: the ledger charges none.")
    failure_reason: str
    seq_no: Seq
    created_at: Ms
    last_updated_at: Ms


class FundingPayment(Resource):
    """Funding that an account was paid (positive) or paid."""

    id: str
    account: str
    market: str
    payment: Decimal
    index: Decimal
    fill_id: str
    kind: str
    seq_no: Seq
    created_at: Ms


class Liquidation(Resource):
    """A takeover, and the figures that made it: why an account was liquidated."""

    id: str
    account: str
    created_at: Ms
    seq_no: Seq
    account_value: Decimal
    maintenance_margin_requirement: Decimal
    margin_ratio_ppm: int
    balance: Decimal
    unrealized_pnl: Decimal
    accrued_funding: Decimal
    account_value_fair: OptionalDecimal = Field(description="By the external fair prices, where there were.")
    maintenance_margin_requirement_fair: OptionalDecimal
    share_ppm: int
    full: bool
    trigger: str
    positions: int
    notional: Decimal
    price_tick_id: int
    funding_tick_id: int
    price_seq: Seq
    funding_seq: Seq
    account_status_before: str
    account_status_after: str


class Tradebust(Resource):
    """A trade that was taken back."""

    id: str
    account: str
    market: str
    trade_id: str
    reverses_seq: Seq
    reason: str
    side: Literal["BUY", "SELL"]
    size: Decimal
    price: Decimal
    order_id: str
    realized_pnl: Decimal
    realized_funding: Decimal
    funding_returned: Decimal
    fee_returned: Decimal
    balance_before: Decimal
    balance_after: Decimal
    seq_no: Seq
    created_at: Ms


class Line(Resource):
    """A line of a statement: an event that moved a balance, or money on its way out."""

    seq: Seq
    kind: str
    token: str
    what: str
    before: Decimal
    amount: Decimal
    after: Decimal
    market: str
    reference: str
    why: str
    cause_seq: Seq
    corrects_seq: Seq
    created_at: Ms


class Refund(Resource):
    """What an account was paid for an incident."""

    id: str
    account: str
    incident_id: str
    reason: str
    method: str
    plan_digest: str
    line: int
    amount: Decimal
    seq_no: Seq
    created_at: Ms


class Series(Answered):
    """A quantity over time; ``timestamps`` are the ends of buckets."""

    timestamps: list[Ms]
    data: list[Decimal]
