"""Positions of an account, open and closed."""

from ledger.core.values import E8
from projectors.api.models import account as shapes
from projectors.api.resources.margin import Holding, Standing, standing
from projectors.api.resources.values import e8, e8_of, ms, number, ppm, text
from projectors.api.served import Asked
from projectors.reading.answers import Row


def positions(asked: Asked, row: Row) -> list[shapes.Position]:
    """Every open position of an account."""
    name = text(row, "account")
    found = standing(asked, row)
    times = {text(one, "market"): one for one in asked.rows_of("activity", "position_times", name)}
    return [_position(asked, name, found, one, times.get(one.market, {})) for one in found.holdings]


def closed_positions(asked: Asked, row: Row) -> list[shapes.Position]:
    """Positions of an account that are no more, newest last: what each realised, as far as it is kept."""
    name = text(row, "account")
    held = {
        (text(one, "market"), number(one, "position_id"))
        for one in asked.rows_of("account", "positions", name)
    }
    times = {text(one, "market"): one for one in asked.rows_of("activity", "position_times", name)}
    rows = asked.rows_of("account", "position_results", name)
    newest: dict[str, int] = {}
    for one in rows:
        market = text(one, "market")
        newest[market] = max(newest.get(market, 0), number(one, "position_id"))
    gone = [one for one in rows if (text(one, "market"), number(one, "position_id")) not in held]
    gone.sort(key=lambda one: (number(one, "position_id"), text(one, "market")))
    return [
        _closed(
            name,
            one,
            times.get(text(one, "market"), {})
            if newest[text(one, "market")] == number(one, "position_id")
            else {},
        )
        for one in gone
    ]


def _closed(name: str, row: Row, times: Row) -> shapes.Position:
    """A closed position; ``times`` are those of its market while no other was opened there since."""
    market, number_of = text(row, "market"), number(row, "position_id")
    return shapes.Position(
        id=f"{name}-{market}-{number_of}",
        account=name,
        market=market,
        side="",
        status="CLOSED",
        size="0",
        average_entry_price="",
        average_entry_price_usd="",
        average_exit_price="",
        cost="0",
        cost_usd="0",
        cached_funding_index="0",
        unrealized_pnl="0",
        unrealized_funding_pnl="0",
        realized_positional_pnl=e8_of(row, "realized_pnl_e8"),
        realized_positional_funding_pnl=e8_of(row, "realized_funding_e8"),
        liquidation_price="",
        leverage="",
        last_fill_id=str(number(times, "fill_seq")) if times else "",
        seq_no=number(times, "changed_seq"),
        created_at=ms(times, "opened_at_us"),
        last_updated_at=ms(times, "changed_at_us"),
        closed_at=ms(times, "changed_at_us"),
    )


def _position(asked: Asked, name: str, found: Standing, held: Holding, times: Row) -> shapes.Position:
    number_of = number(held.row, "position_id")
    results = asked.rows_at("account", "position_results", [(name, held.market, number_of)])
    own = results[0] if results else {}
    entry = e8(held.cost_e8 * E8 // held.size_e8)
    price, leverage = found.liquidation_price_e8(held), found.leverage_ppm(held)
    return shapes.Position(
        id=f"{name}-{held.market}-{number_of}",
        account=name,
        market=held.market,
        side="LONG" if held.size_e8 > 0 else "SHORT",
        status="OPEN",
        size=e8(held.size_e8),
        average_entry_price=entry,
        average_entry_price_usd=entry,
        average_exit_price="",
        cost=e8(held.cost_e8),
        cost_usd=e8(held.cost_e8),
        cached_funding_index=e8(held.cached_e8),
        unrealized_pnl=e8(held.unrealized_e8),
        unrealized_funding_pnl=e8(held.accrued_e8),
        realized_positional_pnl=e8_of(own, "realized_pnl_e8"),
        realized_positional_funding_pnl=e8_of(own, "realized_funding_e8"),
        liquidation_price="" if price is None else e8(price),
        leverage="" if leverage is None else ppm(leverage),
        last_fill_id=str(number(times, "fill_seq")),
        seq_no=number(times, "changed_seq"),
        created_at=ms(times, "opened_at_us"),
        last_updated_at=ms(times, "changed_at_us"),
        closed_at=0,
    )
