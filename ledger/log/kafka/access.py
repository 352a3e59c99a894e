"""Who may do what on the cluster: the least that each kind of program needs, as access rules.

============= =========================================================================
principal     may
============= =========================================================================
a writer      read commands; read and write events, outcomes and control; see the
              settings of the four topics; be in the writers' group; use the ledger's
              transactional id
a producer    write commands; read outcomes
a projector   read events, outcomes and control; see that commands is the same topic
============= =========================================================================

Everybody who reads may also see the readers' group, which the client library asks for and nobody
joins. Rules only ever allow: an authorizer forbids whatever no rule allows. Topics, users and
these rules are made by an administrator.
"""

import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Self, final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from ledger.errors import LedgerFault, LogUnavailable, SettingsFault
from ledger.log.kafka.config import Connection, common
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.kafka.leadership import writers_group
from ledger.log.kafka.log import transactional_id

ADMIN_TIMEOUT_S: Final = 30.0
_KINDS: Final = {
    ResourceType.TOPIC: "topic",
    ResourceType.GROUP: "group",
    ResourceType.TRANSACTIONAL_ID: "transactional id",
}
_WRITES: Final = frozenset({AclOperation.WRITE, AclOperation.ALL})


class Rule(NamedTuple):
    """One access rule, as the cluster keeps it."""

    principal: str
    operation: AclOperation
    kind: ResourceType
    name: str
    pattern: ResourcePatternType = ResourcePatternType.LITERAL
    permission: AclPermissionType = AclPermissionType.ALLOW
    host: str = "*"

    @classmethod
    def of(cls, found: AclBinding) -> Self:
        """The rule that the client library describes."""
        return cls(
            found.principal,
            AclOperation(found.operation_int),
            ResourceType(found.restype_int),
            found.name,
            ResourcePatternType(found.resource_pattern_type_int),
            AclPermissionType(found.permission_type_int),
            found.host,
        )

    def binding(self) -> AclBinding:
        """The rule as the client library wants it."""
        return AclBinding(
            self.kind, self.name, self.pattern, self.principal, self.host, self.operation, self.permission
        )

    def lets_write(self) -> bool:
        """Whether somebody may write by it."""
        return self.operation in _WRITES and self.permission is AclPermissionType.ALLOW

    def __str__(self) -> str:
        verb = self.operation.name.lower().replace("_", " ")
        prefix = "" if self.pattern is ResourcePatternType.LITERAL else "names that begin with "
        return f"{self.principal} may {verb} {_KINDS.get(self.kind, self.kind.name)} {prefix}{self.name}"


@final
class Principals:
    """Who runs what: names of users, or principals such as ``User:CN=projector``."""

    __slots__ = ("producers", "projectors", "writers")

    def __init__(
        self, writers: Iterable[str] = (), producers: Iterable[str] = (), projectors: Iterable[str] = ()
    ) -> None:
        self.writers = [_principal(name) for name in writers]
        self.producers = [_principal(name) for name in producers]
        self.projectors = [_principal(name) for name in projectors]


@final
class AccessFinding:
    """A rule that is missing, or one that lets somebody write what only the writer may write."""

    __slots__ = ("fix", "found", "rule")

    def __init__(self, rule: Rule, *, found: str, fix: str) -> None:
        self.rule = rule
        self.found = found
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.rule}: {self.found}; {self.fix}"


