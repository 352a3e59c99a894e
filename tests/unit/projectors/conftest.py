"""Events that the tests of folds are made of."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.core import messages
from ledger.core.messages import AnyEvent
from schemas import catalog
from tests.projecting import stamped

MakeEvent = Callable[..., AnyEvent]


@pytest.fixture
def make_event() -> MakeEvent:
    """An event by name and seq, with the fields that matter; the others are 0 or empty."""

    def make(name: str, seq: int, **fields: Any) -> AnyEvent:  # noqa: ANN401
        header = {"seq", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq"}
        known = [field for field in catalog()[name].fields if field.name not in header]
        assert fields.keys() <= {field.name for field in known}
        values = {field.name: "" if field.type == "string" else 0 for field in known} | fields
        event: AnyEvent = getattr(messages, name)(**values)
        return stamped(event, seq)

    return make
