"""``ledger keeper``: the risk keeper of a ledger on a cluster. What it needs is imported when it runs."""

import threading
import time
from typing import Annotated, Final

import typer

from ledger.cli.exits import say
from ledger.cli.options import BrokersOption, LedgerIdOption, PrefixOption
from ledger.cli.signals import set_on_signals

POLL_S: Final = 0.05
"""How long it waits at the head of the log before it looks again: a tick comes each second at most."""
RETRY_S: Final = 1.0
"""How long it waits after a fault that passes by itself."""


def keeper(
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    per_tick: Annotated[int, typer.Option("--per-tick", min=1, help="Accounts asked for at a tick.")] = 100,
    producer: Annotated[
        str, typer.Option("--producer", help="Name of this run; one that was never used before.")
    ] = "",
) -> None:
    """Find accounts below maintenance at every tick, and ask for their liquidation.

    The writer decides again on every one. Any number of keepers may run; the second one to ask is refused.
    """
    from ledger.client import Client  # noqa: PLC0415
    from ledger.errors import Action, LedgerFault  # noqa: PLC0415
    from ledger.log.opening import connection_of, open_reader  # noqa: PLC0415
    from ledger.settings import load_settings  # noqa: PLC0415
    from services.keeper.follower import ColumnFollower  # noqa: PLC0415
    from services.keeper.keeper import Keeper  # noqa: PLC0415

    settings = load_settings(brokers=brokers, topic_prefix=prefix, id=ledger_id)
    stop = threading.Event()
    set_on_signals(stop)
    log = open_reader(settings, live=True)
    try:
        with Client(connection_of(settings)) as client:
            name = producer or f"keeper-{time.time_ns() // 1_000}"
            risk = Keeper(ColumnFollower(log), client, lambda: time.time_ns() // 1_000, name, per_tick)
            say(f"keeping the risk of {log.ledger_id} as {name}")
            while not stop.is_set():
                pause = POLL_S
                try:
                    risk.turn()
                except LedgerFault as fault:
                    if fault.action is not Action.RETRY:
                        raise
                    say(f"{fault} Trying again every second.")
                    pause = RETRY_S
                stop.wait(pause)
            say(
                ", ".join(f"{count} {what}" for what, count in sorted(risk.counts.items())) or "nothing to do"
            )
    finally:
        log.close()
