"""What everybody may know: markets, funding, vaults, the system."""

from typing import Literal

from pydantic import Field

from projectors.api.models.base import Answered, Decimal, Ms, OptionalDecimal, Resource, Seq


class MarginParameters(Resource):
    """Factors of cross margin."""

    imf_base: Decimal
    imf_factor: Decimal
    imf_shift: Decimal
    mmf_factor: Decimal


class Fees(Resource):
    """Rates of both sides of a trade."""

    maker_fee: Decimal
    taker_fee: Decimal


class Market(Resource):
    """Parameters of a market."""

    symbol: str
    asset_kind: str
    market_kind: str
    base_currency: str
    quote_currency: str
    settlement_currency: str
    price_tick_size: Decimal
    order_size_increment: Decimal
    min_notional: Decimal
    max_order_size: Decimal
    position_limit: Decimal
    max_open_orders: int
    max_slippage: OptionalDecimal = Field(description="Empty: the ledger has no such rule.")
    funding_multiplier: int = Field(description="1: the ledger has no such rule.")
    price_bands_width: Decimal
    max_tob_spread: Decimal
    interest_rate: Decimal
    clamp_rate: Decimal
    max_funding_rate: Decimal
    max_funding_rate_change: Decimal
    funding_period_hours: int
    oracle_ewma_factor: Decimal
    delta1_cross_margin_params: MarginParameters
    fee_config: Fees
    trading_mode: str
    open_at: Ms
    expiry_at: Ms
    seq_no: Seq
    updated_at: Ms


class MarketSummary(Resource):
    """Prices and volumes of a market."""

    symbol: str
    mark_price: OptionalDecimal
    underlying_price: OptionalDecimal
    external_fair_price: OptionalDecimal
    last_traded_price: OptionalDecimal
    bid: OptionalDecimal
    bid_size: OptionalDecimal = Field(description="Near the top of the book, as the feed says.")
    ask: OptionalDecimal
    ask_size: OptionalDecimal
    funding_rate: Decimal
    funding_index: Decimal
    open_interest: Decimal
    volume_24h: Decimal = Field(description="Of the 24 newest hours of the clock, the running one included.")
    total_volume: Decimal
    price_change_rate_24h: OptionalDecimal
    price_seq: Seq
    created_at: Ms


class MarketEvent(Resource):
    """A change of a market's parameters."""

    symbol: str
    event_type: str
    changed_fields: list[str]
    seq_no: Seq
    updated_at: Ms


class FundingData(Resource):
    """A step of a funding index."""

    market: str
    funding_index: Decimal
    funding_premium: Decimal
    funding_rate: Decimal
    funding_rate_8h: Decimal
    funding_period_hours: int
    source: str
    seq_no: Seq
    created_at: Ms


class Vault(Resource):
    """A vault and its terms."""

    address: str
    name: str
    kind: str
    status: str
    owner_account: str
    operator_account: str
    profit_share: int = Field(description="Percent.")
    lockup_period: int = Field(description="Days.")
    max_tvl: Decimal
    token_address: str
    strategies: list[str]
    created_at: Ms
    last_updated_at: Ms


class VaultSummary(Resource):
    """What a vault is worth."""

    address: str
    tvl: Decimal
    net_deposits: Decimal
    vtoken_price: Decimal
    vtoken_supply: Decimal
    num_depositors: int
    owner_equity: Decimal
    total_pnl: Decimal
    total_roi: OptionalDecimal
    pnl_24h: Decimal
    pnl_7d: Decimal
    pnl_30d: Decimal
    roi_24h: OptionalDecimal = Field(
        description="Change of the price of a share; empty before there was one."
    )
    roi_7d: OptionalDecimal
    roi_30d: OptionalDecimal
    last_month_return: OptionalDecimal = Field(description="That of 30 days.")
    max_drawdown: Decimal = Field(
        description="At any flow, at the end of any hour of the last 30 days, and now."
    )
    max_drawdown_24h: Decimal = Field(description="By the hour.")
    max_drawdown_7d: Decimal
    max_drawdown_30d: Decimal
    volume: Decimal
    volume_24h: Decimal
    volume_7d: Decimal
    volume_30d: Decimal
    next_fee_settlement_at: Ms
    strategies: list[str]


