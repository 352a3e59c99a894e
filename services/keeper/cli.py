"""``ledger keeper``: the risk keeper of a ledger on a cluster. What it needs is imported when it runs."""

import threading
import time
from contextlib import ExitStack, closing
from typing import Annotated, Final

import typer

from ledger.cli.exits import say
from ledger.cli.options import BrokersOption, LedgerIdOption, ListenOption, PrefixOption
from ledger.cli.signals import set_on_signals

LISTEN: Final = "127.0.0.1:9469"
"""Where a keeper answers when nothing is said."""


def keeper(
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    per_tick: Annotated[int, typer.Option("--per-tick", min=1, help="Accounts asked for at a tick.")] = 100,
    producer: Annotated[
        str, typer.Option("--producer", help="Name of this run; one that was never used before.")
    ] = "",
    listen: ListenOption = None,
) -> None:
    """Find accounts below maintenance at every tick, and ask for their liquidation.

    The writer decides again on every one. Any number of keepers may run; the second one to ask is refused.
    It keeps nothing: started again, it reads the log from its beginning. SIGTERM ends it.
    """
    from ledger.client import Client  # noqa: PLC0415
    from ledger.log.opening import connection_of, open_reader  # noqa: PLC0415
    from ledger.service.logging import log_to_stderr  # noqa: PLC0415
    from ledger.settings import load_settings  # noqa: PLC0415
    from services.keeper.follower import ColumnFollower  # noqa: PLC0415
    from services.keeper.keeper import Keeper  # noqa: PLC0415
    from services.keeper.service import KeeperService  # noqa: PLC0415
    from services.metrics import KeeperMetrics  # noqa: PLC0415
    from services.running import Audience, run_turns  # noqa: PLC0415

    settings = load_settings(brokers=brokers, topic_prefix=prefix, id=ledger_id, listen=listen)
    log_to_stderr()
    stop = threading.Event()
    set_on_signals(stop)
    with ExitStack() as opened:
        connection = connection_of(settings)
        metrics = KeeperMetrics()
        audience = opened.enter_context(closing(Audience("keeper", metrics, settings.listen or LISTEN)))
        audience.become("restoring", ready=False)
        log = opened.enter_context(closing(open_reader(settings, live=True)))
        client = opened.enter_context(Client(connection))
        name = producer or f"keeper-{time.time_ns() // 1_000}"
        follower = ColumnFollower(log, audience.pulse.beat)
        risk = Keeper(follower, client, lambda: time.time_ns() // 1_000, name, per_tick)
        say(f"keeping the risk of {log.ledger_id} as {name}")
        run_turns(KeeperService(risk, follower, metrics, audience).turn, stop, audience)
    say(", ".join(f"{count} {what}" for what, count in sorted(risk.counts.items())) or "nothing to do")
