"""Position algebra: what a signed quantity at a price does to size, cost, profit and funding.

Each number is rounded once and down (``spec/decisions.md`` 1 and 2): the value of a trade is
the same for both sides, and realised profit is what is left of the identity
``cost_after - cost_before - signed value``. So profit has no dust, and the dust of funding is
known exactly.
"""

from ledger.core.rules.words import RETAIL
from ledger.core.state import Account, Market
from ledger.core.values import E8, MAKER, PPM


def trade_value_e8(size_e8: int, price_e8: int) -> int:
    """Value of a trade, unsigned."""
    return size_e8 * price_e8 // E8


def cost_after_e8(size_e8: int, cost_e8: int, quantity_e8: int, price_e8: int, value_e8: int) -> int:
    """Cost of the position after a trade of signed ``quantity_e8`` and unsigned ``value_e8``.

    Opened or increased: the value is added. Reduced: the cost shrinks as the size does.
    Flipped: what is left over was bought at the trade's price.
    """
    after = size_e8 + quantity_e8
    if quantity_e8 > 0:
        if size_e8 >= 0:
            return cost_e8 + value_e8
        if after <= 0:
            return cost_e8 * after // size_e8
    else:
        if size_e8 <= 0:
            return cost_e8 - value_e8
        if after >= 0:
            return cost_e8 * after // size_e8
    return after * price_e8 // E8


def reduces(size_e8: int, quantity_e8: int) -> bool:
    """Whether signed ``quantity_e8`` only makes the position smaller, down to nothing at most."""
    if size_e8 > 0:
        return -size_e8 <= quantity_e8 < 0
    return 0 < quantity_e8 <= -size_e8


def offsets(size_e8: int, sign: int) -> bool:
    """Whether an order of this side is against the position, whatever its size."""
    return size_e8 * sign < 0


def position_id_after(position_id: int, size_before_e8: int, size_after_e8: int, seq: int) -> int:
    """Id of the position after the event ``seq``: the seq that opened or flipped it, 0 when flat."""
    if size_after_e8 == 0:
        return 0
    if size_before_e8 != 0 and (size_before_e8 > 0) == (size_after_e8 > 0):
        return position_id
    return seq


def accrued_e16(size_e8: int, index_e8: int, cached_index_e8: int) -> int:
    """Funding accrued by a position since its cached index, in 1e-16; positive is received."""
    return -size_e8 * (index_e8 - cached_index_e8)


def fee_ppm(account: Account, market: Market, liquidity: str) -> int:
    """Fee rate of one side: nothing for the retail tier, else the market's rate for its liquidity."""
    if account.fee_tier == RETAIL:
        return 0
    return market.maker_fee_ppm if liquidity == MAKER else market.taker_fee_ppm


def fee_e8(size_e8: int, price_e8: int, rate_ppm: int) -> int:
    """Fee of one side, rounded up, from the unrounded value."""
    return -(-size_e8 * price_e8 * rate_ppm // (E8 * PPM))
