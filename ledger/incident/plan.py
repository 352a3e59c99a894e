"""Plan files: what operators look at, approve with two keys, and hand to the ledger.

For whoever makes plans of another kind::

    head = PlanHead(CORRECTION, ledger_id, incident_id, head_height, lines, total_e8, payer, cap_e8)
    plan = Plan(head, body, report)       # body: what will happen; report: what else to know
    write_plan(path, plan)                # the file names its digest
    plan = read_plan(path)                # PlanInvalid when it was edited
    plan = approved(plan, (key_id, private), now_us, expires_at_us)   # one signature more
    command = approval_command(plan)      # SignedCommand of an ApprovePlan, once two signed

``body`` and ``report`` are objects of texts, whole numbers, lists and objects (``ledger.core.plan_digest``).
The ledger records the approval as ``PlanApproved``; who applies a plan asks
``ledger.core.rules.plans.refuse_plan(state, kind, digest, now_us)`` and ``refuse_moved(state, head_seq)``.

The signatures are over the framed ``ApprovePlan``, which has the digest and everything that the
approval names, so the two operators sign the same bytes, and the event says again what they signed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ledger.core.messages import ApprovePlan, PlanApproved, SignedCommand
from ledger.core.plan_digest import PLAN_KINDS, PlanHead, content_digest, plan_digest
from ledger.core.values import is_long
from ledger.errors import InvariantError, PlanInvalid
from ledger.files import write_whole
from ledger.log.codec import encode_command
from ledger.signing import signature_of

FORMAT: Final = 1
SIGNATURES_NEEDED: Final = 2
_PRODUCER_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Approval:
    """Signatures, as (key id, signature), of one ``ApprovePlan``; its times are Unix microseconds."""

    issued_at_us: int
    expires_at_us: int
    signatures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and, as far as it is there, its approval."""

    head: PlanHead
    body: Mapping[str, Any]
    report: Mapping[str, Any]
    approval: Approval | None = None

    @property
    def report_digest(self) -> str:
        """Digest of the part that is for people."""
        return content_digest(self.report)

    @property
    def digest(self) -> str:
        """What is approved, 64 hexadecimal digits."""
        return plan_digest(self.head, self.body, self.report_digest)

    @property
    def producer(self) -> str:
        """Producer of the commands that approve and apply this plan."""
        return f"plan-{self.digest[:_PRODUCER_DIGITS]}"


def write_plan(path: Path, plan: Plan) -> None:
    """Write the plan, durable on return; the file is never a part of one, whoever dies when."""
    head = plan.head
    content: dict[str, Any] = {
        "format": FORMAT,
        "digest": plan.digest,
        "kind": head.kind,
        "ledger_id": head.ledger_id,
        "incident_id": head.incident_id,
        "head_height": head.head_height,
        "lines": head.lines,
        "total_e8": head.total_e8,
        "payer": head.payer,
        "cap_e8": head.cap_e8,
        "body": plan.body,
        "report": plan.report,
    }
    if plan.approval is not None:
        content["approval"] = {
            "issued_at_us": plan.approval.issued_at_us,
            "expires_at_us": plan.approval.expires_at_us,
            "signatures": [
                {"key": key, "signature": signature} for key, signature in plan.approval.signatures
            ],
        }
    write_whole(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises ``PlanInvalid`` for a file that is none, or that was edited."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        head = PlanHead(
            _text(content, "kind"),
            _text(content, "ledger_id"),
            _text(content, "incident_id"),
            _number(content, "head_height"),
            _number(content, "lines"),
            _number(content, "total_e8"),
            _text(content, "payer"),
            _number(content, "cap_e8"),
        )
        plan = Plan(
            head, _object(content, "body"), _object(content, "report"), _approval(content.get("approval"))
        )
        digest = plan.digest
    except (OSError, ValueError, TypeError, KeyError, InvariantError) as fault:
        raise PlanInvalid(f"it is no plan: {fault}", where=str(path)) from fault
    if content.get("format") != FORMAT or head.kind not in PLAN_KINDS:
        raise PlanInvalid("it is a plan of another version or of no known kind", where=str(path))
    if content.get("digest") != digest:
        raise PlanInvalid(f"it was edited: its digest is {digest}, it says another", where=str(path))
    return plan


