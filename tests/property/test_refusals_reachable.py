"""Every refusal code is reached by one scenario of this table, through the path that a sender uses."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import pytest

from ledger.core.limits import COMMAND_BYTES_MAX, FUTURE_MAX_US
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    AnyEvent,
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    CancelOutsideBand,
    ChangeAccount,
    ChangeStatus,
    Command,
    CompleteUnwind,
    ConfirmBook,
    DeleverageAccount,
    FailWithdrawal,
    LiquidateAccount,
    ListAsset,
    PlaceOrder,
    RedeemShares,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    SettleFunding,
    SettleOffBookTrade,
    SettleVaultFees,
    SignedCommand,
    SweepRounding,
    Transfer,
    TriggerOrder,
    UpdateAsset,
    UpdateMarket,
    UpdatePrices,
    UpdateVault,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.edge.commands import Rejected, read_line
from ledger.log.codec import encode_command, encode_signed
from ledger.log.memory import MemoryLog
from ledger.signing import new_private_key, public_key, signed_command
from ledger.writer.duplicates import WINDOW
from ledger.writer.writer import Writer
from tests.fields import changed, changed_entry, record_of
from tests.property.refusing import BTC, block_trade, funding, lost, match, order, put, redeem, stop, vault
from tests.property.refusing_plans import KEYS, PLANNED, undoing
from tests.property.remedies_refused import remedies
from tests.spec import (
    RECORDS,
    START_MS,
    START_US,
    USDC,
    account,
    ask,
    deposit,
    e8,
    given,
    market,
    marks,
    refused,
    rule,
)

C = TypeVar("C", bound=Command)
LISTED: Final = (USDC, market())
OPEN: Final = (*LISTED, account("ann"), account("bob"), deposit("ann", "10000"), deposit("bob", "10000"))
PRICED: Final = (*OPEN, marks(BTC="60000"))


def status(wanted: str) -> ChangeStatus:
    """The exchange to another status."""
    return ask(ChangeStatus, status=wanted, reason="as planned")


def switch(wanted: str) -> ChangeStatus:
    """Withdrawals to another switch."""
    return ask(ChangeStatus, withdrawals=wanted)


def with_premium(tick: AdvanceFunding, premium_e8: int) -> AdvanceFunding:
    """The same tick with a premium of the feed's own."""
    return changed(tick, rates=[changed_entry(r, has_premium=1, premium_e8=premium_e8) for r in tick.rates])


def with_fair(tick: UpdatePrices, fair_e8: int) -> UpdatePrices:
    """The same tick with another external fair price; 0: none."""
    fair = {"has_external_fair": int(fair_e8 > 0), "external_fair_e8": fair_e8}
    return changed(tick, prices=[changed_entry(price, **fair) for price in tick.prices])


def gate(number: int, placed: PlaceOrder) -> PlaceOrder:
    """The same order with the id ``gate/number``, by which a trade can name it."""
    return changed(placed, producer="gate", number=number)


def updated(**rules: object) -> UpdateMarket:
    """The rules of the BTC market at revision 1, less what ``rules`` change."""
    listed = {name: value for name, value in record_of(market()).items() if name != "number"}
    return ask(UpdateMarket, **(listed | {"revision_before": 1} | rules))


def at(tick: int, command: C) -> C:
    """The same command, sent at the time of a price tick (5 s apart)."""
    return changed(command, issued_at_us=START_US + tick * 5_000_000)


def vault_trade() -> SettleOffBookTrade:
    """The operator buys from ``bob``."""
    return changed(block_trade("0.01"), buyer="op", seller="bob")


def gate_redeem() -> RedeemShares:
    """A redemption ``gate/1`` that has to unwind."""
    return at(7, changed(redeem("ann", "50"), producer="gate", number=1))


