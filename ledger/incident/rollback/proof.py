"""The proof of a rollback, from the log alone, so that anybody with the log can make it again.

1. The approval: both signatures hold, with the keys that the log registered, over this plan.
2. Before: the live history up to the target, folded from block 1 without a checkpoint, has the state
   digest that the rollback declares. A mark recorded at or before the target agrees as well.
3. What was written: made again from the log (``ledger.writer.rolling``), the plan has the digest that was
   approved, and every event of the rollback is the one recorded, byte for byte.
4. After: the same fold, which never sees a void block, goes on through the rollback and has the state
   digest that it completes with.
5. Custody is the same just before and just after, in every asset.
6. Every deposit and every payment of the live history is in it once, and none that was live before is gone.
7. The tables of the views: their digests after the fold, to be compared with those of stored views.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, cast

from ledger.core.decision import Decision
from ledger.core.digest import table_digests, writer_digest
from ledger.core.evolve import evolve
from ledger.core.messages import (
    AnyEvent,
    ApplyRollback,
    CheckpointMarked,
    DepositCredited,
    PlanApproved,
    RollbackCompleted,
    RollbackDeclared,
    WithdrawalReleased,
)
from ledger.core.state import State
from ledger.edge.decimals import format_decimal
from ledger.errors import PlanInvalid
from ledger.incident.plan import approval_in
from ledger.log.blobs import split_outcomes, split_values
from ledger.log.blocks import check_control, check_outcomes
from ledger.log.chain import Chain, Rollback, Rollbacks
from ledger.log.codec import decode_event, decode_outcome, encode_event
from ledger.log.port import LogReader
from ledger.signing import holds
from ledger.writer.apply import block_events, read_command, replay_void
from ledger.writer.recovery import state_at
from ledger.writer.rolling import roll, visit_chain
from schemas import catalog

FORMAT: Final = 1
_APPROVED: Final = catalog()["PlanApproved"].framing
_OUTSIDE: Final = (catalog()["DepositCredited"].framing, catalog()["WithdrawalReleased"].framing)
_BLOCKS_READ: Final = 1_000

Stored = Mapping[str, tuple[int, str]]
"""Table of a view: the block that it stands at, and its digest there."""


def find_rollback(log: LogReader, seq: int = 0) -> Rollback:
    """The rollback that the event ``seq`` declared, the newest of the live history for 0."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    head = log.head()
    chain = rollbacks.chain(0 if head is None else head.height)
    for rollback in reversed(rollbacks.declared()):
        if rollback.seq == seq or (seq == 0 and chain.is_on_chain(rollback.height)):
            return rollback
    raise PlanInvalid("the log has no such rollback", remedy="Name the seq of its RollbackDeclared")


def prove(log: LogReader, rollback: Rollback, stored: Stored | None = None) -> dict[str, Any]:
    """The report; ``findings`` in it is empty for a rollback that is what it says.

    ``stored`` are the tables of views that stand at or after the end of the rollback.
    """
    return _Proof(log, rollback).report(stored or {})


