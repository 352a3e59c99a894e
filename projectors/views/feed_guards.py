"""The guards of the feeds a second time, from the events alone and with code of their own.

The writer refuses what its guards find wrong, so an event that breaks one of these was let through on
purpose (a guard that only observes), or by a writer that is not what it should be. After one bad
tick every later one is consistent with it; so a market keeps its first finding, and the view stands
still until the history is mended.

``market`` ``*`` is not a market: its row has what rules that hold for all allowed at any time. Where the
number of equal ticks was changed once, the view does not judge it any more.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from ledger.log.chain import Restatement
from projectors.define.definitions import Rows, Scan, TableRows
from projectors.define.folds import last
from projectors.define.view import col

Row = Mapping[str, int | str]

EVERYWHERE: Final = "*"
CLAIM_TOLERANCE_E8: Final = 2
STALE_TICKS: Final = 12
AGE_MAX_MS: Final = 30_000
AHEAD_MAX_MS: Final = 60_000
PARTS: Final = 10
"""Parts of the price window that are remembered, each by its lowest and highest mark."""
_E12: Final = 10**12
_PPM: Final = 10**6
_OF_INDEX: Final = re.compile(r"(?:^|, )seq (\d+): (?:index is |guard \S+ let index )")

LIMITS: Final = {
    "rate_max_e12": "funding_rate_max_e12",
    "rate_change_max_e12": "funding_rate_change_max_e12",
    "tolerance_e12": "funding_rate_tolerance_e12",
    "interest_e12": "interest_rate_e12",
    "clamp_e12": "clamp_rate_e12",
    "move_max_ppm": "price_move_max_ppm",
    "divergence_max_ppm": "fair_divergence_max_ppm",
    "window_ms": "price_window_ms",
    "window_move_max_ppm": "price_window_move_max_ppm",
}
COLUMNS: Final[dict[str, int | str]] = {
    "mark_e8": 0,
    "spot_e8": 0,
    "rate_e12": 0,
    "funding_ticks": 0,
    "funding_tick_id": 0,
    "funding_epoch": 0,
    "funding_source": "",
    "funding_equal": 0,
    "price_tick_id": 0,
    "price_epoch": 0,
    "price_source": "",
    "price_equal": 0,
    "late_most_ms": 0,
    "window": "",
    "window_broken": 0,
    "status": "",
    **dict.fromkeys(LIMITS, 0),
    "stale_ticks_max": STALE_TICKS,
    "tick_age_max_ms": AGE_MAX_MS,
    "finding": "",
}


def look(row: Row, event: Row) -> dict[str, int | str]:
    """The row of a market after one event about it."""
    after = dict(row)
    what = event["what"]
    if what == "rules":
        after.update({name: event[name] for name in LIMITS})
        after["status"] = event["status"]
        if event["status"] != "ok":
            after["window_broken"] = 0
    elif what == "rule":
        name, value = str(event["rule"]), int(event["value"])
        after[name] = max(_number(after, name), value) if name == "tick_age_max_ms" else 0
    elif what == "restated":
        if _is_of_index(str(after["finding"])) and _number(event, "from_seq") <= _seq_of(
            str(after["finding"])
        ):
            after["finding"] = ""
    elif what == "trip":
        _find(after, event, f"guard {event['guard']} let {event['field']} {event['given']} through")
    elif what == "prices":
        _prices(after, event)
    else:
        _funding(after, event)
    return after


def _prices(after: dict[str, int | str], event: Row) -> None:
    mark, spot, fair = _number(event, "mark_e8"), _number(event, "spot_e8"), _number(event, "fair_e8")
    problem = _order(after, event, "price")
    for name, value in (("mark", mark), ("spot", spot)):
        before = _number(after, f"{name}_e8")
        if value <= 0:
            problem = problem or f"{name} is {value}e-8"
        if before > 0 and _apart(value, before, _number(after, "move_max_ppm")):
            problem = problem or f"{name} moved from {before}e-8 to {value}e-8 in a tick"
        if fair > 0 and _apart(value, fair, _number(after, "divergence_max_ppm")):
            problem = problem or f"{name} {value}e-8 is far from the external fair price {fair}e-8"
    same = (after["mark_e8"], after["spot_e8"]) == (mark, spot)
    after["price_equal"] = _number(after, "price_equal") + 1 if same else 0
    if _number(after, "window_ms") and mark > 0:
        _window(after, mark, _number(event, "observed_at_ms"))
    after["mark_e8"], after["spot_e8"] = mark, spot
    _find(after, event, problem)


def _funding(after: dict[str, int | str], event: Row) -> None:
    rate = _number(event, "rate_e12")
    problem = _order(after, event, "funding")
    computed, index = _number(event, "index_computed_e8"), _number(event, "index_after_e8")
    if abs(index - computed) > CLAIM_TOLERANCE_E8:
        problem = problem or f"index is {index}e-8, its steps say {computed}e-8"
    if abs(rate) > _number(after, "rate_max_e12"):
        problem = problem or f"rate {rate}e-12 is above the largest"
    before, most = _number(after, "rate_e12"), _number(after, "rate_change_max_e12")
    if after["funding_ticks"] and most and abs(rate - before) > most:
        problem = problem or f"rate went from {before}e-12 to {rate}e-12"
    tolerance = _number(after, "tolerance_e12")
    if tolerance and _number(after, "mark_e8") > 0 and _number(after, "spot_e8") > 0:
        wanted = _rate_of_basis(after)
        if abs(rate - wanted) > tolerance:
            problem = problem or f"rate {rate}e-12 does not follow from the basis, {wanted}e-12 does"
    same = rate != 0 and rate == before and event["premium_e8"] == event["premium_applied_e8"]
    after["funding_equal"] = _number(after, "funding_equal") + 1 if same else 0
    after["rate_e12"] = rate
    after["funding_ticks"] = 1
    _find(after, event, problem)


def _order(after: dict[str, int | str], event: Row, feed: str) -> str:
    """Number, instance and time of a tick against the last one of the market; what is wrong with them."""
    tick, previous = _number(event, "tick_id"), _number(event, "previous_tick_id")
    epoch, known = _number(event, "source_epoch"), _number(after, f"{feed}_epoch")
    before = _number(after, f"{feed}_tick_id")
    problem = ""
    if before and (tick <= before or previous < before or (feed == "funding" and previous != before)):
        problem = f"tick {tick} after {previous} does not follow {before}"
    elif before and epoch < known:
        problem = f"instance {epoch} of the feed after {known}"
    elif before and epoch == known and event["source"] != after[f"{feed}_source"]:
        problem = f"{event['source']} speaks for {after[f'{feed}_source']}"
    late_ms = _number(event, "recorded_at_us") // 1000 - _number(event, "observed_at_ms")
    if late_ms < -AHEAD_MAX_MS:
        problem = problem or f"observed {-late_ms} ms after it was recorded"
    after["late_most_ms"] = max(_number(after, "late_most_ms"), late_ms)
    after[f"{feed}_tick_id"], after[f"{feed}_epoch"] = tick, epoch
    after[f"{feed}_source"] = event["source"]
    return problem


def _window(after: dict[str, int | str], mark: int, at_ms: int) -> None:
    """Keep lows and highs of the window, and whether the mark has left what it allows."""
    length_ms, most = _number(after, "window_ms"), _number(after, "window_move_max_ppm")
    parts = [tuple(int(n) for n in part.split(":")) for part in str(after["window"]).split(",") if part]
    parts = [part for part in parts if part[0] >= at_ms - length_ms]
    if most and any(_apart(mark, low, most) or _apart(mark, high, most) for _, low, high in parts):
        after["window_broken"] = 1
    if parts and at_ms - parts[-1][0] <= length_ms // PARTS:
        began_ms, low, high = parts.pop()
        parts.append((began_ms, min(low, mark), max(high, mark)))
    else:
        parts.append((at_ms, mark, mark))
    after["window"] = ",".join(":".join(str(n) for n in part) for part in parts)


def _rate_of_basis(after: Row) -> int:
    """Funding rate that mark and spot give: basis, and interest within the clamp around it."""
    spot, most = _number(after, "spot_e8"), _number(after, "rate_max_e12")
    basis = (_number(after, "mark_e8") - spot) * _E12 // spot
    clamp = _number(after, "clamp_e12")
    pull = max(-clamp, min(_number(after, "interest_e12") - basis, clamp))
    return max(-most, min(basis + pull, most))


def _apart(value: int, center: int, most_ppm: int) -> bool:
    return most_ppm > 0 and abs(value - center) * _PPM > most_ppm * center


def _find(after: dict[str, int | str], event: Row, problem: str) -> None:
    """Keep the first finding of a market; one that a correction can mend gives way to one that it cannot."""
    known = str(after["finding"])
    if problem and (not known or (_is_of_index(known) and not _is_of_index(f"seq 0: {problem}"))):
        after["finding"] = f"seq {event['at_seq']}: {problem}"


def _is_of_index(finding: str) -> bool:
    """Whether a finding is about an index that was not what its steps say."""
    return _OF_INDEX.search(finding) is not None


def _seq_of(finding: str) -> int:
    """Event that a finding names."""
    found = _OF_INDEX.search(finding)
    return 0 if found is None else int(found[1])


def is_mended(breach: str, restatements: Sequence[Restatement]) -> bool:
    """Whether a correction restates the index that an open finding is about."""
    if not _is_of_index(breach):
        return False
    market = breach.partition(", seq ")[0] if not breach.startswith("seq ") else ""
    seq = _seq_of(breach)
    return any(one.from_seq <= seq <= one.seq and market in ("", one.market) for one in restatements)


def _number(row: Row, name: str) -> int:
    value = row[name]
    return value if isinstance(value, int) else int(value)


_RULE_FIELDS = {
    "what": last(pl.lit("rules")),
    "status": last("status"),
    **{name: last(column) for name, column in LIMITS.items()},
}
_TICK_FIELDS = {
    name: last("seq" if name == "at_seq" else name)
    for name in (
        "at_seq",
        "recorded_at_us",
        "tick_id",
        "previous_tick_id",
        "observed_at_ms",
        "source",
        "source_epoch",
        "spot_e8",
    )
}

_RESTATED = {"what": last(pl.lit("restated")), "from_seq": last("from_seq")}

INPUTS = Scan(
    "inputs",
    ("market",),
    COLUMNS,
    (
        Rows(("MarketListed", "MarketUpdated"), _RULE_FIELDS),
        Rows(
            "RuleChanged",
            {"what": last(pl.lit("rule")), "rule": last("rule"), "value": last("value_after")},
            where=col("rule").is_in(["stale_ticks_max", "tick_age_max_ms"]),
            key={"market": pl.lit(EVERYWHERE)},
        ),
        Rows(
            "GuardTripped",
            {
                "what": last(pl.lit("trip")),
                **{name: last(name) for name in ("guard", "field", "given")},
                "at_seq": last("seq"),
            },
            where=col("action") == "recorded",
            key={"market": pl.when(col("market") == "").then(pl.lit(EVERYWHERE)).otherwise(col("market"))},
        ),
        Rows(
            "PricesUpdated",
            {
                "what": last(pl.lit("prices")),
                **_TICK_FIELDS,
                "mark_e8": last("mark_e8"),
                "fair_e8": last(
                    pl.when(col("has_external_fair") == 1).then(col("external_fair_e8")).otherwise(0)
                ),
            },
        ),
        Rows(
            "FundingIndexAdvanced",
            {
                "what": last(pl.lit("funding")),
                **_TICK_FIELDS,
                "rate_e12": last("rate_e12"),
                "premium_e8": last("premium_e8"),
                "premium_applied_e8": last("premium_applied_e8"),
                "index_after_e8": last("index_after_e8"),
                "index_computed_e8": last("index_computed_e8"),
            },
        ),
        Rows("FundingIndexRestated", _RESTATED),
        Rows("FundingIndexRestated", _RESTATED, key={"market": pl.lit(EVERYWHERE)}),
    ),
    look,
)


def open_findings(rows: TableRows) -> Sequence[str]:
    """Markets whose inputs cannot have been right, and feeds that say the same again and again."""
    inputs = {row["market"]: row for row in rows("inputs").to_dicts()}
    rules = inputs.pop(EVERYWHERE, COLUMNS)
    found = [str(rules["finding"])] if rules["finding"] else []
    found += [f"{name}, {row['finding']}" for name, row in inputs.items() if row["finding"]]
    trading = {name: row for name, row in inputs.items() if row["status"] != "settled"}
    for name, row in trading.items():
        if row["window_broken"]:
            found.append(
                f"{name}: the mark moved too far within {row['window_ms']} ms, and the market is open"
            )
        if row["late_most_ms"] > int(rules["tick_age_max_ms"]):
            found.append(f"{name}: a tick came {row['late_most_ms']} ms late")
    most = int(rules["stale_ticks_max"])
    for feed in ("price", "funding"):
        still = min((int(row[f"{feed}_equal"]) for row in trading.values()), default=0)
        if 0 < most <= still:
            found.append(f"the {feed} feed has said the same {still} times in every market")
    return found
