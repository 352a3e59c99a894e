"""The digest of a plan: what operators sign, and what the ledger computes again before it applies one.

A plan has two parts. The *body* is what will happen, and the ledger can make it again from the log. The
*report* is what else people should know before they approve. Both are objects of texts, whole numbers,
lists and objects; their bytes are JSON in ASCII with sorted keys and nothing between the words, so
the same content always has the same bytes. The digest is blake2b-256 over a version text and,
each behind its length: kind, ledger, incident, newest block looked at, number of lines, total, payer,
cap, the body, and the digest of the report.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, final

from ledger.errors import InvariantError

ROLLBACK: Final = "ROLLBACK"
CORRECTION: Final = "CORRECTION"
REFUND: Final = "REFUND"
PLAN_KINDS: Final = frozenset((ROLLBACK, CORRECTION, REFUND))

_DOMAIN: Final = b"ledger.plan.v1"
_DIGEST_BYTES: Final = 32


@final
class PlanHead:
    """What a plan is about, and what it may cost: the fields that its approval names too.

    ``head_height`` is the newest block that the plan looked at, ``lines`` how many lines it has,
    ``total_e8`` their sum in the settlement asset, ``cap_e8`` the most that ``payer`` may pay (0: no cap).
    """

    __slots__ = ("cap_e8", "head_height", "incident_id", "kind", "ledger_id", "lines", "payer", "total_e8")

    def __init__(  # noqa: PLR0913
        self,
        kind: str,
        ledger_id: str,
        incident_id: str,
        head_height: int,
        lines: int,
        total_e8: int,
        payer: str,
        cap_e8: int,
    ) -> None:
        self.kind = kind
        self.ledger_id = ledger_id
        self.incident_id = incident_id
        self.head_height = head_height
        self.lines = lines
        self.total_e8 = total_e8
        self.payer = payer
        self.cap_e8 = cap_e8


def canonical(content: object) -> bytes:
    """The one form of texts, whole numbers, lists and objects as bytes."""
    _check(content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def content_digest(content: object) -> str:
    """Digest of a body or a report, 64 hexadecimal digits."""
    return blake2b(canonical(content), digest_size=_DIGEST_BYTES).hexdigest()


def plan_digest(head: PlanHead, body: Mapping[str, object], report_digest: str) -> str:
    """Digest of a plan, 64 hexadecimal digits."""
    digest = blake2b(_DOMAIN, digest_size=_DIGEST_BYTES)
    for part in (
        head.kind.encode(),
        head.ledger_id.encode(),
        head.incident_id.encode(),
        str(head.head_height).encode(),
        str(head.lines).encode(),
        str(head.total_e8).encode(),
        head.payer.encode(),
        str(head.cap_e8).encode(),
        canonical(body),
        report_digest.encode(),
    ):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _check(content: object) -> None:
    """Stop at what has no one form: fractions, nothing, keys that are no texts."""
    if isinstance(content, bool) or not isinstance(content, str | int | list | tuple | dict):
        raise InvariantError(f"{type(content).__name__} is nothing that a plan can hold")
    if isinstance(content, dict):
        for key, value in content.items():
            if not isinstance(key, str):
                raise InvariantError("a key of a plan is not a text")
            _check(value)
    elif isinstance(content, list | tuple):
        for value in content:
            _check(value)
