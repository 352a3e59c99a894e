"""Commands on their way to the ledger: the only place where the read side knows how to reach the writer."""

from typing import NamedTuple, Protocol

from ledger.client import AsyncClient
from ledger.core.messages import AnyCommand, Outcome, SignedCommand
from ledger.log.opening import connection_of
from ledger.settings import Settings


class Sent(NamedTuple):
    """The durable outcome of a command, and whether it was that of an earlier send."""

    outcome: Outcome
    duplicate: bool


class Sender(Protocol):
    """Sends commands and waits for what became of them."""

    async def submit(self, command: AnyCommand, signed: SignedCommand | None) -> Sent:
        """The durable outcome. Raises ``LogUnavailable`` when there is none in time."""

    async def close(self) -> None:
        """Stop."""


class ClusterSender:
    """Sends to a ledger on a cluster."""

    def __init__(self, settings: Settings) -> None:
        self._client = AsyncClient(connection_of(settings))

    async def submit(self, command: AnyCommand, signed: SignedCommand | None) -> Sent:
        """See ``Sender``."""
        answer = await self._client.submit(command, signed=signed)
        return Sent(answer.outcome, answer.duplicate)

    async def close(self) -> None:
        """See ``Sender``."""
        await self._client.close()
