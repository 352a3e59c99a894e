"""The eight cases of the incident specification, 1.4, each on a small ledger whose index is zeroed."""

from ledger.core.messages import (
    CancelOrder,
    CreateVault,
    DepositToVault,
    LiquidateAccount,
    ReleaseWithdrawal,
    RequestWithdrawal,
    Transfer,
)
from ledger.core.refusals import RefusalCode
from ledger.incident.counterfactual.differences import COMPONENTS
from ledger.incident.counterfactual.run import Counterfactual, counterfactual
from ledger.incident.effects import MIGHT_HAVE_FILLED, ONLY_COUNTERFACTUAL, ONLY_RECORDED, flags_of
from tests.incidents import BTC, Town, corrected_from, crowded, order, stop
from tests.spec import account, ask, deposit, e8

FIRST_BAD = 3


def replayed(
    town: Town, last_good: int, grace_ticks: int = 0, orphan_trades: str = "house"
) -> Counterfactual:
    """The counterfactual of everything after a block, the index computed from the bad tick on."""
    return counterfactual(
        town.log,
        corrected_from(FIRST_BAD),
        last_good,
        town.head.height,
        grace_ticks=grace_ticks,
        orphan_trades=orphan_trades,
    )


def counts_of(done: Counterfactual) -> dict[str, int]:
    """The cases that occurred, without the corrected ticks."""
    return {case: n for case, n in done.replay.counts.items() if n and case != "corrected"}


def balance(done: Counterfactual, name: str) -> int:
    return done.state.accounts[name].balance_e8


def test_a_takeover_of_a_healthy_account_does_not_happen_and_its_orders_stay() -> None:
    town = crowded()
    resting = town.order("short", "BUY", "0.1", "99000")
    protecting = town.take(stop("short", "BUY", "1", "104000"))[0]
    last_good = town.head.height
    town.tick("0")
    town.take(ask(LiquidateAccount, account="short"))
    town.tick("1")
    done = replayed(town, last_good)
    assert counts_of(done) == {"liquidations_not_repeated": 1, "orders_kept": 2}
    short = done.state.accounts["short"]
    assert (short.holdings[BTC].size_e8, set(short.orders)) == (e8("-1"), {resting, protecting})
    assert ONLY_RECORDED in flags_of(done)["short"]
    assert balance(done, "LV") == e8("50000")


def test_an_account_that_a_false_gain_hid_is_liquidated_once_the_keeper_had_its_time() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0", "97500")
    for claim in ("1", "2", "3"):
        town.tick(claim, "97500")
    assert counts_of(replayed(town, last_good, grace_ticks=3)) == {}
    done = replayed(town, last_good, grace_ticks=2)
    assert counts_of(done) == {"liquidations_injected": 1}
    assert list(flags_of(done)["long"]) == [ONLY_COUNTERFACTUAL]
    assert done.replay.liquidations[0].liquidation_id == "counterfactual/1"


def test_a_recorded_takeover_keeps_its_place_whatever_the_grace() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("10001", "97500")
    town.tick("10002", "97500")
    town.take(ask(LiquidateAccount, account="long"))
    done = counterfactual(town.log, corrected_from(10**5), last_good, town.head.height, grace_ticks=0)
    assert done.is_history


def test_an_order_on_false_margin_is_refused_and_its_trade_leaves_the_other_side_to_house() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    bid = town.order("long", "BUY", "5", "100000")
    town.match(("long", bid), ("rich", town.order("rich", "SELL", "3", "100000")), "3", "100000")
    town.take(ask(CancelOrder, account="long", order_id=bid))
    done = replayed(town, last_good)
    assert counts_of(done) == {"orders_refused": 1, "trades_with_house": 1}
    assert done.state.accounts["rich"].holdings[BTC].size_e8 == e8("-3")
    assert done.state.accounts["HOUSE"].holdings[BTC].size_e8 == e8("3")
    assert done.state.accounts["long"].holdings[BTC].size_e8 == e8("1")
    dropped = replayed(town, last_good, orphan_trades="drop")
    assert counts_of(dropped) == {"orders_refused": 1, "trades_dropped": 1}
    assert "HOUSE" not in dropped.state.accounts
    assert dropped.replay.orphans[0].kept == ""


def test_an_order_refused_for_a_false_loss_rests_and_a_market_order_is_cancelled_at_once() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    refused = town.ask(
        order("short", "SELL", "0.1", "100500"),
        order("short", "SELL", "0.1", "", order_type="MARKET"),
    )
    assert [answer.outcome.code for answer in refused] == [RefusalCode.INSUFFICIENT_MARGIN] * 2
    done = replayed(town, last_good)
    assert counts_of(done) == {"orders_accepted": 2}
    (resting,) = done.state.accounts["short"].orders.values()
    assert (resting.order_type, resting.status) == ("LIMIT", "OPEN")


def test_an_order_that_a_takeover_cancelled_stays_open_and_is_flagged_when_the_mark_passed_it() -> None:
    town = crowded()
    passed = town.order("short", "BUY", "0.1", "99500")
    town.order("short", "BUY", "0.1", "98000")
    last_good = town.head.height
    town.tick("0")
    town.take(ask(LiquidateAccount, account="short"))
    town.tick("1", "99400")
    done = replayed(town, last_good)
    assert counts_of(done) == {"liquidations_not_repeated": 1, "orders_kept": 2}
    (seq,) = flags_of(done)["short"][MIGHT_HAVE_FILLED]
    assert done.replay.kept[passed].cancelled_seq == seq


