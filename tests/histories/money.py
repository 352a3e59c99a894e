"""What happens to assets, accounts and money in a history."""

from math import floor
from typing import Final

from ledger.core.messages import (
    AnyCommand,
    ChangeAccount,
    CreditDeposit,
    FailWithdrawal,
    ListAsset,
    ListMarket,
    MarkCheckpoint,
    OpenAccount,
    PostAdjustment,
    ReleaseWithdrawal,
    RequestWithdrawal,
    Transfer,
    UpdateAsset,
)
from tests.histories.author import Author
from tests.histories.shapes import market_rules
from tests.model.books import Account
from tests.model.margin import account_value, free_collateral, requirement

DEPOSITS_E8: Final = (10_000 * 10**8, 1, 10**8, 99_999_999, 1_000_000 * 10**8, 10**16)
LEVERAGES: Final = ("10", "1", "50", "3", "49", "51", "7")


def list_usdc(author: Author) -> AnyCommand:
    """The settlement asset."""
    return ListAsset(*author.head("operator"), "USDC", 6, 1)


def list_gold(author: Author) -> AnyCommand:
    """An asset that is only held."""
    return ListAsset(*author.head("operator"), "GOLD", 8, 0)


def open_named(author: Author, name: str) -> AnyCommand:
    """A trader, the account that imports trade against, the Liquidator Vault, or an operator."""
    exempt = int(name == "EXTERNAL")
    kinds = {"EXTERNAL": "EXTERNAL", "fund": "LIQUIDATOR", "operator-1": "VAULT_OPERATOR"}
    kind = kinds.get(name, "TRADER")
    tier = "RETAIL" if name == "trader-1" else ""
    return OpenAccount(*author.head("operator"), name, kind, "", f"key-{name}", exempt, tier)


def credit(author: Author, name: str, asset: str, amount_e8: int) -> AnyCommand:
    """Money that arrived outside, with a reference of its own."""
    producer, number, issued_at_us = author.head("bridge")
    return CreditDeposit(
        producer,
        number,
        issued_at_us,
        name,
        asset,
        amount_e8,
        f"tx-{number}",
        "STARKGATE",
        "ethereum",
        issued_at_us - 1_000,
    )


def deposit(author: Author) -> AnyCommand | None:
    """A deposit of a plain or an odd amount."""
    found = author.trader()
    if found is None:
        return None
    asset = "GOLD" if author.chooser.integer(0, 3) == 3 else "USDC"
    return credit(author, found[0], asset, author.chooser.pick(DEPOSITS_E8))


