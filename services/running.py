"""What the services around a ledger have in common: a loop, who watches it, and how it ends.

A fault that time mends (``RETRY``) is waited out, not ready meanwhile. Any other ends the service: a person
must look. SIGTERM ends it between two turns.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final, final

from ledger.errors import Action, LedgerFault
from ledger.service.watch import Pulse, Watch
from services.metrics import ServiceMetrics

RETRY_S: Final = 1.0
"""How long a service waits after a fault that passes by itself."""
BEAT_S: Final = 1.0
"""Longest wait between two beats of the pulse."""

_logger: Final = logging.getLogger("services")


@final
class Audience:
    """Health, readiness and metrics of one service at ``listen`` (HOST:PORT; port 0 takes any free one)."""

    def __init__(self, service: str, metrics: ServiceMetrics, listen: str) -> None:
        self.pulse = Pulse(service)
        self._metrics = metrics
        host, _, port = listen.rpartition(":")
        self._watch = Watch(self.pulse, metrics.registry, host, int(port))
        _logger.info("listens", extra={"service": service, "port": self._watch.port})

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._watch.port

    def become(self, role: str, *, ready: bool) -> None:
        """The service is in this role; a change is worth a line."""
        if role != self.pulse.role:
            _logger.info("role", extra={"service": self.pulse.service, "role": role})
        self.pulse.now(role, ready=ready)

    def met(self, fault: LedgerFault) -> None:
        """A fault that is waited out, or that ends the service."""
        self._metrics.fault(type(fault).__name__)
        self.become("waiting", ready=False)
        _logger.warning("fault", extra={"fault": str(fault), "action": fault.action.value})

    def close(self) -> None:
        """Stop listening."""
        self._watch.close()


def run_turns(turn: Callable[[], float | None], stop: threading.Event, audience: Audience) -> None:
    """Call ``turn`` until ``stop`` is set or it returns ``None``; else it returns seconds to wait."""
    try:
        while not stop.is_set():
            audience.pulse.beat()
            try:
                wait_s = turn()
            except LedgerFault as fault:
                audience.met(fault)
                if fault.action is not Action.RETRY:
                    raise
                wait_s = RETRY_S
            if wait_s is None:
                return
            if wait_s > 0:
                stop.wait(min(wait_s, BEAT_S))
    finally:
        audience.become("stopped", ready=False)
