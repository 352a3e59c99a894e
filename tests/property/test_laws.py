"""The exact laws of the ledger over generated histories (events.md 1, domain.md 4.3)."""

from collections import Counter

import pytest
from hypothesis import given

from ledger.core.decide import decide
from ledger.core.digest import writer_digest
from ledger.core.image import state_rows
from ledger.core.messages import (
    AnyCommand,
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    LiquidationStarted,
    PenaltyCharged,
    TradeBusted,
    WithdrawalReleased,
)
from ledger.core.postings import postings
from ledger.core.state import State
from ledger.log.codec import decode_event, encode_event
from tests import playing
from tests.chains import Chains, broken_links
from tests.fields import record_of
from tests.model.ledger import Model
from tests.spec import RECORDS
from tests.strategies import histories, seeded_history, wild_histories

E8 = 10**8
PPM = 10**6
LONG_MAX = 2**63 - 1
SEEDS = range(4)


def played(commands: list[AnyCommand]) -> tuple[State, list[playing.Step]]:
    """The state after ``commands`` and the steps that led there."""
    state = playing.opened_state()
    return state, playing.play(state, commands)


def sums_of(events: list[AnyEvent], settlement: str = "USDC") -> Counter[tuple[str, str]]:
    """Balance of every account and counter-account per asset, from the postings alone."""
    sums: Counter[tuple[str, str]] = Counter()
    for event in events:
        for leg in postings(event, settlement):
            sums[leg.account, leg.asset] += leg.amount_e8
    return sums


@given(histories())
def test_every_event_nets_to_zero_per_asset(commands: list[AnyCommand]) -> None:
    for event in playing.events_of(played(commands)[1]):
        net: Counter[str] = Counter()
        for leg in postings(event, "USDC"):
            net[leg.asset] += leg.amount_e8
        assert not any(net.values()), record_of(event)


@given(histories())
def test_postings_add_up_to_the_balances_and_to_the_counter_accounts_of_the_model(
    commands: list[AnyCommand],
) -> None:
    state, steps = played(commands)
    model = Model(seq=1)
    for command in commands:
        model.apply(command)
    sums = {key: amount for key, amount in sums_of(playing.events_of(steps)).items() if amount}
    accounts = {key: pair[0] for key, pair in playing.balances(state).items() if pair[0]}
    shares = {(holder, f"share:{v}"): row[0] for (v, holder), row in playing.stakes(state).items()}
    assert sums == accounts | shares | model.counters()


@given(histories())
def test_transit_accounts_are_zero_after_every_command(commands: list[AnyCommand]) -> None:
    for step in played(commands)[1]:
        sums = sums_of(step.events)
        assert not any(amount for (name, _), amount in sums.items() if name.startswith("transit:"))


def check_clearing_laws(commands: list[AnyCommand]) -> None:
    """Both clearing laws and the zero sum of sizes, after every command, as integers."""
    state = playing.opened_state()
    sums: Counter[tuple[str, str]] = Counter()
    swept: Counter[str] = Counter()
    dust: Counter[str] = Counter()
    for command in commands:
        for event in playing.play_one(state, command).events:
            sums.update(sums_of([event]))
            row = record_of(event)
            dust[row.get("market", "")] += row.get("dust_e16", 0)
            swept[row.get("market", "")] += row.get("dust_swept_e16", 0)
        for name, market in state.markets.items():
            held = [a.holdings[name] for a in state.accounts.values() if name in a.holdings]
            assert sum(h.size_e8 for h in held) == 0
            assert sums[f"pnl_clearing:{name}", "USDC"] == -sum(h.cost_e8 for h in held)
            accrued = sum(-h.size_e8 * (market.index_e8 - h.cached_index_e8) for h in held)
            assert E8 * sums[f"funding_clearing:{name}", "USDC"] == accrued + dust[name] - swept[name]
            assert market.dust_e16 == dust[name] - swept[name]
            assert market.dust_e16 >= 0


@given(histories())
def test_clearing_accounts_equal_costs_and_accrued_funding_exactly(commands: list[AnyCommand]) -> None:
    check_clearing_laws(commands)


@pytest.mark.parametrize("seed", SEEDS)
def test_clearing_laws_hold_over_long_histories(seed: int) -> None:
    check_clearing_laws(list(seeded_history(seed, 400)))


@given(histories())
def test_total_account_value_is_custody_less_pending_and_fees_at_any_mark(commands: list[AnyCommand]) -> None:
    state, steps = played(commands)
    sums = sums_of(playing.events_of(steps))
    for odd_mark in (1, 7 * E8):
        e16 = 0
        for account in state.accounts.values():
            e16 += account.balance_e8 * E8
            for name, h in account.holdings.items():
                index = state.markets[name].index_e8
                e16 += h.size_e8 * (odd_mark - index + h.cached_index_e8) - h.cost_e8 * E8
        outside = sum(a for (n, asset), a in sums.items() if asset == "USDC" and n not in state.accounts)
        clearing = sum(a for (n, _), a in sums.items() if "_clearing:" in n)
        dust = sum(market.dust_e16 for market in state.markets.values())
        assert e16 == -(outside - clearing) * E8 - dust


@given(histories())
def test_before_equals_the_previous_after_in_every_chain(commands: list[AnyCommand]) -> None:
    assert broken_links(playing.events_of(played(commands)[1])) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_chains_hold_over_long_histories(seed: int) -> None:
    assert broken_links(playing.events_of(played(list(seeded_history(seed, 800)))[1])) == []


