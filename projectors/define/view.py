"""What a view is: a name, a version, and tables that say which rows events become.

    VIEW = View("daily_fees", 1, (Table("fees", ("day", "market"), (
        Rows("FillSettled",
             {"fees_e8": total("fee_e8"), "fills": total(pl.lit(1)), "last_price_e8": last("price_e8")},
             key={"day": col("recorded_at_us") // 86_400_000_000}),)),))

A view never sees one event at a time. ``Rows`` names an event, which of them count (``where``),
the key of the row that each becomes, and per column a value and how values of one key are put
together in order of seq: ``last``, ``total``, ``least`` or ``greatest``. The law that everything
else stands on: cutting the events differently never changes the rows.

Kinds of table:

- ``Table``: one row per key. ``ends`` name the events that end a key: its row is gone, and a
  later event would begin it anew. ``keep`` hides rows while it is false (``last`` columns only):
  they come back as they were when it is true again.
- ``Lines``: one row per event, by key and seq; never changed. For statements and histories.
- ``Extract``: some rows and columns of another table of the view, kept up with it.
- ``Scan``: rows made by a function that gets one event at a time, for what has no column form.

Values are whole numbers and texts. A ``last`` column that no event has set is 0 or "", a
``total`` 0, ``least`` and ``greatest`` are absent. ``total`` is exact past 64 bits; ``wide``
keeps products exact before they are summed. Broadcast events (prices, funding indices) are in
every partition and are never summed; they and account events never share a table.

``last(after, before=...)`` also checks the chain: ``before`` must equal what the column was.
``Check`` is a condition on single events, ``Law`` one on the tables of all partitions together.
A view that meets a broken one stops at that block.
"""

from dataclasses import dataclass, field

from polars import col

from ledger.errors import ViewUnusable
from projectors.define.definitions import AnyTable, Check, Extract, Law, Lines, Rows, Scan, Table
from projectors.define.folds import Fold, greatest, last, least, settlement_asset, total, wide
from projectors.define.plan import ViewPlan
from projectors.define.planner import plan_view

__all__ = [
    "Check",
    "Extract",
    "Fold",
    "Law",
    "Lines",
    "Rows",
    "Scan",
    "Table",
    "View",
    "col",
    "greatest",
    "last",
    "least",
    "settlement_asset",
    "total",
    "wide",
]


@dataclass(frozen=True)
class View:
    """A view: ``version`` rises whenever the same events would become other rows.

    Tables are worked out when it is made, by folding empty frames, so a name that no event has
    or a value of the wrong type raises ``ViewUnusable`` at load.
    """

    name: str
    version: int
    tables: tuple[AnyTable, ...]
    checks: tuple[Check, ...] = ()
    laws: tuple[Law, ...] = ()
    mirrors: tuple[str, ...] = ()
    """Tables that the writer computes too: compared at every checkpoint that lists them."""
    plan: ViewPlan = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", plan_view(self.name, self.tables, self.checks))
        for table in self.mirrors:
            if table not in self.plan.shown():
                raise ViewUnusable(
                    f"there is no table {table} that could mirror the writer's", where=self.name
                )