def approved(plan: Plan, key: tuple[str, str], now_us: int, expires_at_us: int) -> Plan:
    """The plan with one signature more, of (key id, private key).

    The first one to sign says when the approval ends. Raises ``PlanInvalid`` when the key has
    signed before, or two have.
    """
    approval = plan.approval or Approval(now_us, expires_at_us, ())
    key_id, private = key
    if any(key_id == signer for signer, _ in approval.signatures):
        raise PlanInvalid(
            f"key {key_id} has signed it before",
            where=f"plan {plan.digest}",
            remedy="Have another operator sign it, with another key",
        )
    if len(approval.signatures) == SIGNATURES_NEEDED:
        raise PlanInvalid(
            "two operators have signed it", where=f"plan {plan.digest}", remedy="Apply it, or pay it"
        )
    content = encode_command(_statement(plan, approval))
    signature = signature_of(private, plan.head.ledger_id, content)
    return replace(plan, approval=replace(approval, signatures=(*approval.signatures, (key_id, signature))))


def approval_command(plan: Plan) -> SignedCommand:
    """What tells the ledger of the approval. Raises ``PlanInvalid`` until two have signed."""
    approval = plan.approval
    if approval is None or len(approval.signatures) < SIGNATURES_NEEDED:
        raise PlanInvalid(
            "two operators have to sign it first",
            where=f"plan {plan.digest}",
            remedy="Have two operators approve the file, each with a key of its own",
        )
    (key_1, signature_1), (key_2, signature_2) = approval.signatures
    content = encode_command(_statement(plan, approval))
    return SignedCommand(content.hex(), key_1, signature_1, key_2, signature_2)


def approval_in(event: PlanApproved) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """The bytes that were signed for an approval on the log, and (key id, signature) of each signer."""
    producer, _, number = event.command_id.rpartition("/")
    command = ApprovePlan(
        producer,
        int(number),
        event.occurred_at_us,
        event.plan_kind,
        event.plan_digest,
        event.incident_id,
        event.head_height,
        event.lines,
        event.total_e8,
        event.payer,
        event.cap_e8,
        event.expires_at_us,
    )
    return encode_command(command), ((event.key_1, event.signature_1), (event.key_2, event.signature_2))


def approval_of(plan: Plan) -> ApprovePlan:
    """The command that was signed. Raises ``PlanInvalid`` before the first signature."""
    if plan.approval is None:
        raise PlanInvalid(
            "nobody has signed it",
            where=f"plan {plan.digest}",
            remedy="Have two operators approve the file, each with a key of its own",
        )
    return _statement(plan, plan.approval)


def _statement(plan: Plan, approval: Approval) -> ApprovePlan:
    head = plan.head
    return ApprovePlan(
        plan.producer,
        approval.issued_at_us,
        approval.issued_at_us,
        head.kind,
        plan.digest,
        head.incident_id,
        head.head_height,
        head.lines,
        head.total_e8,
        head.payer,
        head.cap_e8,
        approval.expires_at_us,
    )


def _approval(content: Any) -> Approval | None:  # noqa: ANN401
    if content is None:
        return None
    signatures = tuple((_text(one, "key"), _text(one, "signature")) for one in content["signatures"])
    if len(signatures) > SIGNATURES_NEEDED:
        raise ValueError(f"it has {len(signatures)} signatures, two are needed")
    return Approval(_number(content, "issued_at_us"), _number(content, "expires_at_us"), signatures)


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _number(content: Mapping[str, Any], name: str) -> int:
    value = content[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is no whole number")
    if not is_long(value):
        raise ValueError(f"{name} is out of range")
    return value


def _object(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = content[name]
    if not isinstance(value, dict):
        raise TypeError(f"{name} is no object")
    return value
