"""Control state: status, rules, policies, keys, approvals. It survives a rollback (decisions.md 31).

It is changed by control events alone, which count from every block, void or not, and is in no
compared digest.
"""

from typing import Final, final

from ledger.core.rulebook import (
    GUARD_PREFIX,
    GUARDS,
    MODE_RULES,
    MODES,
    NUMBER_RULES,
    OBSERVE,
    POLICIES,
    WORD_RULES,
)
from ledger.core.rules.words import (
    STATUS_CANCEL_ONLY,
    STATUS_MAINTENANCE,
    STATUS_OK,
    STATUS_POST_ONLY,
    SWITCH_OPEN,
)

STATUS_BITS: Final[dict[str, int]] = {
    STATUS_MAINTENANCE: 1,
    STATUS_CANCEL_ONLY: 2,
    STATUS_POST_ONLY: 4,
    STATUS_OK: 8,
}
"""A bit for every status, rising with what it allows. A market that is halted or settled has none."""

OK_BIT: Final = 8
OPERATOR_ROLE: Final = "operator"
KEY_ID_DIGITS: Final = 16


@final
class Key:
    """An operator key; a revoked one is remembered so that its id is never used again."""

    __slots__ = ("key_id", "operator", "public_key", "revoked", "role")

    def __init__(self, key_id: str, public_key: str, role: str, operator: str) -> None:
        self.key_id = key_id
        self.public_key = public_key
        self.role = role
        self.operator = operator
        self.revoked = 0


@final
class Approval:
    """A plan that two operators approved, by its digest; see ``PlanApproved``.

    ``seq`` is the event that recorded it, ``used_seq`` the one that applied the plan (0: not yet).
    """

    __slots__ = (
        "cap_e8",
        "digest",
        "expires_at_us",
        "head_height",
        "incident_id",
        "key_1",
        "key_2",
        "kind",
        "lines",
        "payer",
        "seq",
        "signature_1",
        "signature_2",
        "total_e8",
        "used_seq",
    )

    def __init__(  # noqa: PLR0913
        self,
        digest: str,
        kind: str,
        incident_id: str,
        head_height: int,
        lines: int,
        total_e8: int,
        payer: str,
        cap_e8: int,
        key_1: str,
        key_2: str,
        signature_1: str,
        signature_2: str,
        expires_at_us: int,
        seq: int,
    ) -> None:
        self.digest = digest
        self.kind = kind
        self.incident_id = incident_id
        self.head_height = head_height
        self.lines = lines
        self.total_e8 = total_e8
        self.payer = payer
        self.cap_e8 = cap_e8
        self.key_1 = key_1
        self.key_2 = key_2
        self.signature_1 = signature_1
        self.signature_2 = signature_2
        self.expires_at_us = expires_at_us
        self.seq = seq
        self.used_seq = 0


