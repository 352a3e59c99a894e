"""Value and margin of an account, from the views alone.

    value       = balance + sum over markets of size * mark - cost - size * (index - cached), rounded down
    initial     = sum of max(open buys + size, open sells - size) * mark * (IMF + taker fee), and what the
                  open orders would lose at once at the mark, rounded up
    maintenance = sum of |size| * mark * (IMF of the market * MMF factor + taker fee), rounded up

The IMF is the market's, or the larger one that the account chose with its leverage. A margin-exempt account
has no requirements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.values import E8, PPM
from projectors.api.resources.values import number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row

_E22_PER_E8: Final = 10**14


@dataclass(frozen=True, slots=True)
class Holding:
    """A position with the market's figures, in their units."""

    row: Row
    market: str
    size_e8: int
    cost_e8: int
    mark_e8: int
    index_e8: int
    cached_e8: int
    factor_e12: int
    """Of maintenance, the fee provision included."""

    @property
    def unrealized_e8(self) -> int:
        """Profit at the mark, rounded down."""
        return self.size_e8 * self.mark_e8 // E8 - self.cost_e8

    @property
    def accrued_e8(self) -> int:
        """Funding that has accrued and is not settled, rounded down."""
        return -self.size_e8 * (self.index_e8 - self.cached_e8) // E8


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account is worth, and what is asked of it, in 1e-8."""

    balance_e8: int
    value_e8: int
    initial_e8: int
    maintenance_e8: int
    holdings: tuple[Holding, ...]

    def liquidation_price_e8(self, holding: Holding) -> int | None:
        """The mark at which value and maintenance meet, all else as it is; ``None`` where there is none."""
        size = holding.size_e8
        slope_e20 = size * 10**12 - abs(size) * holding.factor_e12
        if not self.maintenance_e8 or not slope_e20:
            return None
        price = holding.mark_e8 - (self.value_e8 - self.maintenance_e8) * E8 * 10**12 // slope_e20
        return price if price > 0 else None

    def leverage_ppm(self, holding: Holding) -> int | None:
        """Value of a position by that of the account."""
        if self.value_e8 <= 0:
            return None
        return abs(holding.size_e8) * holding.mark_e8 // E8 * PPM // self.value_e8


@dataclass(frozen=True, slots=True)
class Terms:
    """What a market asks of positions in it, and what it values them at, in their units."""

    mark_e8: int = 0
    index_e8: int = 0
    imf_ppm: int = 0
    fee_ppm: int = 0
    factor_e12: int = 0
    """Of maintenance, the fee provision included."""


_NO_TERMS: Final = Terms()


def terms_of(asked: Asked) -> dict[str, Terms]:
    """Terms of every market that is listed or has a position."""
    marks = {text(row, "market"): number(row, "mark_e8") for row in asked.rows("exchange", "prices")}
    indices = {text(row, "market"): number(row, "index_e8") for row in asked.rows("funding", "index")}
    markets = {text(row, "market"): row for row in asked.rows("exchange", "markets")}
    return {
        name: _terms(markets.get(name, {}), marks.get(name, 0), indices.get(name, 0))
        for name in markets.keys() | marks.keys() | indices.keys()
    }


def _terms(market: Row, mark_e8: int, index_e8: int) -> Terms:
    imf, fee = number(market, "imf_base_ppm"), number(market, "taker_fee_ppm")
    return Terms(mark_e8, index_e8, imf, fee, imf * number(market, "mmf_factor_ppm") + fee * PPM)


def standing(asked: Asked, account: Row) -> Standing:
    """Where an account stands; ``account`` is its row."""
    name = text(account, "account")
    terms = asked.made(terms_of)
    holdings = tuple(
        _holding(row, terms.get(text(row, "market"), _NO_TERMS))
        for row in asked.rows_of("account", "positions", name)
    )
    balance = settlement_balance(asked, name)
    value_e16 = sum(
        one.size_e8 * (one.mark_e8 - one.index_e8 + one.cached_e8) - one.cost_e8 * E8 for one in holdings
    )
    initial = maintenance = 0
    if not number(account, "margin_exempt"):
        initial = -(-_initial_e22(asked, name, holdings, terms) // _E22_PER_E8)
        required = sum(abs(one.size_e8) * one.mark_e8 * one.factor_e12 for one in holdings)
        maintenance = -(-required // (_E22_PER_E8 * PPM))
    return Standing(balance, (balance * E8 + value_e16) // E8, initial, maintenance, holdings)


def settlement_asset(asked: Asked) -> str:
    """The asset in which profit, funding and fees are paid; empty before it is listed."""
    return next(
        (text(row, "asset") for row in asked.rows("exchange", "assets") if number(row, "settlement")), ""
    )


def settlement_balance(asked: Asked, account: str) -> int:
    """How much of the settlement asset an account has."""
    rows = asked.rows_at("account", "balances", [(account, settlement_asset(asked))])
    return number(rows[0], "balance_e8") if rows else 0


def open_orders(asked: Asked, account: str) -> list[Row]:
    """Open orders of an account, and those that wait for their trigger; of the closed ones none is read."""
    names = [text(row, "order_id") for row in asked.rows_of("orders", "open_orders", account)]
    return asked.rows_at("orders", "orders", [(account, name) for name in names])


def _holding(row: Row, terms: Terms) -> Holding:
    return Holding(
        row,
        text(row, "market"),
        number(row, "size_e8"),
        number(row, "cost_e8"),
        terms.mark_e8,
        terms.index_e8,
        number(row, "cached_index_e8"),
        terms.factor_e12,
    )


def _initial_e22(asked: Asked, account: str, holdings: Sequence[Holding], terms: Mapping[str, Terms]) -> int:
    sizes = {one.market: one.size_e8 for one in holdings}
    opens = {text(row, "market"): row for row in asked.rows_of("account", "margin_inputs", account)}
    chosen = {
        text(row, "market"): -(-PPM // int(text(row, "leverage")))
        for row in asked.rows_of("account", "leverage", account)
        if text(row, "leverage")
    }
    required = 0
    for name in sizes.keys() | opens.keys():
        size, row, market = sizes.get(name, 0), opens.get(name, {}), terms.get(name, _NO_TERMS)
        larger = max(number(row, "open_buy_e8") + size, number(row, "open_sell_e8") - size)
        imf = max(market.imf_ppm, chosen.get(name, 0))
        required += larger * market.mark_e8 * (imf + market.fee_ppm)
    if opens:
        required += _open_loss_e16(asked, account, terms) * PPM
    return required


def _open_loss_e16(asked: Asked, account: str, terms: Mapping[str, Terms]) -> int:
    loss_e16 = 0
    for row in open_orders(asked, account):
        if row["status"] == "OPEN" and not number(row, "reduce_only"):
            sign = 1 if row["side"] == "BUY" else -1
            loss = (number(row, "price_e8") - terms.get(text(row, "market"), _NO_TERMS).mark_e8) * sign
            loss_e16 += max(0, loss) * number(row, "remaining_e8")
    return loss_e16
