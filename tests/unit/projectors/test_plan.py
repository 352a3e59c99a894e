"""A view that does not fit the schemas or itself is refused when it is made."""

from collections.abc import Callable

import polars as pl
import pytest

from ledger.errors import ViewUnusable
from projectors.define.definitions import AnyTable
from projectors.define.view import (
    Check,
    Extract,
    Fold,
    Lines,
    Rows,
    Scan,
    Table,
    View,
    col,
    greatest,
    last,
    least,
    settlement_asset,
    total,
)

FEES = Rows("FillSettled", {"fees_e8": total("fee_e8")})


def one(*tables: AnyTable) -> View:
    return View("mine", 1, tables)


def fills(where: pl.Expr | None = None, **columns: Fold) -> Rows:
    return Rows("FillSettled", columns, where)


def table(
    *rows: Rows, key: str = "account", ends: tuple[Rows, ...] = (), keep: pl.Expr | None = None
) -> Table:
    return Table("t", (key,), rows, ends, keep)


BUSTS = Rows("TradeBusted", {"a": last("fee_returned_e8")})
BALANCE = last("balance_after_e8", before="balance_before_e8")
POSITIVE = col("a") > 0
SCAN = Scan("t", ("account",), {"a": 0}, (fills(a=total("fee_e8")),), lambda row, _: row)

MISTAKES: dict[str, tuple[str, Callable[[], View]]] = {
    "a misspelt column": ("fee_e9", lambda: one(table(fills(a=total("fee_e9"))))),
    "a misspelt event": ("FillSetled", lambda: one(table(Rows("FillSetled")))),
    "a misspelt key": ("acount", lambda: one(table(fills(a=last("seq")), key="acount"))),
    "a misspelt condition": ("fee_e9", lambda: one(table(fills(col("fee_e9") > 0)))),
    "a float": ("whole numbers", lambda: one(table(fills(a=last(col("fee_e8") / 2))))),
    "a sum of texts": (
        "whole numbers|sum|String",
        lambda: one(table(fills(a=total("market")), fills(a=total("fee_e8")))),
    ),
    "a sum of broadcast events": (
        "never summed",
        lambda: one(table(Rows("PricesUpdated", {"a": total("mark_e8")}), key="market")),
    ),
    "broadcast and account events": (
        "never share",
        lambda: one(table(Rows(("PricesUpdated", "FillSettled"), {"a": last("seq")}), key="market")),
    ),
    "two kinds of fold": ("two kinds", lambda: one(table(fills(a=total("fee_e8")), BUSTS))),
    "two types of a column": ("was", lambda: one(table(fills(a=last("market")), BUSTS))),
    "keep of a sum": ("`last` columns only", lambda: one(table(fills(a=total("fee_e8")), keep=POSITIVE))),
    "keep that is a number": ("true or false", lambda: one(table(fills(a=last("seq")), keep=col("a")))),
    "a column in the key": ("in the key", lambda: one(table(fills(account=last("market"))))),
    "no rows": ("rows and a key", lambda: one(table())),
    "two tables of one name": ("twice", lambda: one(table(fills(a=last("seq"))), table(BUSTS))),
    "a name with a slash": ("lower case", lambda: one(Table("../t", ("account",), (BUSTS,)))),
    "a chain with ends": ("no chain", lambda: one(table(fills(a=BALANCE), ends=(Rows("AccountOpened"),)))),
    "lines that lack a column": ("every column", lambda: one(Lines("t", ("account",), (BUSTS, fills())))),
    "an extract of nothing": ("not a Table", lambda: one(Extract("e", "t", ("a",), POSITIVE))),
    "an extract of a missing column": (
        "no column b",
        lambda: one(table(BUSTS), Extract("e", "t", ("b",), POSITIVE)),
    ),
    "an extract of rows in many partitions": (
        "in one partition",
        lambda: one(table(BUSTS, key="market"), Extract("e", "t", ("a",), POSITIVE)),
    ),
    "a scan that sums": ("`last", lambda: one(SCAN)),
    "a check that is a number": (
        "true or false",
        lambda: View("mine", 1, (), checks=(Check("FillSettled", "c", col("fee_e8")),)),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_when_the_view_is_made(mistake: str) -> None:
    words, make = MISTAKES[mistake]
    with pytest.raises(ViewUnusable, match=words):
        make()


def test_the_fault_names_view_table_and_event() -> None:
    with pytest.raises(
        ViewUnusable, match=r"view mine, fees: rows of FillSettled: .*fee_e9.*Correct the definition"
    ):
        one(Table("fees", ("account",), (Rows("FillSettled", {"a": total("fee_e9")}),)))


def test_columns_have_the_types_that_their_folds_give() -> None:
    rows = Rows(
        "FillSettled",
        {
            "newest": last("market"),
            "sum": total("fee_e8"),
            "lowest": least("price_e8"),
            "highest": greatest(col("price_e8").cast(pl.Int32)),
            "flag": last(col("fee_e8") > 0),
        },
        key={"asset": settlement_asset},
    )
    plan = one(Table("t", ("account", "asset"), (rows,))).plan.tables[0]
    assert plan.key == {"account": pl.String(), "asset": pl.String()}
    assert plan.columns == {
        "newest": pl.String(),
        "sum": pl.Int128(),
        "lowest": pl.Int64(),
        "highest": pl.Int64(),
        "flag": pl.Int64(),
    }


def test_a_view_needs_the_columns_it_names_and_no_others() -> None:
    view = View("mine", 1, (Table("t", ("account",), (FEES,)),))
    assert view.plan.needs == {"FillSettled": {"account", "fee_e8"}}


def test_the_signature_changes_with_the_rows() -> None:
    assert one(Table("t", ("account",), (FEES,))).plan.signature() == (
        "t(account:String) -> (fees_e8:Int128)",
    )
