"""What is measured, each in a process of its own: ``measure(name, folder)`` gives plain figures."""

import cProfile
import gc
import io
import pstats
import statistics
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

from benchmarks.guards import measure_guards_and_liquidations
from benchmarks.load import START_US, Load
from benchmarks.views import FOUR
from ledger.bootstrap import create_ledger, open_writer
from ledger.core.decide import decide
from ledger.core.evolve import evolve
from ledger.core.messages import AnyCommand, Event, LedgerOpened, Outcome, PlaceOrder
from ledger.core.state import State
from ledger.errors import invariant
from ledger.log.codec import decode_command, decode_event, encode_command, encode_event
from ledger.settings import Settings, load_settings
from ledger.writer.duplicates import Duplicates
from ledger.writer.writer import Writer
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.folding.runner import Runner

Figures = dict[str, float | int]

BLOCKS: Final = {1: 3_000, 10: 20_000, 100: 60_000, 1_000: 150_000, 8_000: 240_000}
"""Block sizes, and the most commands of each; a point also ends after ``SECONDS``."""
SECONDS: Final = 8.0
OPENING_BLOCK: Final = 1000
MEMORY_ACCOUNTS: Final = 2_000
REMEMBERED: Final = 200_000
PROJECTED: Final = 200_000
PRODUCERS: Final = 20
CODEC_CALLS: Final = 5_000


def settings_in(folder: Path) -> Settings:
    """A ledger in ``folder`` whose blocks are as large as what is submitted, and no checkpoints."""
    return load_settings(data=folder / "data", block_size=max(BLOCKS), checkpoint_events=10**12)


def filled_writer(folder: Path, load: Load) -> Writer:
    """A writer on a new embedded log with every account open and paid in."""
    settings = settings_in(folder)
    create_ledger(settings, "benchmark", START_US)
    writer = open_writer(settings)
    opening = [encode_command(command) for command in load.opening()]
    for start in range(0, len(opening), OPENING_BLOCK):
        writer.submit(opening[start : start + OPENING_BLOCK], START_US)
    return writer


def measure_writer(folder: Path) -> Figures:
    """Submit to durable: commands per second by block size, and the time of one command alone."""
    load = Load()
    writer = filled_writer(folder, load)
    figures: Figures = {}
    for size, most in BLOCKS.items():
        times, cpu_s, refused = submit_all(writer, load, size, most)
        figures[f"commands_per_s_blocks_of_{size}"] = round(size * len(times) / sum(times))
        figures[f"cpu_us_per_command_blocks_of_{size}"] = round(cpu_s * 1e6 / (size * len(times)), 1)
        figures["refused"] = figures.get("refused", 0) + refused
        if size == 1:
            figures["one_command_median_us"] = round(statistics.median(times) * 1e6)
            figures["one_command_p99_us"] = round(statistics.quantiles(times, n=100)[98] * 1e6)
    head = writer.head
    figures["events"] = 0 if head is None else head.last_seq
    writer.close()
    return figures


def submit_all(writer: Writer, load: Load, size: int, most: int) -> tuple[list[float], float, int]:
    """Seconds of each block, processor seconds of all, and how many commands were refused (none should be).

    Commands are made and encoded in parts, between the blocks and outside their time.
    """
    times: list[float] = []
    cpu_s = 0.0
    refused = 0
    part = max(size, OPENING_BLOCK)
    for _ in range(0, most, part):
        commands = [encode_command(command) for command in load.commands(part)]
        for start in range(0, part, size):
            began, cpu_began = time.perf_counter(), time.process_time()
            answers = writer.submit(commands[start : start + size], START_US)
            times.append(time.perf_counter() - began)
            cpu_s += time.process_time() - cpu_began
            refused += sum(1 for answer in answers if answer.outcome.code)
        if sum(times) > SECONDS:
            break
    return times, cpu_s, refused


