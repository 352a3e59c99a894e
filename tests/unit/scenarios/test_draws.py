import math
from statistics import NormalDist

from scenarios.draws import E6, E18, EXPONENTIAL_E6, NORMAL_E6, Draws, exp_e18, ln_e18


def test_draws_are_the_same_on_every_machine() -> None:
    draws = Draws(7, "trader-1")
    assert [draws.below("x", 1000) for _ in range(5)] == [586, 25, 401, 35, 452]
    assert draws.normal_e6("y") == 1_077_853
    assert draws.exponential("z", 1_000_000) == 2_510_389


def test_streams_and_agents_do_not_disturb_each_other() -> None:
    alone, busy = Draws(7, "a"), Draws(7, "a")
    for _ in range(10):
        busy.below("other", 10)
    assert alone.below("x", 10**9) == busy.below("x", 10**9)
    assert Draws(7, "a").below("x", 10**9) != Draws(7, "b").below("x", 10**9)
    assert Draws(7, "a").below("x", 10**9) != Draws(8, "a").below("x", 10**9)


def test_draws_keep_their_bounds_and_their_spread() -> None:
    draws = Draws(1, "a")
    assert {draws.between("die", 1, 6) for _ in range(200)} == {1, 2, 3, 4, 5, 6}
    normal = draws.normals_e6("n", 4000)
    mean = sum(normal) // len(normal)
    variance = sum((x - mean) ** 2 for x in normal) // len(normal)
    assert abs(mean) < E6 // 20
    assert abs(variance - E6 * E6) < E6 * E6 // 10
    waits = [draws.exponential("e", 60_000) for _ in range(4000)]
    assert min(waits) >= 0
    assert abs(sum(waits) // len(waits) - 60_000) < 3_000


def test_the_tables_of_quantiles_are_those_of_the_distributions() -> None:
    normal = NormalDist()
    for place in range(1024):
        probability = (place + 0.5) / 1024
        assert abs(NORMAL_E6[place] - normal.inv_cdf(probability) * E6) <= 1
        assert abs(EXPONENTIAL_E6[place] + math.log(1 - probability) * E6) <= 1


def test_the_median_of_a_lognormal_draw_is_its_median() -> None:
    draws = Draws(1, "a")
    drawn = sorted(draws.lognormal("equity", 10**11, 1_200_000) for _ in range(2001))
    assert abs(drawn[1000] - 10**11) < 10**10


def test_the_exponential_is_right_to_the_last_digits_and_the_logarithm_undoes_it() -> None:
    assert abs(exp_e18(E18) - 2_718281828459045235) < 100
    assert abs(exp_e18(-3 * E18) - 49787068367863943) < 10
    assert exp_e18(0) == E18
    assert ln_e18(E18) == 0
    for ratio in (E18 // 7, 3 * E18, 1_000 * E18):
        assert abs(exp_e18(ln_e18(ratio)) - ratio) < ratio // 10**14
