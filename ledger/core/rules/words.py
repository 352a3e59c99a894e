"""The words of orders, accounts and markets as commands and events spell them, and which go together.

``ORDER_KINDS`` is the validity matrix of order types: which of them carry a limit, which wait
for a trigger, which protect a position, and which instructions they take.
"""

from typing import Final, final

STATUS_OK: Final = "ok"
STATUS_POST_ONLY: Final = "post_only"
STATUS_CANCEL_ONLY: Final = "cancel_only"
STATUS_MAINTENANCE: Final = "maintenance"
STATUS_HALTED: Final = "halted"
STATUS_SETTLED: Final = "settled"

SWITCH_OPEN: Final = "open"
SWITCH_HELD: Final = "held"
SWITCH_CLOSED: Final = "closed"

ACCOUNT_ACTIVE: Final = "active"
ACCOUNT_CLOSED: Final = "closed"

ORDER_OPEN: Final = "OPEN"
ORDER_UNTRIGGERED: Final = "UNTRIGGERED"
ORDER_CLOSED: Final = "CLOSED"
"""In a fill: the order has nothing left."""
ORDER_CANCELLED: Final = "CANCELLED"
"""Only in the state, of an order that a remembered trade still names."""

MARKET: Final = "MARKET"
LIMIT: Final = "LIMIT"
STOP_LIMIT: Final = "STOP_LIMIT"
STOP_MARKET: Final = "STOP_MARKET"
TAKE_PROFIT_LIMIT: Final = "TAKE_PROFIT_LIMIT"
TAKE_PROFIT_MARKET: Final = "TAKE_PROFIT_MARKET"
STOP_LOSS_LIMIT: Final = "STOP_LOSS_LIMIT"
STOP_LOSS_MARKET: Final = "STOP_LOSS_MARKET"

GTC: Final = "GTC"
POST_ONLY: Final = "POST_ONLY"
IOC: Final = "IOC"
RPI: Final = "RPI"

ABOVE: Final = "ABOVE"
BELOW: Final = "BELOW"

EXPIRE_MAKER: Final = "EXPIRE_MAKER"
EXPIRE_TAKER: Final = "EXPIRE_TAKER"
EXPIRE_BOTH: Final = "EXPIRE_BOTH"

NONE: Final = "NONE"
"""Taker of an off-book trade in which neither side took liquidity."""

FILL: Final = "FILL"
BLOCK_TRADE: Final = "BLOCK_TRADE"
"""Fill of an off-book trade."""

LIQUIDATION: Final = "LIQUIDATION"
"""Fill of a takeover by the Liquidator Vault, and the reason of the cancellations that follow."""
UNWIND_TRANSFER: Final = "UNWIND_TRANSFER"
"""Fill of a part of a vault's position that goes to an auxiliary account."""

RETAIL: Final = "RETAIL"
"""Fee tier that pays nothing; every other tier pays the market's rates."""

USER_CANCELED: Final = "USER_CANCELED"
"""Reason of a cancel command that names none."""
OCO: Final = "OCO"
"""The other order of the pair triggered."""
PARENT_CANCELLED: Final = "PARENT_CANCELLED"
"""The order whose position it was to protect was cancelled."""
REDUCE_ONLY: Final = "REDUCE_ONLY"
"""A reduce-only order that no longer fits into the position."""
POSITION_CLOSED: Final = "POSITION_CLOSED"
"""A take-profit or stop-loss order whose position was closed or flipped."""
NOT_ENOUGH_MARGIN: Final = "NOT_ENOUGH_MARGIN"
ACCOUNT_RESTRICTED: Final = "ACCOUNT_RESTRICTED"
POSITION_LIMIT: Final = "POSITION_LIMIT"
PRICE_OUTSIDE_BAND: Final = "PRICE_OUTSIDE_BAND"
DELEVERAGING: Final = "DELEVERAGING"
ACCOUNT_IS_RESTRICTED: Final = "restricted"
"""Status of an account that may neither pay nor withdraw, and only reduce."""
ROLLED_BACK: Final = "ROLLED_BACK"
"""The ledger went back to a block in which the order was open."""

GTC_ONLY: Final = (GTC,)
RESTING: Final = (GTC, POST_ONLY, RPI)
ANY_INSTRUCTION: Final = (GTC, POST_ONLY, IOC, RPI)


@final
class OrderKind:
    """What an order of one type looks like.

    ``limit``: its sender names a price. ``trigger``: it waits until the mark reaches one.
    ``protects``: a take-profit or stop-loss order, which is reduce-only and may be one of a
    pair. ``above_sign`` is the sign of the orders that wait for a mark at or above the
    trigger when the command does not say (0: no trigger).
    """

    __slots__ = ("above_sign", "instructions", "limit", "protects", "trigger")

    def __init__(
        self, *, limit: int, trigger: int, protects: int, above_sign: int, instructions: tuple[str, ...]
    ) -> None:
        self.limit = limit
        self.trigger = trigger
        self.protects = protects
        self.above_sign = above_sign
        self.instructions = instructions


ORDER_KINDS: Final[dict[str, OrderKind]] = {
    LIMIT: OrderKind(limit=1, trigger=0, protects=0, above_sign=0, instructions=ANY_INSTRUCTION),
    MARKET: OrderKind(limit=0, trigger=0, protects=0, above_sign=0, instructions=GTC_ONLY),
    STOP_LIMIT: OrderKind(limit=1, trigger=1, protects=0, above_sign=1, instructions=RESTING),
    STOP_MARKET: OrderKind(limit=0, trigger=1, protects=0, above_sign=1, instructions=GTC_ONLY),
    TAKE_PROFIT_LIMIT: OrderKind(limit=1, trigger=1, protects=1, above_sign=-1, instructions=GTC_ONLY),
    TAKE_PROFIT_MARKET: OrderKind(limit=0, trigger=1, protects=1, above_sign=-1, instructions=GTC_ONLY),
    STOP_LOSS_LIMIT: OrderKind(limit=1, trigger=1, protects=1, above_sign=1, instructions=GTC_ONLY),
    STOP_LOSS_MARKET: OrderKind(limit=0, trigger=1, protects=1, above_sign=1, instructions=GTC_ONLY),
}

TAKE_PROFITS: Final = (TAKE_PROFIT_MARKET, TAKE_PROFIT_LIMIT)
PROTECTING: Final = frozenset({TAKE_PROFIT_MARKET, TAKE_PROFIT_LIMIT, STOP_LOSS_MARKET, STOP_LOSS_LIMIT})
STP_MODES: Final = frozenset({EXPIRE_MAKER, EXPIRE_TAKER, EXPIRE_BOTH})
INSTRUCTIONS: Final = frozenset(ANY_INSTRUCTION)