def measure_projectors(folder: Path) -> Figures:
    """Events per second of four views together in one process, over a log of blocks of 1,000."""
    load = Load()
    writer = filled_writer(folder, load)
    for _ in range(PROJECTED // OPENING_BLOCK):
        writer.submit([encode_command(command) for command in load.commands(OPENING_BLOCK)], START_US)
    writer.close()
    data = settings_in(folder).data
    with (
        open_log(data) as log,
        open_states(views_dir(data), list(FOUR.values()), log, writable=True) as states,
    ):
        runner = Runner(log, states)
        began, cpu_began = time.perf_counter(), time.process_time()
        runner.run_to_head()
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        invariant(not runner.stops, f"views stopped: {runner.stops}")
        timing = runner.timing
        shares = {
            "read": timing.read,
            "route": timing.route,
            "decode": timing.decode,
            "fold": timing.fold,
            "write": timing.write,
        }
        figures: Figures = {"events": timing.events, "events_per_s": round(timing.events / seconds)}
        figures["cpu_us_per_event"] = round(cpu_s * 1e6 / timing.events, 2)
        for name, share in shares.items():
            figures[f"{name}_ns_per_event"] = round(share * 1e9 / timing.events)
    return figures


def measure_codec(_: Path) -> Figures:
    """Nanoseconds to encode and decode one message."""
    fill, order, command = sample_messages()
    fill_bytes, order_bytes, command_bytes = encode_event(fill), encode_event(order), encode_command(command)
    return {
        "encode_fill_ns": nanoseconds(lambda: encode_event(fill)),
        "decode_fill_ns": nanoseconds(lambda: decode_event(fill_bytes)),
        "encode_order_ns": nanoseconds(lambda: encode_event(order)),
        "decode_order_ns": nanoseconds(lambda: decode_event(order_bytes)),
        "encode_command_ns": nanoseconds(lambda: encode_command(command)),
        "decode_command_ns": nanoseconds(lambda: decode_command(command_bytes)),
        "fill_bytes": len(fill_bytes),
    }


def measure_memory(_: Path) -> Figures:
    """Bytes of an account with two positions and three orders, of a trade, of a remembered command."""
    load = Load(MEMORY_ACCOUNTS)
    tracemalloc.start()
    state = State()
    evolve(state, LedgerOpened("benchmark", 4, "", ""))
    play(state, load.listings())
    before = traced_bytes()
    play(state, load.accounts())
    play(state, load.holdings())
    trades = len(state.trades)
    whole = traced_bytes()
    state.trades.clear()
    without_trades = traced_bytes()
    state.external_refs.clear()
    accounts = traced_bytes() - before
    duplicates = Duplicates()
    before = traced_bytes()
    for number in range(REMEMBERED):
        producer = f"producer-{number % PRODUCERS}"
        duplicates.remember(
            Outcome(producer, number // PRODUCERS + 1, number, START_US, "accepted", 0, "", 1, 2, 0)
        )
    remembered = traced_bytes() - before
    tracemalloc.stop()
    return {
        "bytes_per_account_2_positions_3_orders": round(accounts / MEMORY_ACCOUNTS),
        "bytes_per_remembered_trade": round((whole - without_trades) / trades),
        "bytes_per_remembered_command": round(remembered / REMEMBERED, 1),
    }


def play(state: State, commands: Iterable[AnyCommand]) -> None:
    """Take accepted commands into a state, as they look when they were decoded."""
    for command in commands:
        decision = decide(state, cast(AnyCommand, decode_command(encode_command(command))), START_US)
        invariant(decision.code == 0, f"refused: {decision.detail}")
        for event in decision.events:
            evolve(state, event)


def traced_bytes() -> int:
    """Bytes of Python objects that are in use now."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def sample_messages() -> tuple[Event, Event, AnyCommand]:
    """A fill, a placed order and the command that asked for an order, out of the mix."""
    load = Load(10)
    state = State()
    evolve(state, LedgerOpened("benchmark", 4, "", ""))
    play(state, load.opening())
    found: dict[str, Event] = {}
    orders: list[AnyCommand] = []
    for command in load.commands(100):
        decision = decide(state, command, START_US)
        for event in decision.events:
            evolve(state, event)
            found[type(event).__name__] = event
        if isinstance(command, PlaceOrder):
            orders.append(command)
    return found["FillSettled"], found["OrderPlaced"], orders[-1]


def nanoseconds(call: Callable[[], object]) -> int:
    """Time of one call: the best of five rounds."""
    return round(min(timeit.repeat(call, number=CODEC_CALLS, repeat=5)) / CODEC_CALLS * 1e9)


def measure_keeper(_: Path) -> Figures:
    """The keeper's check of a million positions of 300 thousand accounts, in seconds."""
    from benchmarks import keeper  # noqa: PLC0415  it gives polars one thread

    return keeper.measure(keeper.ACCOUNTS, keeper.POSITIONS)


MEASURES: Final[dict[str, Callable[[Path], Figures]]] = {
    "writer": measure_writer,
    "projectors": measure_projectors,
    "codec": measure_codec,
    "memory": measure_memory,
    "guards": measure_guards_and_liquidations,
    "keeper": measure_keeper,
}


def profile_writer(folder: Path) -> str:
    """Where the time of blocks of 1,000 goes, as a table of functions."""
    load = Load()
    writer = filled_writer(folder, load)
    parts = [[encode_command(command) for command in load.commands(1000)] for _ in range(40)]
    profile = cProfile.Profile()
    profile.enable()
    for part in parts:
        writer.submit(part, START_US)
    profile.disable()
    writer.close()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(30)
    return text.getvalue()
