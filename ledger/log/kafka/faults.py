"""What an error of the client library means for us."""

from confluent_kafka import KafkaError, KafkaException

from ledger.errors import Fenced, LedgerFault, LogCorrupt, LogUnavailable, SettingsFault, TopicChanged

_FENCED = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError._FATAL})  # noqa: SLF001
_UNKNOWN = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
)
_GONE = frozenset(
    {
        KafkaError._AUTO_OFFSET_RESET,  # noqa: SLF001
        KafkaError._LOG_TRUNCATION,  # noqa: SLF001
        KafkaError.OFFSET_OUT_OF_RANGE,
    }
)
_DENIED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError._AUTHENTICATION,  # noqa: SLF001
    }
)
_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
_NOT_TAKEN = frozenset(
    {
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.INVALID_PARTITIONS,
        KafkaError.INVALID_CONFIG,
        KafkaError.POLICY_VIOLATION,
        KafkaError.INVALID_SESSION_TIMEOUT,
        KafkaError.INVALID_TRANSACTION_TIMEOUT,
        KafkaError.INVALID_REQUIRED_ACKS,
    }
)


def error_of(exception: KafkaException) -> KafkaError:
    """The library's error object inside its exception."""
    error = exception.args[0]
    return error if isinstance(error, KafkaError) else KafkaError(KafkaError.UNKNOWN, str(error))


def is_unknown(error: KafkaError) -> bool:
    """Whether it is said that a topic does not exist.

    The client library says so too of a partition that has lost its leader for a while, so nobody
    may conclude from it that a topic is gone; ``Topics.ids`` knows.
    """
    return error.code() in _UNKNOWN


def fault_of(error: KafkaError, where: str) -> LedgerFault:
    """The fault that ``error`` is for us; ``where`` names the topic, partition or step."""
    code = error.code()
    said = error.str() or error.name()
    if code in _DENIED:
        return SettingsFault(
            f"the cluster refused this principal ({said})",
            where=where,
            remedy="Check the user, its secret and its access rules (docs/how-to/kafka.md#secure-it)",
        )
    if code in _TOO_LARGE:
        return SettingsFault(
            f"a message is larger than the topic takes ({said})",
            where=where,
            remedy="Compare the topics with `ledger topics check`",
        )
    if code in _NOT_TAKEN:
        return SettingsFault(f"the cluster does not take this setting ({said})", where=where)
    if code in _FENCED or error.fatal():
        return Fenced(f"another writer took over, or a transaction ran out of time ({said})", where=where)
    if code in _GONE:
        return TopicChanged(f"the offset is not there any more ({said})", where=where)
    if is_unknown(error):
        return LogUnavailable(
            f"the topic is not there, or no broker leads its partition now ({said})",
            where=where,
            remedy="Wait for its brokers; if it was never there, run `ledger topics create`",
        )
    if code == KafkaError.INVALID_TIMESTAMP or code == KafkaError._BAD_MSG:  # noqa: SLF001, PLR1714
        return LogCorrupt(f"the broker holds bytes that it cannot read ({said})", where=where)
    return LogUnavailable(f"the cluster did not do what was asked ({said})", where=where)
