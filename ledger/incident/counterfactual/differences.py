"""The difference of two histories per account, by component, with the events that it comes from.

Only events that differ between the two are taken in: what both have adds the same to both sides. Every
change of the settlement balance belongs to one component, so the components of an account add up to the
difference of its balances exactly (``Lines.check``).
"""

from typing import Final, final

from ledger.core.messages import (
    AdjustmentPosted,
    AnyEvent,
    DepositCredited,
    FillSettled,
    FundingSettled,
    LossSocialized,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PenaltyCharged,
    TradeBusted,
    TransferReceived,
    TransferSent,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.state import State
from ledger.errors import invariant

FUNDING: Final = 0
PRICE: Final = 1
FEES: Final = 2
PENALTIES: Final = 3
COVER: Final = 4
SOCIALIZED: Final = 5
TRANSFERS: Final = 6
VAULT: Final = 7
OUTSIDE: Final = 8
OTHER: Final = 9

COMPONENTS: Final = (
    "realized_funding_e8",
    "realized_price_e8",
    "fees_e8",
    "penalties_e8",
    "bankruptcy_cover_e8",
    "socialized_loss_e8",
    "transfers_e8",
    "vault_e8",
    "outside_e8",
    "other_e8",
)
"""Names of the components by number; every one is signed, positive is more money for the account."""

_KINDS: Final[dict[str, int]] = {
    "PENALTY": PENALTIES,
    "BANKRUPTCY_COVER": COVER,
    "REPAYMENT": SOCIALIZED,
    "TRANSFER": TRANSFERS,
    "VAULT_DEPOSIT": VAULT,
    "VAULT_WITHDRAWAL": VAULT,
    "UNWINDING": VAULT,
    "PROFIT_SHARE": VAULT,
}
"""Component of a transfer by its kind; a kind that is not here is ``OTHER``."""

RECORDED: Final = 0
COUNTERFACTUAL: Final = 1


@final
class Line:
    """What differs for one account: amounts by component, and the seqs they come from in each history.

    ``recorded[c]`` and ``counterfactual[c]`` are seqs of component ``c``; those of the counterfactual
    count in that history. Amounts are counterfactual less recorded.
    """

    __slots__ = ("amounts", "counterfactual", "recorded")

    def __init__(self) -> None:
        self.amounts: list[int] = [0] * len(COMPONENTS)
        self.recorded: dict[int, list[int]] = {}
        self.counterfactual: dict[int, list[int]] = {}

    def add(self, component: int, amount_e8: int, seq: int, history: int) -> None:
        """Take in one number of an event of one history."""
        seqs = self.counterfactual if history == COUNTERFACTUAL else self.recorded
        self.amounts[component] += amount_e8 if history == COUNTERFACTUAL else -amount_e8
        seqs.setdefault(component, []).append(seq)

    def total_e8(self) -> int:
        """Difference of the balances."""
        return sum(self.amounts)


@final
class Lines:
    """The lines of all accounts for which anything differs, the accounts of moved orders included."""

    __slots__ = ("_asset", "by_account")

    def __init__(self, settlement_asset: str) -> None:
        self._asset = settlement_asset
        self.by_account: dict[str, Line] = {}

    def line(self, account: str) -> Line:
        """The line of an account, made on first use."""
        line = self.by_account.get(account)
        if line is None:
            line = Line()
            self.by_account[account] = line
        return line

    def add(self, event: AnyEvent, history: int) -> None:
        """Take in an event that only one of the histories has."""
        account = account_of(event)
        if not account:
            return
        line = self.line(account)
        for component, amount_e8 in moved(event, self._asset):
            if amount_e8:
                line.add(component, amount_e8, event.seq, history)

    def check(self, recorded: State, counterfactual: State) -> None:
        """Every account's components add up to the difference of its balances. It is a bug if not."""
        for name in recorded.accounts.keys() | counterfactual.accounts.keys():
            was = recorded.accounts.get(name)
            would = counterfactual.accounts.get(name)
            before = 0 if was is None else was.balance_e8
            after = 0 if would is None else would.balance_e8
            line = self.by_account.get(name)
            total = 0 if line is None else line.total_e8()
            invariant(after - before == total, f"the components of {name} give {total}, not {after - before}")


def moved(event: AnyEvent, asset: str) -> list[tuple[int, int]]:
    """What an event adds to the settlement balance of its account, by component."""
    match event:
        case FillSettled():
            return [
                (FUNDING, event.realized_funding_e8),
                (PRICE, event.realized_pnl_e8),
                (FEES, -event.fee_e8),
            ]
        case TradeBusted():
            return [
                (FUNDING, event.realized_funding_e8 + event.funding_returned_e8),
                (PRICE, event.realized_pnl_e8),
                (FEES, event.fee_returned_e8),
            ]
        case FundingSettled():
            return [(FUNDING, event.realized_funding_e8)]
        case PenaltyCharged():
            return [(PENALTIES, -event.amount_e8)]
        case LossSocialized():
            return [(SOCIALIZED, event.amount_e8)]
        case _:
            return _moved_in_asset(event, asset)


def _moved_in_asset(event: AnyEvent, asset: str) -> list[tuple[int, int]]:
    """The same for events that name an asset; another asset is no part of an account's value.

    A withdrawal leaves with the whole amount; what of it is a socialised loss is known at its release.
    """
    match event:
        case TransferSent() if event.asset == asset:
            return [(_KINDS.get(event.transfer_kind, OTHER), -event.amount_e8)]
        case TransferReceived() if event.asset == asset:
            return [(_KINDS.get(event.transfer_kind, OTHER), event.amount_e8)]
        case WithdrawalRequested() if event.asset == asset:
            return [(OUTSIDE, -event.amount_e8)]
        case WithdrawalReleased() if event.asset == asset:
            return [(OUTSIDE, event.loss_e8), (SOCIALIZED, -event.loss_e8)]
        case WithdrawalFailed() | DepositCredited() if event.asset == asset:
            return [(OUTSIDE, event.amount_e8)]
        case AdjustmentPosted() if event.asset == asset:
            return [(OTHER, event.amount_e8)]
        case _:
            return _moved_otherwise(event, asset)


def _moved_otherwise(event: AnyEvent, asset: str) -> list[tuple[int, int]]:
    """An event with a settlement balance that no case above knows, by its balance columns."""
    before = getattr(event, "balance_before_e8", None)
    after = getattr(event, "balance_after_e8", None)
    if before is None or after is None or getattr(event, "asset", asset) != asset:
        return []
    return [(OTHER, after - before)]


def alike(recorded: list[AnyEvent], counterfactual: list[AnyEvent], asset: str) -> bool:
    """Whether the events of a command say the same in both histories, seqs and running sums apart."""
    if len(recorded) != len(counterfactual):
        return False
    for index in range(len(recorded)):  # noqa: SIM110  all() is slower where it is compiled
        if not _pair_alike(recorded[index], counterfactual[index], asset):
            return False
    return True


def _pair_alike(first: AnyEvent, second: AnyEvent, asset: str) -> bool:
    if type(first) is not type(second):
        return False
    match first:
        case OrderPlaced():
            return True
        case FillSettled():
            return isinstance(second, FillSettled) and (
                first.account == second.account
                and first.fill_size_e8 == second.fill_size_e8
                and first.realized_pnl_e8 == second.realized_pnl_e8
                and first.realized_funding_e8 == second.realized_funding_e8
                and first.fee_e8 == second.fee_e8
                and first.order_id == second.order_id
                and first.counterparty == second.counterparty
            )
        case OrderCancelled():
            return isinstance(second, OrderCancelled) and first.order_id == second.order_id
        case OrderTriggered():
            return isinstance(second, OrderTriggered) and first.order_id == second.order_id
        case _:
            account = account_of(first)
            if not account:
                return True
            return account == account_of(second) and moved(first, asset) == moved(second, asset)


def account_of(event: AnyEvent) -> str:
    """Account of an event; empty for a broadcast one."""
    account: str = getattr(event, "account", "")
    return account
