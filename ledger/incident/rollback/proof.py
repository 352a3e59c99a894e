"""The proof of a rollback, from the log alone, so that anybody with the log can make it again.

1. The approval: both signatures hold, with the keys that the log registered, over this plan.
2. Before: the live history up to the target, folded without the void blocks, has the state digest that the
   rollback declares. Every mark on the way agrees as well.
3. What was written: made again from the log (``ledger.writer.rolling``), the plan has the digest that was
   approved, and every event of the rollback is the one recorded, byte for byte.
4. After: the same fold, which never sees a void block, goes on through the rollback and has the state
   digest that it completes with.
5. Custody is the same just before and just after, in every asset.
6. Every deposit and payment since the target that was live is live, once, and no other one is.
7. The tables of the views: their digests after the fold, to be compared with those of stored views.

The fold begins with the first block, or with a checkpoint of the writer that the log vouches for
(``ledger.incident.rollback.vouched``): so the proof costs what came since, and not the whole history.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, cast

from ledger.core.control import Key
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
from ledger.incident.rollback.vouched import Beginning, beginning, checked_blocks
from ledger.log.blobs import split_outcomes, split_values
from ledger.log.blocks import check_control, check_outcomes
from ledger.log.chain import Chain, Rollback, Rollbacks
from ledger.log.codec import decode_event, decode_outcome, encode_event
from ledger.log.port import LogReader
from ledger.signing import holds
from ledger.writer.apply import block_events, read_command, replay_void
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import state_at
from ledger.writer.rolling import roll, visit_chain
from schemas import framings

FORMAT: Final = 1
NOT_COMPLETED: Final = "Apply its plan again: the writer goes on where the one before stopped"
_APPROVED: Final = framings("PlanApproved")
_OUTSIDE: Final = framings("DepositCredited") + framings("WithdrawalReleased")
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


def prove(
    log: LogReader,
    rollback: Rollback,
    stored: Stored | None = None,
    checkpoints: Checkpoints | None = None,
) -> dict[str, Any]:
    """The report; ``findings`` in it is empty for a rollback that is what it says.

    ``stored`` are the tables of views that stand at or after the end of the rollback. Without
    ``checkpoints`` the history is folded from block 1.
    """
    return _Proof(log, rollback, checkpoints).report(stored or {})


class _Proof:
    """One proof being made."""

    def __init__(self, log: LogReader, rollback: Rollback, checkpoints: Checkpoints | None) -> None:
        self.log = log
        self.rollback = rollback
        self.findings: list[str] = []
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        self.before = rollbacks.chain(rollback.height - 1)
        self.events: list[AnyEvent] = []
        self.end = self._end(rollbacks)
        self.references: frozenset[str] = frozenset()
        """Of deposits that the state at the target knows."""
        self.custody_before: dict[str, int] = {}
        self.chain = rollbacks.chain(self.end)
        declared, completed = self.events[0], self.events[-1]
        if not isinstance(declared, RollbackDeclared) or not isinstance(completed, RollbackCompleted):
            raise PlanInvalid(
                "the rollback is not completed", where=f"block {rollback.height}", remedy=NOT_COMPLETED
            )
        self.declared = declared
        self.completed = completed
        self.command = self._command()
        self.begun: Beginning = beginning(log, self.chain, declared.target_height, checkpoints)
        self.keys: dict[str, Key] = {}
        """Of the state after the rollback, as its ``custody`` and ``digest``."""
        self.custody_after: dict[str, int] = {}
        self.digest_after = ""
        self.tables_after: dict[str, str] = {}

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
        raise PlanInvalid(
            "the rollback is not completed", where=f"block {self.rollback.height}", remedy=NOT_COMPLETED
        )

    def _block(self, height: int) -> list[AnyEvent]:
        parts = [self.log.read_partition(number, height, 1)[0] for number in range(self.log.partitions)]
        return block_events([part.blob for part in parts])

    def report(self, stored: Stored) -> dict[str, Any]:
        """All of it."""
        at_target, tables = self._fold(stored)
        approval = self._approval()
        written = self._made_again()
        custody = self._custody()
        outside = self._references()
        for name, (height, digest) in sorted(stored.items()):
            self._expect(f"table {name} at block {height}", digest, tables[height].get(name, ""))
        log, declared, completed = self.log, self.declared, self.completed
        self._expect("state at the target", at_target, declared.state_digest_target)
        self._expect("state after the rollback", self.digest_after, completed.state_digest_after)
        end = log.seal(self.end)
        target = log.seal(declared.target_height)
        return {
            "format": FORMAT,
            "ledger_id": log.ledger_id,
            "folded_from": self.begun.record(),
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
            "after": {"completed": completed.state_digest_after, "replayed": self.digest_after},
            "custody": custody,
            "outside": outside,
            "tables": self.tables_after,
            "views": {
                name: {"block": height, "stored": digest, "replayed": tables[height].get(name, "")}
                for name, (height, digest) in sorted(stored.items())
            },
            "findings": self.findings,
        }

    def _expect(self, what: str, found: object, said: object) -> None:
        if found != said:
            self.findings.append(f"{what}: {said} was recorded, and it is {found}")

    def _fold(self, stored: Stored) -> tuple[str, dict[int, dict[str, str]]]:
        """Digest at the target; digests of the tables at the views' blocks."""
        wanted = sorted({height for height, _ in stored.values()})
        rollbacks = Rollbacks(self.log)
        rollbacks.read_on()
        chain = rollbacks.chain(max([self.end, *wanted]))
        state = self.begun.state
        at_target = ""
        tables: dict[int, dict[str, str]] = {}
        for parts in checked_blocks(self.log, self.begun.height, chain.tip):
            height, blobs = parts[0].height, [part.blob for part in parts]
            if not chain.is_on_chain(height):
                replay_void(state, blobs[0])
                continue
            self._take(state, block_events(blobs))
            if height == self.declared.target_height:
                at_target = writer_digest(state)
                self.references = frozenset(state.external_refs)
            if height in wanted:
                tables[height] = _digests(state)
            if height == self.end:
                self.keys = dict(state.control.keys)
                self.custody_after = dict(state.custody)
                self.digest_after = writer_digest(state)
                self.tables_after = _digests(state)
        for height in wanted:
            if height not in tables:
                self.findings.append(f"the views stand at block {height}, which is void or before the target")
                tables[height] = {}
        return at_target, tables

    def _take(self, state: State, events: list[AnyEvent]) -> None:
        """Fold the events of a live block, and check the marks among them."""
        for event in events:
            if isinstance(event, CheckpointMarked):
                self._expect(f"state at mark {event.seq}", writer_digest(state), event.writer_digest)
            evolve(state, event)

    def _approval(self) -> dict[str, Any]:
        """Who approved the plan; a signature that does not hold is a finding."""
        event = self._approved()
        if event is None:
            self.findings.append(f"no event approved plan {self.declared.plan_digest}")
            return {}
        content, signers = approval_in(event)
        operators = []
        for key_id, signature in signers:
            key = self.keys.get(key_id)
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
        """The newest approval of the plan before the rollback; it came after what the plan looked at."""
        found: PlanApproved | None = None
        height = self.command.head_height + 1
        while blocks := self.log.read_control(height, _BLOCKS_READ):
            for block in blocks:
                if block.height >= self.rollback.height:
                    return found
                if any(framing in block.data for framing in _APPROVED):
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
        raise PlanInvalid(
            "the command of the rollback is not in the log",
            where=f"block {self.end}",
            remedy="Read the log from a broker or directory that has all of its commands",
        )

    def _made_again(self) -> dict[str, Any]:
        """The plan and the events, made from the log once more."""
        before = self.log.seal(self.rollback.height - 1)
        self.custody_before = dict(state_at(self.log, before.height, self.begun.checkpoints).custody)
        rolled = roll(
            self.log,
            self.begun.checkpoints,
            self.command,
            before,
            self.declared.recorded_at_us,
            self.custody_before,
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

    def _custody(self) -> dict[str, Any]:
        before = {asset: amount for asset, amount in sorted(self.custody_before.items()) if amount}
        now = {asset: amount for asset, amount in sorted(self.custody_after.items()) if amount}
        self._expect("custody", now, before)
        return {"before": before, "after": now}

    def _references(self) -> dict[str, int]:
        """Deposits and payments since the target, of the history before and of the one after, each once."""
        before, after = self._outside(self.before), self._outside(self.chain)
        for reference, count in after.items():
            if count > 1:
                self.findings.append(f"{reference} is in the live history {count} times")
        for reference in sorted(after.keys()):
            if reference.removeprefix("deposit ") in self.references:
                self.findings.append(f"{reference} was in the history before the target, too")
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

        visit_chain(self.log, chain, self.declared.target_height, chain.tip, visit)
        return found


def _digests(state: State) -> dict[str, str]:
    return {name: one.hexdigest() for name, one in table_digests(state).items()}


def differences(
    log: LogReader, report: Mapping[str, Any], checkpoints: Checkpoints | None = None
) -> list[str]:
    """Where a report is not what the log says; empty for one that is.

    Views are not looked at, nor where the fold began, which every reader chooses.
    """
    rollback = report.get("rollback")
    if report.get("format") != FORMAT or not isinstance(rollback, dict):
        return ["it is no report of this version"]
    anew = prove(log, find_rollback(log, int(rollback.get("seq", -1))), None, checkpoints)
    parts = sorted((anew.keys() | report.keys()) - {"views", "folded_from"})
    return [
        f"{part}: the log says {anew.get(part)}, the report {report.get(part)}"
        for part in parts
        if anew.get(part) != report.get(part)
    ]


def _from(begun: Mapping[str, Any]) -> str:
    if begun["block"] == 0:
        return "block 1"
    return f"the checkpoint at block {begun['block']}, which agrees with the mark of block {begun['mark']}"


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
        f"folded from             {_from(report['folded_from'])}",
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