OPERATOR: Final = account("op", kind="VAULT_OPERATOR")
OPERATOR_2: Final = account("op-2", kind="VAULT_OPERATOR")
VAULT: Final = (*OPEN, updated(price_age_max_ms=0), OPERATOR, OPERATOR_2, vault(), put("ann", "100"))
FUND: Final = account("fund", kind="LIQUIDATOR")
SUNK: Final = (*OPEN, marks(BTC="60000"), block_trade("8"), marks(2, BTC="58000"))
BANKRUPT: Final = (
    marks(BTC="60000"),
    account("dot"),
    deposit("dot", "1000"),
    changed(block_trade("0.5"), buyer="dot", producer="desk", number=6),
    marks(2, BTC="62900"),
    changed(block_trade("0.5", "62900"), buyer="bob", seller="dot", producer="desk", number=7),
    lost("dot", "2440"),
    ask(BustTrade, trade_id="desk/7"),
    ask(BustTrade, trade_id="desk/6"),
)
"""``dot`` gives back a profit that was taken away from it meanwhile."""

BUY_AND_SELL: Final = (*PRICED, gate(1, order("ann", "BUY", "0.1")), gate(2, order("bob", "SELL", "0.1")))
FUNDED: Final = (*PRICED, funding((BTC, "60000", 10**8)))
WITHDRAWAL: Final = ask(
    RequestWithdrawal, account="ann", asset="USDC", amount_e8=e8("5"), destination="0xfeed"
)
TRADED: Final = (*PRICED, changed(block_trade("0.1"), producer="desk", number=1))

