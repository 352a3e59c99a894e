"""What operators watch: views, modes with their gates, guards, checkpoints."""

from pydantic import Field

from projectors.api.models.base import Answered, Ms, Resource, Seq


class Building(Resource):
    """A generation that is being built beside the one that serves."""

    kind: str = Field(examples=["rebuild", "rollback"])
    done: Seq = Field(description="Folded up to this seq.")
    of: Seq = Field(description="It goes up to this one.")
    began_at: Ms
    told_at: Ms = Field(description="When it was last heard of; long ago: nobody works on it any more.")


class WatchedView(Resource):
    """A view: how far it is, what serves, and what is built beside it."""

    view: str
    version: int
    generation: str
    generations: list[str] = Field(description="All that are kept, the oldest first.")
    block: int
    seq: Seq
    behind: int = Field(description="Blocks between it and the head.")
    state: str = Field(examples=["serving", "stopped", "past"])
    reason: str = Field(description="Why it stopped, empty when it did not.")
    building: Building | None


class Checkpoint(Resource):
    """A copy of a view at a block, to begin from."""

    view: str
    generation: str
    block: int
    seq: Seq
    counts: bool = Field(description="Whether its block is in the history that counts.")


class Gate(Resource):
    """A condition on the way to the next mode."""

    name: str
    market: str = Field(description="The market that it is about; empty: the exchange.")
    value: str = Field(description="What was found.")
    bound: str = Field(description="What it wants.")
    holds: bool
    binds: bool = Field(description="Whether it keeps the exchange closed by itself.")


class Mode(Resource):
    """Something that not every mode allows."""

    rule: str
    meaning: str
    modes: list[str] = Field(description="Modes in which it is allowed.")
    allowed: bool = Field(description="Whether it is now.")


class Guard(Resource):
    """A guard: its policy, and how often it tripped."""

    guard: str
    asks: str
    policy: str = Field(examples=["enforce", "refuse", "observe"])
    until: Ms = Field(description="Until when it only observes; 0: the policy holds for ever.")
    default: str
    trips: int
    last_seq: Seq
    last_at: Ms
    last_market: str
    last_action: str


class Operations(Answered):
    """What an operator looks at first."""

    ledger_id: str
    head_digest: str = Field(description="Digest of the newest block served; empty for a past.")
    answered_at: Ms = Field(description="Clock of this service; the ledger's is in `at`.")
    status: str
    withdrawals: str
    reason: str
    next_status: str = Field(description="The mode that comes next upwards; empty in the highest.")
    gates_policy: str = Field(description="`enforce`, or `observe`: gates are recorded only.")
    gates: list[Gate] = Field(description="Gates on the way to the next mode, by ledger time.")
    modes: list[Mode]
    guards: list[Guard]
    views: list[WatchedView]
    checkpoints: list[Checkpoint]
