"""Rows of vaults and of the liquidation breaker; see ``ledger.core.image``."""

from collections.abc import Sequence
from typing import Final

from ledger.core.cells import Row, number_at, text_at
from ledger.core.state import State
from ledger.core.vault_state import Lot, Stake, Unwind, Vault

BREAKER: Final = "breaker"
VAULT: Final = "vault"
STAKE: Final = "stake"
LOT: Final = "lot"
UNWIND: Final = "unwind"

VAULT_KEY_LENGTHS: Final = {BREAKER: 1, VAULT: 2, STAKE: 3, LOT: 4, UNWIND: 2}

BREAKER_FIELDS: Final = ("started_us", "accounts", "notional_e8", "loss_e8", "tripped_us")


def vault_rows(state: State) -> list[Row]:
    """The breaker, then each vault with its stakes and their lots, then what is being unwound."""
    row: Row = [BREAKER]
    row.extend([getattr(state.breaker, name) for name in BREAKER_FIELDS])
    rows: list[Row] = [row]
    for vault in state.vaults.values():
        rows.append(
            [
                VAULT,
                vault.vault,
                vault.account,
                vault.name,
                vault.vault_kind,
                vault.owner,
                vault.profit_share_ppm,
                vault.profit_share_period_s,
                vault.lockup_s,
                vault.tvl_max_e8,
                vault.owner_minimum_e8,
                vault.status,
                vault.period_start_us,
                vault.supply_e8,
                vault.net_deposits_e8,
            ]
        )
        for stake in vault.stakes.values():
            rows.append([STAKE, vault.vault, stake.holder, stake.shares_e8, stake.hwm_e8, stake.deposited_e8])
            rows.extend(
                [LOT, vault.vault, stake.holder, lot.lot_id, lot.shares_e8, lot.unlock_at_us]
                for lot in stake.lots
            )
    rows.extend(
        [UNWIND, unwind.unwind_id, unwind.vault, unwind.holder, unwind.aux_account, unwind.pay_e8]
        for unwind in state.unwinds.values()
    )
    return rows


def load_vault_row(state: State, row: Sequence[int | str]) -> None:
    """Take one row of ``vault_rows`` into ``state``."""
    kind = row[0]
    if kind == BREAKER:
        for place, name in enumerate(BREAKER_FIELDS, 1):
            setattr(state.breaker, name, row[place])
    elif kind == VAULT:
        vault = Vault(
            text_at(row, 1),
            text_at(row, 2),
            text_at(row, 3),
            text_at(row, 4),
            text_at(row, 5),
            number_at(row, 6),
            number_at(row, 7),
            number_at(row, 8),
            number_at(row, 9),
            number_at(row, 10),
            text_at(row, 11),
            number_at(row, 12),
        )
        vault.supply_e8 = number_at(row, 13)
        vault.net_deposits_e8 = number_at(row, 14)
        state.vaults[vault.vault] = vault
    elif kind == STAKE:
        stake = Stake(text_at(row, 2))
        stake.shares_e8 = number_at(row, 3)
        stake.hwm_e8 = number_at(row, 4)
        stake.deposited_e8 = number_at(row, 5)
        state.vaults[text_at(row, 1)].stakes[stake.holder] = stake
    elif kind == LOT:
        lot = Lot(text_at(row, 3), number_at(row, 4), number_at(row, 5))
        state.vaults[text_at(row, 1)].stakes[text_at(row, 2)].lots.append(lot)
    else:
        unwind = Unwind(text_at(row, 1), text_at(row, 2), text_at(row, 3), text_at(row, 4), number_at(row, 5))
        state.unwinds[unwind.unwind_id] = unwind