class VaultAccountSummary(Resource):
    """What a holder has in a vault."""

    address: str
    vtoken_amount: Decimal
    value: Decimal
    deposited_amount: Decimal
    total_pnl: Decimal
    total_roi: OptionalDecimal
    hwm_price: Decimal
    estimated_accrued_fee: Decimal
    created_at: Ms = Field(description="0: when a holder came first is not kept.")
    is_vault_owner: bool


class VaultPosition(Resource):
    """An open position of a vault's operator account."""

    address: str
    market: str
    side: str
    size: Decimal
    average_entry_price: Decimal
    unrealized_pnl: Decimal
    unrealized_funding_pnl: Decimal


class Insurance(Answered):
    """What the insurance fund is worth."""

    account: str
    account_value: Decimal
    settlement_asset: str
    updated_at: Ms


class SystemState(Answered):
    """The mode of the exchange."""

    status: str = Field(examples=["ok", "maintenance", "cancel_only", "post_only", "reconciliation"])
    withdrawals: str
    reason: str
    seq_no: Seq
    updated_at: Ms


class SystemTime(Resource):
    """The clock of this service, and the ledger's."""

    server_time: str = Field(description="Unix milliseconds, as text.", examples=["1768797300000"])
    ledger_time: str = Field(description="When the newest served event was recorded, in the same form.")


class JwtToken(Resource):
    """A token as clients ask for it."""

    jwt_token: str


class Bbo(Answered):
    """Best bid and offer of a market."""

    market: str
    bid: OptionalDecimal
    bid_size: OptionalDecimal = Field(description="Near the top of the book, as the feed says.")
    ask: OptionalDecimal
    ask_size: OptionalDecimal
    last_updated_at: Ms
    seq_no: Seq


class VaultsConfig(Answered):
    """What the owner of a vault may choose."""

    max_profit_share_percentage: Decimal
    min_lockup_period_days: Decimal
    max_lockup_period_days: Decimal
    min_initial_deposit: Decimal
    min_owner_share_percentage: Decimal = Field(description="0: each vault has an amount of its own.")
    vault_factory_address: str = Field(description="Empty: the ledger is on no chain.")


class VaultTransfer(Resource):
    """What a holder paid into a vault or took out of it."""

    id: str
    account: str
    vault_address: str
    kind: str = Field(examples=["VAULT_DEPOSIT", "VAULT_WITHDRAWAL"])
    reason: str = Field(description="The ledger's own word for it.")
    direction: Literal["IN", "OUT"]
    status: Literal["COMPLETED"]
    token: str
    amount: Decimal
    vtoken_amount: Decimal
    vtoken_price: Decimal
    seq_no: Seq
    created_at: Ms
    last_updated_at: Ms


class SystemConfig(Answered):
    """What clients need to know before they begin. What is of a chain is empty: the ledger is on none."""

    starknet_chain_id: str
    starknet_fullnode_rpc_url: str
    starknet_fullnode_rpc_base_url: str
    starknet_gateway_url: str
    block_explorer_url: str
    paraclear_address: str
    paraclear_decimals: int = Field(description="Places after the point of every amount.")
    paraclear_account_hash: str
    paraclear_account_proxy_hash: str
    oracle_address: str
    bridged_tokens: list[str]
    l1_chain_id: str
    l1_core_contract_address: str
    l1_operator_address: str
    liquidation_fee: OptionalDecimal = Field(description="Penalty by notional; empty for the rule's default.")

    ledger_id: str
    partitions: int
    settlement_asset: str
    assets: list[str]
    markets: list[str]
    api_version: str
