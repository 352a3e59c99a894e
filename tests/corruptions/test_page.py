from tests.corruptions import page
from tests.corruptions.elsewhere import ELSEWHERE, SCHEMA
from tests.corruptions.harm import harms
from tests.corruptions.rows import ROWS


def test_the_sixty_rows_are_all_there() -> None:
    numbers = [row.number for row in ROWS] + [row[0] for row in (*SCHEMA, *ELSEWHERE)]
    assert sorted(numbers) == list(range(1, 61))


def test_the_page_in_the_repository_is_what_the_tests_find() -> None:
    assert page.main(["--check"]) == 0, "python -m tests.corruptions.page"


def test_the_zeroed_indices_would_harm_as_many_as_on_the_tape() -> None:
    harmed = harms()
    assert set(harmed) == set(range(1, 61))
    assert 1_500 <= harmed[2] <= 2_300
    assert harmed[1] < harmed[2] <= harmed[3]
