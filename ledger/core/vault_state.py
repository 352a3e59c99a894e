"""The part of the state that vaults and the liquidation breaker have; see ``ledger.core.state``."""

from typing import final


@final
class Breaker:
    """What was liquidated in the window of ledger time that runs (``rulebook``: G7b).

    A window begins with the first liquidation after the end of the one before. ``accounts``
    counts liquidations, ``notional_e8`` what was taken over at the marks, ``loss_e8`` what the
    Liquidator Vault paid for accounts worth less than nothing. ``tripped_us`` is when a limit was
    last passed; it is recorded once in a window.
    """

    __slots__ = ("accounts", "loss_e8", "notional_e8", "started_us", "tripped_us")

    def __init__(self) -> None:
        self.started_us = 0
        self.accounts = 0
        self.notional_e8 = 0
        self.loss_e8 = 0
        self.tripped_us = 0


@final
class Lot:
    """Shares of one deposit that are still held, and when they may be redeemed."""

    __slots__ = ("lot_id", "shares_e8", "unlock_at_us")

    def __init__(self, lot_id: str, shares_e8: int, unlock_at_us: int) -> None:
        self.lot_id = lot_id
        self.shares_e8 = shares_e8
        self.unlock_at_us = unlock_at_us


@final
class Stake:
    """What one account holds of a vault: shares, high-water mark, what was put in, lots by age."""

    __slots__ = ("deposited_e8", "holder", "hwm_e8", "lots", "shares_e8")

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.shares_e8 = 0
        self.hwm_e8 = 0
        self.deposited_e8 = 0
        self.lots: list[Lot] = []


@final
class Vault:
    """A vault over the operator account ``account``; ``stakes`` by holder, none of them empty.

    ``period_start_us`` is when the profit share was last settled for everybody.
    """

    __slots__ = (
        "account",
        "lockup_s",
        "name",
        "net_deposits_e8",
        "owner",
        "owner_minimum_e8",
        "period_start_us",
        "profit_share_period_s",
        "profit_share_ppm",
        "stakes",
        "status",
        "supply_e8",
        "tvl_max_e8",
        "vault",
        "vault_kind",
    )

    def __init__(  # noqa: PLR0913
        self,
        vault: str,
        account: str,
        name: str,
        vault_kind: str,
        owner: str,
        profit_share_ppm: int,
        profit_share_period_s: int,
        lockup_s: int,
        tvl_max_e8: int,
        owner_minimum_e8: int,
        status: str,
        period_start_us: int,
    ) -> None:
        self.vault = vault
        self.account = account
        self.name = name
        self.vault_kind = vault_kind
        self.owner = owner
        self.profit_share_ppm = profit_share_ppm
        self.profit_share_period_s = profit_share_period_s
        self.lockup_s = lockup_s
        self.tvl_max_e8 = tvl_max_e8
        self.owner_minimum_e8 = owner_minimum_e8
        self.status = status
        self.period_start_us = period_start_us
        self.supply_e8 = 0
        self.net_deposits_e8 = 0
        self.stakes: dict[str, Stake] = {}


@final
class Unwind:
    """A redemption whose part of the positions is being unwound in ``aux_account``."""

    __slots__ = ("aux_account", "holder", "pay_e8", "unwind_id", "vault")

    def __init__(self, unwind_id: str, vault: str, holder: str, aux_account: str, pay_e8: int) -> None:
        self.unwind_id = unwind_id
        self.vault = vault
        self.holder = holder
        self.aux_account = aux_account
        self.pay_e8 = pay_e8
