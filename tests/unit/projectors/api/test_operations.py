"""What operators watch: gates as the writer has them, guards, views, rebuilds and checkpoints."""

import pytest

from ledger.core.rulebook import GUARDS, MODE_RULES
from ledger.core.rules.gates import market_gate
from ledger.core.rules.modes import system_gates
from ledger.writer.recovery import state_at
from projectors.api.resources.gates import STATUSES
from projectors.bootstrap import views_dir
from projectors.stores.building import building, told
from projectors.views import VIEWS
from tests.unit.projectors.api.conftest import Caller, Site


@pytest.mark.parametrize("height", range(3, 36, 4))
def test_gates_are_those_of_the_writer(height: int, site: Site, operator: Caller) -> None:
    shown = operator.json("/operations", as_of=f"block:{height}")
    state = state_at(site.log, height)
    now_us = shown["at"]["recorded_at"] * 1000
    assert shown["status"] == state.control.status
    if shown["status"] == STATUSES[-1]:
        assert shown["gates"] == []
        return
    expected = {gate.name: gate.holds for gate in system_gates(state, now_us)}
    if shown["next_status"] == STATUSES[-1]:
        for market in state.markets.values():
            if market.status == STATUSES[-1]:
                expected[market.market] = market_gate(state, market, now_us).holds
    found = {gate["market"] or gate["name"]: gate["holds"] for gate in shown["gates"]}
    found.pop("book", None)
    assert found == expected


def test_modes_and_guards_are_complete_and_say_what_is_in_force(site: Site, operator: Caller) -> None:
    shown = operator.json("/operations")
    assert [one["rule"] for one in shown["modes"]] == list(MODE_RULES)
    for one in shown["modes"]:
        assert one["allowed"] == (shown["status"] in one["modes"])
    assert [one["guard"] for one in shown["guards"]] == list(GUARDS)
    trips = operator.json("/guards", page_size=1000)["results"]
    assert sum(one["trips"] for one in shown["guards"]) == len(trips)
    assert shown["ledger_id"] == site.log.ledger_id
    assert shown["head_digest"] == site.head.digest


def test_views_tell_their_generations_and_what_is_built_beside_them(site: Site, operator: Caller) -> None:
    root = views_dir(site.data)
    place = root / "orders.rebuild" / "generation"
    place.mkdir(parents=True)
    try:
        told([place])(30, 120)
        shown = {one["view"]: one for one in operator.json("/operations")["views"]}
        assert list(shown) == list(VIEWS)
        assert (shown["orders"]["building"]["done"], shown["orders"]["building"]["of"]) == (30, 120)
        assert shown["orders"]["building"]["kind"] == "rebuild"
        assert shown["account"]["building"] is None
        assert shown["account"]["generation"] in shown["account"]["generations"]
        assert {one["state"] for one in shown.values()} == {"serving"}
    finally:
        place.rmdir()
        (place.parent / "progress.json").unlink()
        place.parent.rmdir()
    assert building(root, list(VIEWS)) == []


def test_checkpoints_say_whether_their_block_counts(site: Site, operator: Caller) -> None:
    shown = operator.json("/operations")["checkpoints"]
    blocks = {one["height"]: one["void"] for one in operator.json("/blocks", page_size=1000)["results"]}
    for one in shown:
        assert one["counts"] != blocks[one["block"]]
        assert one["seq"] == site.log.seal(one["block"]).last_seq
