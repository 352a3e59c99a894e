"""What a partition costs to consume when nothing is done with it: the ceiling of every reader in Python."""

import time
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition

from ledger.log.kafka.config import Connection, block_consumer

BATCH: Final = 2_000
WAIT_S: Final = 0.1


def consume_all(connection: Connection, partition: int) -> dict[str, Any]:
    """Take every message, which makes its key and value; says when it began and ended, in Unix seconds."""
    first, before = time.time(), time.process_time()
    consumer = Consumer(block_consumer(connection))
    consumer.assign([TopicPartition(connection.events, partition, 0)])
    size = 0
    ended = False
    while not ended:
        messages = consumer.consume(BATCH, timeout=WAIT_S)
        if messages and messages[-1].error() is not None:
            ended = True
            messages.pop()
        size += sum(map(len, messages))
    last, processor_s = time.time(), time.process_time() - before
    consumer.close()
    return {"first": first, "last": last, "processor_s": processor_s, "bytes": size}
