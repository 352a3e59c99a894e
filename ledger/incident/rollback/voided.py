"""What a rollback makes void, counted: by type of event, by account, by market."""

from collections import Counter
from typing import Any

from ledger.core.rollback.rebuilt import Span
from ledger.log.blobs import BROADCAST_KEY
from ledger.log.chain import Rollbacks
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from ledger.writer.rolling import visit_chain
from schemas import by_fingerprint


def void_summary(log: LogReader, span: Span) -> dict[str, Any]:
    """Numbers of live blocks and events after the target; a market-wide event counts once."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(span.head_height)
    by_type: Counter[str] = Counter()
    by_account: Counter[str] = Counter()
    by_market: dict[str, Counter[str]] = {}
    schemas = by_fingerprint()
    with_market = {
        fingerprint
        for fingerprint, schema in schemas.items()
        if any(field.name == "market" for field in schema.fields)
    }

    def visit(key: bytes, value: bytes) -> None:
        fingerprint = value[2:10]
        share = 1
        if key != BROADCAST_KEY:
            share = log.partitions
            by_account[key.decode()] += 1
        name = schemas[fingerprint].name
        by_type[name] += share
        if fingerprint in with_market:
            market = getattr(decode_event(value), "market")  # noqa: B009  of every event with that field
            if market:
                by_market.setdefault(market, Counter())[name] += share

    visit_chain(log, chain, span.target_height, span.head_height, visit)
    blocks = sum(
        max(0, segment.last - max(segment.first, span.target_height + 1) + 1) for segment in chain.segments
    )
    types = _whole(by_type, log.partitions)
    return {
        "blocks": blocks,
        "from_height": span.target_height + 1,
        "to_height": span.head_height,
        "from_us": log.seal(span.target_height).recorded_at_us,
        "to_us": log.seal(span.head_height).recorded_at_us,
        "events": sum(types.values()),
        "by_type": types,
        "by_account": dict(sorted(by_account.items())),
        "by_market": {market: _whole(counts, log.partitions) for market, counts in sorted(by_market.items())},
    }


def _whole(counts: Counter[str], partitions: int) -> dict[str, int]:
    """Counts of events, given those in parts of a partition."""
    return {name: count // partitions for name, count in sorted(counts.items())}
