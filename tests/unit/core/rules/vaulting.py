"""A vault for tests: the owner olga, depositors ann and ben, the operator account op; see ``desk``."""

from ledger.core.messages import (
    CompleteUnwind,
    CreateVault,
    DepositToVault,
    PostAdjustment,
    RedeemShares,
    SettleVaultFees,
)
from ledger.core.rules.health import IN_FORCE, health_of
from tests.spec import START_US, Scenario, account, ask, e8
from tests.unit.core.rules.desk import desk

DAY_US = 24 * 3600 * 1_000_000


def create(**fields: object) -> CreateVault:
    """The vault ``hlp`` of the owner ``olga`` over the operator account ``op``."""
    defaults: dict[str, object] = {
        "vault": "hlp",
        "account": "op",
        "name": "Market making",
        "vault_kind": "user",
        "owner_account": "olga",
        "profit_share_ppm": 200_000,
        "profit_share_period_s": 30 * 24 * 3600,
        "lockup_s": 24 * 3600,
    }
    return ask(CreateVault, **(defaults | fields))


def put(name: str, amount: str, **fields: object) -> DepositToVault:
    return ask(DepositToVault, vault="hlp", account=name, amount_e8=e8(amount), **fields)


def redeem(name: str, shares: str, *, day: int = 2, aux: str = "aux-1") -> RedeemShares:
    """Redeem after the lock-up; prices are never too old in these tests unless they say so."""
    at = START_US + day * DAY_US
    return ask(
        RedeemShares, vault="hlp", account=name, shares_e8=e8(shares), aux_account=aux, issued_at_us=at
    )


def adjust(name: str, amount: str) -> PostAdjustment:
    return ask(PostAdjustment, account=name, asset="USDC", amount_e8=e8(amount), reason_code="test")


def fees(day: int) -> SettleVaultFees:
    return ask(SettleVaultFees, vault="hlp", issued_at_us=START_US + day * DAY_US)


def complete(unwind_id: str) -> CompleteUnwind:
    return ask(CompleteUnwind, vault="hlp", unwind_id=unwind_id)


def vault_desk() -> Scenario:
    """An owner, two depositors and the operator's account; prices never grow old."""
    scenario = desk(
        "olga",
        "ann",
        "ben",
        "maker",
        maker_fee_ppm=0,
        taker_fee_ppm=0,
        price_age_max_ms=0,
        price_band_ppm=1_000_000,
    )
    return scenario.given(account("op", kind="VAULT_OPERATOR"))


def stake(ledger: Scenario, name: str) -> tuple[int, int, int]:
    """Shares, high-water mark, deposits of a holder."""
    held = ledger.state.vaults["hlp"].stakes[name]
    return held.shares_e8, held.hwm_e8, held.deposited_e8


def value(ledger: Scenario, name: str) -> int:
    return health_of(ledger.state.accounts[name], IN_FORCE).value_e8()


def check_lots(ledger: Scenario) -> None:
    for vault in ledger.state.vaults.values():
        assert vault.supply_e8 == sum(held.shares_e8 for held in vault.stakes.values())
        for held in vault.stakes.values():
            assert held.shares_e8 == sum(lot.shares_e8 for lot in held.lots) > 0
