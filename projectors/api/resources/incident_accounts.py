"""Whom an incident hurt and why: the effects of an audit, beside refunds owed and paid."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from projectors.api.models import incidents as shapes
from projectors.api.resources.incident_files import AuditFile
from projectors.api.resources.values import e8, e8_of, ms, number, ppm, text
from projectors.reading.answers import Row

SEQS_SHOWN: Final = 20
METHODS: Final = ("A", "B", "B+", "C", "D")
WHICH: Final = ("all", "hurt", "gained", "liquidated")
ORDERS: Final = ("lost", "gained", "account", "owed", "paid")

PARTS: Final = {
    "realized_funding_e8": "funding that was settled",
    "realized_price_e8": "profit and loss that were realized",
    "fees_e8": "fees",
    "penalties_e8": "liquidation penalties",
    "bankruptcy_cover_e8": "losses that the Liquidator Vault covered",
    "socialized_loss_e8": "socialized losses",
    "transfers_e8": "transfers",
    "vault_e8": "vaults",
    "outside_e8": "deposits and withdrawals",
    "other_e8": "other movements",
    "unrealized_price_e8": "open positions at their marks",
    "accrued_funding_e8": "funding that has accrued",
}
"""Reasons of a difference for people, in place of their names in an audit."""

Json = dict[str, Any]
Liquidations = Mapping[str, Sequence[Json]]


class Accounts:
    """The accounts of one audit, with what a method owes them and what was paid."""

    def __init__(self, audit: AuditFile, method: str, refunds: Iterable[Row]) -> None:
        report = audit.report
        self.audit = audit.name
        self.method = method
        self.effects: list[Json] = report["effects"]
        self._owed: dict[str, int] = {}
        for line in report["lines"][method]:
            self._owed[line["account"]] = self._owed.get(line["account"], 0) + line["amount_e8"]
        self._paid: dict[str, int] = {}
        for row in refunds:
            name = text(row, "account")
            self._paid[name] = self._paid.get(name, 0) + number(row, "paid_e8")
        self.liquidations: dict[str, list[Json]] = {}
        for one in report["liquidations"]:
            self.liquidations.setdefault(one["account"], []).append(one)

    def listed(self, search: str, which: str, order: str) -> list[Json]:
        """Effects of accounts whose name has ``search`` in it, of some of them, in an order."""
        found = [one for one in self.effects if search in one["account"] and self._is(one, which)]
        match order:
            case "account":
                found.sort(key=lambda one: one["account"])
            case "gained":
                found.sort(key=lambda one: (one["difference_e8"], one["account"]))
            case "owed":
                found.sort(key=lambda one: (-self._owed.get(one["account"], 0), one["account"]))
            case "paid":
                found.sort(key=lambda one: (-self._paid.get(one["account"], 0), one["account"]))
            case _:
                found.sort(key=lambda one: (-one["difference_e8"], one["account"]))
        return found

    def _is(self, effect: Json, which: str) -> bool:
        match which:
            case "hurt":
                return bool(effect["difference_e8"] > 0)
            case "gained":
                return bool(effect["difference_e8"] < 0)
            case "liquidated":
                return effect["account"] in self.liquidations
            case _:
                return True

    def totals(self) -> shapes.Totals:
        """Sums over all of them."""
        differences = [one["difference_e8"] for one in self.effects]
        return shapes.Totals(
            accounts=len(differences),
            hurt=sum(one > 0 for one in differences),
            gained=sum(one < 0 for one in differences),
            liquidated=len(self.liquidations),
            lost=e8(sum(one for one in differences if one > 0)),
            won=e8(-sum(one for one in differences if one < 0)),
            owed=e8(sum(self._owed.values())),
            paid=e8(sum(self._paid.values())),
        )

    def affected(self, effect: Json) -> shapes.Affected:
        """One account in a line."""
        name = effect["account"]
        difference = effect["difference_e8"]
        reason, amount = max(
            ((key, part["amount_e8"]) for key, part in effect["parts"].items()),
            key=lambda one: one[1] if difference >= 0 else -one[1],
            default=("", 0),
        )
        verdicts = sorted({verdict(one) for one in self.liquidations.get(name, ())})
        return shapes.Affected(
            account=name,
            audit=self.audit,
            recorded=e8(effect["value_recorded_e8"]),
            right=e8(effect["value_counterfactual_e8"]),
            lost=e8(difference),
            liquidated=", ".join(verdicts),
            flags=list(effect["flags"]),
            main_reason=PARTS.get(reason, reason),
            main_amount=e8(amount),
            owed=e8(self._owed.get(name, 0)),
            paid=e8(self._paid.get(name, 0)),
        )

    def effect(self, account: str) -> Json | None:
        """The effect on one account; ``None`` where there is none."""
        return next((one for one in self.effects if one["account"] == account), None)


def parts(effect: Json) -> list[shapes.Part]:
    """Every reason of a difference, the largest first."""
    found = [
        shapes.Part(
            reason=PARTS.get(name, name),
            amount=e8(part["amount_e8"]),
            seqs=part["recorded_seqs"][:SEQS_SHOWN],
            events=len(part["recorded_seqs"]),
        )
        for name, part in effect["parts"].items()
    ]
    order = {PARTS.get(name, name): abs(part["amount_e8"]) for name, part in effect["parts"].items()}
    return sorted(found, key=lambda one: -order[one.reason])


def owed(report: Json, account: str) -> list[shapes.Owed]:
    """What every method gives an account."""
    return [
        shapes.Owed(
            method=method,
            reason=line["reason"],
            formula=e8(line["formula_e8"]),
            cap=e8(line["cap_e8"]),
            amount=e8(line["amount_e8"]),
            note=line["note"],
        )
        for method in METHODS
        for line in report["lines"].get(method, ())
        if line["account"] == account
    ]


def verdict(liquidation: Json) -> str:
    """What an audit says of a liquidation that it lists; prices alone may explain one that funding caused."""
    return "larger" if liquidation["class"] == "larger" else "wrongful"


def takeover(row: Row, judged: Sequence[Json], *, void: bool) -> shapes.Takeover:
    """A liquidation as it was recorded, with what the audit says of it."""
    seq = number(row, "seq")
    own = next((one for one in judged if one["seq"] == seq), None)
    fair = bool(number(row, "has_fair"))
    return shapes.Takeover(
        seq=seq,
        at=ms(row, "recorded_at_us"),
        liquidation_id=text(row, "liquidation_id"),
        trigger=text(row, "trigger"),
        verdict="" if own is None else verdict(own),
        account_value=e8_of(row, "account_value_e8"),
        requirement=e8_of(row, "mmr_e8"),
        account_value_fair=e8_of(row, "account_value_fair_e8") if fair else "",
        requirement_fair=e8_of(row, "mmr_fair_e8") if fair else "",
        accrued_funding=e8_of(row, "accrued_funding_e8"),
        notional=e8_of(row, "notional_e8"),
        share=ppm(number(row, "share_ppm")),
        void=void,
    )
