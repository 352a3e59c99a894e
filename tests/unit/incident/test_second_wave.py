"""A mark that leaves its external fair price: episodes, the test of one takeover, the classes."""

import pytest

from ledger.core.messages import ChangeStatus, LiquidateAccount, TriggerOrder
from ledger.incident.audit import Audit, audit, suspect
from ledger.incident.propose import corrections_of
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.report import report_of
from ledger.incident.second_wave import EARLIER, LEGITIMATE, WRONGFUL
from tests.incidents import BTC, Town, crowded, order, stop
from tests.spec import ask, rule


def skewed(town: Town, mark: str, fair: str) -> None:
    """Five seconds later: a mark beside its external fair price."""
    town.wait(5)
    town.take(town.prices(BTC=(mark, fair)))


@pytest.fixture(scope="module")
def town() -> Town:
    """``long`` is liquidated at a mark 2.5% below fair, which comes home soon; a stop of it goes too."""
    town = crowded()
    town.order("rich", "BUY", "0.1", "96000")
    town.order("short", "SELL", "0.01", "103000")
    return town


@pytest.fixture(scope="module")
def found(town: Town) -> Audit:
    """The audit of the window, with the corrections that the log itself suggests."""
    waiting = town.take(stop("short", "BUY", "1", "102000"))[0]
    last_good = town.head.height
    skewed(town, "97500", "100000")
    town.take(ask(LiquidateAccount, account="long"))
    skewed(town, "102500", "100000")
    town.take(ask(TriggerOrder, account="short", order_id=waiting))
    skewed(town, "100000", "100000")
    town.wait(56)
    town.take(town.prices(BTC="100000"))
    town.wait(10)
    town.take(town.prices(BTC="100000"))
    evidence, before = suspect(town.log, last_good, town.head.height)
    assert before == last_good
    return audit(town.log, corrections_of(evidence), last_good, town.head.height)


def test_an_episode_lasts_until_the_mark_has_been_near_for_the_rules_time(found: Audit) -> None:
    (episode,) = found.waves.episodes
    assert (episode.market, episode.closed, episode.greatest_ppm) == (BTC, True, -25_000)
    assert (episode.first_tick, episode.last_tick) == (3, 5)
    assert episode.statuses == {"ok": 3}


def test_a_takeover_that_fair_prices_do_not_bear_out_is_wrongful(found: Audit) -> None:
    (judgement,) = found.waves.judgements
    assert judgement.agrees
    assert judgement.is_wrongful
    assert found.classes == {judgement.liquidation_id: WRONGFUL}
    assert found.wrongful == {judgement.liquidation_id}


def test_a_trigger_is_judged_at_the_fair_price_of_its_row(found: Audit) -> None:
    (trigger,) = found.waves.triggers
    assert (trigger.account, trigger.verdict) == ("short", WRONGFUL)


def test_the_best_orders_of_the_time_are_named_with_their_owners(found: Audit) -> None:
    resting = {one.account: one for one in found.waves.episodes[0].resting.values()}
    assert resting["rich"].side == "bid"
    assert resting["rich"].ticks == 2


def test_the_users_loss_is_what_the_liquidator_won(found: Audit) -> None:
    (record,) = report_of(found)["second_wave"]["episodes"]
    assert record["users_loss_e8"] > 0
    assert record["liquidator_gain_e8"] == record["users_loss_e8"]
    by_method = {
        method: sum(line.amount_e8 for line in lines_of(found.inputs, method, found.excluded))
        for method in "ABCD"
    }
    assert by_method["C"] == by_method["A"] == by_method["B"] == record["users_loss_e8"]
    assert 0 < by_method["D"] < by_method["C"]


def test_a_takeover_that_fair_prices_would_have_brought_soon_is_earlier() -> None:
    town = crowded()
    last_good = town.head.height
    skewed(town, "97000", "99000")
    town.take(ask(LiquidateAccount, account="long"))
    skewed(town, "97000", "97000")
    for tick in range(5):
        skewed(town, f"9700{tick}", f"9700{tick}")
    evidence, _ = suspect(town.log, last_good, town.head.height)
    found = audit(town.log, corrections_of(evidence), last_good, town.head.height)
    assert list(found.classes.values()) == [EARLIER]
    assert found.wrongful == frozenset()


def test_a_takeover_outside_any_episode_is_legitimate_at_the_same_prices() -> None:
    town = crowded()
    last_good = town.head.height
    skewed(town, "97000", "97000")
    town.take(ask(LiquidateAccount, account="long"))
    evidence, before = suspect(town.log, last_good, town.head.height)
    assert (evidence, before) == ([], 0)
    found = audit(town.log, corrections_of(evidence), last_good, town.head.height)
    assert found.done.is_history
    assert list(found.classes.values()) == [LEGITIMATE]


def reopening() -> Town:
    """Prices go away in post_only, behind an order far outside, and the exchange opens all the same."""
    town = crowded()
    town.take(rule("gates", "observe"), rule("bands", "off"))
    for status in ("maintenance", "cancel_only", "post_only"):
        town.take(ask(ChangeStatus, status=status, reason="night"))
    skewed(town, "97500", "100000")
    town.take(order("rich", "SELL", "0.1", "97800", instruction="POST_ONLY"))
    town.take(ask(ChangeStatus, status="ok", reason="open"))
    town.take(ask(LiquidateAccount, account="long"))
    return town


def test_the_rules_that_would_have_stopped_it_are_named() -> None:
    town = reopening()
    last_good = town.head.height - 8
    evidence, _ = suspect(town.log, last_good, town.head.height)
    found = audit(town.log, corrections_of(evidence), last_good, town.head.height)
    (record,) = report_of(found)["second_wave"]["episodes"]
    assert len(record["outside_band"]) == 1
    assert [stop.partition(":")[0] for stop in record["stopped_by"]] == ["bands", "gates"]
    assert "a side of the book is empty" in record["gate"]
    assert record["status_ages_ms"] == [5_000, 5_000]
