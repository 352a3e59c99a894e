"""Balances and positions of all accounts in columns, and who of them is below maintenance.

Folded from the events alone: of every event that says what a balance, or what size, cost and cached
index of a position are from now on, the newest per key is kept. A tick of a million positions is one
join with the marks and one sum per account, in floating point and with a margin far above its error;
the few accounts that come near the line are then computed again in integers, exactly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from ledger.core.values import E8, E12, PPM
from projectors.columns.events import EventType, known_events
from projectors.columns.frames import Frames

ROUNDING_MARGIN: Final = 1e-11
"""Part of all amounts involved by which a sum in floating point is trusted to be right at worst.

A sum of a thousand products of 53 bits is off by less than 1e-12 of them.
"""

_E28_PER_E16: Final = E12

_BALANCE: Final = "balance_after_e8"
_POSITION: Final = ("size_after_e8", "cost_after_e8", "funding_index_e8")
_CACHED: Final = "cached_index_after_e8"
_RULES: Final = ("imf_base_ppm", "mmf_factor_ppm", "taker_fee_ppm")

MARKETS_MAX: Final = 2**16
POSITIONS: Final[dict[str, pl.DataType]] = {
    "key": pl.UInt64(),
    "account": pl.UInt32(),
    "market": pl.UInt32(),
    "size": pl.Int64(),
    "cost": pl.Int64(),
    "cached": pl.Int64(),
}

_TICKS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "mark": ("mark_e8", ("PricesUpdated",)),
    "index": ("index_after_e8", ("FundingIndexAdvanced", "FundingIndexRestated")),
}
"""What a market is valued at: the column that has it, and the events that have the column."""
_MODES: Final = {"SystemStatusChanged": "status_after", "RuleChanged": "rule"}
"""Events after which other commands may be allowed, and a column of each."""


def _with(*columns: str) -> tuple[EventType, ...]:
    """Events of accounts that have all these columns."""
    wanted = {"account", *columns}
    return tuple(e for e in known_events().values() if not e.broadcast and wanted <= e.columns.keys())


def needed_columns() -> dict[str, tuple[str, ...]]:
    """Columns by event that ``Columns.fold`` looks at."""
    needs: dict[str, set[str]] = {
        "AssetListed": {"asset", "settlement"},
        "AccountOpened": {"account", "margin_exempt"},
        "MarketListed": {"market", "index_start_e8", *_RULES},
        "MarketUpdated": {"market", *_RULES},
        **{event: {"market", column} for column, events in _TICKS.values() for event in events},
        **{event: {column} for event, column in _MODES.items()},
    }
    for event in _with(_BALANCE):
        needs.setdefault(event.name, set()).update({"account", _BALANCE, "asset"} & event.columns.keys())
    for event in _with("market", *_POSITION):
        needs[event.name] |= {"market", *_POSITION}
    for event in _with("market", _CACHED):
        needs[event.name] |= {"market", _CACHED}
    return {event: tuple(sorted(columns)) for event, columns in needs.items()}


@dataclass(slots=True)
class Market:
    """What valuation needs of a market; prices and index in 1e-8, the maintenance factor in 1e-12."""

    factor_e12: int = 0
    mark: int = 0
    index: int = 0


class Columns:
    """Everything that the keeper knows, as it is after the last frames that were folded.

    Accounts and markets have numbers in order of appearance; a position's ``key`` is
    ``account * MARKETS_MAX + market``. ``balances`` and ``exempt`` have one row per account. ``mode_seq``
    is the newest change of status or rules (0: none was).
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.balances = pl.Series("balance", [], dtype=pl.Int64)
        self.exempt = pl.Series("exempt", [], dtype=pl.Boolean)
        self.positions = pl.DataFrame(schema=POSITIONS)
        self.markets: dict[str, Market] = {}
        self.settlement = ""
        self.mode_seq = 0
        self._numbers: dict[str, int] = {}
        self._places: dict[str, int] = {}

    def fold(self, frames: Frames) -> bool:
        """Take events in; whether there was a tick among them."""
        self._fold_settlement(frames)
        for name in _MODES:
            frame = frames.frame(name)
            if frame is not None:
                self.mode_seq = max(self.mode_seq, *frame.get_column("seq"))
        ticked = self._fold_markets(frames)
        self._fold_accounts(frames)
        self._fold_positions(frames)
        return ticked

    def below(self) -> list[str]:
        """Accounts worth less than their positions require in maintenance, in order of their names."""
        near = self.near()
        if near.is_empty():
            return []
        numbers = near.to_list()
        markets = list(self.markets.values())
        values = {number: self.balances[number] * E8 for number in numbers}
        required = dict.fromkeys(numbers, 0)
        held = self.positions.join(near.to_frame("account"), on="account", how="semi")
        for _, account, place, size, cost, cached in held.rows():
            market = markets[place]
            values[account] += size * (market.mark - market.index + cached) - cost * E8
            required[account] += abs(size) * market.mark * market.factor_e12
        return sorted(
            self.names[number]
            for number in numbers
            if values[number] <= 0 or values[number] * _E28_PER_E16 < required[number]
        )

    def near(self) -> pl.Series:
        """Numbers of the accounts that are below maintenance, or too near to it for floats to say."""
        held = self.positions
        markets = self.markets.values()
        place = held.get_column("market")
        mark = pl.Series([float(market.mark) for market in markets], dtype=pl.Float64).gather(place)
        drift = pl.Series([float(m.mark - m.index) for m in markets], dtype=pl.Float64).gather(place)
        factor = pl.Series([m.factor_e12 / E12 for m in markets], dtype=pl.Float64).gather(place)
        size, cost = held.get_column("size").cast(pl.Float64), held.get_column("cost").cast(pl.Float64) * E8
        worth = size * (drift + held.get_column("cached").cast(pl.Float64))
        notional = size.abs() * mark
        sums = (
            pl.DataFrame(
                {
                    "account": held.get_column("account"),
                    "profit": worth - cost,
                    "required": notional * factor,
                    "gross": worth.abs() + cost.abs() + notional,
                }
            )
            .group_by("account")
            .sum()
        )
        account = sums.get_column("account")
        balance = self.balances.gather(account).cast(pl.Float64) * E8
        margin = (sums.get_column("gross") + balance.abs()) * ROUNDING_MARGIN + 1
        short = balance + sums.get_column("profit") < sums.get_column("required") + margin
        return account.filter(short & ~self.exempt.gather(account))

    def _fold_settlement(self, frames: Frames) -> None:
        listed = frames.frame("AssetListed")
        if listed is not None:
            found = listed.filter(pl.col("settlement") == 1).get_column("asset")
            self.settlement = found[0] if len(found) else self.settlement

    def _fold_markets(self, frames: Frames) -> bool:
        """Rules, then marks and indices; a broadcast event is in every partition, and says the same."""
        for name in ("MarketListed", "MarketUpdated"):
            frame = frames.frame(name)
            for row in [] if frame is None else frame.sort("seq").to_dicts():
                market = self.markets.get(row["market"])
                if market is None:
                    self._places[row["market"]] = len(self.markets)
                    market = self.markets[row["market"]] = Market(index=row["index_start_e8"])
                market.factor_e12 = row["imf_base_ppm"] * row["mmf_factor_ppm"] + row["taker_fee_ppm"] * PPM
        ticked = False
        for attribute, (column, names) in _TICKS.items():
            found = [frame for name in names if (frame := frames.frame(name)) is not None]
            if found:
                ticked = True
                ticks = pl.concat([frame.select("seq", "market", column) for frame in found])
                for market_name, value in _newest(ticks, "market").select("market", column).rows():
                    setattr(self.markets[market_name], attribute, value)
        return ticked

    def _fold_accounts(self, frames: Frames) -> None:
        opened = frames.frame("AccountOpened")
        if opened is not None:
            for name in opened.get_column("account"):
                self._numbers[name] = len(self.names)
                self.names.append(name)
            self.exempt = self.exempt.append(opened.get_column("margin_exempt") == 1)
            self.balances = self.balances.append(pl.zeros(len(opened), dtype=pl.Int64, eager=True))
        changed = []
        for event in _with(_BALANCE):
            frame = frames.frame(event.name)
            if frame is not None:
                if "asset" in event.columns:
                    frame = frame.filter(pl.col("asset") == self.settlement)
                changed.append(frame.select("seq", "account", _BALANCE))
        if changed:
            newest = _newest(pl.concat(changed), "account")
            numbers = self._accounts_of(newest)
            self.balances = self.balances.scatter(numbers, newest.get_column(_BALANCE))

    def _fold_positions(self, frames: Frames) -> None:
        traded = self._keyed(frames, _POSITION, _POSITION)
        settled = self._keyed(frames, (_CACHED,), (_POSITION[2],))
        if traded is not None:
            newest = _newest(traded, "key").select(
                "key", pl.col(_POSITION[0]).alias("size"), pl.col(_POSITION[1]).alias("cost")
            )
            new = newest.join(self.positions, on="key", how="anti").select(
                "key",
                (pl.col("key") // MARKETS_MAX).cast(pl.UInt32).alias("account"),
                (pl.col("key") % MARKETS_MAX).cast(pl.UInt32).alias("market"),
                "size",
                "cost",
                pl.lit(0, dtype=pl.Int64).alias("cached"),
            )
            self.positions = pl.concat([_replaced(self.positions, newest, ("size", "cost")), new])
        indexed = [one.select("seq", "key", _POSITION[2]) for one in (traded, settled) if one is not None]
        if indexed:
            newest = _newest(pl.concat(indexed), "key").select("key", pl.col(_POSITION[2]).alias("cached"))
            self.positions = _replaced(self.positions, newest, ("cached",))
        if traded is not None:
            self.positions = self.positions.filter(pl.col("size") != 0)

    def _keyed(self, frames: Frames, columns: Sequence[str], names: Sequence[str]) -> pl.DataFrame | None:
        """Rows of all events with these columns, under their names, by seq and key."""
        found = []
        for event in _with("market", *columns):
            frame = frames.frame(event.name)
            if frame is not None:
                places = [self._places[name] for name in frame.get_column("market")]
                keys = [
                    number * MARKETS_MAX + place
                    for number, place in zip(self._accounts_of(frame), places, strict=True)
                ]
                found.append(
                    frame.select(
                        "seq",
                        pl.Series("key", keys, dtype=pl.UInt64),
                        *(pl.col(column).alias(name) for column, name in zip(columns, names, strict=True)),
                    )
                )
        return pl.concat(found) if found else None

    def _accounts_of(self, frame: pl.DataFrame) -> list[int]:
        return [self._numbers[name] for name in frame.get_column("account")]


def _newest(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The row with the highest seq of every key."""
    return frame.sort("seq").unique(subset=[key], keep="last", maintain_order=True)


def _replaced(base: pl.DataFrame, newest: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``base`` with some columns of the keys in ``newest`` replaced; other keys are not added."""
    fresh = {column: f"{column}_new" for column in columns}
    return (
        base.join(newest.rename(fresh), on="key", how="left", maintain_order="left")
        .with_columns(pl.coalesce(pl.col(new), pl.col(column)).alias(column) for column, new in fresh.items())
        .drop(fresh.values())
    )
