"""The ledger's own: blocks, events, books, guards, rollbacks, incidents, views, commands."""

from typing import Any, Literal

from pydantic import Field

from projectors.api.models.base import Answered, At, Decimal, Ms, OptionalDecimal, Resource, Seq


class Block(Resource):
    """A sealed block."""

    height: int
    parent_height: int
    first_seq: Seq
    last_seq: Seq
    recorded_at: Ms
    digest: str
    previous_digest: str
    outcomes_digest: str
    control_digest: str
    partition_counts: str
    partition_digests: str
    void: bool = Field(description="Whether a rollback has made it void, by what is known.")


class ChainHead(Answered):
    """The newest block of the log. Keep its digest elsewhere: it vouches for all history."""

    ledger_id: str
    block: Block


class ChainProof(Answered):
    """Seals from one block to another, each with the digest of the one before: the last vouches for all."""

    ledger_id: str
    seals: list[dict[str, Any]] = Field(description="Every field of the seals as they are hashed.")
    complete: bool = Field(description="Whether the last one asked for is there; else ask on from the last.")


class EventProof(Answered):
    """An event among the bytes of which the seal of its block has the digest."""

    ledger_id: str
    seq: Seq
    event: str
    block: int
    void: bool
    content: Literal["control", "partition"] = Field(description="Of which bytes the seal has the digest.")
    partition: int = Field(description="Whose digest in `partition_digests`; -1 for `control_digest`.")
    data: str = Field(description="The bytes, in base64.")
    offset: int = Field(description="Where the framed event begins in them.")
    length: int = Field(description="How many bytes it has.")
    seal: dict[str, Any] = Field(description="Every field of the seal as it is hashed.")


class Event(Resource):
    """A recorded event, void ones too."""

    seq: Seq
    block: int
    void: bool
    event: str
    account: str
    created_at: Ms
    fields: dict[str, Any] = Field(description="Every field of the event.")


class Leg(Resource):
    """A row of the trial balance."""

    asset: str
    account: str
    amount: Decimal


class TrialBalance(Answered):
    """All accounts together, every counter-account, and their sums, which are zero."""

    balanced: bool
    results: list[Leg]


class Difference(Resource):
    """A field that is not the same on both sides."""

    view: str
    table: str
    key: dict[str, Any]
    field: str
    a: Any
    b: Any
    change: str | int | None


class Differences(Resource):
    """What differs between two moments, or between two states of knowledge."""

    a: At
    b: At
    total: int
    results: list[Difference]


class Guard(Resource):
    """An input that a guard did not let through as it was."""

    seq: Seq
    guard: str
    policy: str
    action: str
    market: str
    field: str
    given: str
    value: OptionalDecimal
    expected: Decimal
    bound_low: Decimal
    bound_high: Decimal
    input_command_id: str
    tick_id: int
    source: str
    created_at: Ms


class Rollback(Resource):
    """A rollback: where it went back to, and what it made void."""

    seq: Seq
    incident_id: str
    status: str
    reason: str
    target_block: int
    target_seq: Seq
    void_from_block: int
    void_to_block: int
    void_from_seq: Seq
    void_to_seq: Seq
    plan_digest: str
    approved_by: list[str]
    negative_accounts: int
    reinstated: int
    cancelled: int
    declared_at: Ms
    completed_at: Ms


class Incident(Resource):
    """Everything that was recorded under one incident's name."""

    id: str
    first_seq: Seq
    last_seq: Seq
    rollbacks: list[Seq]
    plans: list[str]
    restated_markets: list[str]
    refunds: int
    refunded: Decimal
    updated_at: Ms


class ViewState(Resource):
    """How far a view is."""

    view: str
    version: int
    generation: str
    block: int
    seq: Seq
    behind: int = Field(description="Blocks between it and the head.")
    state: str = Field(examples=["serving", "stopped", "past"])
    digest: str = Field(description="Of all its tables; equal views have equal ones.")


class Outcome(Resource):
    """The durable outcome of a command."""

    command_id: str
    status: str
    duplicate: bool
    recorded_at: Ms
    first_seq: Seq
    last_seq: Seq
    voided_by: Seq
    code: int
    reason: str
    detail: str
    transient: bool
