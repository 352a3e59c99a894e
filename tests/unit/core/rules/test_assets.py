import pytest

from ledger.core.messages import AssetListed, AssetUpdated, ListAsset, UpdateAsset
from ledger.core.refusals import RefusalCode
from tests.spec import USDC, account, ask, deposit, given, like, refused


def test_an_asset_is_listed_at_revision_one() -> None:
    given().when(USDC).then(AssetListed("USDC", 6, 1, "ok", 1))


def test_the_settlement_asset_is_known_to_the_state() -> None:
    assert given(USDC, ask(ListAsset, asset="BTC", decimals=8)).state.settlement_asset == "USDC"


@pytest.mark.parametrize(
    "fields",
    [
        {"asset": ""},
        {"asset": "US DC"},
        {"asset": "share:vault"},
        {"asset": "A" * 65},
        {"asset": "USDC", "decimals": 19},
        {"asset": "USDC", "decimals": -1},
        {"asset": "USDC", "settlement": 2},
    ],
)
def test_an_asset_with_an_impossible_value_is_refused(fields: dict[str, object]) -> None:
    given().when(ask(ListAsset, **fields)).then(refused(RefusalCode.INVALID_VALUE))


def test_an_asset_is_listed_once() -> None:
    given(USDC).when(USDC).then(refused(RefusalCode.ASSET_EXISTS))


def test_only_one_asset_settles() -> None:
    given(USDC).when(ask(ListAsset, asset="USDT", settlement=1)).then(
        refused(RefusalCode.SETTLEMENT_ASSET_TAKEN, "USDC")
    )


def test_a_halted_asset_does_not_move_until_it_is_opened_again() -> None:
    ledger = given(USDC, account("alice"))
    ledger.when(ask(UpdateAsset, asset="USDC", status="halted"))
    ledger.then(AssetUpdated("USDC", "status", 1, 2, 6, 1, "halted"))
    ledger.when(deposit("alice", "1")).then(refused(RefusalCode.ASSET_HALTED))
    ledger.when(ask(UpdateAsset, asset="USDC", status="ok"))
    ledger.then(like(AssetUpdated, revision_before=2, revision_after=3, status="ok"))
    ledger.given(deposit("alice", "1"))


def test_the_status_of_an_asset_is_ok_or_halted() -> None:
    given(USDC).when(ask(UpdateAsset, asset="USDC", status="closed")).then(refused(RefusalCode.INVALID_VALUE))


def test_an_unknown_asset_is_not_updated() -> None:
    given().when(ask(UpdateAsset, asset="USDC", status="ok")).then(refused(RefusalCode.ASSET_NOT_FOUND))


def test_an_asset_that_has_the_status_already_is_not_updated() -> None:
    given(USDC).when(ask(UpdateAsset, asset="USDC", status="ok")).then(refused(RefusalCode.NOTHING_TO_CHANGE))
