"""Vault commands for the table of refusals."""

from ledger.core.messages import CreateVault, DepositToVault, PostAdjustment, RedeemShares
from tests.spec import ask, e8


def vault(**fields: object) -> CreateVault:
    """The vault ``hlp`` of ``ann`` over the account ``op``: 30 s of lock-up, at most 1,000 USDC."""
    defaults: dict[str, object] = {
        "vault": "hlp",
        "account": "op",
        "name": "hlp",
        "vault_kind": "user",
        "owner_account": "ann",
        "profit_share_period_s": 3600,
        "lockup_s": 30,
        "tvl_max_e8": e8("1000"),
        "owner_minimum_e8": e8("10"),
    }
    return ask(CreateVault, **(defaults | fields))


def put(name: str, amount: str) -> DepositToVault:
    """A deposit into the vault."""
    return ask(DepositToVault, vault="hlp", account=name, amount_e8=e8(amount))


def redeem(name: str, shares: str) -> RedeemShares:
    """A redemption from the vault."""
    return ask(RedeemShares, vault="hlp", account=name, shares_e8=e8(shares), aux_account="aux")


def lost(name: str, amount: str) -> PostAdjustment:
    """Money that is taken away."""
    return ask(PostAdjustment, account=name, asset="USDC", amount_e8=-e8(amount), reason_code="test")
