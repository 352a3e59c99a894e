"""What happened in an incident, in order of seq: what was recorded, void or not, and what audits found."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from ledger.edge.decimals import format_decimal
from projectors.api.models.incidents import Happening
from projectors.api.resources.incident_files import AuditFile
from projectors.api.resources.values import e8, ms, number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row

WAVE_GAP_MS: Final = 5 * 60_000
"""Liquidations closer than this are one wave."""

TRIPS_GAP_MS: Final = 60_000
"""Trips of one guard closer than this are one line."""

LIQUIDATION_FIELDS: Final = (
    "account", "liquidation_id", "trigger", "account_value_e8", "mmr_e8", "has_fair", "account_value_fair_e8",
    "mmr_fair_e8", "accrued_funding_e8", "notional_e8", "share_ppm",
)  # fmt: skip
INDEX_FIELDS: Final = ("market", "index_before_e8", "index_after_e8", "index_computed_e8", "index_source")
VOID_NEEDS: Final = {"LiquidationStarted": LIQUIDATION_FIELDS, "FundingIndexAdvanced": INDEX_FIELDS}

_LAST: Final = 2**62
_OF_GUARDS: Final = {
    "refused": "the input was refused",
    "recorded": "only recorded: the input was taken",
}


_STOPS: Final = {
    "mode.liquidations": "modes without liquidations",
    "bands": "bands around the price outside",
    "gates": "the gate of the market",
}


class Bounds(NamedTuple):
    """First and last seq of what an incident is about."""

    first: int
    last: int

    def has(self, seq: int) -> bool:
        """Whether a seq lies within."""
        return self.first <= seq <= self.last


class VoidRows(NamedTuple):
    """Rows of the void blocks, by type of event."""

    liquidations: Sequence[Row]
    steps: Sequence[Row]


def timeline(
    asked: Asked,
    incident: str,
    bounds: Bounds,
    audits: Sequence[AuditFile],
    void: VoidRows,
    refunds: Sequence[Row],
) -> list[Happening]:
    """Everything within the bounds, in order of seq."""
    found: list[Happening] = [
        *_statuses(asked, bounds),
        *_guards(asked, bounds),
        *_indices(asked, bounds, void),
        *_marks(audits),
        *(wave for wave in _waves(asked, bounds, audits, void) if wave.bad or not audits),
        *_plans(asked, incident),
        *_rollbacks(asked, incident),
        *_restated(asked, incident),
        *_refunds(refunds),
    ]
    return sorted(
        (one for one in found if one.seq <= _newest(asked)), key=lambda one: (one.seq, one.kind, one.market)
    )


def _newest(asked: Asked) -> int:
    """The last seq that may be shown: that of the moment, if one was asked about."""
    question = asked.moment().question
    return _LAST if question is None else question.as_of.seq


def happening(kind: str, seq: int, at: int, title: str, **given: Any) -> Happening:  # noqa: ANN401
    """One line; what is not given is empty."""
    empty: dict[str, Any] = {
        "last_seq": seq,
        "until": at,
        "market": "",
        "count": 1,
        "accounts": 0,
        "amount": "",
        "detail": "",
        "void": False,
        "bad": False,
    }
    return Happening(kind=kind, seq=seq, at=at, title=title, **(empty | given))


def _statuses(asked: Asked, bounds: Bounds) -> Iterator[Happening]:
    for row in asked.control("SystemStatusChanged"):
        seq = number(row, "seq")
        if not bounds.has(seq):
            continue
        before, after = text(row, "status_before"), text(row, "status_after")
        switch = text(row, "withdrawals_after")
        changed = f"{before} to {after}" if before != after else f"still {after}"
        title = f"Exchange: {changed}"
        if switch != row["withdrawals_before"]:
            title += f", withdrawals {switch}"
        yield happening("status", seq, ms(row, "recorded_at_us"), title, detail=text(row, "reason"))


def _guards(asked: Asked, bounds: Bounds) -> Iterator[Happening]:
    """Trips of a guard in a market that follow each other are one line."""
    runs: dict[tuple[str, str, str], list[Row]] = {}
    for row in asked.control("GuardTripped"):
        if not bounds.has(number(row, "seq")):
            continue
        key = (text(row, "guard"), text(row, "market"), text(row, "action"))
        run = runs.setdefault(key, [])
        if run and ms(row, "recorded_at_us") - ms(run[-1], "recorded_at_us") > TRIPS_GAP_MS:
            yield _trips(run)
            run = runs[key] = []
        run.append(row)
    yield from (_trips(run) for run in runs.values() if run)


def _trips(run: Sequence[Row]) -> Happening:
    first, last = run[0], run[-1]
    market = text(first, "market")
    given = text(first, "given")
    if number(first, "has_value"):
        given = f"{e8(number(first, 'value_e8'))}, expected {e8(number(first, 'expected_e8'))}"
    about = f" in {market}" if market else ""
    action = text(first, "action")
    return happening(
        "guard",
        number(first, "seq"),
        ms(first, "recorded_at_us"),
        f"Guard {first['guard']} tripped{about}",
        last_seq=number(last, "seq"),
        until=ms(last, "recorded_at_us"),
        market=market,
        count=len(run),
        detail=f"{text(first, 'field')}: {given}; {_OF_GUARDS.get(action, action)}",
        bad=action == "recorded",
    )


def _indices(asked: Asked, bounds: Bounds, void: VoidRows) -> Iterator[Happening]:
    """Steps of an index that the ledger did not compute."""
    for row in void.steps:
        if row["index_after_e8"] != row["index_computed_e8"]:
            yield _jump(row, number(row, "index_computed_e8"), void=True)
    for row in asked.rows("funding", "steps"):
        if row["index_source"] == "FEED" and bounds.has(number(row, "seq")):
            computed = number(row, "index_before_e8") + number(row, "step_e8")
            if computed != number(row, "index_after_e8"):
                yield _jump(row, computed, void=False)


def _jump(row: Row, computed: int, *, void: bool) -> Happening:
    at = ms(row, "recorded_at_us") or number(row, "observed_at_ms")
    return happening(
        "index",
        number(row, "seq"),
        at,
        f"Funding index of {row['market']} became {e8(number(row, 'index_after_e8'))}",
        market=text(row, "market"),
        detail=f"was {e8(number(row, 'index_before_e8'))}, the ledger computes {e8(computed)}",
        void=void,
        bad=True,
    )


def _marks(audits: Iterable[AuditFile]) -> Iterator[Happening]:
    """Episodes in which a mark was away from the price outside."""
    for audit in audits:
        for one in audit.report.get("second_wave", {}).get("episodes", ()):
            yield happening(
                "mark",
                one["first_seq"],
                one["first_ms"],
                f"Mark of {one['market']} left the price outside, by up to "
                f"{format_decimal(one['greatest_ppm'], 4)}%",
                last_seq=one["last_seq"],
                until=one["last_ms"],
                market=one["market"],
                accounts=one["accounts_hurt"],
                detail=_stops(one["stopped_by"]),
                bad=True,
            )


def _stops(found: Sequence[str]) -> str:
    """Which of the rules that are the default now would have stopped an episode."""
    names = [stop.partition(":")[0] for stop in found]
    told = [_STOPS.get(name, name) for name in names]
    return f"by default it would have been stopped by {', '.join(told)}" if told else ""


def _waves(asked: Asked, bounds: Bounds, audits: Sequence[AuditFile], void: VoidRows) -> Iterator[Happening]:
    wrongful = {one["seq"] for audit in audits for one in audit.report.get("liquidations", ())}
    rows = [(row, True) for row in void.liquidations]
    rows += [(row, False) for row in asked.rows("activity", "liquidations") if bounds.has(number(row, "seq"))]
    wave: list[Row] = []
    before = (False, 0)
    for row, gone in sorted(rows, key=lambda one: number(one[0], "seq")):
        at = ms(row, "recorded_at_us")
        if wave and (gone != before[0] or at - before[1] > WAVE_GAP_MS):
            yield _wave(wave, wrongful, void=before[0])
            wave = []
        wave.append(row)
        before = (gone, at)
    if wave:
        yield _wave(wave, wrongful, void=before[0])


def _wave(wave: Sequence[Row], wrongful: AbstractSet[int], *, void: bool) -> Happening:
    accounts = {text(row, "account") for row in wave}
    wrong = {text(row, "account") for row in wave if number(row, "seq") in wrongful}
    taken = sum(number(row, "notional_e8") for row in wave)
    times = f"{len(wave)} liquidations of {len(accounts)} accounts"
    return happening(
        "liquidations",
        number(wave[0], "seq"),
        ms(wave[0], "recorded_at_us"),
        times if len(wave) > 1 else f"Liquidation of {next(iter(accounts))}",
        last_seq=number(wave[-1], "seq"),
        until=ms(wave[-1], "recorded_at_us"),
        count=len(wave),
        accounts=len(accounts),
        amount=e8(taken),
        detail=f"{len(wrong)} accounts wrongly",
        void=void,
        bad=bool(wrong),
    )


def _plans(asked: Asked, incident: str) -> Iterator[Happening]:
    for row in asked.control("PlanApproved"):
        if row["incident_id"] == incident:
            keys = " and ".join(name for name in (text(row, "key_1"), text(row, "key_2")) if name)
            yield happening(
                "plan",
                number(row, "seq"),
                ms(row, "recorded_at_us"),
                f"Plan of kind {row['plan_kind']} approved by {keys or 'nobody by name'}",
                count=number(row, "lines"),
                amount=e8(number(row, "total_e8")),
                detail=f"digest {row['plan_digest']}",
            )


def _rollbacks(asked: Asked, incident: str) -> Iterator[Happening]:
    for row in asked.rows("exchange", "rollbacks"):
        if row["incident_id"] != incident:
            continue
        voided = f"blocks {row['void_from_height']} to {row['void_to_height']} are void"
        yield happening(
            "rollback",
            number(row, "rollback_seq"),
            ms(row, "declared_at_us"),
            f"Rollback to block {row['target_height']}",
            count=number(row, "void_to_seq") - number(row, "void_from_seq") + 1,
            detail=f"{voided}: {text(row, 'reason')}",
        )
        if number(row, "completed_seq"):
            yield happening(
                "completed",
                number(row, "completed_seq"),
                ms(row, "completed_at_us"),
                "Rollback completed",
                accounts=number(row, "negative_accounts"),
                detail=f"{number(row, 'reinstated')} movements across the border of the ledger reinstated, "
                f"{number(row, 'cancelled')} orders cancelled, {number(row, 'negative_accounts')} accounts "
                "left below zero",
            )


def _restated(asked: Asked, incident: str) -> Iterator[Happening]:
    for row in asked.rows("exchange", "restatements"):
        if row["incident_id"] == incident:
            yield happening(
                "restated",
                number(row, "seq"),
                ms(row, "recorded_at_us"),
                f"Funding index of {row['market']} restated to {e8(number(row, 'index_after_e8'))}",
                market=text(row, "market"),
                detail=f"was {e8(number(row, 'index_before_e8'))}: {text(row, 'reason')}",
            )


def _refunds(refunds: Sequence[Row]) -> Iterator[Happening]:
    """All payments of a plan together."""
    plans: dict[str, list[Row]] = {}
    for row in refunds:
        if number(row, "paid_e8"):
            plans.setdefault(text(row, "plan_digest"), []).append(row)
    for digest, rows in plans.items():
        rows.sort(key=lambda row: number(row, "paid_seq"))
        paid = e8(sum(number(row, "paid_e8") for row in rows))
        yield happening(
            "refunds",
            number(rows[0], "paid_seq"),
            ms(rows[0], "paid_at_us"),
            f"{len(rows)} refunds paid",
            last_seq=number(rows[-1], "paid_seq"),
            until=ms(rows[-1], "paid_at_us"),
            count=len(rows),
            accounts=len({text(row, "account") for row in rows}),
            amount=paid,
            detail=f"by plan {digest}",
        )
