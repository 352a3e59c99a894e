"""Assets, withdrawals and refunds in the state; see ``ledger.core.state``."""

from typing import final


@final
class Asset:
    """An asset that may be held. ``settlement`` is 1 for the one that pays profit and fees."""

    __slots__ = ("decimals", "revision", "settlement", "status", "symbol")

    def __init__(self, symbol: str, decimals: int, settlement: int, status: str, revision: int) -> None:
        self.symbol = symbol
        self.decimals = decimals
        self.settlement = settlement
        self.status = status
        self.revision = revision


@final
class Withdrawal:
    """A requested withdrawal that was neither released nor failed."""

    __slots__ = ("account", "amount_e8", "asset", "withdrawal_id")

    def __init__(self, withdrawal_id: str, account: str, asset: str, amount_e8: int) -> None:
        self.withdrawal_id = withdrawal_id
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8


@final
class Refund:
    """What an account was paid under one refund id."""

    __slots__ = ("account", "paid_e8", "refund_id")

    def __init__(self, refund_id: str, account: str, paid_e8: int) -> None:
        self.refund_id = refund_id
        self.account = account
        self.paid_e8 = paid_e8
