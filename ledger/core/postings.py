"""Double entry: the legs of an event, which net to zero per asset.

An account's own legs carry its name; counter-accounts are ``custody``,
``withdrawal_pending``, ``pnl_clearing:<market>``, ``funding_clearing:<market>``, ``fee``,
``transit:<kind>``, ``adjustment:<reason>``, ``vault_issue:<vault>`` and ``rounding``
(``spec/events.md`` 1, 3 to 5).
Broadcast events, orders and changes of accounts move nothing and have no legs.
"""

from typing import Final, final

from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    AdjustmentPosted,
    AnyEvent,
    AssetListed,
    AssetUpdated,
    BookConfirmed,
    CheckpointMarked,
    DepositCredited,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    GuardTripped,
    KeyRegistered,
    KeyRevoked,
    LedgerOpened,
    LiquidationStarted,
    LossSocialized,
    MarketListed,
    MarketUpdated,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PenaltyCharged,
    PlanApproved,
    PricesUpdated,
    RefundPaid,
    RollbackCompleted,
    RollbackDeclared,
    RoundingSwept,
    RuleChanged,
    SystemStatusChanged,
    TradeBusted,
    TransferReceived,
    TransferSent,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUnwindCompleted,
    VaultUnwindStarted,
    VaultUpdated,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.values import ROUNDING_ACCOUNT

CUSTODY: Final = "custody"
WITHDRAWAL_PENDING: Final = "withdrawal_pending"
FEE: Final = "fee"
SOCIALIZED_LOSS: Final = "transit:socialized_loss"
PENALTY: Final = "transit:penalty"
REFUND: Final = "transit:refund"


@final
class Leg:
    """One side of a movement: ``amount_e8`` more of ``asset`` on ``account``."""

    __slots__ = ("account", "amount_e8", "asset")

    def __init__(self, account: str, asset: str, amount_e8: int) -> None:
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8


def pnl_clearing(market: str) -> str:
    """Counter-account of realised profit in ``market``."""
    return "pnl_clearing:" + market


def funding_clearing(market: str) -> str:
    """Counter-account of realised funding in ``market``."""
    return "funding_clearing:" + market


def vault_issue(vault: str) -> str:
    """Counter-account of the shares of ``vault``."""
    return "vault_issue:" + vault


def share_asset(vault: str) -> str:
    """Asset that the shares of ``vault`` are."""
    return "share:" + vault


def transit(transfer_kind: str) -> str:
    """Counter-account between the two events of a movement from account to account."""
    return "transit:" + transfer_kind.lower()


def postings(event: AnyEvent, settlement_asset: str) -> list[Leg]:  # noqa: C901, PLR0912
    """Legs of ``event``; those of amount zero are left out.

    ``settlement_asset`` is the one in which positions are settled; events of positions do
    not repeat it.
    """
    match event:
        case FillSettled():
            legs = _fill_legs(event, settlement_asset)
        case TransferSent():
            legs = _pair(event.account, transit(event.transfer_kind), event.asset, -event.amount_e8)
        case TransferReceived():
            legs = _pair(event.account, transit(event.transfer_kind), event.asset, event.amount_e8)
        case DepositCredited():
            legs = _pair(event.account, CUSTODY, event.asset, event.amount_e8)
        case WithdrawalRequested():
            legs = _pair(event.account, WITHDRAWAL_PENDING, event.asset, -event.amount_e8)
        case WithdrawalReleased():
            legs = [
                Leg(WITHDRAWAL_PENDING, event.asset, -event.amount_e8),
                Leg(CUSTODY, event.asset, event.paid_e8),
                Leg(SOCIALIZED_LOSS, event.asset, event.loss_e8),
            ]
        case WithdrawalFailed():
            legs = _pair(event.account, WITHDRAWAL_PENDING, event.asset, event.amount_e8)
        case TradeBusted():
            legs = _bust_legs(event, settlement_asset)
        case FundingSettled():
            clearing = funding_clearing(event.market)
            legs = _pair(event.account, clearing, settlement_asset, event.realized_funding_e8)
        case PenaltyCharged():
            legs = _pair(event.account, PENALTY, settlement_asset, -event.amount_e8)
        case RefundPaid():
            legs = _pair(event.account, REFUND, settlement_asset, event.amount_e8)
        case LossSocialized():
            legs = _pair(event.account, SOCIALIZED_LOSS, settlement_asset, event.amount_e8)
        case VaultSharesMinted():
            legs = _pair(event.holder, vault_issue(event.vault), share_asset(event.vault), event.shares_e8)
        case VaultSharesBurned():
            legs = _pair(event.holder, vault_issue(event.vault), share_asset(event.vault), -event.shares_e8)
        case VaultFeeSettled():
            legs = _pair(event.owner, event.holder, share_asset(event.vault), event.fee_shares_e8)
        case AdjustmentPosted():
            legs = _pair(event.account, "adjustment:" + event.reason_code, event.asset, event.amount_e8)
        case RoundingSwept():
            clearing = event.clearing + "_clearing:" + event.market
            legs = _pair(ROUNDING_ACCOUNT, clearing, settlement_asset, event.amount_e8)
        case (
            OrderPlaced()
            | OrderCancelled()
            | OrderTriggered()
            | AccountOpened()
            | AccountChanged()
            | LiquidationStarted()
            | VaultCreated()
            | VaultUpdated()
            | VaultUnwindStarted()
            | VaultUnwindCompleted()
            | PlanApproved()
            | PricesUpdated()
            | FundingIndexAdvanced()
            | FundingIndexRestated()
            | AssetListed()
            | AssetUpdated()
            | BookConfirmed()
            | MarketListed()
            | MarketUpdated()
            | GuardTripped()
            | KeyRegistered()
            | KeyRevoked()
            | LedgerOpened()
            | RuleChanged()
            | SystemStatusChanged()
            | CheckpointMarked()
            | RollbackDeclared()
            | RollbackCompleted()
        ):
            legs = []
    return [leg for leg in legs if leg.amount_e8]


def _pair(account: str, counter_account: str, asset: str, amount_e8: int) -> list[Leg]:
    """``amount_e8`` on ``account``, against ``counter_account``."""
    return [Leg(account, asset, amount_e8), Leg(counter_account, asset, -amount_e8)]


def _fill_legs(event: FillSettled, asset: str) -> list[Leg]:
    profit = event.realized_pnl_e8
    funding = event.realized_funding_e8
    fee = event.fee_e8
    return [
        Leg(event.account, asset, profit + funding - fee),
        Leg(pnl_clearing(event.market), asset, -profit),
        Leg(funding_clearing(event.market), asset, -funding),
        Leg(FEE, asset, fee),
    ]


def _bust_legs(event: TradeBusted, asset: str) -> list[Leg]:
    profit = event.realized_pnl_e8
    funding = event.realized_funding_e8 + event.funding_returned_e8
    fee = event.fee_returned_e8
    return [
        Leg(event.account, asset, profit + funding + fee),
        Leg(pnl_clearing(event.market), asset, -profit),
        Leg(funding_clearing(event.market), asset, -funding),
        Leg(FEE, asset, -fee),
    ]
