"""Accounts: opened, and changed one field at a time (status, signer, fee tier, leverage)."""

from typing import Final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AccountChanged, AccountOpened, ChangeAccount, OpenAccount
from ledger.core.refusals import RefusalCode
from ledger.core.rules.balances import RESTRICTED, has_position
from ledger.core.rules.margin import value_and_initial_e22
from ledger.core.rules.shares import has_claim
from ledger.core.rules.words import ACCOUNT_ACTIVE, ACCOUNT_CLOSED, RETAIL
from ledger.core.state import Account, Holding, Market, State
from ledger.core.values import PPM, div_up, is_name, is_text

ACCOUNT_STATUSES: Final = frozenset((ACCOUNT_ACTIVE, RESTRICTED, ACCOUNT_CLOSED))
"""What an operator may set; ``liquidation`` is set by the rules alone."""

ACCOUNT_KINDS: Final = frozenset(
    ("TRADER", "SUBACCOUNT", "VAULT_OPERATOR", "AUXILIARY", "LIQUIDATOR", "EXTERNAL")
)
KINDS_WITH_PARENT: Final = frozenset(("SUBACCOUNT", "AUXILIARY"))
LIQUIDATOR: Final = "LIQUIDATOR"
EXTERNAL: Final = "EXTERNAL"
FEE_TIER_DEFAULT: Final = "PRO"
FEE_TIERS: Final = frozenset((FEE_TIER_DEFAULT, RETAIL))

COUNTER_ACCOUNTS: Final = frozenset(
    (
        "custody",
        "withdrawal_pending",
        "pnl_clearing",
        "funding_clearing",
        "fee",
        "transit",
        "adjustment",
        "vault_issue",
        "rounding",
    )
)
"""First words of the counter-accounts of the double entry; no account may have such a name."""

LEVERAGE_MAX: Final = 500
"""Highest leverage that may be chosen; up to here a leverage and its factor give each other."""


def decide_open_account(state: State, command: OpenAccount, now_us: int) -> Decision:  # noqa: ARG001
    """A new account. SUBACCOUNT and AUXILIARY belong to a parent that is open and no child itself.

    There is one LIQUIDATOR, and it is margin-exempt: a takeover is never refused for its margin.
    """
    refusal = _refuse_values(command)
    if refusal is not None:
        return refusal
    if command.account in state.accounts:
        return refused(RefusalCode.ACCOUNT_EXISTS, f"account {command.account}")
    if command.kind in KINDS_WITH_PARENT:
        parent = state.accounts.get(command.parent)
        if parent is None or parent.kind in KINDS_WITH_PARENT or parent.status == ACCOUNT_CLOSED:
            return refused(
                RefusalCode.PARENT_INVALID, f"{command.parent!r} cannot be the parent of a {command.kind}"
            )
    elif command.parent:
        return refused(RefusalCode.PARENT_INVALID, f"a {command.kind} has no parent")
    if ":" in command.account or command.account in COUNTER_ACCOUNTS:
        return refused(RefusalCode.ACCOUNT_RESERVED, f"account {command.account}")
    liquidates = command.kind == LIQUIDATOR
    if liquidates and state.liquidator:
        return refused(RefusalCode.LIQUIDATOR_EXISTS, f"account {state.liquidator} is the LIQUIDATOR")
    return accepted(
        [
            AccountOpened(
                account=command.account,
                kind=command.kind,
                parent=command.parent,
                signer_key=command.signer_key,
                margin_exempt=1 if liquidates else command.margin_exempt,
                fee_tier=command.fee_tier or FEE_TIER_DEFAULT,
                reinstates_seq=0,
            )
        ]
    )


def _refuse_values(command: OpenAccount) -> Decision | None:
    if not is_name(command.account):
        return refused(RefusalCode.INVALID_VALUE, f"account {command.account!r} is not a name")
    if command.kind not in ACCOUNT_KINDS:
        return refused(
            RefusalCode.INVALID_VALUE, f"kind {command.kind!r} is not one of {_list(ACCOUNT_KINDS)}"
        )
    if not is_text(command.signer_key):
        return refused(RefusalCode.INVALID_VALUE, "signer_key is too long or not printable")
    if command.margin_exempt not in (0, 1):
        return refused(RefusalCode.INVALID_VALUE, f"margin_exempt {command.margin_exempt} is neither 0 nor 1")
    if command.fee_tier and command.fee_tier not in FEE_TIERS:
        return refused(
            RefusalCode.INVALID_VALUE, f"fee_tier {command.fee_tier!r} is not one of {_list(FEE_TIERS)}"
        )
    return None


