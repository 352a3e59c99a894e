"""Markets, funding and the system, from rows that everybody may read."""

from typing import Final

from projectors.api.models import markets as shapes
from projectors.api.models.base import At
from projectors.api.resources.margin import settlement_asset, standing
from projectors.api.resources.values import e8, e8_of, e12, given_e8, ms, number, ppm, ratio, text
from projectors.api.served import Asked
from projectors.reading.answers import Row
from projectors.reading.lines import Lined, Merged
from projectors.views.exchange import HOUR_S
from projectors.views.portfolio import BUCKET_S

PUBLIC: Final = ("exchange", "funding")
"""Views that everybody may read."""

NO_CHAIN: Final = {
    "starknet_chain_id": "",
    "starknet_fullnode_rpc_url": "",
    "starknet_fullnode_rpc_base_url": "",
    "starknet_gateway_url": "",
    "block_explorer_url": "",
    "paraclear_address": "",
    "paraclear_decimals": 8,
    "paraclear_account_hash": "",
    "paraclear_account_proxy_hash": "",
    "oracle_address": "",
    "bridged_tokens": [],
    "l1_chain_id": "",
    "l1_core_contract_address": "",
    "l1_operator_address": "",
}
"""What clients read of a chain before they begin, empty: the ledger is on none."""

DAY_S: Final = 86_400
_DAY_HOURS: Final = 24
_EIGHT_HOURS_S: Final = 28_800
_US: Final = 1_000_000


def markets(asked: Asked) -> list[shapes.Market]:
    """Parameters of every market."""
    return [_market(row) for row in asked.rows("exchange", "markets")]


def _market(row: Row) -> shapes.Market:
    kind = text(row, "market_kind")
    return shapes.Market(
        symbol=text(row, "market"),
        asset_kind="PERP",
        market_kind=kind,
        base_currency=text(row, "base"),
        quote_currency=text(row, "quote"),
        settlement_currency=text(row, "settlement_asset"),
        price_tick_size=e8_of(row, "price_tick_e8"),
        order_size_increment=e8_of(row, "size_step_e8"),
        min_notional=e8_of(row, "notional_min_e8"),
        max_order_size=e8_of(row, "order_size_max_e8"),
        position_limit=e8_of(row, "position_limit_e8"),
        max_open_orders=number(row, "open_orders_max"),
        max_slippage="",
        funding_multiplier=1,
        price_bands_width=ppm(number(row, "price_band_ppm")),
        max_tob_spread=ppm(number(row, "spread_max_ppm")),
        interest_rate=e12(number(row, "interest_rate_e12")),
        clamp_rate=e12(number(row, "clamp_rate_e12")),
        max_funding_rate=e12(number(row, "funding_rate_max_e12")),
        max_funding_rate_change=e12(number(row, "funding_rate_change_max_e12")),
        funding_period_hours=number(row, "funding_period_s") // HOUR_S,
        oracle_ewma_factor=ppm(number(row, "oracle_ewma_ppm")),
        delta1_cross_margin_params=shapes.MarginParameters(
            imf_base=ppm(number(row, "imf_base_ppm")),
            imf_factor="0",
            imf_shift="0",
            mmf_factor=ppm(number(row, "mmf_factor_ppm")),
        ),
        fee_config=shapes.Fees(
            maker_fee=ppm(number(row, "maker_fee_ppm")), taker_fee=ppm(number(row, "taker_fee_ppm"))
        ),
        trading_mode=text(row, "status"),
        open_at=ms(row, "listed_at_us"),
        expiry_at=0,
        seq_no=number(row, "changed_seq"),
        updated_at=ms(row, "changed_at_us"),
    )


def summaries(asked: Asked) -> list[shapes.MarketSummary]:
    """Prices and volumes of every market, at the moment of the answer."""
    prices = {text(row, "market"): row for row in asked.rows("exchange", "prices")}
    totals = {text(row, "market"): row for row in asked.rows("audit", "markets")}
    funding = {text(row, "market"): row for row in asked.rows("funding", "index")}
    volumes = _volumes(asked)
    return [
        _summary(
            text(row, "market"),
            prices.get(text(row, "market"), {}),
            totals.get(text(row, "market"), {}),
            funding.get(text(row, "market"), {}),
            volumes.get(text(row, "market"), 0),
            _mark_before(asked, text(row, "market")),
        )
        for row in asked.rows("exchange", "markets")
    ]


