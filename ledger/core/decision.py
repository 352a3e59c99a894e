"""The result of ``decide``: events, a refusal, or a refusal with events."""

from typing import Final, final

from ledger.core.messages import AnyEvent, Command
from ledger.core.refusals import RefusalCode

ACCEPTED: Final = 0


@final
class Decision:
    """What ``decide`` answered.

    ``code`` is ``ACCEPTED`` (0) or a ``RefusalCode``. ``events`` are in the order in which
    they happened; rules return them without a header and ``decide`` stamps them. A refusal
    may carry events (a tripped guard). ``detail`` names the field, the value and the bound
    of a refusal, for a person.
    """

    __slots__ = ("code", "detail", "events")

    def __init__(self, code: int, detail: str, events: list[AnyEvent]) -> None:
        self.code = code
        self.detail = detail
        self.events = events


def accepted(events: list[AnyEvent]) -> Decision:
    """The command holds; ``events`` is not empty."""
    return Decision(ACCEPTED, "", events)


def refused(code: RefusalCode, detail: str) -> Decision:
    """The command is refused and nothing happened."""
    return Decision(int(code), detail, [])


def command_id(command: Command) -> str:
    """Id of a command, ``producer/number``: also of the order, trade, transfer or withdrawal it makes."""
    return command.producer + "/" + str(command.number)
