"""What an operator lists before the first tick: assets and markets with their rules."""

from collections.abc import Callable, Sequence

from ledger.core.messages import ListAsset, ListMarket
from ledger.core.values import E8, E12, PPM
from ledger.market_data.series import FUNDING_GAP_MAX_MS, PERIOD_MS, SYMBOLS
from scenarios.gateway import Header

OPERATOR = "operator"
SETTLEMENT_ASSET = "USDC"
COIN = "BTC"
"""An asset that is held and moved but does not settle: no collateral value."""
PRICE_TICK_E8 = {"BTC": E8 // 10, "ETH": E8 // 100, "PAXG": E8 // 100}
SIZE_STEP_E8 = {"BTC": E8 // 10_000, "ETH": E8 // 1_000, "PAXG": E8 // 1_000}
BAND_WIDE_PPM = 200_000
"""Price band of a market that has no deep one outside."""
BAND_PPM = 50_000


def market_of(symbol: str) -> str:
    """Market symbol of a base asset."""
    return f"{symbol}-USD-PERP"


def list_assets(header: Callable[[str], Header]) -> list[ListAsset]:
    """The settlement asset and another one."""
    return [ListAsset(*header(OPERATOR), SETTLEMENT_ASSET, 6, 1), ListAsset(*header(OPERATOR), COIN, 8, 0)]


def list_markets(header: Callable[[str], Header], symbols: Sequence[str] = SYMBOLS) -> list[ListMarket]:
    """Markets of these base assets, with rules that fit 8-hour ticks.

    A move of 40% between two ticks is still a price; the gap rule is a period and a quarter.
    """
    return [
        ListMarket(
            *header(OPERATOR),
            market=market_of(symbol),
            base=symbol,
            quote="USD",
            settlement_asset=SETTLEMENT_ASSET,
            market_kind="cross",
            status="ok",
            price_tick_e8=PRICE_TICK_E8[symbol],
            size_step_e8=SIZE_STEP_E8[symbol],
            notional_min_e8=10 * E8,
            order_size_max_e8=10_000 * E8,
            position_limit_e8=100_000 * E8,
            open_orders_max=100,
            imf_base_ppm=20_000,
            mmf_factor_ppm=PPM // 2,
            taker_fee_ppm=300,
            maker_fee_ppm=30,
            price_band_ppm=BAND_PPM,
            maintenance_band_ppm=500,
            spread_max_ppm=10_000,
            depth_min_e8=10_000 * E8,
            liquidation_fee_ppm=700_000,
            liquidation_step_ppm=200_000,
            liquidation_target_ppm=900_000,
            funding_period_s=PERIOD_MS // 1000,
            funding_gap_max_ms=FUNDING_GAP_MAX_MS,
            funding_rate_max_e12=E12 // 50,
            funding_rate_change_max_e12=E12 // 50,
            funding_rate_tolerance_e12=0,
            interest_rate_e12=E12 // 10_000,
            clamp_rate_e12=E12 // 2_000,
            price_move_max_ppm=400_000,
            price_window_ms=PERIOD_MS,
            price_window_move_max_ppm=400_000,
            fair_divergence_max_ppm=50_000,
            price_age_max_ms=PERIOD_MS,
            oracle_ewma_ppm=200_000,
            index_start_e8=0,
        )
        for symbol in symbols
    ]
