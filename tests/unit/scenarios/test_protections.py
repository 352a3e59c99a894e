"""Which protections are turned on in which branch, and how the table puts the branches side by side."""

from typing import Any

from scenarios.day.compared import compared
from scenarios.day.protections import ALL, ALONE, NONE, PROTECTIONS, WITHOUT, branches
from scenarios.day.rules import BOUNDS, JANUARY


def test_every_protection_is_on_alone_and_is_the_only_one_missing_once() -> None:
    for wave, known in PROTECTIONS.items():
        found = branches(wave)
        assert [branch.which for branch in (found[0], found[-1])] == [NONE, ALL]
        assert not found[0].on
        assert list(found[-1].on) == list(known)
        for one in known:
            (alone,) = [b for b in found if b.which == ALONE and b.about == one.title]
            (without,) = [b for b in found if b.which == WITHOUT and b.about == one.title]
            assert list(alone.on) == [one]
            assert {other.title for other in without.on} == {other.title for other in known} - {one.title}


def test_every_rule_that_the_two_rule_sets_differ_in_belongs_to_a_protection() -> None:
    protections = [one for known in PROTECTIONS.values() for one in known]
    rules = {rule for one in protections for rule in one.rules if not rule.startswith("guard.")}
    assert rules == set(JANUARY)
    assert {field for one in protections for field in one.fields} == set(BOUNDS)


def row(which: str, about: str, accounts: int, loss: int) -> dict[str, Any]:
    return {
        "wave": "first wave", "protection": about, "which": which, "accounts": accounts,
        "loss_e8": loss * 10**8, "deficit_e8": 0, "paid_out_e8": 0, "closed_ms": 0, "opened_ms": 0,
        "basis_bps": 0, "lowest_bps": 0,
    }  # fmt: skip


def test_what_a_protection_saves_is_the_loss_without_any_less_the_loss_with_it_alone() -> None:
    rows = [
        row(NONE, "", 10, 500),
        row(ALONE, "a", 4, 120),
        row(ALONE, "b", 10, 500),
        row(WITHOUT, "a", 9, 450),
        row(WITHOUT, "b", 0, 0),
        row(ALL, "", 0, 0),
    ]
    lines = [
        (line["protection"], line["accounts hurt"], line["saved"], line["loss without it"])
        for line in compared(rows)
    ]
    assert lines == [
        ("none: as it was", 10, "0.00", ""),
        ("a", 4, "380.00", "450.00"),
        ("b", 10, "0.00", "0.00"),
        ("all of these", 0, "500.00", ""),
    ]
