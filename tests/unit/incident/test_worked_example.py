"""The worked example of the incident specification, section 2.1: an index that was set to zero."""

import pytest

from ledger.core.messages import LiquidateAccount, PlaceOrder, RequestWithdrawal, SettleTrade
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.incident.counterfactual.run import Counterfactual, counterfactual
from ledger.incident.effects import ONLY_RECORDED, Effect, effects_of, wrongful_takeovers
from tests.incidents import BTC, Town, observed
from tests.spec import USDC, account, ask, deposit, e8, market, trade

RATE = 1_000_000_000
FIRST_BAD = 4
"""The funding tick that claims zero."""


def order(town: Town, name: str, side: str, size: str, price: str, **fields: object) -> str:
    """Place an order that is accepted; its id."""
    base = {
        "account": name,
        "market": BTC,
        "side": side,
        "order_type": "LIMIT",
        "instruction": "GTC",
        "size_e8": e8(size),
        "has_price": 1,
        "price_e8": e8(price),
        "stp": "EXPIRE_TAKER",
    }
    return town.take(ask(PlaceOrder, **(base | fields)))[0]


def match(town: Town, buy: tuple[str, str], sell: tuple[str, str], size: str, price: str) -> None:
    """A trade of two orders, each given as (account, id)."""
    town.take(
        ask(
            SettleTrade,
            market=BTC,
            price_e8=e8(price),
            size_e8=e8(size),
            buy_account=buy[0],
            buy_order_id=buy[1],
            sell_account=sell[0],
            sell_order_id=sell[1],
            taker="BUY",
        )
    )


def at_h() -> Town:
    """The ledger at the last good block: index 10,000, mark 100,000."""
    town = Town()
    town.take(*observed())
    town.take(
        USDC,
        market(
            maker_fee_ppm=0,
            taker_fee_ppm=0,
            funding_period_s=500,
            funding_gap_max_ms=600_000,
        ),
        account("LV", kind="LIQUIDATOR"),
        account("X", kind="EXTERNAL", margin_exempt=1),
        *(account(name) for name in "ABCMN"),
        deposit("A", "10500"),
        deposit("B", "30000"),
        deposit("C", "5600"),
        deposit("M", "200020"),
        deposit("N", "200000"),
        deposit("LV", "50000"),
    )
    town.wait(5)
    town.take(town.prices(BTC="100000"), town.funding(RATE, "100000", "9980"))
    town.take(trade(BTC, "B", "X", "2", "100000"))
    town.wait(5)
    town.take(town.funding(RATE, "100000", "9990"))
    town.take(
        *(trade(BTC, "X", name, size, "100000") for name, size in (("A", "1"), ("C", "0.5"), ("M", "0.5")))
    )
    town.wait(5)
    town.take(town.prices(BTC="100000"), town.funding(RATE, "100000", "10000"))
    return town


@pytest.fixture(scope="module")
def done() -> Counterfactual:
    """The window of the example, played and audited."""
    town = at_h()
    last_good = town.head.height
    town.wait(5)
    town.take(town.funding(RATE, "100000", "0"))
    town.take(ask(LiquidateAccount, account="A"))
    for tick, mark in ((1, "100100"), (2, "100200")):
        town.wait(5)
        town.take(town.prices(BTC=mark), town.funding(RATE, "100000", str(tick)))
        if tick == 1:
            match(
                town,
                ("C", order(town, "C", "BUY", "0.2", mark)),
                ("M", order(town, "M", "SELL", "0.2", mark)),
                "0.2",
                mark,
            )
        else:
            unwind = order(town, "LV", "BUY", "0.4", mark, reduce_only=1, instruction="IOC")
            match(town, ("LV", unwind), ("N", order(town, "N", "SELL", "0.4", mark)), "0.4", mark)
            bid = order(town, "N", "BUY", "0.5", mark)
            match(town, ("N", bid), ("B", order(town, "B", "SELL", "0.5", mark)), "0.5", mark)
            town.take(
                ask(RequestWithdrawal, account="B", asset="USDC", amount_e8=e8("15000"), destination="x")
            )
    for tick in (3, 4):
        town.wait(5)
        town.take(town.prices(BTC="100300"), town.funding(RATE, "100000", str(tick)))
    corrections = Corrections([], [TickCorrection(BTC, FIRST_BAD, FIRST_BAD + 4, COMPUTED)])
    return counterfactual(town.log, corrections, last_good, town.head.height)


@pytest.fixture(scope="module")
def effects(done: Counterfactual) -> dict[str, Effect]:
    """The effects by account."""
    return {effect.account: effect for effect in effects_of(done)}


def test_the_corrected_index_goes_on_where_it_was(done: Counterfactual) -> None:
    assert done.recorded.markets[BTC].index_e8 == e8("4")
    assert done.state.markets[BTC].index_e8 == e8("10005")


@pytest.mark.parametrize(
    ("name", "recorded", "counterfactual_value"),
    [
        ("A", "0", "10215"),
        ("B", "35503", "15501"),
        ("C", "496.40", "5496.90"),
        ("M", "194837.60", "199838.10"),
        ("LV", "50253.20", "50000"),
        ("HOUSE", "0", "39.20"),
    ],
)
def test_values_are_those_of_the_table(
    effects: dict[str, Effect], name: str, recorded: str, counterfactual_value: str
) -> None:
    effect = effects[name]
    assert effect.value_recorded_e8 == e8(recorded)
    assert effect.value_counterfactual_e8 == e8(counterfactual_value)
    assert effect.difference_e8 == sum(part.amount_e8 for part in effect.parts.values())


@pytest.mark.parametrize(
    ("name", "balance", "size", "cost"),
    [
        ("A", "10500", "-1", "-100000"),
        ("B", "15054", "1.5", "150000"),
        ("C", "5586", "-0.3", "-30000"),
        ("M", "200026", "-0.7", "-70020"),
        ("N", "200000", "0.1", "10020"),
        ("HOUSE", "0", "0.4", "40080"),
    ],
)
def test_books_in_the_counterfactual(
    done: Counterfactual, name: str, balance: str, size: str, cost: str
) -> None:
    books = done.state.accounts[name]
    held = books.holdings[BTC]
    assert (books.balance_e8, held.size_e8, held.cost_e8) == (e8(balance), e8(size), e8(cost))


def test_the_one_takeover_was_wrong_and_the_unwinding_lost_its_side(done: Counterfactual) -> None:
    assert [one.account for one in wrongful_takeovers(done)] == ["A"]
    assert [orphan.kept for orphan in done.replay.orphans] == ["N"]
    counts = {case: number for case, number in done.replay.counts.items() if number}
    assert counts == {
        "liquidations_not_repeated": 1,
        "orders_refused": 1,
        "trades_with_house": 1,
        "unwind_trades": 1,
        "corrected": 5,
    }


def test_who_was_hurt_is_flagged_with_the_event(effects: dict[str, Effect], done: Counterfactual) -> None:
    (seq,) = effects["A"].flags[ONLY_RECORDED]
    assert done.replay.liquidations_recorded[0].seq == seq
    assert effects["A"].parts["penalties_e8"].amount_e8 == e8("510")
    assert effects["A"].parts["realized_funding_e8"].amount_e8 == e8("9990")
    assert "N" not in effects
