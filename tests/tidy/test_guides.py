"""The guides say what the programs do, and have a section for whatever an operator may be told."""

import re
from collections.abc import Iterator
from pathlib import Path

from docs.generate.markdown import anchors
from ledger.core.refusal_texts import REFUSALS
from ledger.core.rulebook import GUARDS
from ledger.edge.refusals_page import GROUPS
from ledger.errors import Action, LedgerFault

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ("ledger", "projectors", "services", "scenarios")
OPERATE = (ROOT / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8")
OPERATORS = {"Assets, markets, status and keys", "Corrections and refunds"}
"""Groups of refusals that answer commands of operators."""


def faults(of: type[LedgerFault] = LedgerFault) -> Iterator[type[LedgerFault]]:
    """Every fault that is raised by its own name: those that a bare base class stands for are left out."""
    for fault in of.__subclasses__():
        if fault.__name__ not in {"LogFault", "ViewFault"}:
            yield fault
        yield from faults(fault)


def section(heading: str, text: str = OPERATE) -> str:
    """What lies under a heading, up to the next one that is not below it."""
    level = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert level, f"docs/how-to/operate.md has no section {heading}"
    rest = text[level.end() :]
    end = re.search(rf"^#{{1,{len(level[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def test_every_action_and_every_fault_that_asks_for_it_has_its_section() -> None:
    for action in Action:
        told = set(re.findall(r"^#### (\w+)$", section(action.name), re.MULTILINE))
        asked = {
            fault.__name__
            for fault in faults()
            if fault.__module__ == "ledger.errors" and fault.action is action
        }
        assert told == asked, action


def test_every_guard_has_its_line() -> None:
    told = re.findall(r"`(G\d\w*)`", section("A guard tripped"))
    assert set(told) == set(GUARDS)
    assert len(told) == len(set(told))


def test_every_refusal_that_operators_get_has_its_line() -> None:
    wanted = {code.name for code in REFUSALS if GROUPS[code // 100] in OPERATORS}
    told = re.findall(r"`([A-Z_]+)`", section("A command of an operator was refused"))
    assert wanted - set(told) == set()
    assert set(told) - {code.name for code in REFUSALS} == set()


def test_every_gate_has_its_line() -> None:
    code = "".join(
        (ROOT / "ledger" / "core" / "rules" / name).read_text(encoding="utf-8")
        for name in ("gates.py", "modes.py")
    )
    gates = set(re.findall(r"Gate\(\s*\"(\w+)\"", code)) | set(re.findall(r"name = \"(\w+) \"", code))
    assert {"guards", "market", "book"} <= gates
    assert set(re.findall(r"^\| `(\w+)`", section("Gates"), re.MULTILINE)) == gates


def test_what_the_programs_call_a_guide_is_one() -> None:
    named = {
        (path.relative_to(ROOT).as_posix(), page, anchor)
        for package in SHIPPED
        for path in (ROOT / package).rglob("*.py")
        for page, anchor in re.findall(r"(docs/[\w./-]+\.md)(?:#([\w-]+))?", path.read_text(encoding="utf-8"))
    }
    assert named
    for where, page, anchor in named:
        assert (ROOT / page).is_file(), where
        assert not anchor or anchor in anchors((ROOT / page).read_text(encoding="utf-8")), where
