"""Where the proof of a rollback begins: with a checkpoint that the log vouches for, or with block 1."""

from pathlib import Path

from ledger.errors import invariant
from ledger.incident.rollback.proof import differences, find_rollback, prove, readable
from ledger.log.memory import MemoryLog
from ledger.writer.checkpoints import Checkpoints
from tests.spec import USDC, account, deposit
from tests.undoing import Desk, wanted


class History:
    """Deposits, a checkpoint, perhaps a mark after it, and a rollback over a few deposits."""

    def __init__(self, folder: Path, *, marked: bool) -> None:
        self.checkpoints = Checkpoints(folder)
        self.log = MemoryLog("test-ledger", 2)
        desk = Desk(self.log, self.checkpoints)
        desk.block(USDC, account("ann"), account("bob"), deposit("bob", "1"))
        desk.register()
        for number in range(4):
            desk.block(deposit("ann", "1", ref=f"early-{number}"))
        desk.writer.checkpoint()
        head = self.log.head()
        invariant(head is not None, "the log has blocks")
        self.kept = 0 if head is None else head.height
        good = desk.block(deposit("ann", "2", ref="between"))
        if marked:
            desk.mark()
            good += 1
        for number in range(3):
            desk.block(deposit("ann", "3", ref=f"late-{number}"))
        desk.maintenance()
        desk.roll_back(wanted(good))
        self.rollback = find_rollback(self.log)


def test_the_fold_begins_with_the_newest_checkpoint_before_a_mark(tmp_path: Path) -> None:
    history = History(tmp_path, marked=True)
    helped = prove(history.log, history.rollback, None, history.checkpoints)
    from_zero = prove(history.log, history.rollback)
    assert helped["findings"] == from_zero["findings"] == []
    assert helped["folded_from"]["block"] == history.kept
    assert helped["folded_from"]["mark"] == history.kept + 2
    assert from_zero["folded_from"]["block"] == 0
    assert {**helped, "folded_from": 0} == {**from_zero, "folded_from": 0}
    assert differences(history.log, helped) == differences(history.log, from_zero, history.checkpoints) == []
    assert helped["outside"] == {"before": 3, "after": 3}
    assert any(f"checkpoint at block {history.kept}" in line for line in readable(helped))


def test_a_checkpoint_that_no_mark_vouches_for_is_not_used(tmp_path: Path) -> None:
    history = History(tmp_path, marked=False)
    assert prove(history.log, history.rollback, None, history.checkpoints)["folded_from"]["block"] == 0


def test_a_checkpoint_that_is_not_the_logs_is_found_at_the_mark(tmp_path: Path) -> None:
    history = History(tmp_path, marked=True)
    only = Checkpoints(tmp_path / "spoiled")
    at = history.checkpoints.newest("test-ledger", lambda _height, _digest: True, history.kept)
    assert at is not None
    at.state.accounts["bob"].balance_e8 += 1
    seal = history.log.seal(history.kept)
    only.save("test-ledger", history.kept, seal.digest, at.state, at.duplicates)
    findings = prove(history.log, history.rollback, None, only)["findings"]
    assert any("state at mark" in finding for finding in findings)
    assert prove(history.log, history.rollback)["findings"] == []
