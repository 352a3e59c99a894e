"""The rows of spec/corruptions.md that are no ticks of a feed, and where each is tested."""

from typing import Final

SCHEMA: Final = (
    (4, "index null or missing", "schema (MALFORMED_COMMAND)", "not an event"),
    (5, "index NaN, infinite", "schema (MALFORMED_COMMAND)", "not an event"),
    (6, "index as empty text, text with exponent", "schema (MALFORMED_COMMAND)", "not an event"),
    (24, "rate null", "schema (MALFORMED_COMMAND)", "not an event"),
    (28, "price negative", "schema (PRICE_NOT_POSITIVE)", "not an event"),
    (29, "mark null", "schema (MALFORMED_COMMAND)", "not an event"),
    (30, "external fair price missing", "orders in restricted modes (FAIR_PRICE_MISSING)", "flag"),
)
"""What the schema stops: `test_schema.py`."""

ELSEWHERE: Final = (
    (
        54,
        "writer's own state has a zero index (the database was the victim)",
        "restart: state from the checkpoint and from the whole log differ",
        "own fold differs from `index_before`",
    ),
    (
        55,
        "carried remainder or last premium lost at restart",
        "restart: state from the checkpoint and from the whole log differ",
        "remainder chain",
    ),
    (
        56,
        "cached index of positions zeroed in a checkpoint",
        "restart: state from the checkpoint and from the whole log differ",
        "`cached_before` chain",
    ),
    (57, "old writer still publishing", "fencing: its block is refused", "not in the chain"),
    (
        58,
        "funding period, gap, bounds or guard policy changed by mistake",
        "two keys, bounds; observing ends by itself",
        "rule chain",
    ),
    (59, "new market listed with an index that is not 0", "INVALID_RULES", "listing row"),
    (
        60,
        "thin book in post_only: mark right, bids 6 to 9% away",
        "gate on spread and depth (GATE_CLOSED)",
        "not an event",
    ),
)
"""Rows of restart, operators and gates: `test_restart.py`, `test_operators.py`."""
