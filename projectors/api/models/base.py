"""What every answer has in common: where it is true, pages, errors."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Decimal = Annotated[
    str, Field(json_schema_extra={"pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["27500.5"]})
]
"""A number as text, exact. What the ledger sends is not checked again; tests compare it with the schema."""
OptionalDecimal = Annotated[
    str, Field(json_schema_extra={"pattern": r"^(-?[0-9]+(\.[0-9]+)?)?$", "examples": ["27500.5", ""]})
]
"""A number as text, or an empty text where there is none."""
Ms = Annotated[int, Field(description="Unix milliseconds, 0 for never.", examples=[1768797300000])]
Seq = Annotated[int, Field(description="Number of an event of the ledger, 0 for none.")]


class Resource(BaseModel):
    """Something that is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class At(Resource):
    """At which block and seq an answer is true, and with which knowledge."""

    block: int = Field(description="Newest block that counts.")
    seq: Seq
    recorded_at: Ms
    head: int = Field(description="Newest block of the log when the views were opened.")
    as_of: str = Field(description="The moment that was asked about, empty for what is served.")
    known_at: str = Field(description="The knowledge that was asked for, empty for that of the moment.")
    stale: bool = Field(
        description="Whether newer blocks may say otherwise: a view is behind or has stopped."
    )
    void: bool = Field(description="Whether a rollback has made the block void since.")
    reason: str = Field(description="Why a view goes no further, empty when it does.")


class Answered(Resource):
    """An answer that is one object."""

    at: At


Item = TypeVar("Item")


class Page(Answered, Generic[Item]):
    """A page of a list, newest first; ``next`` goes to older results and ``prev`` to newer ones."""

    next: str | None = Field(description="Cursor of the page of older results.")
    prev: str | None = Field(description="Cursor of the page of newer results.")
    results: list[Item]


class Error(Resource):
    """Why a request was not answered."""

    error: str = Field(description="For programs.", examples=["INVALID_PARAMETER"])
    message: str = Field(description="For people.")
    data: dict[str, object] | None = Field(default=None, description="What belongs to the error.")