DECIDED: Final[dict[Code, tuple[Sequence[AnyCommand], AnyCommand]]] = {
    Code.INVALID_VALUE: (OPEN, deposit("ann", "0")),
    Code.OUT_OF_RANGE: (OPEN, deposit("ann", "1000000000.00000001")),
    Code.SIGNATURE_REQUIRED: ((*LISTED, KEYS[0]), ask(ChangeStatus, status="cancel_only")),
    Code.SIGNER_REQUIRED: (
        (rule("account_signers", "required"), *OPEN, account("cid", signer_key="ab" * 32)),
        ask(Transfer, account="cid", counterparty="bob", asset="USDC", amount_e8=1),
    ),
    Code.SYSTEM_MAINTENANCE: ((*PRICED, status("maintenance")), order("ann", "BUY", "0.1")),
    Code.SYSTEM_CANCEL_ONLY: ((*PRICED, status("cancel_only")), order("ann", "BUY", "0.1")),
    Code.SYSTEM_POST_ONLY: ((*PRICED, status("post_only")), order("ann", "BUY", "0.1")),
    Code.SYSTEM_MODE: ((*PRICED, rule("mode.other_orders", "")), order("ann", "BUY", "0.1")),
    Code.ASSET_EXISTS: (LISTED, ask(ListAsset, asset="USDC", decimals=6)),
    Code.ASSET_NOT_FOUND: (OPEN, deposit("ann", "1", "EURC")),
    Code.ASSET_HALTED: (
        (*OPEN, ask(UpdateAsset, asset="USDC", status="halted")),
        deposit("ann", "1", ref="late"),
    ),
    Code.SETTLEMENT_ASSET_TAKEN: (LISTED, ask(ListAsset, asset="EURC", decimals=6, settlement=1)),
    Code.MARKET_EXISTS: (LISTED, market()),
    Code.MARKET_NOT_FOUND: (PRICED, order("ann", "BUY", "0.1", market="ETH-USD-PERP")),
    Code.MARKET_CLOSED: ((*PRICED, updated(status="halted")), order("ann", "BUY", "0.1")),
    Code.REVISION_MISMATCH: (LISTED, updated(status="halted", revision_before=7)),
    Code.FIELD_NOT_CHANGEABLE: (LISTED, updated(size_step_e8=1)),
    Code.INVALID_RULES: (LISTED, updated(imf_base_ppm=0)),
    Code.NOTHING_TO_CHANGE: (LISTED, updated()),
    Code.STATUS_STEP: ((*PRICED, status("cancel_only")), status("ok")),
    Code.GATE_CLOSED: ((*PRICED, status("cancel_only")), status("post_only")),
    Code.BOOK_MISMATCH: (OPEN, ask(ConfirmBook, source="engine", book_digest="ab" * 32)),
    Code.KEY_NOT_FOUND: (LISTED, ask(RevokeKey, key_id="ops-1")),
    Code.ACCOUNT_EXISTS: (OPEN, account("ann")),
    Code.ACCOUNT_NOT_FOUND: (OPEN, deposit("nobody", "1")),
    Code.ACCOUNT_CLOSED: (
        (*OPEN, account("cid"), ask(ChangeAccount, account="cid", field="status", value="closed")),
        deposit("cid", "1"),
    ),
    Code.ACCOUNT_RESTRICTED: (
        (*OPEN, ask(ChangeAccount, account="ann", field="status", value="restricted")),
        ask(Transfer, account="ann", counterparty="bob", asset="USDC", amount_e8=1),
    ),
    Code.ACCOUNT_NOT_EMPTY: (OPEN, ask(ChangeAccount, account="ann", field="status", value="closed")),
    Code.PARENT_INVALID: (OPEN, account("ann-2", kind="SUBACCOUNT", parent="nobody")),
    Code.ACCOUNT_RESERVED: (OPEN, account("rounding")),
    Code.SAME_ACCOUNT: (OPEN, ask(Transfer, account="ann", counterparty="ann", asset="USDC", amount_e8=1)),
    Code.EXTERNAL_REF_USED: (OPEN, deposit("bob", "5", ref="tx-ann-USDC-10000")),
    Code.WITHDRAWAL_NOT_FOUND: (OPEN, ask(FailWithdrawal, account="ann", withdrawal_id="gate/9")),
    Code.INSUFFICIENT_BALANCE: (
        OPEN,
        ask(
            RequestWithdrawal,
            account="ann",
            asset="USDC",
            amount_e8=e8("10000.00000001"),
            destination="0xfeed",
        ),
    ),
    Code.INSUFFICIENT_FREE_COLLATERAL: (
        TRADED,
        ask(RequestWithdrawal, account="ann", asset="USDC", amount_e8=e8("9990"), destination="0xfeed"),
    ),
    Code.WITHDRAWALS_HELD: (
        (*OPEN, changed(WITHDRAWAL, producer="gate", number=1), switch("held")),
        ask(ReleaseWithdrawal, account="ann", withdrawal_id="gate/1", external_ref="0x1"),
    ),
    Code.WITHDRAWALS_CLOSED: ((*OPEN, switch("closed")), WITHDRAWAL),
    Code.OUTFLOW_LIMIT: (
        (rule("outflow_hour_ppm", "0"), rule("outflow_hour_least_e8", str(e8("4.99999999"))), *OPEN),
        WITHDRAWAL,
    ),
    Code.TICK_OUT_OF_ORDER: (PRICED, marks(3, BTC="60000")),
    Code.TICK_TIME_INVALID: (PRICED, changed(marks(2, BTC="60000"), observed_at_ms=START_MS)),
    Code.TICK_INCOMPLETE: (PRICED, funding()),
    Code.PRICE_NOT_POSITIVE: (OPEN, marks(BTC="0")),
    Code.RATE_OUT_OF_BOUNDS: (PRICED, funding((BTC, "60000", 20_000_000_001))),
    Code.SPOT_MISMATCH: ((*PRICED, updated(price_move_max_ppm=50_000)), funding((BTC, "70000", 1))),
    Code.INDEX_CLAIM_MISMATCH: (PRICED, funding((BTC, "60000", 1), claim=3)),
    Code.NO_MARK_PRICE: (OPEN, order("ann", "BUY", "0.1")),
    Code.NO_POSITION: (PRICED, ask(SettleFunding, account="ann", market=BTC)),
    Code.NOTHING_TO_SWEEP: (PRICED, ask(SweepRounding, market=BTC)),
    Code.INDEX_JUMP: (
        (*FUNDED, rule("guard.G2", "observe:60")),
        funding((BTC, "60000", 1), claim=9 * 10**8, tick_id=2),
    ),
    Code.RATE_JUMP: (
        (*FUNDED, updated(funding_rate_change_max_e12=10)),
        funding((BTC, "60000", 100_000_011), tick_id=2),
    ),
    Code.PREMIUM_MISMATCH: (PRICED, with_premium(funding((BTC, "60000", 10**8)), e8("6.00000002"))),
    Code.RATE_UNEXPLAINED: (
        (*PRICED, updated(funding_rate_tolerance_e12=10)),
        funding((BTC, "60000", 100_000_011)),
    ),
    Code.TICK_STALE: ((*PRICED, rule("stale_ticks_max", "1")), marks(2, BTC="60000")),
    Code.PRICE_JUMP: ((*PRICED, updated(price_move_max_ppm=50_000)), marks(2, BTC="63000.1")),
    Code.FAIR_DIVERGENCE: (
        (*PRICED, updated(fair_divergence_max_ppm=10_000)),
        with_fair(marks(2, BTC="60000"), e8("59000")),
    ),
    Code.INDEX_NOT_CONTINUED: (FUNDED, changed(funding((BTC, "60000", 1), tick_id=2), source_epoch=2)),
    Code.FUNDING_CHANGE: (
        (
            *(command for command in FUNDED if not isinstance(command, AdvanceFunding)),
            block_trade("0.1"),
            funding((BTC, "60000", 10**8)),
            rule("guard.G1", "observe:60"),
            rule("guard.G2", "observe:60"),
        ),
        funding((BTC, "60000", 1), claim=e8("6.1"), tick_id=2),
    ),
    Code.FAIR_PRICE_MISSING: (
        (*OPEN, with_fair(marks(1, BTC="60000"), 0), status("post_only")),
        order("ann", "BUY", "0.1", instruction="POST_ONLY"),
    ),
    Code.ORDER_NOT_FOUND: (PRICED, ask(CancelOrder, account="ann", order_id="gate/9")),
    Code.ORDER_INVALID: (PRICED, order("ann", "BUY", "0.1", has_price=0, price_e8=0)),
    Code.PRICE_OFF_TICK: (PRICED, order("ann", "BUY", "0.1", "60000.05")),
    Code.SIZE_OFF_STEP: (PRICED, order("ann", "BUY", "0.100001")),
    Code.ORDER_TOO_SMALL: (PRICED, order("ann", "BUY", "0.00016")),
    Code.ORDER_TOO_LARGE: (PRICED, order("ann", "BUY", "100.00001")),
    Code.PRICE_OUTSIDE_BAND: (PRICED, order("ann", "BUY", "0.1", "63000.1")),
    Code.TOO_MANY_ORDERS: (
        (*PRICED, updated(open_orders_max=1), order("ann", "BUY", "0.01")),
        order("ann", "BUY", "0.01"),
    ),
    Code.NOT_REDUCING: (PRICED, order("ann", "SELL", "0.1", reduce_only=1)),
    Code.POSITION_LIMIT: (
        (*PRICED, updated(position_limit_e8=e8("1"), order_size_max_e8=e8("1")), order("ann", "BUY", "0.6")),
        order("ann", "BUY", "0.5"),
    ),
    Code.INSUFFICIENT_MARGIN: (PRICED, order("ann", "BUY", "20")),
    Code.NOT_TRIGGERED: (
        (*PRICED, gate(1, stop("ann", "BUY", "0.1", "60000.1"))),
        ask(TriggerOrder, account="ann", order_id="gate/1"),
    ),
    Code.NO_ORDERS: (PRICED, ask(CancelAllOrders, account="ann")),
    Code.HEALTHY: (BUY_AND_SELL, ask(DeleverageAccount, account="ann")),
    Code.INSIDE_BAND: (PRICED, ask(CancelOutsideBand, account="ann", market=BTC)),
    Code.ORDERS_MISMATCH: (
        (*PRICED, gate(1, stop("ann", "BUY", "0.1", "60000")), gate(2, order("bob", "SELL", "0.1"))),
        match(),
    ),
    Code.PRICE_BEYOND_LIMIT: (BUY_AND_SELL, match(price="60000.1")),
    Code.SIZE_BEYOND_REMAINING: (BUY_AND_SELL, match("0.10001")),
    Code.POST_ONLY_WOULD_TAKE: (
        (
            *PRICED,
            gate(1, order("ann", "BUY", "0.1", instruction="POST_ONLY")),
            gate(2, order("bob", "SELL", "0.1")),
        ),
        match(),
    ),
    Code.TRADE_INSUFFICIENT_MARGIN: (PRICED, block_trade("20")),
    Code.TRADE_NOT_FOUND: (PRICED, ask(BustTrade, trade_id="desk/9")),
    Code.TRADE_ALREADY_BUSTED: (
        (*TRADED, ask(BustTrade, trade_id="desk/1")),
        ask(BustTrade, trade_id="desk/1"),
    ),
    Code.LIQUIDATOR_EXISTS: ((*LISTED, FUND), account("fund-2", kind="LIQUIDATOR")),
    Code.LIQUIDATOR_MISSING: (SUNK, at(2, ask(LiquidateAccount, account="ann"))),
    Code.PRICE_STALE: ((FUND, *SUNK), at(20, ask(LiquidateAccount, account="ann"))),
    Code.LIQUIDATION_BREAKER: ((FUND, *SUNK), at(2, ask(LiquidateAccount, account="ann"))),
    Code.VAULT_EXISTS: (VAULT, vault(account="op-2")),
    Code.VAULT_NOT_FOUND: (OPEN, put("ann", "1")),
    Code.VAULT_CLOSED: (
        (*VAULT, ask(UpdateVault, vault="hlp", field="status", value="CLOSED")),
        put("ann", "1"),
    ),
    Code.OPERATOR_INVALID: (OPEN, vault(account="bob")),
    Code.SHARES_NOT_HELD: (VAULT, redeem("bob", "1")),
    Code.VAULT_INSOLVENT: ((*VAULT, lost("op", "100")), put("bob", "1")),
    Code.LOSS_OPEN: (
        (*OPEN, FUND, vault(account="fund", vault_kind="protocol"), put("ann", "1"), *BANKRUPT),
        put("ann", "1"),
    ),
    Code.VAULT_OWNER_FIRST: ((*OPEN, OPERATOR, vault(), deposit("op", "1")), put("bob", "1")),
    Code.VAULT_FULL: (VAULT, put("ann", "900.00000001")),
    Code.VAULT_AMOUNT_TOO_SMALL: ((*VAULT, deposit("op", "50")), put("ann", "0.00000001")),
    Code.SHARES_LOCKED: (VAULT, redeem("ann", "1")),
    Code.OWNER_MINIMUM: (VAULT, at(9, redeem("ann", "91"))),
    Code.PERIOD_RUNNING: (VAULT, ask(SettleVaultFees, vault="hlp")),
    Code.UNWIND_NOT_FOUND: (VAULT, ask(CompleteUnwind, vault="hlp", unwind_id="gate/9")),
    Code.UNWIND_RUNNING: (
        (*VAULT, marks(BTC="60000"), vault_trade(), gate_redeem()),
        ask(CompleteUnwind, vault="hlp", unwind_id="gate/1"),
    ),
    Code.VAULT_MONEY: (VAULT, ask(Transfer, account="op", counterparty="bob", asset="USDC", amount_e8=1)),
}
"""Code -> (what happened before, all of it accepted; the command that is refused)."""


