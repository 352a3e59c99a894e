"""Operators: their keys, the rules that they change, and which commands need whose signature.

Without a registered key everything is accepted and recorded as unsigned. As soon as there is one,
operator commands need its signature; those that open withdrawals, change a rule or a balance, or open
an account without margin need two keys of two people, once two people have one. Account commands need
the account's signer where the rule ``account_signers`` says so and the account has one.
"""

from typing import Final

from ledger.core.control import OPERATOR_ROLE, STATUS_BITS, Control, Key, default_value
from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import (
    AnyCommand,
    CancelAllOrders,
    CancelOrder,
    ChangeAccount,
    ChangeRule,
    ChangeStatus,
    CreateVault,
    DepositToVault,
    KeyRegistered,
    KeyRevoked,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    PostAdjustment,
    RedeemShares,
    RegisterKey,
    ReinstateWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    RuleChanged,
    SettleOffBookTrade,
    Transfer,
    UpdateAsset,
    UpdateMarket,
    UpdateVault,
)
from ledger.core.proof import Proof
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import (
    MODE_RULES,
    NUMBER_RULES,
    OBSERVE_MAX_S,
    POLICIES,
    WORD_RULES,
)
from ledger.core.rules.accounts import EXTERNAL, LIQUIDATOR
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.rules.modes import SWITCHES
from ledger.core.rules.words import RETAIL
from ledger.core.state import State
from ledger.core.values import is_name, is_text

SYSTEM: Final = "system"
EXEMPT_KINDS: Final = frozenset((EXTERNAL, LIQUIDATOR))
"""Kinds of accounts that trade without margin, or take over what others have."""
PUBLIC_KEY_DIGITS: Final = 64
HEX_DIGITS: Final = frozenset("0123456789abcdef")
INTEGER_DIGITS_MAX: Final = 18
LAST_BEFORE_SIGNATURES: Final = int(RefusalCode.OUT_OF_RANGE)
"""A command that no state would accept is refused for that, whoever signed it."""


def decide_change_rule(state: State, command: ChangeRule, proof: Proof, now_us: int) -> Decision:
    """Another value of one rule. Observing is granted for a time and ends by itself."""
    rule = command.rule
    if command.scope != SYSTEM:
        return refused(RefusalCode.INVALID_VALUE, f"scope {command.scope!r} is not {SYSTEM!r}")
    if not default_value(rule) and rule not in MODE_RULES:
        return refused(RefusalCode.INVALID_VALUE, f"there is no rule {rule[:64]!r}")
    value = _recorded_value(rule, command.value, now_us)
    if value is None:
        return refused(RefusalCode.INVALID_VALUE, f"{rule} cannot be {command.value[:64]!r}")
    before = state.control.value(rule)
    if before == value:
        return refused(RefusalCode.NOTHING_TO_CHANGE, f"{rule} is {before} already")
    return accepted(
        [
            RuleChanged(
                rule=rule,
                scope=SYSTEM,
                value_before=before,
                value_after=value,
                operator_key=proof.key_1,
                second_key=proof.key_2,
                signature=proof.signature_1,
                second_signature=proof.signature_2,
            )
        ]
    )


def _recorded_value(rule: str, value: str, now_us: int) -> str | None:
    """``value`` as the event has it, or None when the rule cannot be that."""
    number = NUMBER_RULES.get(rule)
    if number is not None:
        negative = number.low < 0 and value.startswith("-") and value != "-0"
        if not _is_integer(value[1:] if negative else value) or not number.low <= int(value) <= number.high:
            return None
        return value
    if rule in WORD_RULES:
        return value if value in WORD_RULES[rule].words else None
    if rule in MODE_RULES:
        named = value.split(",") if value else []
        statuses = [status for status in STATUS_BITS if status in named]
        return value if len(statuses) == len(named) and ",".join(statuses) == value else None
    word, colon, seconds = value.partition(":")
    if word != POLICIES[2]:
        return value if value in POLICIES else None
    if not colon or not _is_integer(seconds) or not 0 < int(seconds) <= OBSERVE_MAX_S:
        return None
    return f"{word}:{now_us + int(seconds) * 1_000_000}"


def _is_integer(text: str) -> bool:
    """Whether ``text`` is a whole number without sign and leading zeros."""
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= INTEGER_DIGITS_MAX
        and (text == "0" or text[0] != "0")
    )


def decide_register_key(state: State, command: RegisterKey, proof: Proof) -> Decision:
    """Another key. Neither its id nor its public key were ever used before."""
    if not is_name(command.key_id) or not is_public_key(command.public_key):
        return refused(
            RefusalCode.INVALID_VALUE, "key_id is not a name, or public_key not 64 small hexadecimal digits"
        )
    if command.role != OPERATOR_ROLE or not command.operator or not is_text(command.operator):
        return refused(RefusalCode.INVALID_VALUE, f"role is not {OPERATOR_ROLE!r}, or operator is no text")
    for key in state.control.keys.values():
        if key.key_id == command.key_id or key.public_key == command.public_key:
            return refused(RefusalCode.KEY_EXISTS, f"key {key.key_id} has this id or this public key")
    return accepted(
        [
            KeyRegistered(
                key_id=command.key_id,
                public_key=command.public_key,
                role=command.role,
                operator=command.operator,
                by_key=proof.key_1,
                signature=proof.signature_1,
            )
        ]
    )