def decide_change_account(state: State, command: ChangeAccount, now_us: int) -> Decision:  # noqa: ARG001
    """Change one field; ``market`` is named for ``leverage`` and for nothing else.

    A closed account stays closed: its name is never used again.
    """
    refusal = _refuse_change(command)
    if refusal is not None:
        return refusal
    market = state.markets.get(command.market)
    if market is None and command.market:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    if market is not None:
        factor_ppm = div_up(PPM, int(command.value))
        if factor_ppm < market.imf_base_ppm:
            return refused(
                RefusalCode.INVALID_VALUE,
                f"leverage {command.value} is above the market's {PPM // market.imf_base_ppm}",
            )
    before = _value_of(account, command.field, market)
    if before == command.value:
        return refused(RefusalCode.NOTHING_TO_CHANGE, f"{command.field} is {before!r} already")
    if account.status == ACCOUNT_CLOSED:
        return refused(RefusalCode.ACCOUNT_CLOSED, f"account {account.name}")
    if command.field == "status" and command.value == ACCOUNT_CLOSED and not is_empty(state, account):
        return refused(
            RefusalCode.ACCOUNT_NOT_EMPTY, f"account {account.name} holds money, positions or orders"
        )
    if market is not None and not _bears_factor(account, market, factor_ppm):
        return refused(
            RefusalCode.INSUFFICIENT_MARGIN, f"account {account.name} cannot bear leverage {command.value}"
        )
    return accepted(
        [
            AccountChanged(
                account=account.name,
                field=command.field,
                market=command.market,
                value_before=before,
                value_after=command.value,
                reason=command.reason,
            )
        ]
    )


def _refuse_change(command: ChangeAccount) -> Decision | None:
    """What is wrong with the values of the command alone, or None."""
    value = command.value
    match command.field:
        case "status":
            valid = value in ACCOUNT_STATUSES
        case "signer":
            valid = is_text(value)
        case "fee_tier":
            valid = value in FEE_TIERS
        case "leverage":
            valid = value.isascii() and value.isdecimal() and len(value) <= len(str(LEVERAGE_MAX))
            valid = valid and value[0] != "0" and int(value) <= LEVERAGE_MAX
        case _:
            return refused(RefusalCode.INVALID_VALUE, f"field {command.field!r} cannot be changed")
    if not valid:
        return refused(RefusalCode.INVALID_VALUE, f"{command.field} cannot be {value[:64]!r}")
    if (command.field == "leverage") != bool(command.market):
        return refused(RefusalCode.INVALID_VALUE, "a market is named for leverage and for nothing else")
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    return None


def _value_of(account: Account, field: str, market: Market | None) -> str:
    """The field as it is, as text; no leverage chosen is an empty text."""
    if market is not None:
        holding = account.holdings.get(market.market)
        if holding is None or holding.imf_ppm == 0:
            return ""
        return str(div_up(PPM, holding.imf_ppm))
    if field == "status":
        return account.status
    return account.signer_key if field == "signer" else account.fee_tier


def is_empty(state: State, account: Account) -> bool:
    """Whether closing the account loses nothing: no money, position, order, or claim of a vault."""
    if account.balance_e8 or account.orders:
        return False
    for amount in account.other_balances.values():
        if amount:
            return False
    for amount in account.pending.values():
        if amount:
            return False
    return not (has_position(account) or has_claim(state, account))


def _bears_factor(account: Account, market: Market, factor_ppm: int) -> bool:
    """Whether the account meets its initial margin with ``factor_ppm`` in ``market``.

    Asked only where the requirement rises; lowering it is always allowed.
    """
    holding = account.holdings.get(market.market)
    if holding is None or account.margin_exempt:
        return True
    open_size = max(holding.open_buy_e8 + holding.size_e8, holding.open_sell_e8 - holding.size_e8)
    in_force = max(holding.imf_ppm, market.imf_base_ppm)
    rise_e22 = open_size * market.mark_e8 * (factor_ppm - in_force)
    if rise_e22 <= 0:
        return True
    value_e22, initial_e22 = value_and_initial_e22(account)
    return value_e22 >= initial_e22 + rise_e22


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))


def evolve_account_opened(state: State, event: AccountOpened) -> None:
    """A new account, active and empty."""
    if event.kind == LIQUIDATOR:
        state.liquidator = event.account
    state.accounts[event.account] = Account(
        event.account,
        event.kind,
        event.parent,
        event.signer_key,
        event.margin_exempt,
        event.fee_tier,
    )


def evolve_account_changed(state: State, event: AccountChanged) -> None:
    """The field as it is now; a chosen leverage is kept as the factor ``ceil(1e6 / leverage)``."""
    account = state.accounts[event.account]
    match event.field:
        case "status":
            account.status = event.value_after
            state.restricted.discard(account.name)
            if event.value_after == RESTRICTED:
                state.restricted.add(account.name)
        case "signer":
            account.signer_key = event.value_after
        case "fee_tier":
            account.fee_tier = event.value_after
        case _:
            holding = account.holdings.get(event.market)
            if holding is None:
                holding = Holding(state.markets[event.market])
                account.holdings[event.market] = holding
            holding.imf_ppm = div_up(PPM, int(event.value_after))
