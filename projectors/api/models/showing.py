"""What the dashboard asks for besides: who it is, whom there is, what happened when."""

from typing import Literal

from pydantic import Field

from projectors.api.models.base import Answered, Ms, Resource, Seq
from projectors.api.models.chain import Event


class CallerScope(Resource):
    """What a token opens."""

    scope: Literal["public", "account", "operator"]
    account: str = Field(description="The account that it opens, empty for another scope.")


class AccountFound(Resource):
    """An account by its name."""

    account: str
    kind: str
    status: str
    opened_at: Ms
    seq_no: Seq


class Occasion(Resource):
    """Something that happened to the exchange as a whole."""

    kind: Literal["rollback", "guard", "status"]
    seq: Seq
    title: str
    market: str
    void_from_seq: Seq = Field(description="Of a rollback: the first event that it made void.")
    void_to_seq: Seq
    created_at: Ms


class OneEvent(Answered):
    """A recorded event."""

    event: Event