def reachable(author: Author, account: Account, asset: str) -> int:
    """An amount near what may leave: some of it, all of it, or one unit too much."""
    free = account.balances.get(asset, 0)
    if asset == "USDC":
        free = floor(free_collateral(account, author.world.markets, asset))
    return author.chooser.pick((max(1, free // 3), max(1, free), free + 1, 1, max(1, free - 1)))


def request_withdrawal(author: Author) -> AnyCommand | None:
    """A withdrawal, often of the last free unit."""
    found = author.trader()
    if found is None:
        return None
    asset = "GOLD" if author.chooser.integer(0, 4) == 4 else "USDC"
    amount = reachable(author, found[1], asset)
    return RequestWithdrawal(*author.head("gateway"), found[0], asset, amount, "0xfeed")


def release_withdrawal(author: Author) -> AnyCommand | None:
    """A waiting withdrawal left the exchange."""
    if not author.world.withdrawals:
        return None
    withdrawal_id = author.chooser.pick(sorted(author.world.withdrawals))
    waiting = author.world.withdrawals[withdrawal_id]
    producer, number, issued_at_us = author.head("bridge")
    return ReleaseWithdrawal(
        producer, number, issued_at_us, waiting.account, withdrawal_id, f"out-{number}", issued_at_us - 1
    )


def fail_withdrawal(author: Author) -> AnyCommand | None:
    """A waiting withdrawal did not leave."""
    if not author.world.withdrawals:
        return None
    withdrawal_id = author.chooser.pick(sorted(author.world.withdrawals))
    waiting = author.world.withdrawals[withdrawal_id]
    return FailWithdrawal(*author.head("bridge"), waiting.account, withdrawal_id, "no gas")


def transfer(author: Author) -> AnyCommand | None:
    """Money from one trader to another (or, now and then, to itself)."""
    found, other = author.trader(), author.trader()
    if found is None or other is None:
        return None
    asset = "GOLD" if author.chooser.integer(0, 4) == 4 else "USDC"
    amount = reachable(author, found[1], asset)
    return Transfer(*author.head("gateway"), found[0], other[0], asset, amount)


def adjust(author: Author) -> AnyCommand | None:
    """An operator's correction up or down, also below zero."""
    found = author.trader()
    if found is None:
        return None
    markets = author.world.markets
    spare = floor(account_value(found[1], markets, "USDC") - requirement(found[1], markets))
    amount = author.chooser.pick((-1, 1, -(10**8), 10**8, -(10**13), -spare or -1, -spare - 1 or -1))
    return PostAdjustment(
        *author.head("operator"), found[0], "USDC", amount, "FEE_CORRECTION", "", 0, "as agreed"
    )


def change_account(author: Author) -> AnyCommand | None:
    """Leverage mostly, sometimes the signer or the status."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    what = author.chooser.integer(0, 9)
    head = author.head("operator")
    if what < 6:
        return ChangeAccount(
            *head, found[0], "leverage", market[0], author.chooser.pick(LEVERAGES), "asked for"
        )
    if what == 6:
        return ChangeAccount(*head, found[0], "signer", "", f"key-{head[1]}", "rotated")
    status = author.chooser.pick(("active", "restricted", "active", "closed"))
    if found[1].status == "restricted":
        status = "active"
    return ChangeAccount(*head, found[0], "status", "", status, "reviewed")


def update_asset(author: Author) -> AnyCommand | None:
    """GOLD is halted and let go again; USDC rarely."""
    asset = "USDC" if author.chooser.integer(0, 9) == 9 else "GOLD"
    known = author.world.assets.get(asset)
    if known is None:
        return None
    status = "halted" if known.status == "ok" else "ok"
    return UpdateAsset(*author.head("operator"), asset, status)


def mark_checkpoint(author: Author) -> AnyCommand:
    """Digests into the log."""
    return MarkCheckpoint(*author.head("operator"), "hourly")


def nonsense(author: Author) -> AnyCommand:
    """Something that exists already, must not exist, or has no parent."""
    what = author.chooser.integer(0, 6)
    head = author.head("operator")
    if what == 0:
        return ListAsset(*head, "USDC", 6, author.chooser.pick((0, 1)))
    if what == 1:
        return ListAsset(*head, "EURC", 6, 1)
    if what == 2:
        name = author.shapes[0].name
        return ListMarket(*head, market=name, **market_rules(author.shapes[0]))
    name, kind, parent = author.chooser.pick(
        (
            ("trader-0", "TRADER", ""),
            ("rounding", "TRADER", ""),
            ("transit:x", "TRADER", ""),
            ("sub-1", "SUBACCOUNT", "trader-0"),
            ("sub-2", "SUBACCOUNT", "nobody"),
            ("sub-3", "AUXILIARY", "sub-1"),
            ("lone", "LIQUIDATOR", "trader-0"),
        )
    )
    return OpenAccount(*head, name, kind, parent, "", 0, author.chooser.pick(("", "RETAIL", "GOLDEN")))


def leave(author: Author) -> AnyCommand | None:
    """A new trader comes, puts money in, takes it out again, and is closed."""
    name = f"guest-{author.world.seq}"
    author.plan(
        lambda later: credit(later, name, "USDC", 7),
        lambda later: RequestWithdrawal(*later.head("gateway"), name, "USDC", 7, "0xfeed"),
        lambda later: close(later, name),
        release_withdrawal,
        release_withdrawal,
        lambda later: close(later, name),
        lambda later: credit(later, name, "USDC", 1),
    )
    return open_named(author, name)


def close(author: Author, name: str) -> AnyCommand:
    """The end of an account, if nothing is left on it."""
    return ChangeAccount(*author.head("operator"), name, "status", "", "closed", "left")