@given(histories())
def test_numbers_of_an_event_explain_each_other(commands: list[AnyCommand]) -> None:
    for event in playing.events_of(played(commands)[1]):
        match event:
            case FillSettled():
                sign = 1 if event.side == "BUY" else -1
                assert event.size_after_e8 - event.size_before_e8 == sign * event.fill_size_e8
                if event.fill_type == "UNWIND_TRANSFER":
                    assert event.price_e8 == max(0, event.value_e8 * E8 // event.fill_size_e8)
                    assert (event.realized_pnl_e8, event.realized_funding_e8, event.fee_e8) == (0, 0, 0)
                else:
                    assert event.value_e8 == event.fill_size_e8 * event.price_e8 // E8
                change = event.cost_after_e8 - event.cost_before_e8 - sign * event.value_e8
                assert event.realized_pnl_e8 == change
                paid = event.realized_pnl_e8 + event.realized_funding_e8 - event.fee_e8
                assert event.balance_after_e8 - event.balance_before_e8 == paid
                assert 0 <= event.dust_e16 < E8
            case TradeBusted():
                sign = -1 if event.side == "BUY" else 1
                assert event.size_after_e8 - event.size_before_e8 == sign * event.fill_size_e8
                change = event.cost_after_e8 - event.cost_before_e8 - sign * event.value_e8
                assert event.realized_pnl_e8 == change
                paid = event.realized_pnl_e8 + event.realized_funding_e8
                paid += event.funding_returned_e8 + event.fee_returned_e8
                assert event.balance_after_e8 - event.balance_before_e8 == paid
                assert 0 <= event.dust_e16 < 2 * E8
            case LiquidationStarted():
                parts = event.balance_e8 + event.unrealized_pnl_e8 + event.accrued_funding_e8
                assert event.account_value_e8 == parts < event.mmr_e8
            case PenaltyCharged():
                exact = event.share_ppm * event.fee_ppm * event.mmr_e8
                assert 0 < event.amount_e8 * PPM * PPM <= exact + PPM * PPM
                assert event.balance_before_e8 - event.balance_after_e8 == event.amount_e8
            case WithdrawalReleased():
                assert event.paid_e8 + event.loss_e8 == event.amount_e8
                assert event.loss_e8 * E8 <= event.amount_e8 * event.socialized_loss_factor_e8 + E8
            case FundingIndexAdvanced():
                number = event.premium_applied_e8 * event.elapsed_applied_ms + event.remainder_before
                period_ms = event.period_s * 1000
                assert (event.step_e8, event.remainder_after) == divmod(number, period_ms)
                assert event.index_after_e8 == event.index_before_e8 + event.step_e8
                assert event.premium_e8 == event.rate_e12 * event.spot_e8 // 10**12
            case _:
                pass


@given(histories())
def test_every_number_of_an_event_fits_a_long(commands: list[AnyCommand]) -> None:
    for event in playing.events_of(played(commands)[1]):
        for name, value in record_of(event).items():
            assert isinstance(value, str) or -LONG_MAX - 1 <= value <= LONG_MAX, name


@given(histories())
def test_decide_never_changes_the_state(commands: list[AnyCommand]) -> None:
    state = playing.opened_state()
    for command in commands:
        rows, digest = state_rows(state), writer_digest(state)
        decide(state, command, max(state.recorded_at_us, command.issued_at_us))
        assert (state_rows(state), writer_digest(state)) == (rows, digest), record_of(command)
        playing.play_one(state, command)


def check_holdings(state: State) -> None:
    """What a holding says of its orders and of its position is what they are."""
    for account in state.accounts.values():
        for name, h in account.holdings.items():
            orders = [o for o in account.orders.values() if o.market == name]
            reserving = [o for o in orders if o.status == "OPEN" and not o.reduce_only]
            buys = [o for o in reserving if o.sign > 0]
            sells = [o for o in reserving if o.sign < 0]
            assert h.open_buy_e8 == sum(o.remaining_e8 for o in buys)
            assert h.open_sell_e8 == sum(o.remaining_e8 for o in sells)
            assert (h.orders, h.reduce_only_orders) == (len(orders), sum(o.reduce_only for o in orders))
            assert h.buy_price_max_e8 >= max((o.price_e8 for o in buys), default=0)
            assert not sells or 0 < h.sell_price_min_e8 <= min(o.price_e8 for o in sells)
            assert all(o.remaining_e8 > 0 for o in orders)
            assert h.size_e8 or (h.cost_e8, h.position_id) == (0, 0)


@given(wild_histories())
def test_any_values_of_any_command_get_an_answer_and_break_no_law(commands: list[AnyCommand]) -> None:
    state = playing.opened_state()
    chains = Chains()
    for command in commands:
        step = playing.play_one(state, command)
        assert step.code == 0 or all(isinstance(event, RECORDS) for event in step.events)
        for event in step.events:
            assert record_of(decode_event(encode_event(event))) == record_of(event)
            assert chains.follow(event) == []
        check_holdings(state)


@given(histories())
def test_holdings_say_of_their_orders_what_the_orders_are(commands: list[AnyCommand]) -> None:
    state = playing.opened_state()
    for command in commands:
        playing.play_one(state, command)
        check_holdings(state)


@given(histories())
def test_seq_rises_by_one_and_causes_lie_before_their_effects(commands: list[AnyCommand]) -> None:
    expected, recorded_at_us = 1, 0
    for step in played(commands)[1]:
        for event in step.events:
            expected += 1
            assert event.seq == expected
            assert 0 <= event.cause_seq < event.seq
            assert event.recorded_at_us >= recorded_at_us
            assert event.command_id == f"{step.command.producer}/{step.command.number}"
            recorded_at_us = event.recorded_at_us
