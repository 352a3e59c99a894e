"""The events of one liquidation: what is taken over, what is paid, what is cancelled."""

from typing import final

from ledger.core.messages import AnyEvent, FillSettled, LiquidationStarted, PenaltyCharged
from ledger.core.rules.cancels import Cancels, by_age
from ledger.core.rules.health import (
    E28_PER_E8,
    FAIR,
    INDEX_BEFORE,
    MARK_BEFORE,
    Health,
    health_of,
)
from ledger.core.rules.money import BANKRUPTCY_COVER, PENALTY, transfer_received, transfer_sent
from ledger.core.rules.positions import offsets
from ledger.core.rules.trades import Terms, cancel_misfits, fill_fits, settled_fill
from ledger.core.rules.words import (
    LIQUIDATION,
    PARENT_CANCELLED,
    POSITION_CLOSED,
    PROTECTING,
)
from ledger.core.state import Account, Holding, Market, Order, State
from ledger.core.values import E8, LONG_MAX, MAKER, PPM, TAKER, div_up, is_long


@final
class Takeover:
    """One liquidation being worked out: balances run along, the state is not touched.

    Afterwards ``notional_e8`` is what is taken over at the marks, ``penalty_e8`` what the account
    pays, ``loss_e8`` what the Liquidator Vault pays for it.
    """

    __slots__ = (
        "account",
        "balance_e8",
        "fills",
        "liquidation_id",
        "liquidator",
        "liquidator_balance_e8",
        "loss_e8",
        "notional_e8",
        "now_us",
        "penalty_e8",
        "started",
        "state",
    )

    def __init__(
        self, state: State, account: Account, liquidator: Account, liquidation_id: str, now_us: int
    ) -> None:
        self.state = state
        self.account = account
        self.liquidator = liquidator
        self.liquidation_id = liquidation_id
        self.now_us = now_us
        self.balance_e8 = account.balance_e8
        self.liquidator_balance_e8 = liquidator.balance_e8
        self.fills: list[FillSettled] = []
        self.started: LiquidationStarted | None = None
        self.notional_e8 = 0
        self.penalty_e8 = 0
        self.loss_e8 = 0

    def events(self, held: list[Holding], health: Health, terms: Market, share_ppm: int) -> list[AnyEvent]:
        """All events in order, each following from the first."""
        notional_e16 = 0
        sizes: dict[str, int] = {}
        for holding in held:
            self._take(holding, share_ppm)
            own = self.fills[-2]
            notional_e16 += own.fill_size_e8 * own.price_e8
            sizes[own.market] = own.size_after_e8
        self.notional_e8 = notional_e16 // E8
        flat = not any(sizes.values())
        started = self._started(held, health)
        started.share_ppm = share_ppm
        started.full = 1 if flat else 0
        self.started = started
        events: list[AnyEvent] = [started]
        events.extend(self.fills)
        self._charge(events, health, terms, share_ppm, capped=flat)
        if flat and self.balance_e8 < 0:
            self._cover(events)
        self._cancel_orders(events, sizes)
        self._cancel_misfits_of_liquidator(events)
        for event in events:
            event.cause_seq = self.state.seq + 1
        started.cause_seq = max(started.price_seq, started.funding_seq)
        return events

    def closing(self, held: list[Holding], health: Health) -> list[AnyEvent]:
        """All positions at the marks, without penalty and cover: what the account owes stays owed."""
        for holding in held:
            self._take(holding, PPM)
        started = self._started(held, health)
        started.share_ppm = PPM
        started.full = 1
        self.started = started
        events: list[AnyEvent] = [started]
        events.extend(self.fills)
        self._cancel_orders(events, {})
        self._cancel_misfits_of_liquidator(events)
        for event in events:
            event.cause_seq = self.state.seq + 1
        started.cause_seq = 0
        return events

    def explained_outside(self) -> bool:
        """Whether the account is below maintenance at the external fair prices too."""
        started = self.started
        return (
            started is not None
            and started.has_fair == 1
            and started.account_value_fair_e8 < started.mmr_fair_e8
        )

    def fits(self) -> bool:
        """Whether everything that is recorded fits its field."""
        started = self.started
        if started is None:
            return False
        for fill in self.fills:
            if not fill_fits(fill) or fill.value_e8 > LONG_MAX:
                return False
        for number in (
            started.account_value_e8,
            started.mmr_e8,
            started.unrealized_pnl_e8,
            started.accrued_funding_e8,
            started.account_value_fair_e8,
            started.mmr_fair_e8,
            started.notional_e8,
            self.balance_e8,
            self.liquidator_balance_e8,
        ):
            if not is_long(number):
                return False
        return True

    def _take(self, holding: Holding, share_ppm: int) -> None:
        """Both sides of the takeover in one market, rounded up to the size step."""
        market = holding.market
        size = holding.size_e8
        step = market.size_step_e8
        part = min(div_up(abs(size) * share_ppm, PPM * step) * step, abs(size))
        sign = -1 if size > 0 else 1
        terms = Terms(market, self.liquidation_id, LIQUIDATION, market.mark_e8, part, self.now_us)
        account, liquidator = self.account, self.liquidator
        taken = liquidator.holdings.get(market.market)
        if taken is None:
            taken = Holding(market)
        seq = self.state.seq + 2 + len(self.fills)
        own = settled_fill(terms, account, holding, self.balance_e8, None, sign, TAKER, liquidator.name, seq)
        other = settled_fill(
            terms,
            liquidator,
            taken,
            self.liquidator_balance_e8,
            None,
            -sign,
            MAKER,
            account.name,
            seq + 1,
        )
        own.liquidation_id = self.liquidation_id
        other.liquidation_id = self.liquidation_id
        self.balance_e8 = own.balance_after_e8
        self.liquidator_balance_e8 = other.balance_after_e8
        self.fills.append(own)
        self.fills.append(other)

    def _charge(
        self, events: list[AnyEvent], health: Health, terms: Market, share_ppm: int, *, capped: bool
    ) -> None:
        """The penalty; capped, it is at most what the balance still holds."""
        fee_ppm = terms.liquidation_fee_ppm
        penalty = div_up(share_ppm * fee_ppm * health.required_e28, PPM * PPM * E28_PER_E8)
        before = self.balance_e8
        if capped:
            penalty = min(penalty, max(0, before))
        if penalty == 0:
            return
        self.penalty_e8 = penalty
        self.balance_e8 = before - penalty
        events.append(
            PenaltyCharged(
                account=self.account.name,
                liquidation_id=self.liquidation_id,
                share_ppm=share_ppm,
                mmr_e8=health.required_e8(),
                fee_ppm=fee_ppm,
                amount_e8=penalty,
                balance_before_e8=before,
                balance_after_e8=self.balance_e8,
            )
        )
        asset = self.state.settlement_asset
        payee, payer = self.liquidator.name, self.account.name
        received = transfer_received(
            self.liquidation_id, PENALTY, payee, payer, asset, penalty, self.liquidator_balance_e8
        )
        received.liquidation_id = self.liquidation_id
        self.liquidator_balance_e8 = received.balance_after_e8
        events.append(received)

    def _cover(self, events: list[AnyEvent]) -> None:
        """The Liquidator Vault pays what the account is worth less than nothing."""
        loss = -self.balance_e8
        asset = self.state.settlement_asset
        payer, payee = self.liquidator.name, self.account.name
        sent = transfer_sent(
            self.liquidation_id, BANKRUPTCY_COVER, payer, payee, asset, loss, self.liquidator_balance_e8
        )
        received = transfer_received(
            self.liquidation_id, BANKRUPTCY_COVER, payee, payer, asset, loss, self.balance_e8
        )
        sent.liquidation_id = self.liquidation_id
        received.liquidation_id = self.liquidation_id
        self.loss_e8 = loss
        self.liquidator_balance_e8 = sent.balance_after_e8
        self.balance_e8 = 0
        events.append(sent)
        events.append(received)

    def _cancel_orders(self, events: list[AnyEvent], sizes: dict[str, int]) -> None:
        """Every order of the account but those that protect a position that is still there."""
        account = self.account
        for name in sorted(account.holdings):
            holding = account.holdings[name]
            if not holding.orders:
                continue
            orders = [order for order in account.orders.values() if order.market == name]
            cancels = Cancels(account, name, (holding.open_buy_e8, holding.open_sell_e8), events)
            for order in by_age(orders):
                reason = _why_cancelled(account, order, sizes.get(name, 0))
                if reason:
                    cancels.cancel(order, reason, order.remaining_e8, 0)

    def _cancel_misfits_of_liquidator(self, events: list[AnyEvent]) -> None:
        """The Liquidator Vault's reduce-only orders that its changed positions no longer fit."""
        liquidator = self.liquidator
        for fill in self.fills:
            if fill.account == liquidator.name:
                holding = liquidator.holdings.get(fill.market)
                if holding is not None and holding.reduce_only_orders:
                    cancel_misfits(events, liquidator, fill, 0)

    def _started(self, held: list[Holding], health: Health) -> LiquidationStarted:
        """What the account was worth at the marks, and at the external fair prices of the same tick."""
        account = self.account
        control = self.state.control
        value = health.value_e8()
        required = health.required_e8()
        profit_e16 = 0
        has_fair = 1
        price_seq = 0
        funding_seq = 0
        for holding in held:
            market = holding.market
            profit_e16 += holding.size_e8 * market.mark_e8 - holding.cost_e8 * E8
            has_fair &= market.has_external_fair
            price_seq = max(price_seq, market.price_seq)
            funding_seq = max(funding_seq, market.funding_seq)
        fair = health_of(account, FAIR)
        profit = profit_e16 // E8
        return LiquidationStarted(
            account=account.name,
            liquidation_id=self.liquidation_id,
            share_ppm=0,
            full=0,
            account_value_e8=value,
            mmr_e8=required,
            margin_ratio_ppm=min(required * PPM // value, LONG_MAX) if value > 0 else 0,
            balance_e8=account.balance_e8,
            unrealized_pnl_e8=profit,
            accrued_funding_e8=value - account.balance_e8 - profit,
            account_value_fair_e8=fair.value_e8() if has_fair else 0,
            mmr_fair_e8=fair.required_e8() if has_fair else 0,
            has_fair=has_fair,
            price_tick_id=self.state.price_tick_id,
            funding_tick_id=self.state.funding_tick_id,
            price_seq=price_seq,
            funding_seq=funding_seq,
            trigger=_trigger(account),
            status=control.status,
            status_age_ms=(self.now_us - control.changed_us) // 1000 if control.changed_us else 0,
            positions=len(held),
            notional_e8=self.notional_e8,
            account_status_before=account.status,
            account_status_after=account.status,
        )


def _trigger(account: Account) -> str:
    """What made the account unhealthy: FUNDING, PRICE or OTHER."""
    if health_of(account, INDEX_BEFORE).healthy():
        return "FUNDING"
    return "PRICE" if health_of(account, MARK_BEFORE).healthy() else "OTHER"


def _why_cancelled(account: Account, order: Order, size_after_e8: int) -> str:
    """Reason for which a liquidation cancels the order, or empty if it stays.

    All parents go, so a child stays only where its parent filled something that it protects.
    """
    if order.order_type not in PROTECTING:
        return LIQUIDATION
    parent = account.orders.get(order.parent_order_id)
    if offsets(size_after_e8, order.sign) and (parent is None or parent.remaining_e8 != parent.size_e8):
        return ""
    return POSITION_CLOSED if parent is None else PARENT_CANCELLED