class _Proof:
    """One proof being made."""

    def __init__(self, log: LogReader, rollback: Rollback) -> None:
        self.log = log
        self.rollback = rollback
        self.findings: list[str] = []
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        self.before = rollbacks.chain(rollback.height - 1)
        self.events: list[AnyEvent] = []
        self.end = self._end(rollbacks)
        self.chain = rollbacks.chain(self.end)
        declared, completed = self.events[0], self.events[-1]
        if not isinstance(declared, RollbackDeclared) or not isinstance(completed, RollbackCompleted):
            raise PlanInvalid("the rollback is not completed", where=f"block {rollback.height}")
        self.declared = declared
        self.completed = completed

    def _end(self, rollbacks: Rollbacks) -> int:
        """Gather the rollback's events; the height of the block that completes it."""
        head = self.log.head()
        height = self.rollback.height
        while head is not None and height <= head.height:
            if height > self.rollback.height and rollbacks.chain(height).segments[-1].first == height:
                break
            for event in self._block(height):
                self.events.append(event)
                if isinstance(event, RollbackCompleted):
                    return height
            height += 1
        raise PlanInvalid("the rollback is not completed", where=f"block {self.rollback.height}")

    def _block(self, height: int) -> list[AnyEvent]:
        parts = [self.log.read_partition(number, height, 1)[0] for number in range(self.log.partitions)]
        return block_events([part.blob for part in parts])

    def report(self, stored: Stored) -> dict[str, Any]:
        """All of it."""
        at_target, after, tables = self._fold(stored)
        approval = self._approval(after)
        written = self._made_again()
        custody = self._custody(after)
        outside = self._references()
        for name, (height, digest) in sorted(stored.items()):
            self._expect(f"table {name} at block {height}", digest, tables[height].get(name, ""))
        log, declared, completed = self.log, self.declared, self.completed
        self._expect("state at the target", at_target, declared.state_digest_target)
        digest_after = writer_digest(after)
        self._expect("state after the rollback", digest_after, completed.state_digest_after)
        end = log.seal(self.end)
        target = log.seal(declared.target_height)
        return {
            "format": FORMAT,
            "ledger_id": log.ledger_id,
            "rollback": {
                "seq": declared.seq,
                "incident_id": declared.incident_id,
                "reason": declared.reason,
                "plan_digest": declared.plan_digest,
                "block": self.rollback.height,
                "completed_in_block": self.end,
                "completed_seal": end.digest,
                "void_blocks": [declared.void_from_height, declared.void_to_height],
                "void_seqs": [declared.void_from_seq, declared.void_to_seq],
                "reinstated": completed.reinstated,
                "cancelled": completed.cancelled,
                "negative_total_e8": completed.negative_total_e8,
            },
            "approval": approval,
            "target": {
                "block": declared.target_height,
                "seal": target.digest,
                "declared": declared.state_digest_target,
                "replayed": at_target,
            },
            "written": written,
            "after": {"completed": completed.state_digest_after, "replayed": digest_after},
            "custody": custody,
            "outside": outside,
            "tables": {name: one.hexdigest() for name, one in table_digests(after).items()},
            "views": {
                name: {"block": height, "stored": digest, "replayed": tables[height].get(name, "")}
                for name, (height, digest) in sorted(stored.items())
            },
            "findings": self.findings,
        }

    def _expect(self, what: str, found: object, said: object) -> None:
        if found != said:
            self.findings.append(f"{what}: {said} was recorded, and it is {found}")

    def _fold(self, stored: Stored) -> tuple[str, State, dict[int, dict[str, str]]]:
        """Digest at the target; the state after the rollback; digests of the tables at the views' blocks."""
        wanted = sorted({height for height, _ in stored.values()})
        rollbacks = Rollbacks(self.log)
        rollbacks.read_on()
        chain = rollbacks.chain(max([self.end, *wanted]))
        state = State()
        at_target, after = "", State()
        tables: dict[int, dict[str, str]] = {}
        for height in range(1, chain.tip + 1):
            if not self._take(state, height, chain):
                continue
            if height == self.declared.target_height:
                at_target = writer_digest(state)
            if height in wanted:
                tables[height] = {name: one.hexdigest() for name, one in table_digests(state).items()}
            if height == self.end:
                after = state if chain.tip == self.end else self._again()
        for height in wanted:
            if height not in tables:
                self.findings.append(f"the views stand at block {height}, which is void")
                tables[height] = {}
        return at_target, after, tables

    def _again(self) -> State:
        """The state after the rollback, when the fold goes on to where the views stand."""
        state = State()
        for height in range(1, self.end + 1):
            self._take(state, height, self.chain)
        return state

    def _take(self, state: State, height: int, chain: Chain) -> bool:
        """Fold one block if it is live, and check the marks in it; whether it is."""
        if not chain.is_on_chain(height):
            replay_void(state, self.log.read_partition(0, height, 1)[0].blob)
            return False
        for event in self._block(height):
            if isinstance(event, CheckpointMarked):
                self._expect(f"state at mark {event.seq}", writer_digest(state), event.writer_digest)
            evolve(state, event)
        return True

    def _approval(self, after: State) -> dict[str, Any]:
        """Who approved the plan; a signature that does not hold is a finding."""
        event = self._approved()
        if event is None:
            self.findings.append(f"no event approved plan {self.declared.plan_digest}")
            return {}
        content, signers = approval_in(event)
        operators = []
        for key_id, signature in signers:
            key = after.control.keys.get(key_id)
            if key is None or not holds(key.public_key, signature, self.log.ledger_id, content):
                self.findings.append(f"the signature of {key_id} does not hold")
            else:
                operators.append(key.operator)
        if len(set(operators)) != len(signers):
            self.findings.append("the plan was not approved by two operators")
        keys = [key for key, _ in signers]
        self._expect("keys of the rollback", keys, [self.declared.key_1, self.declared.key_2])
        return {"seq": event.seq, "keys": keys, "operators": operators}

    def _approved(self) -> PlanApproved | None:
        """The newest approval of the plan before the rollback."""
        found: PlanApproved | None = None
        height = 1
        while blocks := self.log.read_control(height, _BLOCKS_READ):
            for block in blocks:
                if block.height >= self.rollback.height:
                    return found
                if _APPROVED in block.data:
                    check_control(self.log.seal(block.height), block.data)
                    for value in split_values(block.data):
                        if value.startswith(_APPROVED):
                            event = cast("PlanApproved", decode_event(value))
                            if event.plan_digest == self.declared.plan_digest:
                                found = event
                height = block.height + 1
        return found

    def _command(self) -> ApplyRollback:
        """The command that asked for the rollback."""
        seal = self.log.seal(self.end)
        (block,) = self.log.read_outcomes(self.end, 1)
        check_outcomes(seal, block.data)
        for value in split_outcomes(block.data):
            outcome = decode_outcome(value)
            if f"{outcome.producer}/{outcome.number}" == self.declared.command_id:
                (stored,) = self.log.read_commands(outcome.position, 1)
                command = read_command(stored.data)
                if isinstance(command, ApplyRollback):
                    return command
        raise PlanInvalid("the command of the rollback is not in the log", where=f"block {self.end}")

    def _made_again(self) -> dict[str, Any]:
        """The plan and the events, made from the log once more."""
        before = self.log.seal(self.rollback.height - 1)
        self.state_before = state_at(self.log, before.height)
        rolled = roll(
            self.log,
            None,
            self._command(),
            before,
            self.declared.recorded_at_us,
            self.state_before.custody,
        )
        if isinstance(rolled, Decision):
            self.findings.append(f"the rollback cannot be made again: {rolled.detail}")
            return {}
        self._expect("plan", rolled.digest, self.declared.plan_digest)
        made = [encode_event(event) for event in rolled.rebuilt.events]
        recorded = [encode_event(event) for event in self.events]
        same = sum(one == other for one, other in zip(made, recorded, strict=False))
        if made != recorded:
            self.findings.append(f"{same} of {len(recorded)} events are those that the plan makes")
        return {"events": len(recorded), "same": same, "plan_digest": rolled.digest}

    def _custody(self, after: State) -> dict[str, Any]:
        before = {asset: amount for asset, amount in sorted(self.state_before.custody.items()) if amount}
        now = {asset: amount for asset, amount in sorted(after.custody.items()) if amount}
        self._expect("custody", now, before)
        return {"before": before, "after": now}

    def _references(self) -> dict[str, int]:
        """Deposits and payments of the history before and of the one after, each once."""
        before, after = self._outside(self.before), self._outside(self.chain)
        for reference, count in after.items():
            if count > 1:
                self.findings.append(f"{reference} is in the live history {count} times")
        for reference in sorted(before.keys() - after.keys()):
            self.findings.append(f"{reference} was live before the rollback and is gone")
        for reference in sorted(after.keys() - before.keys()):
            self.findings.append(f"{reference} was not live before the rollback")
        return {"before": sum(before.values()), "after": sum(after.values())}

    def _outside(self, chain: Chain) -> Counter[str]:
        found: Counter[str] = Counter()

        def visit(_key: bytes, value: bytes) -> None:
            if value.startswith(_OUTSIDE):
                event = decode_event(value)
                if isinstance(event, DepositCredited):
                    found[f"deposit {event.external_chain}/{event.external_ref}"] += 1
                elif isinstance(event, WithdrawalReleased):
                    found[f"withdrawal {event.withdrawal_id} of {event.paid_e8}e-8"] += 1

        visit_chain(self.log, chain, 0, chain.tip, visit)
        return found


