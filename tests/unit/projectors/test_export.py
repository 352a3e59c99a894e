"""Export: what is read back from a file is what the view or the log has."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from ledger.core.messages import BROADCAST, AnyEvent
from ledger.errors import DiskFull, SettingsFault, ViewFault
from ledger.log.rocks import RocksLog
from projectors.cli.app import app
from projectors.reading import export
from projectors.reading.export import FileFormat, format_of, write_rows
from tests.branching import Branching, Habits, live_chain_of
from tests.projecting import LEDGER

HEADER = ["seq", "height", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq"]


class Exporter:
    """A ledger with rollbacks, and its command line."""

    def __init__(self, place: Path) -> None:
        self.data = place / "data"
        self.place = place
        with closing(RocksLog.create(self.data / "log", LEDGER, 2)) as log:
            self.ledger = Branching(log, 9, Habits(rollbacks=10))
            self.ledger.write(50)
            self.head = max(self.ledger.models)
            self.events: dict[int, list[AnyEvent]] = {
                height: self.ledger.block(height) for height in range(1, self.head + 1)
            }
            self.live = [height for height in self.events if live_chain_of(log).is_on_chain(height)]
            self.early = [height for height in range(1, 21) if live_chain_of(log, 20).is_on_chain(height)]
        assert self.run("run") == 0

    def run(self, *arguments: str) -> int:
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return done.exit_code

    def export(self, name: str, *arguments: str) -> pl.DataFrame:
        out = self.place / name
        assert self.run("export", *arguments, "--out", str(out)) == 0
        assert [path.name for path in self.place.glob(".*")] == []
        return pl.read_parquet(out) if name.endswith("parquet") else pl.read_csv(out, infer_schema=False)

    def shown(self, table: str, *arguments: str) -> list[dict[str, Any]]:
        done = CliRunner().invoke(
            app,
            ["show", "table", *table.split("."), "-n", "0", "--json", "--data", str(self.data), *arguments],
            catch_exceptions=False,
        )
        rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
        return rows


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Exporter:
    return Exporter(tmp_path_factory.mktemp("ledger"))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_rows_of_a_view_read_back_are_those_that_are_shown(exporter: Exporter, suffix: str) -> None:
    for moment in ((), ("--as-of", "block:20")):
        rows = exporter.export(f"positions.{suffix}", "view", "account", "positions", *moment)
        shown = exporter.shown("account.positions", *moment)
        assert [(row["account"], row["market"]) for row in shown] == rows.select("account", "market").rows()
        assert [f"{int(size) / 1e8:.8f}" for size in rows.get_column("size_e8")] == [
            f"{float(row['size']):.8f}" for row in shown
        ]
        assert len(shown)


def test_sums_are_decimals_in_parquet_and_whole_numbers_in_csv(exporter: Exporter) -> None:
    parquet = exporter.export("m.parquet", "view", "audit", "markets")
    text = exporter.export("m.csv", "view", "audit", "markets")
    assert parquet.schema["size_index_e16"] == pl.Decimal(38, 0)
    for name in ("size_index_e16", "fees_e8", "dust_e16"):
        assert [int(value) for value in parquet.get_column(name)] == [
            int(one) for one in text.get_column(name)
        ]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_events_of_one_type_have_all_their_fields(exporter: Exporter, suffix: str) -> None:
    for name in ("FillSettled", "PricesUpdated"):
        rows = exporter.export(f"e.{suffix}", "events", "--type", name)
        expected = [
            (height, event)
            for height in exporter.live
            for event in exporter.events[height]
            if type(event).__name__ == name
        ]
        assert [int(seq) for seq in rows.get_column("seq")] == [event.seq for _, event in expected]
        assert [int(one) for one in rows.get_column("height")] == [height for height, _ in expected]
        for column in rows.columns:
            if column != "height":
                values = [str(one) if one is not None else "" for one in rows.get_column(column)]
                assert values == [str(getattr(event, column)) for _, event in expected]


def test_events_of_all_types_are_in_order_each_once_with_their_own_fields_as_json(exporter: Exporter) -> None:
    rows = exporter.export("e.parquet", "events")
    expected = [event for height in exporter.live for event in exporter.events[height]]
    assert rows.columns == [*HEADER, "event", "account", "market", "fields"]
    assert rows.get_column("seq").to_list() == [event.seq for event in expected]
    for row, event in zip(rows.to_dicts(), expected, strict=True):
        assert row["event"] == type(event).__name__
        own = json.loads(row["fields"])
        assert all(getattr(event, field) == value for field, value in own.items())
        assert row["account"] == getattr(event, "account", "")
        assert (row["event"] in BROADCAST) <= (row["account"] == "")


def test_a_range_is_cut_at_both_ends_and_follows_what_was_known(exporter: Exporter) -> None:
    rows = exporter.export("e.csv", "events", "--as-of", "block:20")
    seqs = [event.seq for height in exporter.early for event in exporter.events[height]]
    assert [int(seq) for seq in rows.get_column("seq")] == seqs
    first, until = seqs[7], seqs[-4]
    rows = exporter.export(
        "e.csv", "events", "--from", str(first), "--as-of", str(until), "--known-at", "block:20"
    )
    assert [int(seq) for seq in rows.get_column("seq")] == [seq for seq in seqs if first <= seq <= until]
    blocks = exporter.export("e.csv", "events", "--from", "block:10", "--as-of", "block:20")
    assert {int(height) for height in blocks.get_column("height")} == {
        height for height in exporter.early if height >= 10 and exporter.events[height]
    }


def test_an_empty_range_has_the_columns_and_no_rows(exporter: Exporter) -> None:
    rows = exporter.export("e.parquet", "events", "--type", "AssetUpdated", "--as-of", "block:1")
    assert rows.height == 0
    assert rows.columns[:6] == HEADER


def test_formats_and_names_that_do_not_exist_are_refused(exporter: Exporter) -> None:
    with pytest.raises(SettingsFault, match="says no format"):
        format_of(Path("file.xlsx"), None)
    assert format_of(Path("file"), FileFormat.CSV) is FileFormat.CSV
    with pytest.raises(SettingsFault, match="has no table 'nothing'"):
        exporter.run("export", "view", "account", "nothing", "--out", "x.csv")
    with pytest.raises(SettingsFault, match="there is no event 'Nothing'"):
        exporter.run("export", "events", "--type", "Nothing", "--out", str(exporter.place / "x.csv"))


def test_a_place_that_is_not_there_is_said(exporter: Exporter) -> None:
    for arguments in (("events",), ("view", "account", "balances")):
        with pytest.raises(ViewFault, match="--out"):
            exporter.run("export", *arguments, "--out", str(exporter.place / "gone" / "x.csv"))


def test_a_failed_export_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows.csv"
    write_rows(pl.DataFrame({"a": [1]}), out, FileFormat.CSV)

    def full(rows: pl.LazyFrame, path: Path, kind: FileFormat) -> None:  # noqa: ARG001
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_sink", full)
    with pytest.raises(DiskFull):
        write_rows(pl.DataFrame({"a": [2]}), out, FileFormat.CSV)
    assert pl.read_csv(out).rows() == [(1,)]
    assert list(tmp_path.iterdir()) == [out]
    with pytest.raises(ViewFault, match="--out"):
        write_rows(pl.DataFrame({"a": [2]}), tmp_path / "gone" / "rows.csv", FileFormat.CSV)
