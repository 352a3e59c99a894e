"""The share that a partial liquidation takes: the published example and its bounds."""

from fractions import Fraction

import pytest

from ledger.core.rules.health import Health
from ledger.core.rules.liquidation import share_ppm
from ledger.core.state import Market
from ledger.core.values import PPM

E20 = 10**20


def terms(step_ppm: int, fee_ppm: int) -> Market:
    market = Market("M")
    market.liquidation_step_ppm = step_ppm
    market.liquidation_target_ppm = 900_000
    market.liquidation_fee_ppm = fee_ppm
    return market


EXAMPLE = Health(80 * E20, 888 * E20 // 10)


@pytest.mark.parametrize(("fee_ppm", "share"), [(500_000, 400_000), (700_000, 600_000)])
def test_the_share_of_the_published_example(fee_ppm: int, share: int) -> None:
    assert share_ppm(EXAMPLE, terms(200_000, fee_ppm)) == share


@pytest.mark.parametrize(("fee_ppm", "bound"), [(700_000, 0.5113), (500_000, 0.3440)])
def test_the_share_is_the_first_above_the_closed_form(fee_ppm: int, bound: float) -> None:
    share = share_ppm(EXAMPLE, terms(1, fee_ppm))
    assert round(share / PPM, 4) == bound


@pytest.mark.parametrize(
    ("fee_ppm", "share", "ratio"),
    [
        (500_000, 200_000, "0.9989"),
        (500_000, 400_000, "0.8560"),
        (700_000, 200_000, "1.0514"),
        (700_000, 400_000, "0.9663"),
        (700_000, 600_000, "0.8318"),
        (700_000, 800_000, "0.5867"),
    ],
)
def test_a_share_is_enough_when_the_ratio_that_it_leaves_is_below_the_target(
    fee_ppm: int, share: int, ratio: str
) -> None:
    left = Fraction(888, 10) * (PPM - share) / PPM
    value = 80 - Fraction(888, 10) * share * fee_ppm / PPM**2
    assert f"{float(left / value):.4f}" == ratio
    market = terms(200_000, fee_ppm)
    market.liquidation_target_ppm = left * PPM // value
    assert share_ppm(EXAMPLE, market) == share + 200_000
    market.liquidation_target_ppm += 1
    assert share_ppm(EXAMPLE, market) == share


def test_when_the_whole_is_not_enough_the_whole_is_taken() -> None:
    assert share_ppm(Health(1, 888 * E20), terms(200_000, 700_000)) == PPM
    assert share_ppm(EXAMPLE, terms(300_000, 700_000)) == 600_000
    assert share_ppm(Health(-1, 0), terms(200_000, 700_000)) == PPM
