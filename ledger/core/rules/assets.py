"""Assets: listed once, halted and opened again. One of them settles profit, funding and fees."""

from typing import Final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AssetListed, AssetUpdated, ListAsset, UpdateAsset
from ledger.core.money_state import Asset
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.core.values import is_symbol

ASSET_STATUSES: Final = frozenset(("ok", "halted"))
DECIMALS_MAX: Final = 18
"""Decimal places an asset may have outside; inside, every amount has eight."""


def decide_list_asset(state: State, command: ListAsset, now_us: int) -> Decision:  # noqa: ARG001
    """A new asset; at most one is the settlement asset."""
    if not is_symbol(command.asset):
        return refused(RefusalCode.INVALID_VALUE, f"asset {command.asset!r} is not a symbol")
    if not 0 <= command.decimals <= DECIMALS_MAX:
        return refused(RefusalCode.INVALID_VALUE, f"decimals {command.decimals} is not in 0..{DECIMALS_MAX}")
    if command.settlement not in (0, 1):
        return refused(RefusalCode.INVALID_VALUE, f"settlement {command.settlement} is neither 0 nor 1")
    if command.asset in state.assets:
        return refused(RefusalCode.ASSET_EXISTS, f"asset {command.asset}")
    if command.settlement and state.settlement_asset:
        return refused(RefusalCode.SETTLEMENT_ASSET_TAKEN, f"{state.settlement_asset} settles")
    return accepted(
        [
            AssetListed(
                asset=command.asset,
                decimals=command.decimals,
                settlement=command.settlement,
                status="ok",
                revision=1,
            )
        ]
    )


def decide_update_asset(state: State, command: UpdateAsset, now_us: int) -> Decision:  # noqa: ARG001
    """Halt an asset (no deposit, withdrawal or transfer), or let it move again."""
    if command.status not in ASSET_STATUSES:
        return refused(RefusalCode.INVALID_VALUE, f"status {command.status!r} is neither ok nor halted")
    asset = state.assets.get(command.asset)
    if asset is None:
        return refused(RefusalCode.ASSET_NOT_FOUND, f"asset {command.asset!r}")
    if asset.status == command.status:
        return refused(RefusalCode.NOTHING_TO_CHANGE, f"asset {command.asset} is {asset.status} already")
    return accepted(
        [
            AssetUpdated(
                asset=asset.symbol,
                changed_fields="status",
                revision_before=asset.revision,
                revision_after=asset.revision + 1,
                decimals=asset.decimals,
                settlement=asset.settlement,
                status=command.status,
            )
        ]
    )


def evolve_asset_listed(state: State, event: AssetListed) -> None:
    """Remember the asset."""
    state.assets[event.asset] = Asset(
        event.asset, event.decimals, event.settlement, event.status, event.revision
    )
    if event.settlement:
        state.settlement_asset = event.asset


def evolve_asset_updated(state: State, event: AssetUpdated) -> None:
    """Take over the asset's fields as they are now."""
    asset = state.assets[event.asset]
    asset.status = event.status
    asset.revision = event.revision_after