def differences(log: LogReader, report: Mapping[str, Any]) -> list[str]:
    """Where a report is not what the log says; empty for one that is. Views are not looked at."""
    rollback = report.get("rollback")
    if report.get("format") != FORMAT or not isinstance(rollback, dict):
        return ["it is no report of this version"]
    anew = prove(log, find_rollback(log, int(rollback.get("seq", -1))))
    parts = sorted((anew.keys() | report.keys()) - {"views"})
    return [
        f"{part}: the log says {anew.get(part)}, the report {report.get(part)}"
        for part in parts
        if anew.get(part) != report.get(part)
    ]


def readable(report: Mapping[str, Any]) -> list[str]:
    """The report for a person, line by line."""
    rollback, target, after = report["rollback"], report["target"], report["after"]
    custody, outside, written = report["custody"], report["outside"], report["written"]
    declared = f"declared by event {rollback['seq']} in block {rollback['block']}"
    lines = [
        f"rollback of {rollback['incident_id']} to block {target['block']}, {declared}",
        f"plan {rollback['plan_digest']}, approved by {', '.join(report['approval'].get('operators', ()))}",
        f"void: blocks {rollback['void_blocks'][0]} to {rollback['void_blocks'][1]}",
        f"state at the target     {target['replayed']}",
        f"state after it          {after['replayed']}",
        f"events made again       {written.get('same', 0)} of {written.get('events', 0)} are the same",
        f"custody before          {_money(custody['before'])}",
        f"custody after           {_money(custody['after'])}",
        f"deposits and payments   {outside['before']} before, {outside['after']} after, each once",
    ]
    lines += [
        f"view table {name} at block {found['block']}: {found['stored']}"
        for name, found in report["views"].items()
    ]
    findings = report["findings"]
    lines += [f"FINDING: {finding}" for finding in findings]
    lines.append("proved" if not findings else f"{len(findings)} findings: not proved")
    return lines


def _money(amounts_e8: Mapping[str, int]) -> str:
    return ", ".join(f"{format_decimal(amount, 8)} {asset}" for asset, amount in sorted(amounts_e8.items()))