TWICE_SIGNED: Final[dict[Code, tuple[Sequence[AnyCommand | AnyEvent], AnyCommand]]] = {
    **PLANNED,
    **remedies(
        (*KEYS, *PRICED, account("lv", kind="LIQUIDATOR"), block_trade("0.01")), deposit("lv", "1000")
    ),
}
"""The same where two operators have signed every command."""


SIGNED: Final[dict[Code, tuple[Sequence[AnyCommand], AnyCommand]]] = {
    Code.SECOND_SIGNATURE_REQUIRED: (KEYS, rule("bands", "off")),
    Code.KEY_EXISTS: (KEYS[:1], KEYS[0]),
    Code.LAST_KEY: (KEYS[:1], ask(RevokeKey, key_id="ops-1")),
}
"""The same where the first key has signed every command."""


def submitted(data: bytes, *before: bytes) -> int:
    """Code of the outcome that the writer gives to ``data`` after ``before``."""
    writer = Writer(MemoryLog("test-ledger", 2))
    writer.open_ledger(START_US)
    writer.submit(before, START_US)
    (answer,) = writer.submit([data], START_US)
    return answer.outcome.code


def badly_signed(command: AnyCommand) -> SignedCommand:
    """A command that somebody signed for another ledger."""
    private = new_private_key()
    return signed_command(command, "another-ledger", (public_key(private), private))


