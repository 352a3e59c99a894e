"""What ``projectors show`` answers: rows ready to be printed, from the views.

Amounts are decimal strings already. Prices come from nowhere but the log, so what needs a mark
(unrealised profit, margin) is left to who has one; the index is the ledger's own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ledger.core.values import E8
from ledger.edge.decimals import format_decimal
from ledger.errors import SettingsFault
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.define.view import View
from projectors.folding.rows import shown_columns
from projectors.reading.answers import Answers, Row, page
from projectors.values import bare, outside

Outside = dict[str, Any]

SUM: Final = "sum"


def account(answers: Answers, name: str) -> dict[str, list[Outside]]:
    """Everything of one account but its history; empty when it was never opened."""
    accounts = answers.rows_of("account", "accounts", name)
    if not accounts:
        return {}
    return {
        "account": [outside(row) for row in accounts],
        "balances": _without_account(answers.rows_of("account", "balances", name)),
        "positions": positions(answers, name, ""),
        "open orders": orders(answers, name, every=False, limit=0),
        "open sizes": _without_account(answers.rows_of("account", "margin_inputs", name)),
        "leverage": _without_account(answers.rows_of("account", "leverage", name)),
        "withdrawals": _without_account(
            [row for row in answers.rows_of("account", "withdrawals", name) if row["status"] == "REQUESTED"]
        ),
        "refunds": _without_account(answers.rows_of("account", "refund_lines", name)),
    }


def positions(answers: Answers, account_name: str, market: str, limit: int = 0) -> list[Outside]:
    """Positions of one account, or the largest by cost of all, with entry price and accrued funding."""
    indices = {row["market"]: row["index_e8"] for row in answers.rows("funding", "funding_index")}
    if account_name:
        rows = answers.rows_of("account", "positions", account_name)
    else:
        rows = sorted(answers.rows("account", "positions"), key=lambda row: -abs(_int(row["cost_e8"])))
    picked = [row for row in rows if not market or row["market"] == market]
    return [_position(row, indices) for row in (picked[:limit] if limit else picked)]


def position(answers: Answers, account_name: str, market: str) -> dict[str, list[Outside]]:
    """One position, and the results of every position the account ever had in the market."""
    results = answers.rows_of("account", "position_results", account_name, market)
    return {
        "position": positions(answers, account_name, market),
        "results": [outside(row) for row in results],
    }


def orders(answers: Answers, account_name: str, *, every: bool, limit: int) -> list[Outside]:
    """Orders of an account, oldest first: the open ones, or all, with the average price filled."""
    rows = answers.rows_of("orders", "orders", account_name)
    picked = [row for row in rows if every or row["status"] in {"OPEN", "UNTRIGGERED"}]
    picked.sort(key=lambda row: _int(row["placed_seq"]))
    return [_order(row) for row in page(picked, limit)]


def funding(answers: Answers) -> dict[str, list[Outside]]:
    """Index of every market now, and what accounts paid and received."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"paid_e8": 0, "received_e8": 0, "settlements": 0})
    for row in answers.rows("funding", "settlements"):
        for name in ("paid_e8", "received_e8", "settlements"):
            sums[str(row["market"])][name] += _int(row[name])
    return {
        "index": [outside(row) for row in answers.rows("funding", "index")],
        "settled": [outside({"market": market, **amounts}) for market, amounts in sorted(sums.items())],
    }


def funding_steps(answers: Answers, market: str, limit: int) -> list[Outside]:
    """The newest steps of a market's index, oldest first."""
    rows = [row for row in answers.rows("funding", "steps") if row["market"] == market]
    return [outside(row) for row in page(rows, limit)]


def funding_of(answers: Answers, account_name: str) -> list[Outside]:
    """What one account paid and received in each market."""
    return _without_account(answers.rows_of("funding", "settlements", account_name))


def statement(answers: Answers, account_name: str, asset: str, limit: int) -> list[Outside]:
    """The newest lines of an account: before, amount, after, and the event that did it."""
    rows = answers.rows_of("account", "statement", account_name)
    picked = [row for row in rows if not asset or row["asset"] == asset]
    return _without_account(page(picked, limit))


def trial_balance(answers: Answers) -> list[Outside]:
    """All accounts together and every counter-account, by asset, with the sum, which is zero."""
    rows = answers.rows("audit", "counter_accounts")
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[str(row["asset"])] += _int(row["amount_e8"])
    listed = sorted(rows, key=lambda row: (str(row["asset"]), str(row["counter_account"])))
    totals: list[Row] = [
        {"counter_account": SUM, "asset": asset, "amount_e8": sums[asset]} for asset in sorted(sums)
    ]
    return [
        {
            "asset": row["asset"],
            "account": row["counter_account"],
            "amount": format_decimal(_int(row["amount_e8"]), 8),
        }
        for row in [*listed, *totals]
    ]


