"""What a log says of the day, in columns: nothing here asks the player.

All blocks are read, void ones too: this is what happened, and not only what counts. Times are Unix
microseconds of the ledger, amounts in 1e-8.
"""

from typing import Any, Final, final

import polars as pl

from ledger.core.values import E8, PPM
from ledger.log.port import LogReader
from projectors.columns.events import PARTITION, known_events
from projectors.columns.feed import read_blocks
from projectors.columns.frames import DecodedFrames, Routes
from scenarios.day import times
from scenarios.day.vaults import LIQUIDATOR
from scenarios.listing import SETTLEMENT_ASSET

AWAY_PPM: Final = 5_000
EVENTS_READ: Final = 400_000
WAVES: Final = {
    "first wave": (times.RACE * 1000, times.CLOSES_AGAIN * 1000),
    "second wave": (times.POST_ONLY_AGAIN * 1000, times.WINDOW_ENDS * 1000),
}
GROUPS: Final = {
    "traders": "trader-",
    "makers": "maker-",
    "Liquidator Vault": LIQUIDATOR,
    "user vaults": "vault-",
}
_BALANCE: Final = "balance_after_e8"
_FILL: Final = (
    "market", "size_before_e8", "size_after_e8", "cost_before_e8", "cost_after_e8", "cached_index_before_e8",
    "funding_index_e8",
)  # fmt: skip
_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "PricesUpdated": ("market", "mark_e8", "external_fair_e8", "has_external_fair"),
    "FundingIndexAdvanced": ("market", "index_before_e8", "index_after_e8", "index_source"),
    "LiquidationStarted": (
        "account", "notional_e8", "account_value_e8", "account_value_fair_e8", "mmr_fair_e8",
        "has_fair",
    ),
    "GuardTripped": (
        "guard", "policy", "action", "input_command_id", "market", "field", "given", "has_value", "value_e8",
        "expected_e8",
    ),
    "SystemStatusChanged": ("status_before", "status_after", "withdrawals_after", "reason", "guard_seq"),
    "RollbackDeclared": (
        "target_height", "void_from_height", "void_to_height", "target_seq", "reinstated", "cancelled",
        "negative_accounts",
    ),
    "FillSettled": ("account", *_FILL),
    "TradeBusted": ("account", *_FILL),
    "WithdrawalReleased": ("account", "asset", "paid_e8"),
    "FundingSettled": ("account", "market", "size_e8", "cached_index_before_e8", "cached_index_after_e8"),
}  # fmt: skip


