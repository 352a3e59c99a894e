"""The guides say what the programs do."""

import re
from collections.abc import Iterator
from pathlib import Path

from ledger.errors import Action, LedgerFault

ROOT = Path(__file__).parent.parent.parent


def faults(of: type[LedgerFault] = LedgerFault) -> Iterator[type[LedgerFault]]:
    """Every fault that is raised by its own name: those that a bare base class stands for are left out."""
    for fault in of.__subclasses__():
        if fault.__name__ not in {"LogFault", "ViewFault"}:
            yield fault
        yield from faults(fault)


def test_every_fault_is_explained_under_the_action_that_it_asks_for() -> None:
    guide = (ROOT / "docs" / "how-to" / "kafka.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### ([A-Z]+):(.*?)(?=^##|\Z)", guide, re.MULTILINE | re.DOTALL))
    assert sections.keys() == {action.name for action in Action}
    missing = [
        f"{fault.__name__} under {fault.action.name}"
        for fault in faults()
        if fault.__module__ == "ledger.errors" and f"`{fault.__name__}`" not in sections[fault.action.name]
    ]
    assert missing == []