def _summary(
    market: str, price: Row, total: Row, funding: Row, traded_e8: int, mark_before_e8: int
) -> shapes.MarketSummary:
    mark = number(price, "mark_e8")
    return shapes.MarketSummary(
        symbol=market,
        mark_price=e8(mark) if price else "",
        underlying_price=e8_of(price, "spot_e8") if price else "",
        external_fair_price=given_e8(price, "external_fair"),
        last_traded_price=given_e8(price, "last"),
        bid=given_e8(price, "bid"),
        bid_size=_depth(price, "bid"),
        ask=given_e8(price, "ask"),
        ask_size=_depth(price, "ask"),
        funding_rate=e12(number(funding, "rate_e12")),
        funding_index=e8_of(funding, "index_e8"),
        open_interest=e8_of(total, "long_e8"),
        volume_24h=e8(traded_e8 // 2),
        total_volume=e8(number(total, "traded_e8") // 2),
        price_change_rate_24h=ratio(mark - mark_before_e8, mark_before_e8),
        price_seq=number(price, "price_seq"),
        created_at=ms(price, "priced_at_us"),
    )


def bbo(asked: Asked, market: str, at: At) -> shapes.Bbo | None:
    """Best prices of a market; ``None`` where there is none by that name."""
    if not any(row["market"] == market for row in asked.rows("exchange", "markets")):
        return None
    price: Row = next((row for row in asked.rows("exchange", "prices") if row["market"] == market), {})
    return shapes.Bbo(
        at=at,
        market=market,
        bid=given_e8(price, "bid"),
        bid_size=_depth(price, "bid"),
        ask=given_e8(price, "ask"),
        ask_size=_depth(price, "ask"),
        last_updated_at=ms(price, "priced_at_us"),
        seq_no=number(price, "price_seq"),
    )


def liquidation_fee(asked: Asked) -> str:
    """Penalty of a liquidation by its notional, as the rules have it; empty where none was ever said."""
    rules = {text(row, "rule"): text(row, "value") for row in asked.rows("exchange", "rules")}
    value = rules.get("liquidation_fee_ppm", "")
    return ppm(int(value)) if value.isdecimal() else ""


def _depth(price: Row, side: str) -> str:
    """Size near the top of one side of the book; empty where the feed named no price there."""
    return e8_of(price, f"{side}_depth_e8") if number(price, f"has_{side}") else ""


def _volumes(asked: Asked) -> dict[str, int]:
    """Traded value of both sides in the newest hours of a day, in 1e-8."""
    newest = asked.moment().recorded_at_us // (HOUR_S * _US)
    names = [text(row, "market") for row in asked.rows("exchange", "markets")]
    keys = [(name, hour) for name in names for hour in range(newest - _DAY_HOURS + 1, newest + 1)]
    sums = asked.market.sums_at("exchange", "volumes", keys, "traded_e8")
    return {
        name: sum(sums[place * _DAY_HOURS : (place + 1) * _DAY_HOURS]) for place, name in enumerate(names)
    }


def _mark_before(asked: Asked, market: str) -> int:
    """The newest mark that is at least a day old; 0 where there is none."""
    end = (asked.moment().recorded_at_us // _US - DAY_S) // BUCKET_S
    return number(asked.market.row_before("portfolio", "marks", market, end) or {}, "mark_e8")


def market_event(row: Row, *, first: bool) -> shapes.MarketEvent:
    """A change of a market's parameters; the first is its listing."""
    changed = text(row, "changed_fields")
    return shapes.MarketEvent(
        symbol=text(row, "market"),
        event_type="CREATED" if first else "UPDATED",
        changed_fields=changed.split(",") if changed else [],
        seq_no=number(row, "seq"),
        updated_at=ms(row, "recorded_at_us"),
    )


def steps(asked: Asked, market: str = "") -> Lined:
    """Steps of the index of a market, or of all."""
    names = [market] if market else [text(row, "market") for row in asked.rows("exchange", "markets")]
    return Merged([asked.market_lines("funding", "steps", name) for name in names])


def funding_data(row: Row, period_s: int) -> shapes.FundingData:
    """A step of an index."""
    rate = number(row, "rate_e12")
    return shapes.FundingData(
        market=text(row, "market"),
        funding_index=e8_of(row, "index_after_e8"),
        funding_premium=e8_of(row, "premium_e8"),
        funding_rate=e12(rate),
        funding_rate_8h=e12(rate * _EIGHT_HOURS_S // period_s) if period_s else e12(0),
        funding_period_hours=period_s // HOUR_S,
        source=text(row, "index_source"),
        seq_no=number(row, "seq"),
        created_at=number(row, "observed_at_ms"),
    )


def periods(asked: Asked) -> dict[str, int]:
    """Funding period of every market, in seconds."""
    return {text(row, "market"): number(row, "funding_period_s") for row in asked.rows("exchange", "markets")}


def insurance(asked: Asked, at: At) -> shapes.Insurance | None:
    """What the liquidator's account is worth, that insures all others; ``None`` before there is one."""
    rows = asked.rows("exchange", "liquidators")
    if not rows:
        return None
    name = text(rows[0], "account")
    account = asked.rows_of("account", "accounts", name)[0]
    return shapes.Insurance(
        at=at,
        account=name,
        account_value=e8(standing(asked, account).value_e8),
        settlement_asset=settlement_asset(asked),
        updated_at=at.recorded_at,
    )


def state(asked: Asked, at: At) -> shapes.SystemState:
    """The mode of the exchange, which begins as ``ok`` with withdrawals open."""
    rows = asked.control("SystemStatusChanged")
    newest = rows[-1] if rows else {}
    return shapes.SystemState(
        at=at,
        status=text(newest, "status_after") or "ok",
        withdrawals=text(newest, "withdrawals_after") or "open",
        reason=text(newest, "reason"),
        seq_no=number(newest, "seq"),
        updated_at=ms(newest, "recorded_at_us"),
    )
