"""The audit as one JSON value with a digest: a file that anybody with the log can check.

The digest covers everything in it but itself; nothing in it depends on the machine or the time of day.
Seqs are of the recorded history, except under ``counterfactual_seqs``. Amounts are in 1e-8.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ledger.incident.audit import Audit
from ledger.incident.correction_files import record_of
from ledger.incident.effects import Effect
from ledger.incident.propose import Evidence
from ledger.incident.refunds.formulas import METHODS
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.remedies import remedies_of
from ledger.incident.report_file import DIGEST, FORMAT, Json, canonical, digest_of
from ledger.incident.second_wave import CLASSES, ELIGIBLE, UNDECIDED, Episode, Judgement
from ledger.incident.taint import Taint

ORPHAN_FIELDS: Final = (
    "buyer", "kept", "market", "price_e8", "recorded_seq", "seller", "seq", "size_e8", "trade_id", "value_e8"
)  # fmt: skip
KEPT_FIELDS: Final = ("account", "cancelled_seq", "market", "order_id", "passed_seq", "price_e8", "sign")
"""What the report says of an orphan trade and of a kept order; compiled classes do not tell their fields."""


def report_of(found: Audit) -> Json:
    """The report of an audit, its digest included."""
    done = found.done
    window = done.window
    content: Json = {
        "format": FORMAT,
        "ledger": done.recorded.ledger_id,
        "window": {
            "from_height": window.first.height,
            "from_digest": window.first.digest,
            "to_height": window.last.height,
            "to_digest": window.last.digest,
            "first_seq": window.first.last_seq + 1,
            "last_seq": window.last.last_seq,
            "commands": done.commands,
            "events": done.events,
        },
        "corrections": record_of(found.corrections),
        "options": {
            "orphan_trades": found.options.orphan_trades,
            "grace_ticks": found.options.grace_ticks,
            "divergence_ppm": found.options.divergence_ppm,
            "targets": [target.height for target in found.targets],
            "flagged": dict(found.options.flagged),
        },
        "evidence": [evidence_record(one) for one in found.evidence],
        "counterfactual": _counterfactual(found),
        "effects": [effect_record(effect) for effect in found.effects],
        "taint": _taint(found.taint),
        "liquidations": _liquidations(found),
        "second_wave": _second_wave(found),
        "remedies": [asdict(remedy) for remedy in remedies_of(found)],
        "lines": {
            method: [asdict(line) for line in lines_of(found.inputs, method, found.excluded)]
            for method in METHODS
        },
    }
    return {**content, DIGEST: digest_of(content)}


def differences(given: Mapping[str, Any], computed: Mapping[str, Any]) -> list[str]:
    """What of a report is not what was computed from the log again: one line per part."""
    found = []
    if given.get(DIGEST) != digest_of(given):
        found.append("the digest is not that of the file's content: the file was changed")
    found.extend(
        f"{name} is not what the log gives"
        for name in sorted(given.keys() | computed.keys())
        if name != DIGEST and canonical({"": given.get(name)}) != canonical({"": computed.get(name)})
    )
    return found


def evidence_record(evidence: Evidence) -> Json:
    """One piece of evidence."""
    one = evidence.correction
    return {
        "market": one.market,
        "from_tick": one.from_tick,
        "to_tick": one.to_tick,
        "take": one.kind,
        "seq": evidence.seq,
        "why": evidence.why,
    }


def effect_record(effect: Effect) -> Json:
    """The effect on one account."""
    return {
        "account": effect.account,
        "value_recorded_e8": effect.value_recorded_e8,
        "value_counterfactual_e8": effect.value_counterfactual_e8,
        "difference_e8": effect.difference_e8,
        "value_at_corrected_index_e8": effect.value_at_corrected_index_e8,
        "difference_at_corrected_index_e8": effect.difference_at_corrected_index_e8,
        "parts": {name: asdict(part) for name, part in effect.parts.items()},
        "flags": effect.flags,
    }


def _counterfactual(found: Audit) -> Json:
    done = found.done
    replay = done.replay
    return {
        "head_digest": done.head,
        "is_history": done.is_history,
        "house": replay.house,
        "counts": replay.counts,
        "impossible": replay.impossible,
        "orphan_trades": [
            {name: getattr(orphan, name) for name in ORPHAN_FIELDS} for orphan in replay.orphans
        ],
        "orphan_notional_e8": sum(orphan.value_e8 for orphan in replay.orphans),
        "kept_orders": [{name: getattr(kept, name) for name in KEPT_FIELDS} for kept in replay.kept.values()],
    }


def _taint(taint: Taint) -> Json:
    return {
        "direct": ranges(taint.direct),
        "derived": ranges(taint.derived),
        "direct_events": len(taint.direct),
        "derived_events": len(taint.derived),
        "touched_events": sum(taint.touched.values()),
        "accounts": len(taint.accounts),
        "kinds": taint.kinds,
    }


def ranges(seqs: Iterable[int]) -> list[list[int]]:
    """Seqs as ranges of first and last."""
    found: list[list[int]] = []
    for seq in sorted(seqs):
        if found and found[-1][1] == seq - 1:
            found[-1][1] = seq
        else:
            found.append([seq, seq])
    return found


def _liquidations(found: Audit) -> list[Json]:
    """Takeovers that count as wrongful, with their class where they belong to an episode."""
    return [
        {
            "seq": one.seq,
            "account": one.account,
            "liquidation_id": one.liquidation_id,
            "share_ppm": one.share_ppm,
            "class": found.classes.get(one.liquidation_id, UNDECIDED),
        }
        for one in found.done.replay.liquidations_recorded
        if one.liquidation_id in found.wrongful
    ]


def _second_wave(found: Audit) -> Json:
    waves = found.waves
    in_episode = [one for one in waves.judgements if one.episodes]
    return {
        "recomputed": len(waves.judgements),
        "disagreeing": [one.seq for one in waves.judgements if not one.agrees],
        "classes": class_counts(in_episode, found.classes),
        "episodes": [_episode(found, place, one) for place, one in enumerate(waves.episodes)],
        "triggers": [asdict(one) for one in waves.triggers if one.episodes],
    }


def class_counts(judgements: Sequence[Judgement], classes: Mapping[str, str]) -> dict[str, int]:
    """How many takeovers there are of each class."""
    counts = dict.fromkeys(CLASSES, 0)
    for one in judgements:
        counts[classes[one.liquidation_id]] += 1
    return counts


def _episode(found: Audit, place: int, episode: Episode) -> Json:
    """An episode with what was taken over in it, and what would have stopped it."""
    own = [one for one in found.waves.judgements if place in one.episodes]
    hurt = {one.account for one in own if found.classes[one.liquidation_id] in ELIGIBLE}
    effects = {effect.account: effect for effect in found.effects}
    fund = effects.get(found.done.recorded.liquidator)
    record = asdict(episode)
    record["resting"] = sorted(record["resting"].values(), key=lambda one: (-one["ticks"], one["order_id"]))
    return {
        **record,
        "liquidations": [
            {"seq": one.seq, "account": one.account, "class": found.classes[one.liquidation_id]}
            for one in own
        ],
        "classes": class_counts(own, found.classes),
        "accounts_hurt": len(hurt),
        "notional_e8": sum(one.notional_e8 for one in own),
        "users_loss_e8": sum(max(0, effects[name].difference_e8) for name in hurt if name in effects),
        "liquidator_gain_e8": 0 if fund is None else -fund.difference_e8,
        "stopped_by": stops_of(episode, own),
    }


def stops_of(episode: Episode, judgements: Sequence[Judgement]) -> list[str]:
    """Which of the rules as they are by default would have stopped an episode, from what was recorded."""
    stops = []
    paused = sum(1 for one in judgements if one.status != "ok")
    if paused:
        stops.append(f"mode.liquidations: {paused} takeovers came while the exchange was not ok")
    if episode.outside_band:
        stops.append(f"bands: {len(episode.outside_band)} orders were beyond the maintenance band")
    if episode.gate:
        stops.append(f"gates: the market would not have opened, {episode.gate}")
    if episode.guarded:
        stops.append(f"guard G5x: {episode.greatest_ppm} ppm from fair, bound {episode.bound_ppm}")
    return stops
