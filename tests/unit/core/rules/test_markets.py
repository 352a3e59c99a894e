import pytest

from ledger.core.messages import ListAsset, MarketListed, MarketUpdated, UpdateMarket
from ledger.core.refusals import RefusalCode
from ledger.core.rules.markets import NUMBER_FIELDS, RULE_FIELDS
from schemas import catalog
from tests.fields import record_of
from tests.spec import USDC, account, ask, deposit, e8, given, like, market, marks, refused, trade


def update(revision_before: int = 1, /, **rules: object) -> UpdateMarket:
    listed = record_of(market())
    return ask(
        UpdateMarket,
        **{name: listed[name] for name in ("market", *RULE_FIELDS)}
        | {"revision_before": revision_before}
        | rules,
    )


def test_a_market_is_listed_with_the_rule_set_it_came_with() -> None:
    command = market(interest_rate_e12=-7)
    ledger = given(USDC).when(command)
    ledger.then(like(MarketListed, **{name: getattr(command, name) for name in ("market", *RULE_FIELDS)}))
    ledger.then(like(MarketListed, revision=1))


def test_the_state_takes_over_every_field_of_the_rule_set() -> None:
    command = market()
    state = given(USDC, command).state
    for name in RULE_FIELDS:
        assert getattr(state.markets["BTC-USD-PERP"], name) == getattr(command, name), name


def test_the_rule_fields_are_those_of_the_schema_in_its_order() -> None:
    names = [field.name for field in catalog()["ListMarket"].fields]
    assert tuple(names[4:]) == RULE_FIELDS


def test_a_market_needs_a_symbol() -> None:
    given(USDC).when(market(" ")).then(refused(RefusalCode.INVALID_VALUE))


def test_a_market_needs_a_listed_settlement_asset() -> None:
    given().when(market()).then(refused(RefusalCode.ASSET_NOT_FOUND))


def test_a_market_is_listed_once() -> None:
    given(USDC, market()).when(market()).then(refused(RefusalCode.MARKET_EXISTS))


@pytest.mark.parametrize(("name", "low", "high"), NUMBER_FIELDS)
def test_a_number_outside_its_bounds_is_refused_by_name(name: str, low: int, high: int) -> None:
    for number in (low - 1, high + 1):
        given(USDC).when(market(**{name: number})).then(refused(RefusalCode.INVALID_RULES, f"{name}: "))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base", ""),
        ("quote", "U S D"),
        ("settlement_asset", "BTC"),
        ("market_kind", "isolated"),
        ("status", "open"),
        ("status", "settled"),
    ],
)
def test_a_text_that_is_not_allowed_is_refused_by_name(name: str, text: str) -> None:
    given(USDC, ask(ListAsset, asset="BTC")).when(market(**{name: text})).then(
        refused(RefusalCode.INVALID_RULES, f"{name}: ")
    )


def test_an_index_starts_at_zero() -> None:
    given(USDC).when(market(index_start_e8=1)).then(refused(RefusalCode.INVALID_RULES, "index_start_e8"))


def test_an_update_names_the_fields_that_changed_and_carries_all() -> None:
    ledger = given(USDC, market()).when(update(status="post_only", funding_gap_max_ms=36_000_000))
    ledger.then(
        like(
            MarketUpdated,
            changed_fields="status,funding_gap_max_ms",
            revision_before=1,
            revision_after=2,
            status="post_only",
            funding_gap_max_ms=36_000_000,
            imf_base_ppm=20_000,
        )
    )
    assert ledger.state.markets["BTC-USD-PERP"].revision == 2


def test_an_update_keeps_prices_and_index() -> None:
    ledger = given(USDC, market(), marks(1, BTC="60000"), update(open_orders_max=7))
    listed = ledger.state.markets["BTC-USD-PERP"]
    assert (listed.mark_e8, listed.open_orders_max) == (e8("60000"), 7)


def test_an_unknown_market_is_not_updated() -> None:
    given(USDC).when(update()).then(refused(RefusalCode.MARKET_NOT_FOUND))


def test_an_update_of_another_revision_is_refused() -> None:
    given(USDC, market(), update(open_orders_max=7)).when(update(open_orders_max=8)).then(
        refused(RefusalCode.REVISION_MISMATCH, "in force 2")
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base", "XBT"),
        ("quote", "EUR"),
        ("settlement_asset", "BTC"),
        ("market_kind", "isolated"),
        ("price_tick_e8", 7),
        ("size_step_e8", 7),
        ("index_start_e8", 7),
    ],
)
def test_a_field_that_positions_are_counted_in_is_fixed(name: str, value: object) -> None:
    given(USDC, market()).when(update(**{name: value})).then(refused(RefusalCode.FIELD_NOT_CHANGEABLE, name))


def test_an_update_is_checked_as_a_listing_is() -> None:
    given(USDC, market()).when(update(imf_base_ppm=0)).then(
        refused(RefusalCode.INVALID_RULES, "imf_base_ppm")
    )


def test_an_update_that_changes_nothing_is_refused() -> None:
    given(USDC, market()).when(update()).then(refused(RefusalCode.NOTHING_TO_CHANGE))


def test_a_market_with_a_position_is_not_settled() -> None:
    ledger = given(USDC, market(), account("a"), account("b"), deposit("a", "1000"), deposit("b", "1000"))
    ledger.given(marks(1, BTC="60000"), trade("BTC-USD-PERP", "a", "b", "0.1", "60000"))
    ledger.when(update(status="settled")).then(refused(RefusalCode.INVALID_RULES, "status: "))
    ledger.given(trade("BTC-USD-PERP", "b", "a", "0.1", "60000"), update(status="settled"))


def test_a_settled_market_stays_settled() -> None:
    ledger = given(USDC, market(), update(status="settled"))
    ledger.when(update(2, status="ok")).then(refused(RefusalCode.MARKET_CLOSED))