class Access:
    """Access rules of one ledger on a cluster with an authorizer."""

    def __init__(self, connection: Connection, ledger_id: str) -> None:
        self._connection = connection
        self._ledger_id = ledger_id
        self._admin = AdminClient(common(connection))

    def rules(self, principals: Principals) -> list[Rule]:
        """Everything that these principals need, and nothing else."""
        c = self._connection
        written = (c.events, c.outcomes, c.control)
        rules: list[Rule] = []
        for who in principals.writers:
            rules += [_topic(who, AclOperation.WRITE, name) for name in written]
            rules += [_topic(who, AclOperation.READ, name) for name in (c.commands, *written)]
            rules += [_topic(who, AclOperation.DESCRIBE_CONFIGS, name) for name in (c.commands, *written)]
            name = transactional_id(self._ledger_id)
            rules.append(Rule(who, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, name))
            rules.append(Rule(who, AclOperation.READ, ResourceType.GROUP, writers_group(self._ledger_id)))
        for who in principals.producers:
            rules.append(_topic(who, AclOperation.WRITE, c.commands))
            rules.append(_topic(who, AclOperation.READ, c.outcomes))
        for who in principals.projectors:
            rules += [_topic(who, AclOperation.READ, name) for name in written]
            rules.append(_topic(who, AclOperation.DESCRIBE, c.commands))
        readers = (*principals.writers, *principals.producers, *principals.projectors)
        rules += [Rule(who, AclOperation.DESCRIBE, ResourceType.GROUP, c.readers_group) for who in readers]
        return list(dict.fromkeys(rules))

    def grant(self, principals: Principals) -> list[Rule]:
        """Make the rules that are missing and return them; in force on return. Takes nothing away."""
        missing = self._missing(principals)
        if not missing:
            return []
        bindings = [rule.binding() for rule in missing]
        for binding, future in self._admin.create_acls(bindings, request_timeout=ADMIN_TIMEOUT_S).items():
            try:
                future.result(ADMIN_TIMEOUT_S)
            except KafkaException as failure:
                raise _fault(failure, f"grant: {Rule.of(binding)}") from failure
        deadline = time.monotonic() + ADMIN_TIMEOUT_S
        while left := self._missing(principals):
            if time.monotonic() > deadline:
                raise LogUnavailable("the rule was made and is not there", where=str(left[0]))
            time.sleep(0.05)
        return missing

    def check(self, principals: Principals) -> list[AccessFinding]:
        """Rules that are missing, and rules that let anybody but the writers write what they write."""
        c = self._connection
        findings = [
            AccessFinding(rule, found="there is no such rule", fix="run `ledger topics acl`")
            for rule in self._missing(principals)
        ]
        present = self._on_topics((c.events, c.outcomes, c.control))
        present |= self._on(ResourceType.TRANSACTIONAL_ID, transactional_id(self._ledger_id))
        foreign = {rule for rule in present if rule.lets_write() and rule.principal not in principals.writers}
        findings += [
            AccessFinding(rule, found="only a writer may", fix="remove it with `kafka-acls --remove`")
            for rule in sorted(foreign, key=str)
        ]
        return findings

    def _missing(self, principals: Principals) -> list[Rule]:
        wanted = self.rules(principals)
        present: set[Rule] = set()
        for kind, name in dict.fromkeys((rule.kind, rule.name) for rule in wanted):
            present |= self._on(kind, name)
        return [rule for rule in wanted if rule not in present]

    def _on_topics(self, names: Iterable[str]) -> set[Rule]:
        return {rule for name in names for rule in self._on(ResourceType.TOPIC, name)}

    def _on(self, kind: ResourceType, name: str) -> set[Rule]:
        """Every rule that says something about ``name``, those of prefixes and of ``*`` too."""
        any_principal: Any = None  # annotated as text, and None means any
        wanted = AclBindingFilter(
            kind,
            name,
            ResourcePatternType.MATCH,
            any_principal,
            any_principal,
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        try:
            found = self._admin.describe_acls(wanted, request_timeout=ADMIN_TIMEOUT_S)
            return {Rule.of(binding) for binding in found.result(ADMIN_TIMEOUT_S)}
        except KafkaException as failure:
            raise _fault(failure, f"access rules of {name}") from failure


def _topic(who: str, operation: AclOperation, name: str) -> Rule:
    return Rule(who, operation, ResourceType.TOPIC, name)


def _principal(name: str) -> str:
    return name if ":" in name else f"User:{name}"


def _fault(failure: KafkaException, where: str) -> LedgerFault:
    error = error_of(failure)
    if error.code() == KafkaError.SECURITY_DISABLED:
        return SettingsFault(
            "this cluster has no authorizer: everybody may do everything",
            where=where,
            remedy="Give the brokers an authorizer.class.name (docs/how-to/kafka.md#secure-it)",
        )
    return fault_of(error, where)
