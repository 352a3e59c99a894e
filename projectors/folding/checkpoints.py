"""Comparing a view with the writer at checkpoints.

``CheckpointMarked`` lists the digests of tables that the writer computed from its own state, as
``table=hex`` joined by commas. Each partition notes the digests of its rows at that seq, and the
writer's, with the commit that passes it; once all partitions have, the sum must be the writer's.
Where several processes share the partitions, ``compare_noted`` does it from the notes afterwards.
"""

import json
from collections.abc import Iterable, Mapping
from struct import pack, unpack

from ledger.errors import ViewStopped
from ledger.rows import bucket_of
from projectors.folding.digests import digest_of
from projectors.folding.partition import PartitionRows
from projectors.folding.state import ViewState
from projectors.port import CHECKPOINT

_LANES = 4
_NAMED_MAX = 5


def listed_digests(text: str) -> dict[str, str]:
    """Digests by table, as ``CheckpointMarked.view_digests`` lists them."""
    pairs = [part.partition("=") for part in text.split(",") if part]
    return {table: digest for table, _, digest in pairs}


def compare(state: ViewState, seq: int, listed: Mapping[str, str], folded: Iterable[int]) -> list[str]:
    """Note the view's digests at a checkpoint, and compare them with the writer's.

    ``folded`` are the partitions that stand at the checkpoint now; the others passed it before
    and noted what they had. Returns the tables compared; raises ``ViewStopped`` on a difference.
    """
    mirrored = [table for table in state.view.mirrors if table in listed]
    standing = set(folded)
    for number, partition in state.partitions.items():
        if number in standing and mirrored:
            partition.note(_key(seq), _record(partition, mirrored, listed))
    _compare(state, seq, {table: listed[table] for table in mirrored}, standing)
    return mirrored


def compare_noted(state: ViewState) -> None:
    """Compare what the partitions noted at their newest common checkpoint; all must be open.

    Raises ``ViewStopped`` on a difference.
    """
    seqs = [
        {int.from_bytes(key[1:], "big") for key, _ in part.store.scan(CHECKPOINT)}
        for part in state.partitions.values()
    ]
    common = set.intersection(*seqs) if seqs else set()
    if common:
        seq = max(common)
        noted = _noted(next(iter(state.partitions.values())), seq)
        _compare(state, seq, {} if noted is None else noted["writer"], set())


def _compare(state: ViewState, seq: int, listed: Mapping[str, str], standing: set[int]) -> None:
    for table, digest in listed.items():
        own = _sum(state, seq, table, standing)
        if own is not None and own != digest:
            raise ViewStopped(
                f"{table} differs from the writer's at the checkpoint: {own[:16]}… here,"
                f" {digest[:16]}… in the log{_where(state, table)}",
                where=f"seq {seq}",
            )


def _sum(state: ViewState, seq: int, table: str, standing: set[int]) -> str | None:
    """Digest of a table over all partitions, ``None`` while this process does not have them all."""
    broadcast = state.view.plan.shown()[table].broadcast
    partitions = list(state.partitions.items())[:1] if broadcast else list(state.partitions.items())
    if not broadcast and len(partitions) < state.partition_count:
        return None
    totals = [0] * _LANES
    for number, partition in partitions:
        if number in standing:
            digest = partition.digests[table].hexdigest()
        else:
            noted = _noted(partition, seq)
            if noted is None or table not in noted["view"]:
                return None
            digest = noted["view"][table]
        totals = [
            (one + other) % 2**64
            for one, other in zip(totals, unpack(">4Q", bytes.fromhex(digest)), strict=True)
        ]
    return pack(">4Q", *totals).hex()


def _where(state: ViewState, table: str) -> str:
    """Which rows are not what their digest says: a store that changed behind the view's back."""
    keys: list[str] = []
    for partition in state.partitions.values():
        rows = partition.scan(table)
        buckets = set(digest_of(list(rows.items())).differing_buckets(partition.digests[table]))
        keys += [key.decode(errors="replace") for key in rows if bucket_of(key) in buckets]
        if buckets and not keys:
            return f"; the rows of bucket {min(buckets)} are not those that were written"
    if not keys:
        return "; the rows are those that were folded"
    named = ", ".join(sorted(keys)[:_NAMED_MAX])
    return f"; the rows were changed since they were written, in the buckets of {named}"


def _noted(partition: PartitionRows, seq: int) -> dict[str, dict[str, str]] | None:
    record = partition.store.get(_key(seq))
    return None if record is None else json.loads(record)


def _record(partition: PartitionRows, tables: list[str], listed: Mapping[str, str]) -> bytes:
    own = {table: partition.digests[table].hexdigest() for table in tables}
    return json.dumps({"view": own, "writer": {table: listed[table] for table in tables}}).encode()


def _key(seq: int) -> bytes:
    return CHECKPOINT + seq.to_bytes(8, "big")
