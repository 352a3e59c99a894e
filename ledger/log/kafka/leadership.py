"""Who may try to be the writer: the consumer group of the commands partition.

The group only chooses who tries. What makes two writers impossible is the transactional id; what
makes a returning zombie harmless is the order: **assigned, probe, init, recover**. Without the
probe a process that was frozen between assignment and init wakes up and fences the rightful
leader; with it, it learns that it is no member any more and stays a standby.
"""

import time
from typing import Final, final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from ledger.errors import LogUnavailable
from ledger.log.kafka.config import Connection, group_member
from ledger.log.kafka.faults import error_of, fault_of

_NOT_A_MEMBER: Final = frozenset(
    {
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError._STATE,  # noqa: SLF001
        KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    }
)


def writers_group(ledger_id: str) -> str:
    """The group whose members try to be the writer of this ledger."""
    return f"ledger-writers-{ledger_id}"


@final
class Candidate:
    """A member of the writers' group of one ledger.

    ``poll`` must be called at least every few seconds: it carries the membership.
    """

    def __init__(self, connection: Connection, ledger_id: str, session_timeout_ms: int) -> None:
        self._connection = connection
        self._chosen = False
        self._member = Consumer(group_member(connection, writers_group(ledger_id), session_timeout_ms))
        self._member.subscribe(
            [connection.commands], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    @property
    def chosen(self) -> bool:
        """Whether the group has this member as the one that tries; as of the last ``poll``.

        Noted here, because a leader asks for every block and the client library would take a
        millisecond of it to say the same.
        """
        return self._chosen

    def poll(self, timeout_s: float = 0.0) -> bool:
        """Serve the membership for up to ``timeout_s`` and say whether this member is chosen."""
        deadline = time.monotonic() + timeout_s
        while True:
            message = self._member.poll(max(0.0, deadline - time.monotonic()))
            if message is not None and (error := message.error()) is not None:
                self._meet(error)
            if self.chosen or time.monotonic() >= deadline:
                return self.chosen

    def probe(self) -> bool:
        """Ask the coordinator whether this member still belongs; false means: stay a standby.

        Commits an offset that nobody reads. The coordinator refuses it from a member that was
        replaced, however chosen that member believes itself to be. A coordinator that does not
        answer, or is just moving partitions, makes it false too: ask again.
        """
        probe = [TopicPartition(self._connection.control, 0, 0)]
        try:
            self._member.commit(offsets=probe, asynchronous=False)
        except KafkaException as failure:
            self._meet(error_of(failure))
            return False
        return self.chosen

    def _meet(self, error: KafkaError) -> None:
        """Raise for what neither time nor the group mends: no rights, no such topic."""
        if error.code() not in _NOT_A_MEMBER:
            fault = fault_of(error, "writers' group")
            if not isinstance(fault, LogUnavailable):
                raise fault

    def close(self) -> None:
        """Leave the group, so that a standby is chosen at once."""
        self._member.close()

    def _assigned(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        member.incremental_assign(partitions)
        if partitions:
            member.pause(partitions)
            self._chosen = True

    def _revoked(self, member: Consumer, partitions: list[TopicPartition]) -> None:
        member.incremental_unassign(partitions)
        if partitions:
            self._chosen = False
