"""What everybody may know, event by event."""

from typing import Final

from ledger.core.messages import (
    AccountOpened,
    AnyEvent,
    AssetListed,
    AssetUpdated,
    FillSettled,
    FundingIndexRestated,
    GuardTripped,
    MarketListed,
    MarketUpdated,
    PlanApproved,
    PricesUpdated,
    RollbackCompleted,
    RollbackDeclared,
    RuleChanged,
    SystemStatusChanged,
)
from projectors.rederive.book import Book, Row, Table, copied

_HOUR_US: Final = 3_600_000_000
_ALL: Final = "system"
"""First key of lines that are of no market."""

_RULES_OF_A_MARKET: Final = (
    "base quote settlement_asset market_kind status price_tick_e8 size_step_e8 notional_min_e8"
    " order_size_max_e8 position_limit_e8 open_orders_max imf_base_ppm mmf_factor_ppm taker_fee_ppm"
    " maker_fee_ppm price_band_ppm spread_max_ppm depth_min_e8 funding_period_s funding_gap_max_ms"
    " funding_rate_max_e12 funding_rate_change_max_e12 interest_rate_e12 clamp_rate_e12"
    " price_move_max_ppm price_window_move_max_ppm fair_divergence_max_ppm price_age_max_ms oracle_ewma_ppm"
)
_PRICES: Final = (
    "mark_e8 spot_e8 has_external_fair external_fair_e8 has_bid bid_e8 has_ask ask_e8 has_last last_e8"
    " bid_depth_e8 ask_depth_e8 observed_at_ms"
)
_ROLLBACK: Final = (
    "incident_id target_height target_seq void_from_height void_to_height void_from_seq void_to_seq"
    " plan_digest reason key_1 key_2 negative_accounts"
)


class ExchangeBook(Book):
    """The view ``exchange``. The traded value only whole: it is a sum over all accounts."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.assets = Table()
        self.markets = Table()
        self.market_events = Table()
        self.prices = Table()
        self.statuses = Table()
        self.guards = Table()
        self.rollbacks = Table()
        self.plans = Table()
        self.restatements = Table()
        self.rules = Table()
        self.liquidators = Table()
        self.volumes = Table()

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        found = {
            "assets": self.assets,
            "markets": self.markets,
            "market_events": self.market_events,
            "prices": self.prices,
            "statuses": self.statuses,
            "guards": self.guards,
            "rollbacks": self.rollbacks,
            "plans": self.plans,
            "restatements": self.restatements,
            "rules": self.rules,
            "liquidators": self.liquidators,
        }
        return found | ({"volumes": self.volumes} if self.whole else {})

    def _take(self, event: AnyEvent) -> None:
        match event:
            case AssetListed() | AssetUpdated():
                self.assets.put(event, (event.asset,), copied(event, "decimals settlement status"))
            case MarketListed() | MarketUpdated():
                self._market(event)
            case PricesUpdated():
                when: Row = {"price_seq": event.seq, "priced_at_us": event.recorded_at_us}
                self.prices.put(event, (event.market,), copied(event, _PRICES) | when)
            case SystemStatusChanged():
                columns = "status_before status_after withdrawals_before withdrawals_after reason guard_seq"
                self._line(self.statuses, event, f"{columns} gates operator_key second_key")
            case GuardTripped():
                columns = "guard policy action input_command_id tick_id market field given has_value value_e8"
                rest = "expected_e8 bound_low_e8 bound_high_e8 last_accepted_seq source"
                self._line(self.guards, event, f"{columns} {rest}")
            case PlanApproved():
                columns = "plan_digest plan_kind incident_id head_height lines total_e8 payer cap_e8"
                self._line(self.plans, event, f"{columns} key_1 key_2 expires_at_us")
            case FundingIndexRestated():
                columns = "index_before_e8 index_after_e8 from_seq to_seq plan_digest incident_id reason"
                self._line(self.restatements, event, columns, event.market)
            case RollbackDeclared():
                values = copied(event, _ROLLBACK) | {"declared_at_us": event.recorded_at_us}
                self.rollbacks.put(event, (event.seq,), values)
            case RollbackCompleted():
                self._completed(event)
            case RuleChanged():
                values = {"value": event.value_after, "changed_seq": event.seq}
                self.rules.put(event, (event.rule, event.scope), values)
            case AccountOpened() if event.kind == "LIQUIDATOR":
                opened: Row = {"opened_seq": event.seq, "opened_at_us": event.recorded_at_us}
                self.liquidators.put(event, (event.account,), opened)
            case FillSettled():
                hour = event.recorded_at_us // _HOUR_US
                self.volumes.add(event, (event.market, hour), {"traded_e8": event.value_e8})
            case _:
                pass

    def _market(self, event: MarketListed | MarketUpdated) -> None:
        values = copied(event, _RULES_OF_A_MARKET)
        values |= {"changed_seq": event.seq, "changed_at_us": event.recorded_at_us}
        changed = ""
        if isinstance(event, MarketListed):
            values["listed_at_us"] = event.recorded_at_us
        else:
            changed = event.changed_fields
        self.markets.put(event, (event.market,), values)
        line: Row = {"changed_fields": changed, "recorded_at_us": event.recorded_at_us}
        self.market_events.put(event, (event.market, event.seq), line)

    def _completed(self, event: RollbackCompleted) -> None:
        when: Row = {"completed_seq": event.seq, "completed_at_us": event.recorded_at_us}
        said = copied(event, "reinstated cancelled negative_total_e8")
        self.rollbacks.put(event, (event.rollback_seq,), said | when)

    def _line(self, table: Table, event: AnyEvent, columns: str, first: str = _ALL) -> None:
        table.put(event, (first, event.seq), copied(event, f"{columns} recorded_at_us"))
