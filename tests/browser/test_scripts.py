"""The dashboard's own functions, in Chromium: exact numbers, times, the address, pages of lines."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20
)


def call(visit: Visit, module: str, function: str, arguments: list[list[Any]]) -> list[Any]:
    """What a function of a module returns for some lists of arguments."""
    if visit.page.url == "about:blank":
        visit.go("markets")
    found: list[Any] = visit.page.evaluate(
        """async ([module, name, calls]) => {
            const root = document.querySelector("script[type=module]").src.replace(/app\\.js$/, "");
            const found = (await import(root + module))[name];
            return calls.map((given) => found(...given.map((one) => one === "Infinity" ? Infinity : one)));
        }""",
        [module, function, arguments],
    )
    return found


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(DECIMALS, DECIMALS), min_size=20, max_size=60), st.integers(0, 8))
def test_numbers_are_exact(visit: Visit, pairs: list[tuple[Decimal, Decimal]], places: int) -> None:
    texts = [[f"{one:f}", f"{other:f}"] for one, other in pairs]
    with localcontext() as context:
        context.prec = 60
        differences = call(visit, "numbers.js", "minus", texts)
        assert [Decimal(one) for one in differences] == [one - other for one, other in pairs]
        sums = call(visit, "numbers.js", "plus", texts)
        assert [Decimal(one) for one in sums] == [one + other for one, other in pairs]
        unit = Decimal(1).scaleb(-places)
        rounded = call(visit, "numbers.js", "rounded", [[text[0], places] for text in texts])
        assert [Decimal(one) for one in rounded] == [one.quantize(unit, ROUND_HALF_UP) for one, _ in pairs]
    orders = call(visit, "numbers.js", "compare", texts)
    assert [(one > 0) - (one < 0) for one in orders] == [
        (one > other) - (one < other) for one, other in pairs
    ]


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("1234567.5", {}, "1,234,567.5"),
        ("-1234567.126", {"places": 2}, "\u22121,234,567.13"),
        ("0.0000", {"places": 2, "signed": True}, "0.00"),
        ("-0.001", {"places": 2, "signed": True}, "0.00"),
        ("12", {"signed": True}, "+12"),
        ("999.999", {"places": 0}, "1,000"),
        ("100000000000000000000.123456789012", {}, "100,000,000,000,000,000,000.123456789012"),
        ("none", {}, "none"),
    ],
)
def test_numbers_are_written_for_people(
    visit: Visit, value: str, form: dict[str, Any], expected: str
) -> None:
    assert call(visit, "numbers.js", "shown", [[value, form]]) == [expected]


def test_ratios_and_quotients_are_exact(visit: Visit) -> None:
    assert call(visit, "numbers.js", "percent", [["0.012345", {}], ["-1", {}], ["", {}]]) == [
        "1.23%",
        "\u2212100.00%",
        "",
    ]
    assert call(visit, "numbers.js", "quotient", [["1", "3"], ["-2", "0.5"], ["1", "0"], ["x", "1"]]) == [
        "0.333333",
        "-4",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("live", ""),
        (" 48,213 ", "48213"),
        ("seq 48213", "48213"),
        ("block 1,604,710", "block:1604710"),
        ("block:9", "block:9"),
        ("2026-01-19 05:02", "2026-01-19T05:02Z"),
        ("2026-01-19T05:02:07.5Z", "2026-01-19T05:02:07.5Z"),
        ("2026-01-19", "2026-01-19T00:00Z"),
        ("yesterday", None),
        ("-5", None),
    ],
)
def test_a_moment_is_read_as_people_type_it(visit: Visit, typed: str, moment: str | None) -> None:
    assert call(visit, "times.js", "moment", [[typed]]) == [moment]


def test_an_address_is_written_as_it_was_read(visit: Visit) -> None:
    hashes = [
        "#/portfolio?account=a+b%26c&as_of=block:9&known_at=head&compare=known&width=1h",
        "#/funding",
        "#/orders?as_of=2026-01-19T05:02:00Z&part=fills",
    ]
    addresses = call(visit, "state.js", "read", [[one] for one in hashes])
    assert addresses[0]["account"] == "a b&c"
    assert addresses[0]["own"] == {"width": "1h"}
    assert call(visit, "state.js", "write", [[one] for one in addresses]) == hashes
    live, elsewhere = call(
        visit, "state.js", "changed", [[addresses[0], {"asOf": ""}], [addresses[0], {"page": "orders"}]]
    )
    assert (live["knownAt"], live["compare"], live["own"]) == ("", "", {"width": "1h"})
    assert (elsewhere["asOf"], elsewhere["own"]) == ("block:9", {})


def test_void_lines_stand_where_they_were_on_the_page_that_shows_that_time(visit: Visit) -> None:
    page = {"next": "x", "results": [{"seq": 30}, {"seq": 20}]}
    voided = [{"line": {"seq": seq}, "void_by": 99} for seq in (35, 25, 15)]
    (first, later, last) = call(
        visit,
        "pages/portfolio.js",
        "withVoid",
        [[page, voided, True], [page, voided, False], [{**page, "next": None}, voided, False]],
    )
    assert [one["seq"] for one in first] == [35, 30, 25, 20]
    assert [one["seq"] for one in later] == [30, 25, 20]
    assert [one["seq"] for one in last] == [30, 25, 20, 15]


def test_a_fall_is_from_the_highest_price_until_then(visit: Visit) -> None:
    falls = call(visit, "pages/vaults.js", "fallsOf", [[["1", "2", "1", "1.5", "4", "3"]]])
    assert falls == [["0", "0", "-0.5", "-0.25", "0", "-0.25"]]
