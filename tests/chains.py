"""The chain columns of every event (events.md 1.5), and a walk that follows them.

For one key, ``before`` of an event equals ``after`` of the event before it. A quantity that was
never seen starts from nothing: 0, or the empty text.
"""

from collections.abc import Iterable
from typing import Final

from ledger.core.messages import Event
from tests.fields import record_of

SETTLEMENT: Final = "USDC"

POSITION: Final = (
    ("size", ("account", "market"), "size_before_e8", "size_after_e8"),
    ("cost", ("account", "market"), "cost_before_e8", "cost_after_e8"),
    ("cached_index", ("account", "market"), "cached_index_before_e8", "funding_index_e8"),
    ("position_id", ("account", "market"), "position_id_before", "position_id_after"),
)
OPEN_SIZES: Final = (
    ("open_buy", ("account", "market"), "open_buy_before_e8", "open_buy_after_e8"),
    ("open_sell", ("account", "market"), "open_sell_before_e8", "open_sell_after_e8"),
)
BALANCE: Final = (("balance", ("account", "asset"), "balance_before_e8", "balance_after_e8"),)
PENDING: Final = (("pending", ("account", "asset"), "pending_before_e8", "pending_after_e8"),)
REMAINING: Final = (("remaining", ("account", "order_id"), "remaining_before_e8", "remaining_after_e8"),)

HOLDER: Final = ("vault", "holder")
SHARES: Final = (
    ("supply", ("vault",), "supply_before_e8", "supply_after_e8"),
    ("shares", HOLDER, "holder_shares_before_e8", "holder_shares_after_e8"),
    ("hwm", HOLDER, "hwm_before_e8", "hwm_after_e8"),
    ("deposited", HOLDER, "holder_deposited_before_e8", "holder_deposited_after_e8"),
    ("net_deposits", ("vault",), "net_deposits_before_e8", "net_deposits_after_e8"),
)

CHAINS: Final[dict[str, tuple[tuple[str, tuple[str, ...], str, str], ...]]] = {
    "DepositCredited": BALANCE,
    "WithdrawalRequested": BALANCE + PENDING,
    "WithdrawalReleased": PENDING,
    "WithdrawalFailed": BALANCE + PENDING,
    "TransferSent": BALANCE,
    "TransferReceived": BALANCE,
    "AdjustmentPosted": BALANCE,
    "PenaltyCharged": BALANCE,
    "LossSocialized": BALANCE,
    "RefundPaid": BALANCE,
    "VaultSharesMinted": SHARES,
    "VaultSharesBurned": SHARES,
    "VaultFeeSettled": (
        ("shares", HOLDER, "holder_shares_before_e8", "holder_shares_after_e8"),
        ("shares", ("vault", "owner"), "owner_shares_before_e8", "owner_shares_after_e8"),
        ("hwm", HOLDER, "hwm_before_e8", "hwm_after_e8"),
    ),
    "VaultUpdated": (("vault_field", ("vault", "field"), "value_before", "value_after"),),
    "FundingSettled": (
        *BALANCE,
        ("cached_index", ("account", "market"), "cached_index_before_e8", "cached_index_after_e8"),
        ("size", ("account", "market"), "size_e8", "size_e8"),
        ("position_id", ("account", "market"), "position_id", "position_id"),
    ),
    "FillSettled": BALANCE + POSITION + OPEN_SIZES + REMAINING,
    "TradeBusted": BALANCE + POSITION + OPEN_SIZES + REMAINING,
    "OrderPlaced": OPEN_SIZES,
    "OrderTriggered": (
        *OPEN_SIZES,
        *REMAINING,
        ("status", ("account", "order_id"), "status_before", "status_after"),
    ),
    "OrderCancelled": (
        *OPEN_SIZES,
        *REMAINING,
        ("status", ("account", "order_id"), "status_before", "status_before"),
    ),
    "FundingIndexAdvanced": (
        ("index", ("market",), "index_before_e8", "index_after_e8"),
        ("remainder", ("market",), "remainder_before", "remainder_after"),
        ("premium", ("market",), "premium_applied_e8", "premium_e8"),
        ("funding_time", ("market",), "observed_before_ms", "observed_at_ms"),
    ),
    "PricesUpdated": (
        ("mark", ("market",), "mark_before_e8", "mark_e8"),
        ("price_time", ("market",), "observed_before_ms", "observed_at_ms"),
    ),
    "MarketUpdated": (("revision", ("market",), "revision_before", "revision_after"),),
    "AssetUpdated": (("asset_revision", ("asset",), "revision_before", "revision_after"),),
    "AccountChanged": (("field", ("account", "field", "market"), "value_before", "value_after"),),
}
"""Event -> its quantities as (name, key fields, column before, column after)."""

STARTS: Final[dict[str, tuple[tuple[str, tuple[str, ...], str], ...]]] = {
    "OrderPlaced": (
        ("remaining", ("account", "order_id"), "remaining_after_e8"),
        ("status", ("account", "order_id"), "status_after"),
    ),
    "MarketListed": (
        ("revision", ("market",), "revision"),
        ("index", ("market",), "index_start_e8"),
    ),
    "AssetListed": (("asset_revision", ("asset",), "revision"),),
}
"""Event -> quantities that begin with it."""


class Chains:
    """Follows every quantity through a history; ``follow`` says where one does not fit."""

    def __init__(self) -> None:
        self.last: dict[tuple[object, ...], object] = {}

    def follow(self, event: Event) -> list[str]:
        """What is wrong with the before-columns of ``event``, as sentences."""
        name = type(event).__name__
        row = record_of(event)
        row.setdefault("asset", SETTLEMENT)
        wrong = []
        for quantity, keys, before, after in CHAINS.get(name, ()):
            key = (quantity, *(row[k] for k in keys))
            if quantity == "remaining" and not row["order_id"]:
                continue
            nothing: object = "" if isinstance(row[before], str) else 0
            unset = None if quantity in ("field", "vault_field") else nothing
            known = self.last.get(key, unset)
            if known is not None and row[before] != known:
                wrong.append(f"{name} {row['seq']}: {before} of {key} is {row[before]!r}, was {known!r}")
            self.last[key] = row[after]
        for quantity, keys, after in STARTS.get(name, ()):
            self.last[(quantity, *(row[k] for k in keys))] = row[after]
        if name == "OrderCancelled":
            self.last["status", row["account"], row["order_id"]] = "CLOSED"
        if row.get("order_status_after"):
            self.last["status", row["account"], row["order_id"]] = row["order_status_after"]
        return wrong


def broken_links(events: Iterable[Event]) -> list[str]:
    """Every place where a chain does not fit, over a whole history."""
    chains = Chains()
    return [sentence for event in events for sentence in chains.follow(event)]
