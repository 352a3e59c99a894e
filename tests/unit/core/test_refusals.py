import re
from pathlib import Path

import pytest

from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode
from ledger.edge.refusals_page import PAGE_PATH, main, refusals_page


def test_every_code_has_its_text_in_the_order_of_the_codes() -> None:
    assert list(REFUSALS) == list(RefusalCode)


def test_the_codes_rise_because_their_order_is_their_precedence() -> None:
    numbers = [int(code) for code in RefusalCode]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("code", list(RefusalCode))
def test_a_text_is_a_sentence_and_so_is_its_remedy(code: RefusalCode) -> None:
    text = REFUSALS[code]
    for sentence in (text.meaning, text.remedy):
        assert re.fullmatch(r"[A-Z].*[^ .]\.", sentence)


def test_the_reference_page_has_a_heading_for_every_code() -> None:
    headings = re.findall(r"^### (\d+) `(\w+)`$", refusals_page(), re.MULTILINE)
    assert headings == [(str(int(code)), code.name) for code in RefusalCode]


def test_the_reference_page_in_the_repository_is_the_generated_one() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / PAGE_PATH.name
    assert page.read_text() == refusals_page()


def test_the_check_of_the_page_finds_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "refusals.md"
    monkeypatch.setattr("ledger.edge.refusals_page.PAGE_PATH", page)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    page.write_text("something else")
    assert main(["--check"]) == 1
    assert "python -m ledger.edge.refusals_page" in capsys.readouterr().err