def test_a_stop_that_went_with_the_position_triggers_and_fills_with_house_at_the_mark() -> None:
    town = crowded()
    town.take(stop("short", "BUY", "1", "101000"))
    last_good = town.head.height
    town.tick("0")
    town.take(ask(LiquidateAccount, account="short"))
    town.tick("1", "101100")
    done = replayed(town, last_good)
    assert counts_of(done) == {
        "liquidations_not_repeated": 1,
        "orders_kept": 1,
        "triggers_injected": 1,
        "trades_with_house": 1,
    }
    short = done.state.accounts["short"]
    assert (short.holdings[BTC].size_e8, short.orders) == (0, {})
    assert balance(done, "short") == e8("4000") - e8("1100") + e8("1")
    assert done.replay.orphans[0].price_e8 == e8("101100")


def test_the_liquidator_does_not_unwind_what_it_never_took_over() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    town.take(ask(LiquidateAccount, account="short"))
    unwind = town.order("LV", "BUY", "0.5", "100000")
    town.match(("LV", unwind), ("rich", town.order("rich", "SELL", "0.5", "100000")), "0.5", "100000")
    done = replayed(town, last_good)
    assert counts_of(done) == {
        "liquidations_not_repeated": 1,
        "unwind_trades": 1,
        "trades_with_house": 1,
    }
    assert BTC not in done.state.accounts["LV"].holdings or (
        done.state.accounts["LV"].holdings[BTC].size_e8 == 0
    )
    assert done.state.accounts["rich"].holdings[BTC].size_e8 == e8("-0.5")


def closed_with_a_false_gain() -> tuple[Town, int]:
    """``long`` sells at the zeroed index: 10,000 of false funding are in its balance."""
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    bid = town.order("rich", "BUY", "1", "100000")
    town.match(("rich", bid), ("long", town.order("long", "SELL", "1", "100000")), "1", "100000")
    return town, last_good


def test_a_transfer_of_false_money_is_refused_and_what_the_receiver_spends_of_it_too() -> None:
    town, last_good = closed_with_a_false_gain()
    town.take(ask(Transfer, account="long", counterparty="poor", asset="USDC", amount_e8=e8("9000")))
    town.take(ask(Transfer, account="poor", counterparty="rich", asset="USDC", amount_e8=e8("5000")))
    done = replayed(town, last_good)
    assert counts_of(done) == {"money_refused": 2}
    assert balance(done, "poor") == e8("1")
    assert done.replay.lines.by_account["rich"].total_e8() == -e8("5000")


def test_a_withdrawal_that_really_left_is_applied_though_the_account_could_not_afford_it() -> None:
    town, last_good = closed_with_a_false_gain()
    (withdrawal,) = town.take(
        ask(RequestWithdrawal, account="long", asset="USDC", amount_e8=e8("9000"), destination="x")
    )
    town.take(ask(ReleaseWithdrawal, account="long", withdrawal_id=withdrawal, external_ref="tx"))
    done = replayed(town, last_good)
    assert counts_of(done) == {"pinned_by_force": 1}
    assert balance(done, "long") == e8("2999") - e8("9000")
    assert done.state.custody == done.recorded.custody
    assert "outside_e8" not in {name for name, amount in _parts(done, "long").items() if amount}


def _parts(done: Counterfactual, name: str) -> dict[str, int]:
    return dict(zip(COMPONENTS, done.replay.lines.by_account[name].amounts, strict=True))


def test_a_withdrawal_that_was_refused_stays_out_even_where_it_could_be_afforded() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    (answer,) = town.ask(
        ask(RequestWithdrawal, account="short", asset="USDC", amount_e8=e8("100"), destination="x")
    )
    assert answer.outcome.code == RefusalCode.INSUFFICIENT_FREE_COLLATERAL
    done = replayed(town, last_good)
    assert counts_of(done) == {"pinned_by_force": 1}
    assert not done.state.withdrawals


def test_shares_of_a_vault_are_minted_at_its_equity_under_the_right_index() -> None:
    town = crowded()
    town.take(account("op", kind="VAULT_OPERATOR"))
    town.take(
        ask(
            CreateVault,
            account="op",
            vault="V",
            name="V",
            vault_kind="user",
            owner_account="rich",
            profit_share_ppm=0,
        ),
        ask(DepositToVault, account="rich", vault="V", amount_e8=e8("20000")),
    )
    bid = town.order("op", "BUY", "1", "100000")
    town.match(("op", bid), ("rich", town.order("rich", "SELL", "1", "100000")), "1", "100000")
    last_good = town.head.height
    town.tick("0")
    town.take(ask(DepositToVault, account="rich", vault="V", amount_e8=e8("3000")))
    done = replayed(town, last_good)
    assert counts_of(done) == {}
    vault, recorded = done.state.vaults["V"], done.recorded.vaults["V"]
    assert recorded.supply_e8 == e8("22000")
    assert vault.supply_e8 == e8("20000") + e8("3000") * e8("20000") // e8("19999")


def test_accounts_that_neither_settle_nor_trade_in_the_window_have_nothing_that_differs() -> None:
    town = crowded()
    last_good = town.head.height
    town.tick("0")
    town.take(deposit("short", "777"))
    done = replayed(town, last_good)
    assert counts_of(done) == {}
    assert not done.replay.lines.by_account
    assert done.state.custody == done.recorded.custody