def read(line: bytes) -> int:
    """Code of the refusal that a line gets before it is a command."""
    found = read_line(line, START_US)
    assert isinstance(found, Rejected)
    return found.code


SHELL: Final[dict[Code, Callable[[], int]]] = {
    Code.MALFORMED_COMMAND: lambda: read(b'{"command": "CreditDeposit", "amount": 1.5}'),
    Code.UNKNOWN_COMMAND: lambda: submitted(b"\xc3\x01" + b"unknown!" + b"body"),
    Code.COMMAND_TOO_LARGE: lambda: submitted(encode_command(USDC) + bytes(COMMAND_BYTES_MAX)),
    Code.COMMAND_TOO_OLD: lambda: submitted(
        encode_command(changed(USDC, number=1)), encode_command(changed(USDC, number=WINDOW + 1))
    ),
    Code.PLAN_MISMATCH: lambda: undoing(void=False),
    Code.TARGET_VOID: lambda: undoing(void=True),
    Code.SIGNATURE_INVALID: lambda: submitted(encode_signed(badly_signed(changed(USDC, number=1)))),
    Code.ISSUED_IN_FUTURE: lambda: submitted(
        encode_command(changed(USDC, number=1, issued_at_us=START_US + FUTURE_MAX_US + 1))
    ),
}
"""Code -> a scenario of the refusals that no rule of the core gives."""


