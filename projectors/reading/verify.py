"""Verification of the views: everything again, from the log, beside them. Changes nothing.

1. The log itself: chain, contents, every event (``ledger.log.verify``).
2. The stored rows, and those of the checkpoints, against the digests that were kept while they were written.
3. Broadcast tables: the same rows in every partition.
4. All views folded anew from the first block to where the stored ones stand, along that block's
   chain of parents, into a scratch directory, with every check on the way: balance chains, amounts,
   laws, index recomputation, complete ticks, the writer's digests at checkpoints.
5. The stored rows against those.
6. The views of the ledger derived a second way, one event after the other in plain Python
   (``projectors.rederive``): balance chains, amounts, postings, laws at every seal, index steps, the writer's
   digests; and the stored rows against that.

Of a sample of accounts, 4 and 5 are left out for the views that 6 has, and 6 takes those accounts only.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import CheckpointCorrupt, CodecFault, LogFault
from ledger.log.chain import Chain, Rollbacks
from ledger.log.port import LogReader
from ledger.log.verify import verify_log
from ledger.rows import LaneDigest, bucket_of, decode_row
from projectors.bootstrap import open_states
from projectors.columns.rowtext import cells
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.define.view import View
from projectors.folding.digests import digest_of
from projectors.folding.partition import PartitionRows
from projectors.folding.rows import digest_rows, keyed_rows
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.marks.choose import opened_state, places
from projectors.reading.answers import open_answers
from projectors.rederive.stage import BOOKS, all_accounts, rederived, row_differences, sampled
from projectors.stores import generations

EXAMPLES_MAX: Final = 5
"""Differing rows named per table and partition."""

Progress = Callable[[str, int, int], None]
"""Told the name of a stage, how much of it is done, and how much there is."""


class Finding(NamedTuple):
    """Something wrong: in which part (``log`` or a view), where as far as that is known, and what.

    ``seq`` is the event that it is about, or the newest that should have made the row; ``account`` is whose.
    """

    part: str
    height: int
    what: str
    seq: int = 0
    account: str = ""

    def __str__(self) -> str:
        """One line."""
        places = [
            self.part,
            f"block {self.height}" if self.height else "",
            f"seq {self.seq}" if self.seq else "",
            f"account {self.account}" if self.account else "",
        ]
        return f"{', '.join(place for place in places if place)}: {self.what}"


class Sample(NamedTuple):
    """How many accounts to look at, and where the draw begins."""

    accounts: int
    seed: int


def verify_views(
    root: Path,
    views: Sequence[View],
    log: LogReader,
    progress: Progress,
    *,
    whole_log: bool = True,
    sample: Sample | None = None,
) -> Iterator[Finding]:
    """Yield everything that is wrong with the log and the stored ``views``; nothing when it is clean.

    ``whole_log=False`` leaves out stage 1, for who has just verified the log. Raises the faults of
    opening what is stored.
    """
    head = log.head()
    height = 0 if head is None else head.height
    if whole_log:
        for found in verify_log(log, None, lambda done: progress("log", done, height)):
            yield Finding("log", found.height, str(found))
    with open_answers(root, views, log) as answers:
        states = answers.states()
        for state in states:
            yield from _stops(state)
            yield from check_digests(state)
            yield from _check_checkpoints(root, state.view, log)
        until = min(part.cursor.height for state in states for part in state.partitions.values())
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        chain = rollbacks.chain(until)
        folded = [state for state in states if sample is None or state.view.name not in BOOKS]
        if folded:
            with tempfile.TemporaryDirectory(prefix="projectors-verify-") as scratch:
                yield from _check_anew(Path(scratch), folded, log, chain, progress)
        yield from _check_rederived(
            [one for one in states if one.view.name in BOOKS], log, chain, sample, progress
        )


def check_digests(state: ViewState) -> Iterator[Finding]:
    """Rows that are not what their digest says, and broadcast tables that differ between partitions."""
    name = state.view.name
    for table, plan in state.view.plan.shown().items():
        digests: list[LaneDigest] = []
        for number, partition in state.partitions.items():
            try:
                rows = digest_rows(plan, partition.scan(table))
            except CodecFault as fault:
                yield Finding(name, partition.cursor.height, f"{table} in partition {number}: {fault.what}")
                continue
            digest = digest_of(rows)
            buckets = digest.differing_buckets(partition.digests[table])
            if buckets:
                what = _of_buckets(f"{table} in partition {number}", buckets, [key for key, _ in rows])
                yield Finding(name, partition.cursor.height, what)
            digests.append(digest)
        if plan.broadcast and any(digest.differing_buckets(digests[0]) for digest in digests[1:]):
            yield Finding(name, 0, f"{table} has other rows in other partitions")


def _check_checkpoints(root: Path, view: View, log: LogReader) -> Iterator[Finding]:
    """Checkpoints of the serving generation that cannot be built on, and rows in them that changed.

    Those of older generations are passed over where they are damaged, and go with ``generations drop``.
    """
    serving = generations.serving(root, view.name)
    for place in places(root, view.name, log.partitions):
        if place.generation != serving:
            continue
        try:
            with opened_state(place, view, log) as state:
                for found in check_digests(state):
                    yield found._replace(what=f"checkpoint: {found.what}")
        except CheckpointCorrupt as fault:
            if place.path.is_dir():  # age may make one superfluous meanwhile
                yield Finding(view.name, place.height, f"checkpoint: {fault}")


def _check_anew(
    scratch: Path, states: Sequence[ViewState], log: LogReader, chain: Chain, progress: Progress
) -> Iterator[Finding]:
    """Stages 4 and 5."""
    views = [state.view for state in states]
    until = chain.tip
    with open_states(scratch, views, log, writable=True) as fresh:
        runner = Runner(log, fresh, until=until, chain=chain)
        runner.run_to_head(lambda done, _: progress("views, in columns", done, until))
        for stop in runner.stops.values():
            yield Finding(stop.view, stop.height, stop.fault.what)
        for stored, anew in zip(states, fresh, strict=True):
            if anew.view.name not in runner.stops:
                yield from _differences(stored, anew, until)


def _check_rederived(
    states: Sequence[ViewState], log: LogReader, chain: Chain, sample: Sample | None, progress: Progress
) -> Iterator[Finding]:
    """Stage 6. A log that cannot be read so far was found by the stages before."""
    if not states or not chain.tip:
        return
    try:
        accounts = None if sample is None else sampled(all_accounts(log, chain), sample.accounts, sample.seed)
        books, found = rederived(
            log,
            chain,
            [state.view.name for state in states],
            accounts,
            lambda done: progress("views, event by event", done, chain.tip),
        )
    except (LogFault, CodecFault) as fault:
        yield Finding("log", 0, f"the views cannot be derived again: {fault}")
        return
    for state in states:
        even = all(part.cursor.height == chain.tip for part in state.partitions.values())
        if even:
            found += row_differences(state, books[state.view.name], chain.tip, accounts)
    for one in found:
        yield Finding(one.view, one.height, one.at.what, one.at.seq, one.at.account)


def _differences(stored: ViewState, anew: ViewState, height: int) -> Iterator[Finding]:
    for table, plan in stored.view.plan.shown().items():
        for number, partition in stored.partitions.items():
            if partition.cursor.height != height:
                continue
            buckets = partition.digests[table].differing_buckets(anew.partitions[number].digests[table])
            if buckets:
                examples = _examples(table, plan, partition, anew.partitions[number])
                what = f"{table} in partition {number} is not what the log says: {'; '.join(examples)}"
                yield Finding(stored.view.name, height, what)


def _examples(
    table: str, plan: TablePlan | ExtractPlan, stored: PartitionRows, anew: PartitionRows
) -> list[str]:
    """The first rows that differ."""
    own, other = keyed_rows(plan, stored.scan(table)), keyed_rows(plan, anew.scan(table))
    keys = sorted(key for key in own.keys() | other.keys() if own.get(key) != other.get(key))
    return [
        f"{_named(key)} is {_shown(plan, own.get(key))} and should be {_shown(plan, other.get(key))}"
        for key in keys[:EXAMPLES_MAX]
    ] or ["only the digest differs"]


def _of_buckets(place: str, buckets: Sequence[int], keys: Sequence[bytes]) -> str:
    there = sorted({key for key in keys if bucket_of(key) in set(buckets)})
    named = ", ".join(_named(key) for key in there[:EXAMPLES_MAX]) or "none is left"
    return f"{place} is not what was written: {len(buckets)} of 256 buckets differ; rows there: {named}"


def _named(key: bytes) -> str:
    return "/".join(str(value) for value in decode_row(key))


def _shown(plan: TablePlan | ExtractPlan, row: bytes | None) -> str:
    if row is None:
        return "absent"
    return " ".join(
        f"{name}={value}" for name, value in zip(plan.columns, cells(row, plan.columns), strict=True)
    )


def _stops(state: ViewState) -> Iterator[Finding]:
    for partition in state.partitions.values():
        stop = partition.store.stopped()
        if stop is not None:
            yield Finding(state.view.name, stop.height, stop.why)
            return