@final
class Control:
    """Status of the exchange, switch of withdrawals, rules in force, operator keys, approvals.

    ``bit`` stands for ``status`` in ``modes``, which has the statuses of every mode rule as bits.
    ``opened_us`` is when the status last became ok after another (0: never), ``tripped_us`` when a
    guard last refused something. ``values`` has the rules that were changed, as recorded;
    everything else is derived from it by ``put``. ``voids`` are the seqs that rollbacks made void: first,
    last, seq of the declaration, and again.
    """

    __slots__ = (
        "account_signers",
        "approvals",
        "bands",
        "bit",
        "changed_us",
        "gates",
        "keys",
        "modes",
        "numbers",
        "observed_until_us",
        "opened_us",
        "policies",
        "reopen_us",
        "signing",
        "status",
        "tripped_us",
        "values",
        "voids",
        "withdrawals",
    )

    def __init__(self) -> None:
        self.status = STATUS_OK
        self.bit = OK_BIT
        self.withdrawals = SWITCH_OPEN
        self.changed_us = 0
        self.opened_us = 0
        self.tripped_us = 0
        self.values: dict[str, str] = {}
        self.numbers: dict[str, int] = {name: rule.default for name, rule in NUMBER_RULES.items()}
        self.policies: dict[str, int] = {name: guard.default for name, guard in GUARDS.items()}
        self.observed_until_us: dict[str, int] = {}
        self.modes: list[int] = [0] * MODES
        for place, statuses, _ in MODE_RULES.values():
            self.modes[place] = status_bits(statuses)
        self.gates = 1
        self.bands = 1
        self.account_signers = 0
        self.reopen_us = self.numbers["reopen_band_ms"] * 1000
        self.keys: dict[str, Key] = {}
        self.approvals: dict[str, Approval] = {}
        """By the digest of the plan."""
        self.voids: list[int] = []
        self.signing = 0
        """1 when some command may need a signature."""

    def add_key(self, key: Key) -> None:
        """Another operator key."""
        self.keys[key.key_id] = key
        self.signing = 1

    def put_status(self, status: str) -> None:
        """The status from now on."""
        self.status = status
        self.bit = STATUS_BITS[status]

    def value(self, rule: str) -> str:
        """A rule as text: what was recorded last, or its default."""
        known = self.values.get(rule)
        return default_value(rule) if known is None else known

    def put(self, rule: str, value: str) -> None:
        """A rule from now on; ``value`` is as ``RuleChanged`` recorded it."""
        self.values[rule] = value
        if rule in NUMBER_RULES:
            self.numbers[rule] = int(value)
            if rule == "reopen_band_ms":
                self.reopen_us = int(value) * 1000
        elif rule in MODE_RULES:
            self.modes[MODE_RULES[rule][0]] = status_bits(value)
        elif rule == "gates":
            self.gates = 1 if value == "enforce" else 0
        elif rule == "bands":
            self.bands = 1 if value == "on" else 0
        elif rule == "account_signers":
            self.account_signers = 1 if value == "required" else 0
            self.signing = 1 if self.account_signers or self.keys else 0
        else:
            guard = rule[len(GUARD_PREFIX) :]
            word, _, until = value.partition(":")
            self.policies[guard] = POLICIES.index(word)
            self.observed_until_us[guard] = int(until) if until else 0

    def policy(self, guard: str, now_us: int) -> int:
        """Policy of a guard at a ledger time; observing ends by itself, and the default holds again."""
        policy = self.policies[guard]
        if policy == OBSERVE and now_us >= self.observed_until_us[guard]:
            return GUARDS[guard].default
        return policy

    def active_keys(self) -> int:
        """How many keys are registered and not revoked."""
        count = 0
        for key in self.keys.values():
            if not key.revoked:
                count += 1
        return count

    def active_operators(self) -> int:
        """How many people have a key that is not revoked."""
        return len({key.operator for key in self.keys.values() if not key.revoked})


def voided_by(control: Control, seq: int) -> int:
    """Seq of the newest rollback that made the event ``seq`` void; 0: none did."""
    voids = control.voids
    for place in range(len(voids) - 3, -1, -3):
        if voids[place] <= seq <= voids[place + 1]:
            return voids[place + 2]
    return 0


def status_bits(statuses: str) -> int:
    """The bits of a comma-separated list of statuses; empty: none."""
    bits = 0
    for status in statuses.split(","):
        if status:
            bits |= STATUS_BITS[status]
    return bits


def default_value(rule: str) -> str:
    """Value of a rule that was never changed, as text; empty for a rule that there is not."""
    if rule in NUMBER_RULES:
        return str(NUMBER_RULES[rule].default)
    if rule in WORD_RULES:
        return WORD_RULES[rule].words[0]
    if rule in MODE_RULES:
        return MODE_RULES[rule][1]
    guard = GUARDS.get(rule.removeprefix(GUARD_PREFIX)) if rule.startswith(GUARD_PREFIX) else None
    return "" if guard is None else POLICIES[guard.default]