def test_every_code_has_a_scenario() -> None:
    codes = [*DECIDED, *SIGNED, *TWICE_SIGNED, *SHELL]
    assert len(codes) == len(set(codes))
    assert sorted(codes) == list(Code)


@pytest.mark.parametrize("code", DECIDED)
def test_decide_reaches_the_code(code: Code) -> None:
    history, command = DECIDED[code]
    decision = given(*history).when(command).decision
    assert decision is not None
    assert (decision.code, decision.detail) == (code, decision.detail)
    assert all(isinstance(event, RECORDS) for event in decision.events)
    assert decision.detail


@pytest.mark.parametrize("code", SIGNED)
def test_a_signed_command_reaches_the_code(code: Code) -> None:
    history, command = SIGNED[code]
    given().signed("ops-1").given(*history).when(command).then(refused(code))


@pytest.mark.parametrize("code", TWICE_SIGNED)
def test_a_command_of_two_operators_reaches_the_code(code: Code) -> None:
    history, command = TWICE_SIGNED[code]
    given().signed("ops-1").given(history[0]).signed("ops-1", "ops-2").given(*history[1:]).when(command).then(
        refused(code)
    )


@pytest.mark.parametrize("code", SHELL)
def test_the_shell_reaches_the_code(code: Code) -> None:
    assert SHELL[code]() == code