@final
class Facts:
    """Frames of the events that the report is about, of all blocks of a log."""

    def __init__(self, log: LogReader) -> None:
        events = known_events()
        needs = {name: ("recorded_at_us", *columns) for name, columns in _NEEDS.items()}
        for name, event in events.items():
            if _BALANCE in event.columns:
                asset = ("asset",) if "asset" in event.columns else ()
                own = ("account", "balance_before_e8", _BALANCE, *asset)
                needs[name] = tuple(dict.fromkeys((*needs.get(name, ("recorded_at_us",)), *own)))
        self._found: dict[str, list[pl.DataFrame]] = {name: [] for name in needs}
        routes = Routes(events)
        head = log.head()
        height = 0
        previous = None
        while head is not None and height < head.height:
            blocks = read_blocks(log, range(log.partitions), previous, head.height, EVENTS_READ)
            frames = DecodedFrames(
                events,
                needs,
                routes.route(blocks.parts),
                bytes.fromhex(blocks.last.digest),
                (blocks.seals[0].first_seq, blocks.last.last_seq),
            )
            for name, found in self._found.items():
                frame = frames.frame(name)
                if frame is not None:
                    if events[name].broadcast:
                        frame = frame.filter(pl.col(PARTITION) == 0)
                    found.append(frame.select("seq", *needs[name]))
            previous, height = blocks.last, blocks.last.height
        self.void_seqs = self._void_seqs()

    def frame(self, name: str) -> pl.DataFrame | None:
        """All events of a type, by seq."""
        found = self._found.get(name) or []
        return pl.concat(found).sort("seq") if found else None

    def _void_seqs(self) -> list[tuple[int, int]]:
        """First and last seq of each void range, with the seq that declares it after the last."""
        declared = self.frame("RollbackDeclared")
        if declared is None:
            return []
        return [(target + 1, seq - 1) for target, seq in declared.select("target_seq", "seq").rows()]

    def indices(self) -> pl.DataFrame:
        """Time, market and index after every funding tick of the day."""
        frame = self._day("FundingIndexAdvanced")
        return frame.select("seq", "recorded_at_us", "market", index_e8="index_after_e8")

    def prices(self) -> pl.DataFrame:
        """Time, market, mark and price outside of every price tick of the day."""
        frame = self._day("PricesUpdated")
        return frame.select("seq", "recorded_at_us", "market", "mark_e8", fair_e8="external_fair_e8")

    def liquidations(self) -> pl.DataFrame:
        """Every liquidation of the day; ``wrong``: nothing outside explains it.

        The account would have been healthy at the prices outside, and without what a step of an index that
        the ledger did not compute had given to it or taken from it; and there was such a step, or a mark
        was further than ``AWAY_PPM`` from the price outside.
        """
        value = pl.col("account_value_fair_e8") - pl.col("false_e8").fill_null(0)
        healthy = (pl.col("has_fair") == 1) & (value > 0) & (value >= pl.col("mmr_fair_e8"))
        wrong = healthy & (pl.col("away") | (pl.col("false_e8").fill_null(0) != 0))
        return (
            self._day("LiquidationStarted")
            .join(self._false_e8(), on=["account", "void"], how="left", maintain_order="left")
            .join_asof(self._ticks_away(), on="seq")
            .with_columns(wrong.fill_null(value=False).alias("wrong"))
        )

    def _ticks_away(self) -> pl.DataFrame:
        """Last seq of every price tick, and whether a mark of it was away from the price outside."""
        distance = (pl.col("mark_e8") - pl.col("fair_e8")).abs() * PPM > AWAY_PPM * pl.col("fair_e8")
        ticks = self.prices().group_by("recorded_at_us", maintain_order=True)
        return ticks.agg(pl.col("seq").max(), distance.any().alias("away")).select("seq", "away").sort("seq")

    def _false_e8(self) -> pl.DataFrame:
        """What such steps gave to each account that held the market, for as long as they counted."""
        rows: list[tuple[str, bool, int]] = []
        for jump in self._feed_steps().to_dicts():
            step = jump["index_after_e8"] - jump["index_before_e8"]
            held = self._sizes_at(jump["seq"], jump["market"])
            rows += [(name, jump["void"], -size * step // E8) for name, size in held.rows()]
        schema = {"account": pl.String, "void": pl.Boolean, "false_e8": pl.Int64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.group_by("account", "void", maintain_order=True).agg(pl.col("false_e8").sum())

    def _feed_steps(self) -> pl.DataFrame:
        return self._day("FundingIndexAdvanced").filter(pl.col("index_source") == "FEED")

    def _sizes_at(self, seq: int, market: str) -> pl.DataFrame:
        """Account and signed size of every position in a market just before an event."""
        fills = self.frame("FillSettled")
        if fills is None:
            return pl.DataFrame(schema={"account": pl.String, "size_after_e8": pl.Int64})
        own = fills.filter((pl.col("market") == market) & (pl.col("seq") < seq))
        last = own.group_by("account", maintain_order=True).last()
        return last.select("account", "size_after_e8").filter(pl.col("size_after_e8") != 0)

    def waves(self) -> dict[str, dict[str, Any]]:
        """What each of the two windows did to accounts."""
        liquidations = self.liquidations()
        found: dict[str, dict[str, Any]] = {}
        for name, (from_us, until_us) in WAVES.items():
            own = liquidations.filter(pl.col("recorded_at_us").is_between(from_us, until_us, closed="left"))
            wrong = own.filter(pl.col("wrong"))
            found[name] = {
                "liquidations": len(own),
                "accounts": own.get_column("account").n_unique(),
                "accounts_wrongly": wrong.get_column("account").n_unique(),
                "bankrupt_at_once": len(own.filter(pl.col("account_value_e8") <= 0)),
                "taken_over": sum(own.get_column("notional_e8")),
                "deficit": -sum(value for value in own.get_column("account_value_e8") if value < 0),
            }
        return found

    def jumps(self) -> list[dict[str, Any]]:
        """Every step of an index that the ledger did not compute, with what it moved between accounts."""
        return [
            {
                **row,
                **self._moved_by(row["seq"], row["market"], row["index_after_e8"] - row["index_before_e8"]),
            }
            for row in self._feed_steps().to_dicts()
        ]

    def _moved_by(self, seq: int, market: str, step_e8: int) -> dict[str, int]:
        """False gains and losses of traders by a step of an index."""
        held = self._sizes_at(seq, market).filter(pl.col("account").str.starts_with(GROUPS["traders"]))
        moved = [-size * step_e8 // E8 for size in held.get_column("size_after_e8")]
        gains, losses = [m for m in moved if m > 0], [m for m in moved if m < 0]
        return {"gainers": len(gains), "gains": sum(gains), "losers": len(losses), "losses": -sum(losses)}

    def paid_out_e8(self, from_us: int, until_us: int) -> int:
        """Settlement money that left through the bridge between two moments."""
        releases = self._day("WithdrawalReleased").filter(
            (pl.col("asset") == SETTLEMENT_ASSET)
            & pl.col("recorded_at_us").is_between(from_us, until_us, closed="left")
        )
        return sum(releases.get_column("paid_e8"))

    def trips(self) -> list[dict[str, Any]]:
        """Guards that tripped on the day and what they did about it."""
        return self._day("GuardTripped").to_dicts()

    def rollbacks(self) -> list[dict[str, Any]]:
        """Every rollback that was declared on the day."""
        return self._day("RollbackDeclared").to_dicts()

    def statuses(self) -> list[dict[str, Any]]:
        """Every status of the exchange on the day."""
        return self._day("SystemStatusChanged").to_dicts()

    def equity(self) -> pl.DataFrame:
        """Account value of each group after every price tick of the day; for plots, in units of money.

        Sums of what events changed: balance, size, cost, and size times cached index. After a rollback
        only what counts is summed.
        """
        rows = self._changes()
        first = self.indices().get_column("seq").min()
        start = first if isinstance(first, int) else 0
        parts = [self._equity_between(rows, start, void) for void in ((), *self.void_seqs)]
        return pl.concat(parts).sort("recorded_at_us", "group")

    def _equity_between(self, rows: pl.DataFrame, first: int, void: tuple[int, ...]) -> pl.DataFrame:
        """Equity by the rows outside ``void``, at the ticks after it, or up to the first void range."""
        prices = self.prices()
        indices = self.indices()
        if void:
            counted = rows.filter(~pl.col("seq").is_between(void[0], void[1]))
            prices = prices.filter(pl.col("seq") > void[1])
            indices = indices.filter((pl.col("seq") > void[1]) | (pl.col("seq") < void[0]))
        else:
            counted = rows
            last = self.void_seqs[0][1] if self.void_seqs else 2**62
            prices = prices.filter(pl.col("seq").is_between(first, last))
        found = []
        for group in GROUPS:
            own = counted.filter(pl.col("group") == group).sort("seq")
            at = (
                prices.filter(pl.col("market") == pl.col("market").first())
                .select("seq", "recorded_at_us")
                .sort("seq")
            )
            money = own.select("seq", pl.col("money").cum_sum().alias("value"))
            value = at.join_asof(money, on="seq").get_column("value").fill_null(0.0)
            for market in sorted(set(prices.get_column("market"))):
                held = own.filter(pl.col("market") == market).select(
                    "seq", *(pl.col(name).cum_sum() for name in ("size", "cost", "cached"))
                )
                ticks = at.join_asof(
                    prices.filter(pl.col("market") == market).select("seq", "mark_e8").sort("seq"),
                    on="seq", strategy="nearest",
                ).join_asof(
                    indices.filter(pl.col("market") == market).select("seq", "index_e8").sort("seq"), on="seq"
                ).join_asof(held, on="seq")  # fmt: skip
                worth = ticks.select(
                    (
                        pl.col("size") * (pl.col("mark_e8") - pl.col("index_e8")) / E8
                        + pl.col("cached")
                        - pl.col("cost")
                    ).fill_null(0.0)
                ).to_series()
                value = value + worth
            found.append(
                at.select("recorded_at_us", pl.lit(group).alias("group")).with_columns(value.alias("equity"))
            )
        return pl.concat(found)

    def _changes(self) -> pl.DataFrame:
        """What each event changed, by group and market, as floats in units."""
        parts = []
        for name in self._found:
            frame = self.frame(name)
            if frame is None or "account" not in frame.columns or name == "LiquidationStarted":
                continue
            if "asset" in frame.columns:
                frame = frame.filter(pl.col("asset") == SETTLEMENT_ASSET)
            zero = pl.lit(0.0)
            columns = {"money": zero, "size": zero, "cost": zero, "cached": zero}
            if _BALANCE in frame.columns:
                columns["money"] = _change("balance_before_e8", _BALANCE)
            if "cost_after_e8" in frame.columns:
                columns["size"] = _change("size_before_e8", "size_after_e8")
                columns["cost"] = _change("cost_before_e8", "cost_after_e8")
                columns["cached"] = _product("size_after_e8", "funding_index_e8") - _product(
                    "size_before_e8", "cached_index_before_e8"
                )
            elif "cached_index_after_e8" in frame.columns:
                columns["cached"] = _product("size_e8", "cached_index_after_e8") - _product(
                    "size_e8", "cached_index_before_e8"
                )
            market = pl.col("market") if "market" in frame.columns else pl.lit("")
            parts.append(
                frame.select(
                    "seq", _group(), market.alias("market"), *(e.alias(n) for n, e in columns.items())
                )
            )
        return pl.concat(parts).filter(pl.col("group") != "")

    def _day(self, name: str) -> pl.DataFrame:
        """Events of a type since the beginning of the day; an empty frame when there are none."""
        frame = self.frame(name)
        if frame is None:
            columns = known_events()[name].columns
            wanted = ("seq", "recorded_at_us", *_NEEDS[name])
            frame = pl.DataFrame(schema={column: columns[column] for column in wanted})
        void = pl.lit(value=False)
        for first, last in self.void_seqs:
            void |= pl.col("seq").is_between(first, last)
        return frame.filter(pl.col("recorded_at_us") >= times.DAY * 1000).with_columns(void.alias("void"))


def _group() -> pl.Expr:
    account = pl.col("account")
    group = pl.lit("")
    for name, prefix in GROUPS.items():
        group = pl.when(account.str.starts_with(prefix)).then(pl.lit(name)).otherwise(group)
    return group.alias("group")


def _change(before: str, after: str) -> pl.Expr:
    return (pl.col(after) - pl.col(before)).cast(pl.Float64) / E8


def _product(size: str, index: str) -> pl.Expr:
    return pl.col(size).cast(pl.Float64) * pl.col(index).cast(pl.Float64) / E8 / E8
