"""The recorded history as the replay takes it, and what the replay finds."""

from typing import Final, final

from ledger.core.messages import AnyEvent, BlockSealed, FillSettled, LiquidationStarted, Outcome
from ledger.writer.apply import Request

HOUSE_TRADES: Final = "house"
DROPPED_TRADES: Final = "drop"
ORPHAN_TRADES: Final = (HOUSE_TRADES, DROPPED_TRADES)


@final
class Recorded:
    """A command of the log with its outcome and its events; a repeated command has no events of its own.

    It arrives again when it was recorded: ledger time is that of the writer, and a log may have stamped the
    stored command by another clock.
    """

    __slots__ = ("events", "outcome", "request")

    def __init__(self, request: Request, outcome: Outcome, events: list[AnyEvent]) -> None:
        request.arrived_at_us = outcome.recorded_at_us
        self.request = request
        self.outcome = outcome
        self.events = events


@final
class RecordedBlock:
    """A block of the log: its seal and its commands in order of position."""

    __slots__ = ("commands", "seal")

    def __init__(self, seal: BlockSealed, commands: list[Recorded]) -> None:
        self.seal = seal
        self.commands = commands


@final
class Liquidation:
    """One takeover of either history: where it stands there, what share of the account it took, and how much.

    ``sizes`` has what was taken over by market, signed as the account's fill.
    """

    __slots__ = ("account", "cause_seq", "liquidation_id", "recorded_at_us", "seq", "share_ppm", "sizes")

    def __init__(self, event: LiquidationStarted, events: list[AnyEvent]) -> None:
        self.account = event.account
        self.liquidation_id = event.liquidation_id
        self.seq = event.seq
        self.cause_seq = event.cause_seq
        self.share_ppm = event.share_ppm
        self.recorded_at_us = event.recorded_at_us
        self.sizes: dict[str, int] = {}
        for fill in events:
            if isinstance(fill, FillSettled) and fill.account == event.account:
                self.sizes[fill.market] = fill.size_after_e8 - fill.size_before_e8


@final
class Orphan:
    """A recorded trade of which the counterfactual has one side or none.

    ``kept`` is the account that traded with HOUSE, empty when the trade was dropped. ``recorded_seq`` is
    its first event in reality (0: none), ``seq`` where it stands in the counterfactual.
    """

    __slots__ = (
        "buyer",
        "kept",
        "market",
        "price_e8",
        "recorded_seq",
        "seller",
        "seq",
        "size_e8",
        "trade_id",
        "value_e8",
    )

    def __init__(  # noqa: PLR0913
        self,
        trade_id: str,
        market: str,
        buyer: str,
        seller: str,
        kept: str,
        size_e8: int,
        price_e8: int,
        value_e8: int,
        recorded_seq: int,
        seq: int,
    ) -> None:
        self.trade_id = trade_id
        self.market = market
        self.buyer = buyer
        self.seller = seller
        self.kept = kept
        self.size_e8 = size_e8
        self.price_e8 = price_e8
        self.value_e8 = value_e8
        self.recorded_seq = recorded_seq
        self.seq = seq


@final
class Kept:
    """An order that a takeover or deleveraging cancelled in reality and that stays open here.

    ``passed_seq`` is the first price event after it with which it might have filled, 0: none.
    """

    __slots__ = ("account", "cancelled_seq", "market", "order_id", "passed_seq", "price_e8", "sign")

    def __init__(
        self, order_id: str, account: str, market: str, sign: int, price_e8: int, cancelled_seq: int
    ) -> None:
        self.order_id = order_id
        self.account = account
        self.market = market
        self.sign = sign
        self.price_e8 = price_e8
        self.cancelled_seq = cancelled_seq
        self.passed_seq = 0


CASES: Final = {
    "liquidations_not_repeated": "liquidation applied in reality, the account healthy here",
    "liquidations_injected": "no liquidation in reality, the account below maintenance here",
    "orders_refused": "order accepted in reality, refused here",
    "orders_accepted": "order refused in reality, accepted here",
    "orders_kept": "order cancelled by a takeover or deleveraging, still open here",
    "triggers_injected": "take-profit or stop order gone in reality, triggered here",
    "triggers_refused": "order triggered in reality, not triggered here",
    "unwind_trades": "trade of the Liquidator Vault or an auxiliary account that has no such position here",
    "money_refused": "transfer or vault flow accepted in reality, refused here",
    "money_accepted": "transfer or vault flow refused in reality, accepted here",
    "trades_with_house": "trade with one feasible side, taken by HOUSE",
    "trades_dropped": "trade with no feasible side, or dropped as asked",
    "pinned_by_force": "pinned command that the corrected state would not have let through",
    "pinned_impossible": "pinned command that cannot be applied to the corrected state",
    "corrected": "command with a corrected input",
}
"""What is counted where the histories part, and what it means."""
