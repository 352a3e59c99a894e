import pytest

from ledger.core.digest import (
    BALANCES,
    FUNDING_INDEX,
    OPEN_ORDERS,
    POSITIONS,
    REFUNDS,
    VAULT_BOOKS,
    VAULT_SHARES,
    table_digests,
    view_digests,
    writer_digest,
)
from ledger.core.image import load_state, state_rows
from ledger.core.messages import (
    AdvanceFunding,
    CheckpointMarked,
    CreateVault,
    DepositToVault,
    ListAsset,
    MarkCheckpoint,
    MarketRate,
    Transfer,
)
from ledger.core.refusals import RefusalCode
from ledger.rows import LaneDigest, encode_row
from tests.spec import (
    START_MS,
    USDC,
    Scenario,
    account,
    ask,
    deposit,
    e8,
    given,
    like,
    market,
    marks,
    refused,
    trade,
)

BTC = "BTC-USD-PERP"


def digest(*rows: tuple[tuple[str, ...], tuple[int | str, ...]]) -> str:
    lanes = LaneDigest()
    for key, value in rows:
        lanes.add(encode_row(key), encode_row(value))
    return lanes.hexdigest()


@pytest.fixture
def ledger() -> Scenario:
    return given(
        USDC,
        ask(ListAsset, asset="ETH"),
        market(maker_fee_ppm=0),
        account("alice"),
        account("bob"),
        account("idle"),
        deposit("alice", "100000"),
        deposit("bob", "100000"),
        deposit("alice", "2", "ETH"),
        marks(1, BTC="60000"),
    )


def test_the_tables_have_the_rows_that_views_have(ledger: Scenario) -> None:
    opened = ledger.state.seq + 1
    ledger.given(trade(BTC, "alice", "bob", "0.1", "60000"))
    tables = {name: lanes.hexdigest() for name, lanes in table_digests(ledger.state).items()}
    assert tables == {
        BALANCES: digest(
            (("alice", "USDC"), (e8("100000"), 0)),
            (("bob", "USDC"), (e8("100000"), 0)),
            (("alice", "ETH"), (e8("2"), 0)),
        ),
        POSITIONS: digest(
            (("alice", BTC), (opened, e8("0.1"), e8("6000"), 0)),
            (("bob", BTC), (opened + 1, e8("-0.1"), e8("-6000"), 0)),
        ),
        OPEN_ORDERS: digest(),
        FUNDING_INDEX: digest(),
        REFUNDS: digest(),
        VAULT_SHARES: digest(),
        VAULT_BOOKS: digest(),
    }


def test_a_balance_that_went_back_to_zero_keeps_its_row(ledger: Scenario) -> None:
    ledger.given(
        account("carol"),
        ask(Transfer, account="alice", counterparty="carol", asset="USDC", amount_e8=5),
        ask(Transfer, account="carol", counterparty="alice", asset="USDC", amount_e8=5),
    )
    assert table_digests(ledger.state)[BALANCES].hexdigest() == digest(
        (("alice", "USDC"), (e8("100000"), 0)),
        (("bob", "USDC"), (e8("100000"), 0)),
        (("carol", "USDC"), (0, 0)),
        (("alice", "ETH"), (e8("2"), 0)),
    )


def test_a_market_has_an_index_row_since_its_first_tick(ledger: Scenario) -> None:
    ledger.given(
        ask(
            AdvanceFunding,
            tick_id=1,
            source="f",
            observed_at_ms=START_MS,
            issued_at_us=START_MS * 1000,
            rates=[MarketRate(BTC, 10**8, e8("60000"), 0, 0, 0, 0)],
        )
    )
    assert table_digests(ledger.state)[FUNDING_INDEX].hexdigest() == digest(((BTC,), (0, 0, 10**8, e8("6"))))


def test_shares_and_books_of_vaults_have_tables(ledger: Scenario) -> None:
    ledger.given(
        account("op", kind="VAULT_OPERATOR"),
        ask(CreateVault, vault="v", account="op", name="v", vault_kind="user", owner_account="bob"),
        ask(DepositToVault, vault="v", account="alice", amount_e8=7),
    )
    tables = table_digests(ledger.state)
    assert tables[VAULT_SHARES].hexdigest() == digest((("op", "v", "alice"), (7, e8("1"), 7)))
    assert tables[VAULT_BOOKS].hexdigest() == digest((("op", "v"), (7, 7, "ACTIVE")))


def test_what_was_liquidated_in_the_window_is_in_no_digest(ledger: Scenario) -> None:
    before = writer_digest(ledger.state)
    ledger.state.breaker.accounts = 5
    assert writer_digest(ledger.state) == before


def test_a_checkpoint_records_the_digests_of_the_state_before_it(ledger: Scenario) -> None:
    ledger.given(trade(BTC, "alice", "bob", "0.1", "60000"))
    writer, views = writer_digest(ledger.state), view_digests(ledger.state)
    ledger.when(ask(MarkCheckpoint)).then(CheckpointMarked(0, writer, views, "", 3, 2, 0))
    ledger.when(ask(MarkCheckpoint)).then(like(CheckpointMarked, writer_digest=writer, view_digests=views))
    assert [part.partition("=")[0] for part in views.split(",")] == [
        BALANCES,
        POSITIONS,
        OPEN_ORDERS,
        FUNDING_INDEX,
        REFUNDS,
        VAULT_SHARES,
        VAULT_BOOKS,
    ]


def test_the_reason_of_a_checkpoint_is_a_text(ledger: Scenario) -> None:
    ledger.when(ask(MarkCheckpoint, reason="\n")).then(refused(RefusalCode.INVALID_VALUE))


def test_the_writer_digest_follows_the_business_state_and_not_seq_or_references(ledger: Scenario) -> None:
    before = writer_digest(ledger.state)
    other = load_state(state_rows(ledger.state))
    other.seq += 1
    other.recorded_at_us += 1
    other.external_refs.add("base/0x1")
    assert writer_digest(other) == before
    other.custody["USDC"] += 1
    assert writer_digest(other) != before
