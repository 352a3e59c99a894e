"""Signed commands through the writer: whose signatures are accepted, what is recorded, what replays."""

import pytest

from ledger.core.messages import (
    AnyCommand,
    ChangeRule,
    ChangeStatus,
    Command,
    KeyRegistered,
    ListAsset,
    OpenAccount,
    RegisterKey,
    RevokeKey,
    RuleChanged,
    SystemStatusChanged,
    Transfer,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.log.codec import encode_command, encode_signed
from ledger.log.memory import MemoryLog
from ledger.signing import new_private_key, public_key, signed_command
from ledger.writer.apply import block_events
from ledger.writer.writer import Writer
from tests.fields import changed
from tests.spec import START_US, USDC, account, ask, deposit, rule

ADA, BEN, EVE = (new_private_key() for _ in range(3))


class Desk:
    """A writer, and commands signed for it."""

    def __init__(self, operator_keys: str = "") -> None:
        self.log = MemoryLog("main", 1)
        self.writer = Writer(self.log)
        self.writer.open_ledger(START_US, operator_keys)
        self.number = 0

    def send(self, command: AnyCommand, *keys: tuple[str, str], ledger_id: str = "main") -> int:
        """Code of the outcome; each key is (id, private key)."""
        self.number += 1
        numbered = changed(command, number=self.number)
        data = encode_command(numbered)
        if keys:
            data = encode_signed(signed_command(numbered, ledger_id, *keys))
        (answer,) = self.writer.submit([data], START_US)
        return answer.outcome.code

    def newest(self) -> object:
        """The last event."""
        head = self.log.head()
        assert head is not None
        return block_events([self.log.read_partition(0, head.height, 1)[0].blob])[-1]


def register(name: str, private: str, operator: str) -> RegisterKey:
    key = public_key(private)
    return ask(RegisterKey, key_id=name, public_key=key, role="operator", operator=operator)


@pytest.fixture
def desk() -> Desk:
    """Two keys of two people."""
    desk = Desk()
    assert desk.send(register("ada", ADA, "Ada")) == 0
    assert desk.send(register("ben", BEN, "Ben"), ("ada", ADA)) == 0
    return desk


CANCEL_ONLY = ask(ChangeStatus, status="cancel_only", reason="drill")
RULE = rule("bands", "off")


def test_without_keys_everything_is_accepted_and_recorded_as_unsigned() -> None:
    desk = Desk()
    assert desk.send(CANCEL_ONLY) == 0
    event = desk.newest()
    assert isinstance(event, SystemStatusChanged)
    assert (event.operator_key, event.signature, event.second_key) == ("", "", "")


def test_the_second_key_is_registered_by_the_first(desk: Desk) -> None:
    event = desk.newest()
    assert isinstance(event, KeyRegistered)
    assert (event.key_id, event.by_key, len(event.signature)) == ("ben", "ada", 128)


def test_with_keys_an_operator_command_needs_one(desk: Desk) -> None:
    assert desk.send(CANCEL_ONLY) == Code.SIGNATURE_REQUIRED
    assert desk.send(CANCEL_ONLY, ("ada", ADA)) == 0
    event = desk.newest()
    assert isinstance(event, SystemStatusChanged)
    assert (event.operator_key, len(event.signature)) == ("ada", 128)


def test_a_rule_needs_two_keys_of_two_people(desk: Desk) -> None:
    assert desk.send(RULE, ("ada", ADA)) == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.send(RULE, ("ada", ADA), ("ada", ADA)) == Code.SIGNATURE_INVALID
    assert desk.send(register("ada-2", EVE, "Ada"), ("ada", ADA), ("ben", BEN)) == 0
    assert desk.send(RULE, ("ada", ADA), ("ada-2", EVE)) == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.send(RULE, ("ada", ADA), ("ben", BEN)) == 0
    event = desk.newest()
    assert isinstance(event, RuleChanged)
    assert (event.operator_key, event.second_key) == ("ada", "ben")


def test_one_person_with_two_keys_can_still_register_a_second_person() -> None:
    desk = Desk()
    assert desk.send(register("ada", ADA, "Ada")) == 0
    assert desk.send(register("ada-2", EVE, "Ada"), ("ada", ADA)) == 0
    assert desk.send(register("ben", BEN, "Ben"), ("ada-2", EVE)) == 0
    assert desk.send(RULE, ("ada", ADA), ("ada-2", EVE)) == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.send(RULE, ("ada-2", EVE), ("ben", BEN)) == 0


@pytest.mark.parametrize(
    "fields", [{"kind": "EXTERNAL"}, {"kind": "LIQUIDATOR"}, {"kind": "TRADER", "margin_exempt": 1}]
)
def test_an_account_without_margin_is_opened_by_two_operators(desk: Desk, fields: dict[str, object]) -> None:
    opening = ask(OpenAccount, account="house", **fields)
    assert desk.send(opening) == Code.SIGNATURE_REQUIRED
    assert desk.send(opening, ("ada", ADA)) == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.send(opening, ("ada", ADA), ("ben", BEN)) == 0


def test_an_account_that_pays_no_fees_is_opened_by_an_operator(desk: Desk) -> None:
    opening = ask(OpenAccount, account="ann", kind="TRADER", fee_tier="RETAIL")
    assert desk.send(opening) == Code.SIGNATURE_REQUIRED
    assert desk.send(opening, ("ben", BEN)) == 0


def test_opening_withdrawals_needs_two_keys_and_closing_them_one(desk: Desk) -> None:
    assert desk.send(ask(ChangeStatus, withdrawals="closed"), ("ada", ADA)) == 0
    opening = ask(ChangeStatus, withdrawals="open")
    assert desk.send(opening, ("ada", ADA)) == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.send(opening, ("ada", ADA), ("ben", BEN)) == 0


@pytest.mark.parametrize(
    ("key", "ledger_id"),
    [(("ada", BEN), "main"), (("ada", ADA), "other"), (("nobody", ADA), "main"), (("ada", EVE), "main")],
)
def test_a_signature_that_does_not_hold_is_refused(desk: Desk, key: tuple[str, str], ledger_id: str) -> None:
    assert desk.send(CANCEL_ONLY, key, ledger_id=ledger_id) == Code.SIGNATURE_INVALID


def test_a_revoked_key_signs_nothing(desk: Desk) -> None:
    assert desk.send(ask(RevokeKey, key_id="ada"), ("ada", ADA), ("ben", BEN)) == 0
    assert desk.send(CANCEL_ONLY, ("ada", ADA)) == Code.SIGNATURE_INVALID
    assert desk.send(ask(RevokeKey, key_id="ben"), ("ben", BEN)) == Code.LAST_KEY
    assert desk.send(register("ada", EVE, "Ada"), ("ben", BEN)) == Code.KEY_EXISTS


def test_the_keys_of_block_1_are_registered() -> None:
    desk = Desk(public_key(ADA))
    assert desk.send(CANCEL_ONLY) == Code.SIGNATURE_REQUIRED
    assert desk.send(CANCEL_ONLY, (public_key(ADA)[:16], ADA)) == 0


def test_an_account_with_a_signer_is_moved_by_its_signature_alone() -> None:
    desk = Desk()
    opened: list[AnyCommand] = [USDC, account("ann", signer_key=public_key(EVE)), account("bob")]
    for command in (*opened, deposit("ann", "9"), deposit("bob", "9")):
        assert desk.send(command) == 0
    move = ask(Transfer, account="ann", counterparty="bob", asset="USDC", amount_e8=1)
    assert desk.send(move) == 0
    assert desk.send(rule("account_signers", "required")) == 0
    assert desk.send(move) == Code.SIGNER_REQUIRED
    assert desk.send(move, (public_key(BEN), BEN)) == Code.SIGNER_REQUIRED
    assert desk.send(move, (public_key(EVE), EVE)) == 0
    back = ask(Transfer, account="bob", counterparty="ann", asset="USDC", amount_e8=1)
    assert desk.send(back) == 0


def test_a_writer_that_recovers_knows_the_keys_and_takes_signed_commands_again(desk: Desk) -> None:
    numbered: Command = changed(CANCEL_ONLY, number=99)
    desk.log.append_commands([encode_signed(signed_command(numbered, "main", ("ada", ADA)))], START_US)
    writer = Writer(desk.log)
    assert writer.catch_up() == 1
    assert writer.state.control.status == "cancel_only"
    assert list(writer.state.control.keys) == ["ada", "ben"]


def test_a_signed_command_sent_again_gets_its_first_outcome(desk: Desk) -> None:
    data = encode_signed(signed_command(changed(CANCEL_ONLY, number=50), "main", ("ada", ADA)))
    first, second = (desk.writer.submit([data], START_US)[0] for _ in range(2))
    assert (first.duplicate, second.duplicate, second.outcome) == (False, True, first.outcome)


@pytest.mark.parametrize("content", ["", "zz", "c301"])
def test_a_signed_command_without_a_command_is_answered(desk: Desk, content: str) -> None:
    signed = signed_command(USDC, "main", ("ada", ADA))
    signed.content = content
    (answer,) = desk.writer.submit([encode_signed(signed)], START_US)
    assert answer.outcome.code == Code.UNKNOWN_COMMAND


def test_commands_that_are_not_of_operators_stay_unsigned(desk: Desk) -> None:
    assert desk.send(ask(OpenAccount, account="ann", kind="TRADER")) == 0
    assert desk.send(ask(ListAsset, asset="USDC", decimals=6)) == Code.SIGNATURE_REQUIRED
    assert desk.send(ask(ChangeRule, rule="bands", scope="system", value="sideways")) == Code.INVALID_VALUE
