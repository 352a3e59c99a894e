"""Where ``ledger submit`` hands its commands: the embedded writer, or the writer of a cluster."""

from collections.abc import Sequence
from typing import Protocol, final

from ledger.client import Client
from ledger.core.messages import AnyCommand
from ledger.edge.commands import SignedLine
from ledger.log.codec import encode_command, encode_signed
from ledger.writer.apply import Answer
from ledger.writer.writer import Writer

Content = AnyCommand | SignedLine
"""What a line may be, once it was read."""


class Gateway(Protocol):
    """Takes commands and answers them in order, once they are durable."""

    def answer(self, commands: Sequence[Content], arrived_at_us: int) -> list[Answer]:
        """The answers, in the order of the commands. Raises the faults of the log."""

    def close(self) -> None:
        """Let go of it."""


@final
class WriterGateway:
    """The writer of an embedded ledger, in this process."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def answer(self, commands: Sequence[Content], arrived_at_us: int) -> list[Answer]:
        """Submit them to the writer."""
        framed = [
            encode_signed(content.signed) if isinstance(content, SignedLine) else encode_command(content)
            for content in commands
        ]
        return self._writer.submit(framed, arrived_at_us)

    def close(self) -> None:
        """Close the writer."""
        self._writer.close()


@final
class ClusterGateway:
    """The writer of a ledger on a cluster, wherever it runs; the broker's clock tells arrivals."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def answer(self, commands: Sequence[Content], arrived_at_us: int) -> list[Answer]:  # noqa: ARG002
        """Send them all and wait for all outcomes."""
        return self._client.submit_all(
            (content.command, content.signed) if isinstance(content, SignedLine) else content
            for content in commands
        )

    def close(self) -> None:
        """Close the client."""
        self._client.close()
