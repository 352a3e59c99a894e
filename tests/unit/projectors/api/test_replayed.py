"""Answers about the past, by every route, are those over a clean replay of the events that counted then."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from projectors.api.app import create_app
from projectors.api.served import Asked, Served, When
from projectors.cli.app import app
from projectors.past.bases import NoBases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import Question, ask
from projectors.reading.answers import Answers
from projectors.views import VIEWS
from tests.past import Past
from tests.patient import patient
from tests.unit.projectors.api.conftest import UNLIMITED, Caller, Site

OF_ACCOUNTS = (
    "/account",
    "/balance",
    "/positions",
    "/fills",
    "/orders",
    "/orders-history",
    "/transfers",
    "/funding/payments",
    "/liquidations",
    "/tradebusts",
    "/statement",
    "/refunds",
    "/account/history",
    "/vaults/account-summary",
)
OF_ALL = (
    "/markets",
    "/markets/summary",
    "/markets/history",
    "/funding/data",
    "/vaults",
    "/vaults/summary",
    "/insurance",
    "/rollbacks",
    "/bbo/BTC-USD-PERP",
    "/trial-balance",
)


class Replayed(Served):
    """Views that were folded from nothing, served as if they were the newest."""

    answers: Answers

    def start(self) -> None:
        """Nothing is followed."""

    @contextmanager
    def asked(
        self, when: When, market: Sequence[str], own: Collection[str] = (), account: str = ""
    ) -> Iterator[Asked]:
        """The same views for every read."""
        del market, own, account
        yield Asked(self.answers, self.answers, when)

    def fold(self, past: Past, question: Question, as_of: int, known_at: int) -> None:
        """Fold every view of a moment."""
        states = [past.replayed_cleanly(view, as_of, known_at) for view in VIEWS.values()]
        self.answers = Answers(Path(), states, 0, question=question)


class Both:
    """The service, and the one over a clean replay."""

    def __init__(self, site: Site, asked: TestClient, replayed: Replayed, clean: TestClient) -> None:
        self.past = Past(site.ledger, NoBases())
        self.site = site
        self._asked = Caller(asked, site.operator)
        self._clean = Caller(clean, site.operator)
        self._replayed = replayed

    def compare(self, as_of: int, known_at: int, account: str) -> None:
        """Ask everything of both."""
        question = ask(self.site.log, Moment(MomentKind.SEQ, as_of), Moment(MomentKind.SEQ, known_at))
        self._replayed.fold(self.past, question, as_of, known_at)
        for path, more in [
            *((one, {"account": account}) for one in OF_ACCOUNTS),
            *((one, {}) for one in OF_ALL),
        ]:
            sized: dict[str, int | str] = (
                {"page_size": 1_000} if path not in ("/account", "/account/history") else {}
            )
            if path == "/positions":
                sized["status"] = "ALL"
            found = self._asked.get(path, as_of=as_of, known_at=known_at, **sized, **more)
            clean = self._clean.get(path, **sized, **more)
            assert found.status_code == clean.status_code, (path, found.text, clean.text)
            if found.status_code == 200:
                assert without_place(found.json()) == without_place(clean.json()), path


def without_place(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what it says of the question."""
    del body["at"]
    return body


@pytest.fixture(scope="module", params=["folded", "history"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    site = Site(tmp_path_factory.mktemp("replayed"))
    if request.param == "history":
        chosen = ["history", "run", "--data", str(site.data)]
        assert CliRunner().invoke(app, chosen, catch_exceptions=False).exit_code == 0
    replayed = Replayed(site.settings)
    with (
        TestClient(create_app(patient(site.settings), site.tokens, UNLIMITED)) as asked,
        TestClient(create_app(replayed, site.tokens, UNLIMITED)) as clean,
    ):
        yield Both(site, asked, replayed, clean)
    site.log.close()


@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_every_route_answers_about_the_past_as_a_clean_replay_does(both: Both, data: st.DataObject) -> None:
    as_of = data.draw(st.integers(2, both.past.last_seq))
    known_at = data.draw(st.integers(as_of, both.past.last_seq))
    both.compare(as_of, known_at, data.draw(st.sampled_from(both.site.accounts())))
