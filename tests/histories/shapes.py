"""Markets to invent: real grains, and grains at the edges of what integers can say."""

from typing import Any, Final

E8: Final = 10**8


class Shape:
    """A market to invent: its name, its first price, the grain of prices and sizes, and its limits."""

    def __init__(self, name: str, price_e8: int, tick_e8: int, step_e8: int, **limits: int) -> None:
        self.name = name
        self.price_e8 = price_e8
        self.tick_e8 = tick_e8
        self.step_e8 = step_e8
        self.limits = limits


SHAPES: Final = (
    Shape("BTC-USD-PERP", 90_000 * E8, E8 // 10, 1_000, notional_min_e8=10 * E8),
    Shape(
        "PAXG-USD-PERP", 4_662 * E8, E8 // 100, 100_000, position_limit_e8=20 * E8, order_size_max_e8=9 * E8
    ),
    Shape("DUST-USD-PERP", 1_000, 1, E8),
    Shape("GRAIN-USD-PERP", 15_000_000, 7, 3, open_orders_max=3),
    Shape("HUGE-USD-PERP", 8_000_000 * E8, E8, 1, funding_gap_max_ms=3_600_000),
)
"""Two real grains, a price of 0.00001, prime steps, and a price of eight million."""


def market_rules(shape: Shape, **changed: object) -> dict[str, Any]:
    """A plausible rule set for ``shape``, with the changes wanted."""
    rules: dict[str, Any] = {
        "base": shape.name.split("-")[0],
        "quote": "USD",
        "settlement_asset": "USDC",
        "market_kind": "cross",
        "status": "ok",
        "price_tick_e8": shape.tick_e8,
        "size_step_e8": shape.step_e8,
        "notional_min_e8": 0,
        "order_size_max_e8": 10**16,
        "position_limit_e8": 10**16,
        "open_orders_max": 12,
        "imf_base_ppm": 20_000,
        "mmf_factor_ppm": 500_000,
        "taker_fee_ppm": 200,
        "maker_fee_ppm": 30,
        "price_band_ppm": 50_000,
        "maintenance_band_ppm": 500,
        "spread_max_ppm": 10_000,
        "depth_min_e8": 0,
        "liquidation_fee_ppm": 700_000,
        "liquidation_step_ppm": 200_000,
        "liquidation_target_ppm": 900_000,
        "funding_period_s": 28_800,
        "funding_gap_max_ms": 120_000,
        "funding_rate_max_e12": 20_000_000_000,
        "funding_rate_change_max_e12": 40_000_000_000,
        "funding_rate_tolerance_e12": 40_000_000_000,
        "interest_rate_e12": 100_000_000,
        "clamp_rate_e12": 500_000_000,
        "price_move_max_ppm": 400_000,
        "price_window_ms": 300_000,
        "price_window_move_max_ppm": 400_000,
        "fair_divergence_max_ppm": 400_000,
        "price_age_max_ms": 400_000,
        "oracle_ewma_ppm": 200_000,
        "index_start_e8": 0,
    }
    return rules | shape.limits | changed