def is_public_key(text: str) -> bool:
    """Whether ``text`` can be an Ed25519 public key: 64 small hexadecimal digits."""
    return is_digest(text)


def is_digest(text: str) -> bool:
    """Whether ``text`` is 64 small hexadecimal digits."""
    return len(text) == PUBLIC_KEY_DIGITS and HEX_DIGITS.issuperset(text)


def decide_revoke_key(state: State, command: RevokeKey, proof: Proof) -> Decision:
    """One key less; the last one stays, or nothing would need a signature any more."""
    key = state.control.keys.get(command.key_id)
    if key is None or key.revoked:
        return refused(
            RefusalCode.KEY_NOT_FOUND, f"key {command.key_id[:64]!r} is not registered, or revoked"
        )
    if state.control.active_keys() == 1:
        return refused(RefusalCode.LAST_KEY, f"key {key.key_id} is the only one")
    return accepted(
        [
            KeyRevoked(
                key_id=key.key_id,
                public_key=key.public_key,
                role=key.role,
                operator=key.operator,
                by_key=proof.key_1,
                signature=proof.signature_1,
            )
        ]
    )


def authorised(state: State, command: AnyCommand, proof: Proof, decision: Decision) -> Decision:
    """``decision``, or the refusal for want of a signature."""
    if 0 < decision.code <= LAST_BEFORE_SIGNATURES:
        return decision
    refusal: Decision | None = None
    needed = keys_needed(state, command)
    operators = state.control.active_operators() if needed else 0
    if operators:
        refusal = refuse_operators(state.control, proof, min(needed, operators))
    elif state.control.account_signers:
        refusal = _refuse_signers(state, command, proof)
    return decision if refusal is None else refusal


def keys_needed(state: State, command: AnyCommand) -> int:
    """How many operator keys must sign a command of this kind; 0: none."""
    match command:
        case ChangeStatus():
            loosens = command.withdrawals != "" and (
                command.withdrawals in SWITCHES
                and SWITCHES.index(command.withdrawals) > SWITCHES.index(state.control.withdrawals)
            )
            return 2 if loosens else 1
        case UpdateMarket():
            market = state.markets.get(command.market)
            return 1 if market is not None and _only_status(state, command) else 2
        case (
            ChangeRule()
            | RegisterKey()
            | RevokeKey()
            | PostAdjustment()
            | ListMarket()
            | ReinstateWithdrawal()
        ):
            return 2
        case OpenAccount():
            if command.margin_exempt or command.kind in EXEMPT_KINDS:
                return 2
            return 1 if command.fee_tier == RETAIL else 0
        case ListAsset() | UpdateAsset() | CreateVault() | UpdateVault():
            return 1
        case ChangeAccount():
            return 0 if command.field == "leverage" else 1
        case _:
            return 0


def _only_status(state: State, command: UpdateMarket) -> bool:
    """Whether an update leaves everything but the status as it is."""
    market = state.markets[command.market]
    for name in RULE_FIELDS:
        if name != "status" and getattr(command, name) != getattr(market, name):
            return False
    return True


def refuse_operators(control: Control, proof: Proof, needed: int) -> Decision | None:
    """Why the signatures are not those of ``needed`` operators, or None."""
    first = control.keys.get(proof.key_1)
    if first is None:
        return refused(RefusalCode.SIGNATURE_REQUIRED, "no registered operator key signed the command")
    if needed == 1:
        return None
    second = control.keys.get(proof.key_2)
    if second is None or second.operator == first.operator:
        return refused(
            RefusalCode.SECOND_SIGNATURE_REQUIRED, "the command needs the keys of two different operators"
        )
    return None


def _refuse_signers(state: State, command: AnyCommand, proof: Proof) -> Decision | None:
    """Why the signers of the command's accounts did not sign it, or None."""
    for name in _accounts_of(command):
        account = state.accounts.get(name)
        if (
            account is not None
            and account.signer_key
            and account.signer_key not in (proof.key_1, proof.key_2)
        ):
            return refused(RefusalCode.SIGNER_REQUIRED, f"the signer of {name} did not sign the command")
    return None


def _accounts_of(command: AnyCommand) -> tuple[str, ...]:
    """Accounts whose holders must have asked for a command."""
    match command:
        case (
            PlaceOrder()
            | CancelOrder()
            | CancelAllOrders()
            | RequestWithdrawal()
            | Transfer()
            | DepositToVault()
            | RedeemShares()
        ):
            return (command.account,)
        case ChangeAccount():
            return (command.account,)
        case SettleOffBookTrade():
            return (command.buyer, command.seller)
        case _:
            return ()


def evolve_rule_changed(state: State, event: RuleChanged) -> None:
    """The rule from now on."""
    state.control.put(event.rule, event.value_after)


def evolve_key_registered(state: State, event: KeyRegistered) -> None:
    """Another key."""
    state.control.add_key(Key(event.key_id, event.public_key, event.role, event.operator))


def evolve_key_revoked(state: State, event: KeyRevoked) -> None:
    """The key signs nothing any more; its id stays taken."""
    state.control.keys[event.key_id].revoked = 1
