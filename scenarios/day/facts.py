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
BALANCE_AFTER: Final = "balance_after_e8"
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
    "RefundPaid": ("account", "reason", "method", "line", "amount_e8"),
    "FundingSettled": ("account", "market", "size_e8", "cached_index_before_e8", "cached_index_after_e8"),
}  # fmt: skip


@final
class Facts:
    """Frames of the events that the report is about, of all blocks of a log."""

    def __init__(self, log: LogReader) -> None:
        events = known_events()
        needs = {name: ("recorded_at_us", *columns) for name, columns in _NEEDS.items()}
        for name, event in events.items():
            if BALANCE_AFTER in event.columns:
                asset = ("asset",) if "asset" in event.columns else ()
                own = ("account", "balance_before_e8", BALANCE_AFTER, *asset)
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
                routes.route(blocks.parts, bytes.fromhex(blocks.last.digest)),
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

    @property
    def names(self) -> list[str]:
        """Types of events that were looked for."""
        return list(self._found)

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

    def moved(self) -> pl.DataFrame:
        """What each such step gave to every account that held the market: seq of the step, size, amount."""
        rows: list[tuple[int, str, str, bool, int, int, int]] = []
        for jump in self._feed_steps().to_dicts():
            step = jump["index_after_e8"] - jump["index_before_e8"]
            for name, size, filled in self._sizes_at(jump["seq"], jump["market"]).rows():
                given = -size * step // E8
                rows.append((jump["seq"], jump["market"], name, jump["void"], size, filled, given))
        schema = {
            "seq": pl.Int64, "market": pl.String, "account": pl.String, "void": pl.Boolean,
            "size_e8": pl.Int64, "filled_seq": pl.Int64, "given_e8": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _false_e8(self) -> pl.DataFrame:
        """The same by account, for as long as it counted."""
        moved = self.moved().group_by("account", "void", maintain_order=True)
        return moved.agg(pl.col("given_e8").sum().alias("false_e8"))

    def _feed_steps(self) -> pl.DataFrame:
        return self._day("FundingIndexAdvanced").filter(pl.col("index_source") == "FEED")

    def _sizes_at(self, seq: int, market: str) -> pl.DataFrame:
        """Account, signed size and last fill of every position in a market just before an event."""
        fills = self.frame("FillSettled")
        if fills is None:
            return pl.DataFrame(schema={"account": pl.String, "size_after_e8": pl.Int64, "seq": pl.Int64})
        own = fills.filter((pl.col("market") == market) & (pl.col("seq") < seq))
        last = own.group_by("account", maintain_order=True).last()
        return last.select("account", "size_after_e8", "seq").filter(pl.col("size_after_e8") != 0)

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
        """Every step of an index that the ledger did not compute, with what it moved between traders."""
        moved = self.moved().filter(pl.col("account").str.starts_with(GROUPS["traders"]))
        found = []
        for row in self._feed_steps().to_dicts():
            given = moved.filter(pl.col("seq") == row["seq"]).get_column("given_e8").to_list()
            gains, losses = [one for one in given if one > 0], [one for one in given if one < 0]
            sums = {"gainers": len(gains), "gains": sum(gains), "losers": len(losses), "losses": -sum(losses)}
            found.append({**row, **sums})
        return found

    def releases(self, from_us: int, until_us: int) -> pl.DataFrame:
        """Settlement money that left through the bridge between two moments."""
        return self._day("WithdrawalReleased").filter(
            (pl.col("asset") == SETTLEMENT_ASSET)
            & pl.col("recorded_at_us").is_between(from_us, until_us, closed="left")
        )

    def refunds(self) -> pl.DataFrame:
        """Every refund that was paid on the day."""
        return self._day("RefundPaid")

    def trips(self) -> list[dict[str, Any]]:
        """Guards that tripped on the day and what they did about it."""
        return self._day("GuardTripped").to_dicts()

    def rollbacks(self) -> list[dict[str, Any]]:
        """Every rollback that was declared on the day."""
        return self._day("RollbackDeclared").to_dicts()

    def statuses(self) -> list[dict[str, Any]]:
        """Every status of the exchange on the day."""
        return self._day("SystemStatusChanged").to_dicts()

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
