"""Plans on a ledger in memory: two operators, their approval, and what is handed to the ledger."""

from ledger.core.messages import AnyCommand, ChangeStatus, PayRefund, RegisterKey
from ledger.core.state import State
from ledger.incident.correction.parts import command_of
from ledger.incident.plan import Plan, approval_command, approved
from ledger.incident.valuation import worth_of
from ledger.log.codec import encode_command, encode_signed
from ledger.signing import new_private_key, public_key, signed_command
from ledger.writer.apply import Answer
from tests.fields import changed
from tests.incidents import Town
from tests.spec import ask

DAY_US = 86_400_000_000


class Operators:
    """Two operators with a key each, registered on a ledger that had none."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.keys = [("ada-1", new_private_key()), ("bob-1", new_private_key())]
        for (key_id, private), operator in zip(self.keys, ("Ada", "Bob"), strict=True):
            command = ask(
                RegisterKey,
                key_id=key_id,
                public_key=public_key(private),
                role="operator",
                operator=operator,
            )
            if operator == "Ada":
                town.take(command)
            else:
                self.take(command, 1)

    def take(self, command: AnyCommand, keys: int = 2) -> None:
        """A command signed by so many of the operators, which is accepted."""
        town = self.town
        numbered = changed(command, number=next(town.numbers), issued_at_us=town.now_us)
        signed = signed_command(numbered, town.log.ledger_id, *self.keys[:keys])
        (answer,) = town.writer.submit([encode_signed(signed)], town.now_us)
        assert answer.outcome.code == 0, answer.outcome.detail

    def status(self, status: str) -> None:
        """Another status of the exchange."""
        self.take(ask(ChangeStatus, status=status, reason="incident"))

    def sign(self, plan: Plan) -> Plan:
        """The plan with both signatures."""
        now_us = self.town.now_us
        for key in self.keys:
            plan = approved(plan, key, now_us, now_us + DAY_US)
        return plan

    def approve(self, plan: Plan) -> Plan:
        """The plan approved on the ledger."""
        plan = self.sign(plan)
        (answer,) = self.town.writer.submit([encode_signed(approval_command(plan))], self.town.now_us)
        assert answer.outcome.code == 0, answer.outcome.detail
        return plan

    def apply(self, plan: Plan) -> Answer:
        """A correction handed to the ledger, whatever becomes of it."""
        number = next(self.town.numbers)
        command = command_of(plan, "plan", number, self.town.now_us)
        (answer,) = self.town.writer.submit([encode_command(command)], self.town.now_us)
        return answer


def value_e8(state: State, account: str) -> int:
    """Account value at the marks and indices of the state."""
    return worth_of(state.accounts.get(account), state, state).value_e8


def pay(town: Town, command: PayRefund) -> Answer:
    """A payment handed to the ledger under another number, whatever becomes of it."""
    (answer,) = town.ask(command)
    return answer
