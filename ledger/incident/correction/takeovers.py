"""The takeovers of the two histories, and what a correction makes of those that differ."""

from ledger.core.messages import CorrectionPayment, FillReversal, OrderReinstatement
from ledger.core.rules.correction_copy import sign_of_side
from ledger.core.rules.money import BANKRUPTCY_COVER, PENALTY
from ledger.core.rules.positions import offsets, trade_value_e8
from ledger.core.rules.words import ORDER_UNTRIGGERED
from ledger.core.state import State
from ledger.core.values import BUY, SELL
from ledger.incident.correction.collect import Collector, Takeover, TakeoverFill
from ledger.incident.correction.parts import Parts
from ledger.incident.counterfactual.run import Counterfactual


def spared(done: Counterfactual) -> list[str]:
    """Accounts that were taken over in the counterfactual only, in order of names."""
    replay = done.replay
    return sorted(
        {one.account for one in replay.liquidations} - {one.account for one in replay.liquidations_recorded}
    )


def correct_takeovers(parts: Parts, collected: Collector, recorded: State, cash: frozenset[str]) -> None:
    """Every takeover as it should have been, the newest fills first; those of ``cash`` stay as they are.

    One that only reality has is reversed; of one that both histories have, what should not have been taken
    over goes back, and what should have been besides is taken over at the price of then. Penalty and
    cover become what they should be.
    """
    taken = [one for one in collected.takeovers.by_id.values() if one.started.account not in cash]
    for takeover in reversed(taken):
        should = collected.counterfactual_takeovers.by_id.get(takeover.started.liquidation_id)
        for fill in reversed(takeover.fills):
            line = _reversal(fill, 0 if should is None else _signed_size(should, fill))
            if line is not None:
                parts.fills.append(line)
    for takeover in taken:
        should = collected.counterfactual_takeovers.by_id.get(takeover.started.liquidation_id)
        _money_back(parts, takeover, should, recorded.liquidator)


def _signed_size(takeover: Takeover, like: TakeoverFill) -> int:
    """What the side of ``like`` did in the same takeover of the other history."""
    for fill in takeover.fills:
        event = fill.event
        if (event.account, event.market) == (like.event.account, like.event.market):
            return sign_of_side(event.side) * event.fill_size_e8
    return 0


def _reversal(fill: TakeoverFill, should_e8: int) -> FillReversal | None:
    """The line that makes of a fill what it should be; ``None`` where it is that."""
    event = fill.event
    excess = sign_of_side(event.side) * event.fill_size_e8 - should_e8
    if excess == 0:
        return None
    whole = abs(excess) == event.fill_size_e8 and should_e8 == 0
    return FillReversal(
        event.account,
        event.market,
        event.counterparty,
        event.liquidation_id,
        event.seq,
        fill.previous_seq,
        1 if whole else 0,
        BUY if excess > 0 else SELL,
        abs(excess),
        event.price_e8,
        event.value_e8 if whole else trade_value_e8(abs(excess), event.price_e8),
        fill.index_e8,
        event.cost_before_e8,
        event.position_id_before,
    )


def _money_back(parts: Parts, takeover: Takeover, should: Takeover | None, liquidator: str) -> None:
    """What was charged too much goes to the account, what was covered too much to the Liquidator Vault."""
    account, liquidation_id = takeover.started.account, takeover.started.liquidation_id
    expected = Takeover(takeover.started) if should is None else should
    for kind, was, instead, gives, gets in (
        (PENALTY, takeover.penalty, expected.penalty, liquidator, account),
        (BANKRUPTCY_COVER, takeover.cover, expected.cover, account, liquidator),
    ):
        over = (0 if was is None else was.amount_e8) - (0 if instead is None else instead.amount_e8)
        if over:
            pair = (gives, gets) if over > 0 else (gets, gives)
            seq = takeover.started.seq if was is None else was.seq
            parts.payments.append(CorrectionPayment(*pair, kind, abs(over), liquidation_id, "", seq))


def reinstate_orders(
    parts: Parts, done: Counterfactual, scratch: State, collected: Collector, cash: frozenset[str]
) -> None:
    """Take-profit and stop-loss orders that takeovers cancelled and that should still wait."""
    for takeover in collected.takeovers.by_id.values():
        for cancelled in takeover.cancelled:
            name = cancelled.account
            if name in cash or cancelled.status_before != ORDER_UNTRIGGERED or name not in scratch.accounts:
                continue
            order = done.state.accounts[name].orders.get(cancelled.order_id)
            holding = scratch.accounts[name].holdings[cancelled.market]
            if (
                order is None
                or order.status != ORDER_UNTRIGGERED
                or not offsets(holding.size_e8, sign_of_side(cancelled.side))
            ):
                continue
            placed = collected.placed.get(order.order_id)
            parts.orders.append(
                OrderReinstatement(
                    name,
                    order.order_id,
                    order.client_id,
                    order.market,
                    cancelled.side,
                    order.order_type,
                    order.instruction,
                    cancelled.remaining_before_e8,
                    order.has_price,
                    order.price_e8,
                    order.trigger_price_e8,
                    order.trigger_condition,
                    order.oco_group,
                    "EXPIRE_TAKER" if placed is None else placed.stp,
                    order.placed_seq if placed is None else placed.seq,
                )
            )
