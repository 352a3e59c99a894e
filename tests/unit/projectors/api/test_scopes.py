"""The scopes in the reference are those that the service asks for."""

import re

import pytest
from fastapi.testclient import TestClient

from docs.generate.api_page import application, scopes
from tests.unit.projectors.api.conftest import ACCOUNTS, Caller, Site
from tests.unit.projectors.api.routes import asked_with, document

SCOPES = scopes(application())
READ = sorted(path.removeprefix("/v1") for path, item in document()["paths"].items() if "get" in item)
NAMED = {"height": "1", "seq": "1", "account": ACCOUNTS[0]}


@pytest.mark.parametrize("path", READ)
def test_a_path_asks_for_the_scope_that_the_reference_says(site: Site, client: TestClient, path: str) -> None:
    scope = SCOPES[f"/v1{path}"]
    asked = re.sub(r"\{(\w+)\}", lambda match: NAMED.get(match[1], "none"), path)
    anybody = Caller(client).get(asked, **asked_with(path))
    owner = Caller(client, site.own[ACCOUNTS[0]]).get(asked, **asked_with(path))
    assert (anybody.status_code == 401) == (scope != "public"), anybody.text
    assert (owner.status_code == 403) == (scope == "operator"), owner.text
