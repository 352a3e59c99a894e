"""What ``projectors show vault`` answers: the vaults view, and the portfolio of the operator account.

Equity is the value of the operator account, by the marks and indices of the same moment; the price is
equity by supply, rounded down. A price series has the last of each at the end of a bucket, and the
draw-down from the highest price until then.
"""

from collections.abc import Sequence
from typing import Any, Final

from ledger.core.values import E8, PPM
from projectors.reading.answers import Answers, Row, page
from projectors.reading.series import values
from projectors.values import Cell, outside
from projectors.views.portfolio import BUCKET_S

Outside = dict[str, Any]

_US: Final = 1_000_000


def vault(answers: Answers, name: str, limit: int) -> dict[str, list[Outside]]:
    """Everything of one vault but its price series; empty when it was never created."""
    found = _row(answers, name)
    if found is None:
        return {}
    operator = str(found["account"])
    equity = values(answers, operator, [_now(answers)])[0]
    supply = _int(found["supply_e8"])
    price = equity * E8 // supply if supply else 0
    stakes = answers.rows_of("vaults", "vault_shares", operator, name)
    shares = {str(row["holder"]): _int(row["shares_e8"]) for row in stakes}
    summary: dict[str, Cell] = {
        "equity_e8": equity,
        "price_e8": price,
        "supply_e8": supply,
        "holders": len(stakes),
        "owner_equity_e8": shares.get(str(found["owner"]), 0) * equity // supply if supply else 0,
        "net_deposits_e8": found["net_deposits_e8"],
        "total_pnl_e8": equity - _int(found["net_deposits_e8"]),
    }
    for row in answers.rows_of("vaults", "draw_down", operator, name):
        summary |= _without(row)
    return {
        "vault": [outside(found)],
        "worth": [outside(summary)],
        "holders": [outside(_holder(row, found, equity, supply, price)) for row in stakes],
        "flows": [outside(_without(row)) for row in page(_of(answers, "vault_flows", found), limit)],
        "fees": [outside(_without(row)) for row in page(_of(answers, "vault_fees", found), limit)],
        "unwinds": [outside(_without(row)) for row in page(_of(answers, "unwinds", found), limit)],
    }


def vaults(answers: Answers) -> list[Outside]:
    """Every vault with what it is worth, by symbol."""
    rows = []
    for found in sorted(answers.rows("vaults", "vaults"), key=lambda row: str(row["vault"])):
        equity = values(answers, str(found["account"]), [_now(answers)])[0]
        supply = _int(found["supply_e8"])
        rows.append(
            outside(
                {
                    "vault": found["vault"],
                    "vault_kind": found["vault_kind"],
                    "status": found["status"],
                    "owner": found["owner"],
                    "equity_e8": equity,
                    "price_e8": equity * E8 // supply if supply else 0,
                    "supply_e8": supply,
                    "net_deposits_e8": found["net_deposits_e8"],
                }
            )
        )
    return rows


def worths(answers: Answers, name: str, bucket_s: int, limit: int = 0) -> list[Row]:
    """Equity, supply and price at the end of the newest ``limit`` buckets, all for 0; oldest first."""
    found = _row(answers, name)
    if found is None:
        return []
    operator = str(found["account"])
    supplies = sorted(
        (_int(row["bucket"]), _int(row["supply_e8"]))
        for row in answers.rows_of("vaults", "supplies", operator, name)
    )
    if not supplies:
        return []
    wide = bucket_s // BUCKET_S
    first, newest = supplies[0][0] // wide, answers.moment().recorded_at_us // (bucket_s * _US)
    numbers = range(max(first, newest - limit + 1) if limit else first, newest + 1)
    worth = values(answers, operator, [(number + 1) * wide for number in numbers])
    rows: list[Row] = []
    supply = place = 0
    for number, equity in zip(numbers, worth, strict=True):
        while place < len(supplies) and supplies[place][0] < (number + 1) * wide:
            supply = supplies[place][1]
            place += 1
        rows.append(
            {
                "start_at_us": number * bucket_s * _US,
                "equity_e8": equity,
                "supply_e8": supply,
                "price_e8": equity * E8 // supply if supply else 0,
            }
        )
    return rows


def prices(answers: Answers, name: str, bucket_s: int, limit: int) -> list[Outside]:
    """Worths of the newest buckets, each with the fall from the highest price until then."""
    rows: list[Outside] = []
    peak = 0
    for row in worths(answers, name, bucket_s):
        price = _int(row["price_e8"])
        peak = max(peak, price)
        rows.append(outside({**row, "draw_down_ppm": (peak - price) * PPM // peak if peak else 0}))
    return rows[-limit:] if limit else rows


def _row(answers: Answers, name: str) -> Row | None:
    return next((row for row in answers.rows("vaults", "vaults") if row["vault"] == name), None)


def _of(answers: Answers, table: str, found: Row) -> Sequence[Row]:
    return answers.rows_of("vaults", table, str(found["account"]), str(found["vault"]))


def _holder(row: Row, found: Row, equity: int, supply: int, price: int) -> Row:
    """A holder with what the shares are worth, and the profit share that they owe by now."""
    shares, hwm = _int(row["shares_e8"]), _int(row["hwm_e8"])
    gain = max(0, price - hwm) if row["holder"] != found["owner"] else 0
    fee = _int(found["profit_share_ppm"]) * gain * shares // (PPM * E8)
    return {
        "holder": row["holder"],
        "shares_e8": shares,
        "value_e8": shares * equity // supply if supply else 0,
        "deposited_e8": row["deposited_e8"],
        "hwm_e8": hwm,
        "accrued_fee_e8": fee,
    }


def _now(answers: Answers) -> int:
    """The end of the stored bucket that the answer's moment lies in."""
    return answers.moment().recorded_at_us // (BUCKET_S * _US) + 1


def _without(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"account", "vault"}}


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
