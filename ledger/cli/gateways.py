"""Where ``ledger submit`` hands its commands: the embedded writer, or the writer of a cluster."""

from collections.abc import Sequence
from typing import Protocol, final

from ledger.client import Client
from ledger.core.messages import Command
from ledger.log.codec import encode_command
from ledger.writer.apply import Answer
from ledger.writer.writer import Writer


class Gateway(Protocol):
    """Takes commands and answers them in order, once they are durable."""

    def answer(self, commands: Sequence[Command], arrived_at_us: int) -> list[Answer]:
        """The answers, in the order of the commands. Raises the faults of the log."""

    def close(self) -> None:
        """Let go of it."""


@final
class WriterGateway:
    """The writer of an embedded ledger, in this process."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def answer(self, commands: Sequence[Command], arrived_at_us: int) -> list[Answer]:
        """Submit them to the writer."""
        return self._writer.submit([encode_command(command) for command in commands], arrived_at_us)

    def close(self) -> None:
        """Close the writer."""
        self._writer.close()


@final
class ClusterGateway:
    """The writer of a ledger on a cluster, wherever it runs; the broker's clock tells arrivals."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def answer(self, commands: Sequence[Command], arrived_at_us: int) -> list[Answer]:  # noqa: ARG002
        """Send them all and wait for all outcomes."""
        return self._client.submit_all(commands)

    def close(self) -> None:
        """Close the client."""
        self._client.close()
