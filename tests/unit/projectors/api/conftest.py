"""A small ledger with a rollback, its views, and clients of the API over them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from ledger.log.rocks import RocksLog
from ledger.settings import Settings, load_settings
from projectors.api.app import Limits, create_app
from projectors.api.served import Served
from projectors.api.tokens import Scope, Tokens
from projectors.bootstrap import views_dir
from projectors.views import VIEWS
from tests.branching import Branching, Habits, head_of
from tests.patient import patient
from tests.reading import Reader

UNLIMITED: Final = Limits(1e9, 1e9)
ACCOUNTS: Final = ("trader-0", "trader-1", "trader-2")


class Site:
    """A ledger whose block 31 went back to 18, with its views up to date, and tokens."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = RocksLog.create(data / "log", "test-ledger", 2)
        self.ledger = Branching(self.log, 8, Habits(rollbacks=0, empty_blocks=0))
        self.reader = Reader(views_dir(data), self.ledger, list(VIEWS.values()))
        self.ledger.write(29)
        assert self.reader.run().stops == {}
        self.ledger.roll_back(18, completed=True)
        self.ledger.write(5)
        assert self.reader.run().stops == {}
        self.head = head_of(self.log)
        self.tokens = Tokens(data / "api" / "tokens.json")
        self.operator = self.tokens.issue("operator", Scope.OPERATOR, "", 0)
        self.own = {name: self.tokens.issue(name, Scope.ACCOUNT, name, 3_600) for name in ACCOUNTS}

    @property
    def settings(self) -> Settings:
        """Settings of the ledger."""
        return load_settings(data=self.data, brokers="", id="")

    def accounts(self) -> list[str]:
        """Names of every account there is."""
        return sorted(self.ledger.author.world.accounts)


class Caller:
    """A client with a token, or without."""

    def __init__(self, client: TestClient, token: str = "") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **parameters: Any) -> Response:  # noqa: ANN401
        """Ask for something."""
        return self.client.get(f"/v1{path}", params=parameters, headers=self.headers)

    def json(self, path: str, **parameters: Any) -> Any:  # noqa: ANN401
        """Ask for something that is there."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


class Growing:
    """A ledger that goes on, its service, and a client."""

    def __init__(self, site: Site, client: TestClient, served: Served) -> None:
        self.site = site
        self.client = client
        self.served = served

    def grow(self, blocks: int) -> None:
        """Add blocks, and serve them."""
        self.site.ledger.write(blocks)
        self.site.reader.run()
        self.served.look()


@pytest.fixture(scope="session")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Growing]:
    site = Site(tmp_path_factory.mktemp("growing"))
    served = patient(site.settings)
    with TestClient(create_app(served, site.tokens, UNLIMITED)) as client:
        yield Growing(site, client, served)
    site.log.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.log.close()


@pytest.fixture(scope="session")
def client(site: Site) -> Iterator[TestClient]:
    app = create_app(patient(site.settings), site.tokens, UNLIMITED)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def operator(client: TestClient, site: Site) -> Caller:
    return Caller(client, site.operator)


@pytest.fixture(scope="session")
def anybody(client: TestClient) -> Caller:
    return Caller(client)
