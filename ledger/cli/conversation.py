"""Lines in, answers out: what ``ledger submit`` and ``ledger run`` have in common."""

from collections.abc import Sequence
from typing import Any, final

from ledger.bootstrap import arrival_us
from ledger.cli.gateways import Gateway
from ledger.edge.commands import Rejected, read_line, too_large
from ledger.edge.outcomes import outcome_object, rejected_object


@final
class Conversation:
    """Counts lines and answers them. ``accepted``, ``refused``, ``duplicates`` count the answers."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.lines = 0
        self.accepted = 0
        self.refused = 0
        self.duplicates = 0

    def answer(self, lines: Sequence[bytes | None]) -> list[dict[str, Any]]:
        """The answers to ``lines``, in order, once all of them are durable.

        ``None`` is a line that was too long to be read. Raises the faults of the log.
        """
        arrived_at_us = arrival_us()
        read = [too_large() if line is None else read_line(line, arrived_at_us) for line in lines]
        commands = [content for content in read if not isinstance(content, Rejected)]
        answers = iter(self._gateway.answer(commands, arrived_at_us) if commands else [])
        results: list[dict[str, Any]] = []
        for content in read:
            self.lines += 1
            if isinstance(content, Rejected):
                results.append(rejected_object(self.lines, content))
            else:
                answer = next(answers)
                results.append(outcome_object(self.lines, answer.outcome, duplicate=answer.duplicate))
                self.duplicates += answer.duplicate
            self._count(results[-1])
        return results

    def summary(self) -> str:
        """One sentence about all answers so far."""
        return (
            f"{self.lines} lines: {self.accepted} accepted, {self.refused} refused"
            f" ({self.duplicates} of them were answered before)"
        )

    def _count(self, answer: dict[str, Any]) -> None:
        if answer["status"] == "accepted":
            self.accepted += 1
        else:
            self.refused += 1
