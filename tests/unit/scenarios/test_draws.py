from scenarios.draws import E6, E18, Draws, exp_e18


def test_draws_are_the_same_on_every_machine() -> None:
    draws = Draws(7, "trader-1")
    assert [draws.below("x", 1000) for _ in range(5)] == [586, 25, 401, 35, 452]
    assert draws.normal_e6("y") == 403926


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
    normal = [draws.normal_e6("n") for _ in range(4000)]
    mean = sum(normal) // len(normal)
    variance = sum((x - mean) ** 2 for x in normal) // len(normal)
    assert abs(mean) < E6 // 20
    assert abs(variance - E6 * E6) < E6 * E6 // 10


def test_the_median_of_a_lognormal_draw_is_its_median() -> None:
    draws = Draws(1, "a")
    drawn = sorted(draws.lognormal("equity", 10**11, 1_200_000) for _ in range(2001))
    assert abs(drawn[1000] - 10**11) < 10**10


def test_the_exponential_is_right_to_the_last_digits() -> None:
    assert abs(exp_e18(E18) - 2_718281828459045235) < 100
    assert abs(exp_e18(-3 * E18) - 49787068367863943) < 10
    assert exp_e18(0) == E18