def receivables(answers: Answers) -> list[Outside]:
    """What restricted accounts owe: their balances below zero, as a positive amount."""
    restricted = {
        row["account"] for row in answers.rows("account", "accounts") if row["status"] == "restricted"
    }
    return [
        {
            "asset": row["asset"],
            "account": row["account"],
            "owed": format_decimal(-_int(row["balance_e8"]), 8),
        }
        for row in answers.rows("account", "balances")
        if row["account"] in restricted and _int(row["balance_e8"]) < 0
    ]


def open_interest(answers: Answers) -> list[Outside]:
    """Long and short size, traded value and fees of every market."""
    return [
        {
            "market": row["market"],
            "open_interest": format_decimal(_int(row["long_e8"]), 8),
            "long": format_decimal(_int(row["long_e8"]), 8),
            "short": format_decimal(_int(row["long_e8"]) - _int(row["size_e8"]), 8),
            "traded": format_decimal(_int(row["traded_e8"]) // 2, 8),
            "fees": format_decimal(_int(row["fees_e8"]), 8),
            "fills": row["fills"],
        }
        for row in answers.rows("audit", "markets")
    ]


def findings(answers: Answers) -> list[Outside]:
    """Views that met what they cannot apply: where, and why."""
    found = []
    for state in answers.states():
        stops = [stop for part in state.partitions.values() if (stop := part.store.stopped()) is not None]
        found += [{"view": state.view.name, "block": stop.height, "finding": stop.why} for stop in stops[:1]]
    return found


def counts(answers: Answers) -> list[Outside]:
    """How many events there were, by type and reason."""
    return [outside(row) for row in answers.rows("audit", "counts")]


def table(answers: Answers, view: View, name: str, key: Sequence[str], by: str, limit: int) -> list[Outside]:
    """Rows of any table whose key begins with ``key``, at most ``limit`` or all for 0.

    In order of the key, or the largest of the column ``by`` first. Raises ``SettingsFault`` for a table
    that the view does not have, and for a column that the table does not have.
    """
    plan = shown_table(view, name)
    columns = {bare(column): column for column in shown_columns(plan)}
    if by and bare(by) not in columns:
        raise SettingsFault(
            f"table {name} has no column {by!r}; it has {', '.join(columns)}", remedy="Name one of these"
        )
    whole = next(iter(plan.key)) == "account" and bool(key)
    rows = answers.rows_of(view.name, name, key[0]) if whole else answers.rows(view.name, name)
    picked = [row for row in rows if [str(row[column]) for column in plan.key][: len(key)] == list(key)]
    if by:
        column = columns[bare(by)]
        picked.sort(key=lambda row: (row[column] is None, row[column]), reverse=True)
    return [outside(row) for row in (picked[:limit] if limit else picked)]


def shown_table(view: View, name: str) -> TablePlan | ExtractPlan:
    """A table by name. Raises ``SettingsFault`` when the view does not have it."""
    plan = view.plan.shown().get(name)
    if plan is None:
        raise SettingsFault(
            f"view {view.name} has no table {name!r}; it has {', '.join(view.plan.shown())}",
            remedy="Name one of these",
        )
    return plan


def views(answers: Answers, head: int) -> list[Outside]:
    """Every view: version, generation, how far it is, its digest per table, and whether it goes on."""
    if answers.question is not None:
        at = answers.moment()
        return [
            {
                "view": state.view.name,
                "version": state.view.version,
                "generation": answers.generation(state.view.name),
                "height": at.height,
                "seq": at.seq,
                "behind": 0,
                "state": "past",
            }
            for state in answers.states()
        ]
    rows = []
    for state in answers.states():
        cursors = [part.cursor for part in state.partitions.values()]
        lowest = min(cursors, key=lambda cursor: cursor.height)
        stopped = any(part.store.stopped() is not None for part in state.partitions.values())
        rows.append(
            {
                "view": state.view.name,
                "version": state.view.version,
                "generation": answers.generation(state.view.name),
                "height": lowest.height,
                "seq": lowest.seq,
                "behind": head - lowest.height,
                "state": "stopped" if stopped else "serving",
            }
        )
    return rows


def digests(answers: Answers) -> list[Outside]:
    """Digest of every table over all partitions: equal views have equal ones."""
    return [
        {"view": state.view.name, "table": table, "digest": state.digest(table).hexdigest()}
        for state in answers.states()
        for table in state.view.plan.shown()
    ]


def _position(row: Row, indices: Mapping[Any, Any]) -> Outside:
    size, cost = _int(row["size_e8"]), _int(row["cost_e8"])
    accrued = -size * (_int(indices.get(row["market"], 0)) - _int(row["cached_index_e8"])) // E8
    return {
        **outside({name: value for name, value in row.items() if name != "cached_index_e8"}),
        "entry_price": format_decimal(cost * E8 // size, 8),
        "accrued_funding": format_decimal(accrued, 8),
    }


def _order(row: Row) -> Outside:
    filled = _int(row["filled_e8"])
    average = {"average_price": format_decimal(_int(row["value_e8"]) * E8 // filled, 8)} if filled else {}
    return {**outside({name: value for name, value in row.items() if name != "account"}), **average}


def _without_account(rows: list[Row]) -> list[Outside]:
    return [outside({name: value for name, value in row.items() if name != "account"}) for row in rows]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
