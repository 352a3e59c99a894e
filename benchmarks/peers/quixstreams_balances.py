"""Account balances folded by quixstreams: run by ``benchmarks.peers.rebuild`` in an environment of its own.

As its users write it: a stateful function per message, the state in RocksDB by message key. No changelog
topics, and only the events that have a balance are decoded. Prints JSON on stdout.
"""

import json
import sys
import time
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader
from quixstreams import Application, State

FRAMING_BYTES = 10


def main() -> None:
    """Fold until nothing comes any more; the one argument is a JSON file with what to read."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  no more than it needs
        asked: dict[str, Any] = json.load(file)
    schemas = {bytes.fromhex(framing): parse_schema(one) for framing, one in asked["schemas"].items()}
    settlement = asked["settlement_asset"]
    balances: dict[str, int] = {}
    seen = {"messages": 0, "events": 0, "first": 0.0, "last": 0.0, "processor": 0.0, "processor_before": 0.0}

    def decoded(value: bytes) -> dict[str, Any] | None:
        schema = schemas.get(value[:FRAMING_BYTES])
        return None if schema is None else schemaless_reader(BytesIO(value[FRAMING_BYTES:]), schema, None)  # type: ignore[return-value]

    def folded(event: dict[str, Any], state: State) -> None:
        asset = event.get("asset", settlement)
        held = state.get(asset, 0)
        if held != event["balance_before_e8"]:
            raise ValueError(f"{event['account']} holds {held} at seq {event['seq']}")
        state.set(asset, event["balance_after_e8"])
        balances[f"{event['account']} {asset}"] = event["balance_after_e8"]
        seen["events"] += 1

    def counted(_topic: str, _partition: int, _offset: int) -> None:
        seen["last"], seen["processor"] = time.time(), time.process_time()
        if not seen["first"]:
            seen["first"], seen["processor_before"] = seen["last"], seen["processor"]
        seen["messages"] += 1

    app = Application(
        broker_address=asked["brokers"],
        consumer_group=asked["group"],
        auto_offset_reset="earliest",
        state_dir=sys.argv[2],
        use_changelog_topics=False,
        auto_create_topics=False,
        on_message_processed=counted,
        consumer_extra_config={"isolation.level": "read_committed"},
        loglevel="ERROR",
    )
    topic = app.topic(asked["topic"], value_deserializer="bytes", key_deserializer="str")
    frame = app.dataframe(topic)
    frame = frame.apply(decoded).filter(lambda event: event is not None)
    frame.apply(folded, stateful=True)
    app.run(timeout=asked["idle_s"], collect=False)
    used = seen["processor"] - seen["processor_before"]
    json.dump({**seen, "processor_s": used, "balances": balances}, sys.stdout)


if __name__ == "__main__":
    main()
