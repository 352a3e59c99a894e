"""Why an account was liquidated, steps of an index with their bounds, and what rollbacks made void."""

from typing import Literal

from pydantic import Field

from projectors.api.models.account import Line, Liquidation
from projectors.api.models.base import Answered, Decimal, Ms, OptionalDecimal, Resource, Seq


class FundingStep(Resource):
    """A step of a funding index, beside what the ledger computed and what guard G1 allows."""

    market: str
    seq: Seq
    observed_at: Ms
    elapsed_ms: int
    gap: bool
    paused: bool
    underlying_price: Decimal
    funding_rate: Decimal
    funding_premium: Decimal
    index_before: Decimal
    index_after: Decimal
    index_computed: Decimal = Field(description="By the ledger's own step; the index itself where restated.")
    bound_low: Decimal
    bound_high: Decimal
    within: bool = Field(description="Whether the step is the ledger's own, or within the bounds.")
    source: str
    void_by: Seq = Field(description="Of the rollback that made it void.")


class VoidLine(Resource):
    """A line of a statement that a rollback made void."""

    line: Line
    void_by: Seq


class VoidLiquidation(Resource):
    """A takeover that a rollback made void."""

    liquidation: Liquidation
    void_by: Seq


class HeldPosition(Resource):
    """A position at the moment of a liquidation, with everything that made its worth."""

    market: str
    side: Literal["LONG", "SHORT"]
    size: Decimal
    average_entry_price: Decimal
    mark_price: Decimal
    underlying_price: Decimal
    external_fair_price: OptionalDecimal
    funding_index: Decimal
    cached_funding_index: Decimal
    unrealized_pnl: Decimal
    accrued_funding: Decimal
    funding_unexplained: Decimal = Field(
        description="The part of the accrued funding by index steps that the ledger did not compute."
    )
    maintenance_margin_requirement: Decimal
    price_seq: Seq
    funding_seq: Seq
    unexplained_seq: Seq = Field(description="Of the first of these steps.")


class Explanation(Answered):
    """Why an account was liquidated: the takeover, and the positions just before it."""

    liquidation: Liquidation
    void_by: Seq
    positions: list[HeldPosition]
    account_value_explained: Decimal = Field(
        description="What the account would have been worth by the index steps that the ledger computed."
    )
    healthy_explained: bool = Field(description="Whether that is more than the requirement.")
    healthy_fair: bool = Field(description="The same by the external fair prices, where there were.")


class Holder(Resource):
    """Who holds shares of a vault."""

    account: str
    vtoken_amount: Decimal
    value: Decimal
    deposited_amount: Decimal
    total_pnl: Decimal
    total_roi: OptionalDecimal
    hwm_price: Decimal
    estimated_accrued_fee: Decimal
    is_vault_owner: bool
