"""Vaults and liquidations of a history: what owners, depositors and the keeper ask for."""

from functools import partial

from ledger.core.messages import (
    AnyCommand,
    CompleteUnwind,
    CreateVault,
    DepositToVault,
    LiquidateAccount,
    OpenAccount,
    RedeemShares,
    SettleOffBookTrade,
    SettleVaultFees,
    UpdateVault,
)
from tests.histories.author import Author
from tests.histories.money import credit, open_named
from tests.model.liquidation import unhealthy

OPERATOR = "operator-1"
FUND = "fund"
DEPOSITS_E8 = (1_000 * 10**8, 1, 33_333_333, 25_000 * 10**8, 7, 10**12 + 1)


def begin(author: Author) -> list[partial[AnyCommand]]:
    """The Liquidator Vault with money of its own, and a vault of the first trader."""
    owner = author.traders[0]
    return [
        partial(open_named, name=FUND),
        partial(open_named, name=OPERATOR),
        partial(create, vault="LV", operator=FUND, kind="protocol", owner=owner),
        partial(create, vault="HLP", operator=OPERATOR, kind="user", owner=owner),
        partial(credit, name="trader-1", asset="USDC", amount_e8=5_000_000 * 10**8),
        partial(put, vault="LV", name="trader-1", amount_e8=4_900_000 * 10**8),
        partial(put, vault="HLP", name=owner, amount_e8=20_000 * 10**8),
    ]


def create(author: Author, vault: str, operator: str, kind: str, owner: str) -> AnyCommand:
    """A vault with a short lock-up and a short period, so that a history sees their ends."""
    if operator == OPERATOR:
        author.traders.append(OPERATOR)
    return CreateVault(
        *author.head("operator"),
        vault,
        operator,
        vault.lower(),
        kind,
        owner,
        200_000,
        author.chooser.pick((60, 0)),
        author.chooser.pick((3, 0, 30)),
        0,
        author.chooser.pick((0, 5_000 * 10**8)),
    )


def put(author: Author, vault: str, name: str, amount_e8: int) -> AnyCommand:
    """A deposit into a vault."""
    return DepositToVault(*author.head("gateway"), vault, name, amount_e8)


def some_vault(author: Author) -> str | None:
    """One of the vaults; LV less often."""
    known = sorted(author.world.vaults)
    return author.chooser.pick((*known, *known[:1])) if known else None


def deposit(author: Author) -> AnyCommand | None:
    """A plain or an odd deposit of some trader."""
    found, vault = author.trader(), some_vault(author)
    if found is None or vault is None:
        return None
    return put(author, vault, found[0], author.chooser.pick(DEPOSITS_E8))


def redeem(author: Author) -> AnyCommand | None:
    """Some, half or all shares of a holder, or one too many."""
    vault = some_vault(author)
    if vault is None or not author.world.vaults[vault].stakes:
        return None
    holder = author.chooser.pick(sorted(author.world.vaults[vault].stakes))
    held = author.world.vaults[vault].stakes[holder].shares
    shares = author.chooser.pick((max(1, held // 2), held, max(1, held // 7), 1, held + 1))
    head = author.head("gateway")
    aux = author.chooser.pick((f"aux-{head[1]}", f"aux-{head[1]}", f"aux-{head[1]}", ""))
    return RedeemShares(*head, vault, holder, shares, aux)


def unwind(author: Author) -> AnyCommand | None:
    """A position of an auxiliary account is traded away, and when none is left the holder is paid."""
    if not author.world.unwinds:
        return None
    unwind_id = author.chooser.pick(sorted(author.world.unwinds))
    waiting = author.world.unwinds[unwind_id]
    positions = author.world.accounts[waiting.aux].positions
    for name in sorted(positions):
        size = positions[name].size
        if size:
            mark = author.world.markets[name].mark
            pair = ("EXTERNAL", waiting.aux) if size > 0 else (waiting.aux, "EXTERNAL")
            head = author.head("importer")
            return SettleOffBookTrade(*head, name, mark, abs(size), *pair, "NONE", author.now_us)
    return CompleteUnwind(*author.head("operator"), waiting.vault, unwind_id)


def settle_fees(author: Author) -> AnyCommand | None:
    """The profit share, due or not."""
    vault = some_vault(author)
    return None if vault is None else SettleVaultFees(*author.head("operator"), vault)


def update(author: Author) -> AnyCommand | None:
    """Another status, another largest value or another profit share; a closed vault opens again."""
    vault = some_vault(author)
    if vault is None:
        return None
    head = author.head("operator")
    if author.world.vaults[vault].status == "CLOSED":
        return UpdateVault(*head, vault, "status", "ACTIVE")
    field, value = author.chooser.pick(
        (
            ("profit_share_ppm", "300000"),
            ("tvl_max_e8", "0"),
            ("status", "CLOSED"),
            ("tvl_max_e8", str(10**15)),
        )
    )
    return UpdateVault(*head, vault, field, value)


def late(author: Author) -> AnyCommand | None:
    """A second fund, a vault over an account that has one, or over one that is not empty."""
    head = author.head("operator")
    if author.chooser.integer(0, 1):
        return OpenAccount(*head, "fund-2", "LIQUIDATOR", "", "", 0, "")
    operator = author.chooser.pick((OPERATOR, "trader-1"))
    return CreateVault(*head, "TOO", operator, "too", "user", "trader-1", 0, 0, 0, 0, 0)


def liquidate(author: Author) -> AnyCommand | None:
    """Somebody who is below maintenance, or anybody."""
    below = [
        name for name, account in sorted(author.world.accounts.items()) if unhealthy(author.world, account)
    ]
    found = author.trader()
    if found is None:
        return None
    name = author.chooser.pick(below) if below else found[0]
    if not below and author.chooser.integer(0, 3) < 3:
        return None
    return LiquidateAccount(*author.head("keeper"), name)
