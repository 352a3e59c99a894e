"""What the OpenAPI document promises is what the service does, asked in every way that the document allows.

``LEDGER_EXAMPLES=500 .venv/bin/python -m pytest tests/unit/projectors/api/test_schema.py`` asks for longer.
"""

import json
import os
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.unit.projectors.api.conftest import Caller
from tests.unit.projectors.api.routes import document

EXAMPLES: Final = int(os.environ.get("LEDGER_EXAMPLES", "5"))
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""503 is none of the answers of a service whose views and log are there."""

SCHEMA: Final = schemathesis.openapi.from_dict(document())
FOUND: Final = [one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)]
OPERATIONS: Final = {f"{one.method.upper()} {one.path}": one for one in FOUND}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_answer_is_as_the_document_says(name: str, operator: Caller, anybody: Caller) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=OPERATIONS[name].as_strategy(), known=st.booleans())
    def ask(case: Case[Any], known: bool) -> None:  # noqa: FBT001
        asked: dict[str, Any] = case.as_transport_kwargs(base_url="http://testserver")
        caller = operator if known else anybody
        answer = caller.client.request(
            asked["method"],
            asked["url"],
            params=asked.get("params"),
            content=json.dumps(asked["json"]).encode() if "json" in asked else asked.get("data"),
            headers={**asked.get("headers", {}), **caller.headers},
        )
        case.validate_response(answer, checks=CHECKS)

    ask()
