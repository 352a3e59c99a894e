"""An incident: what happened, whom it hurt and why, what each remedy costs, refunds, proof."""

from pydantic import Field

from projectors.api.models.base import Answered, Decimal, Ms, OptionalDecimal, Resource, Seq


class Happening(Resource):
    """Something that happened, or several things of one kind together."""

    kind: str = Field(
        examples=[
            "status", "guard", "index", "mark", "liquidations", "plan", "rollback", "completed",
            "restated", "refunds",
        ]
    )  # fmt: skip
    seq: Seq
    last_seq: Seq
    at: Ms
    until: Ms
    market: str
    count: int
    accounts: int
    amount: OptionalDecimal
    title: str
    detail: str
    void: bool = Field(description="Whether a rollback made it void.")
    bad: bool = Field(description="Whether it is damage, and not an answer to it.")


class Window(Resource):
    """Blocks and events that an audit looked at."""

    from_block: int
    to_block: int
    first_seq: Seq
    last_seq: Seq
    commands: int
    events: int


class Evidence(Resource):
    """An input that was wrong, and what the audit took in its place."""

    market: str
    from_tick: int
    to_tick: int
    seq: Seq
    takes: str
    why: str


class Remedy(Resource):
    """What could be done, and what it would cost."""

    remedy: str
    title: str
    accounts_touched: int
    honest_trades_voided: int
    profits_erased: Decimal
    money_needed: Decimal
    paid_by: str
    shortfall: Decimal
    false_gains_kept: Decimal
    events_written: int


class Audit(Resource):
    """An audit, from its file."""

    name: str
    digest: str
    fault: str = Field(description="Why the file is not believed; empty when it is.")
    window: Window | None
    evidence: list[Evidence]
    accounts: int = Field(description="Accounts that would be worth something else.")
    hurt: int
    gained: int
    lost: Decimal = Field(description="What those that were hurt would have more.")
    won: Decimal = Field(description="What those that gained would have less.")
    wrongful_liquidations: int
    wrongful_accounts: int
    trades_lost: int
    remedies: list[Remedy]


class PlanFile(Resource):
    """A plan, from its file."""

    name: str
    kind: str
    digest: str
    fault: str = Field(description="Why the file is not believed; empty when it is.")
    lines: int
    total: Decimal
    payer: str
    head_block: int
    signed_by: list[str]
    recorded_seq: Seq = Field(description="The event that approved it; 0: none has.")


class Proof(Resource):
    """Something that anybody with the log can check."""

    what: str
    says: str
    digest: str
    command: str


class Incident(Answered):
    """Everything about one incident but its accounts and its refunds, which are lists of their own."""

    id: str
    reason: str
    timeline: list[Happening]
    audits: list[Audit]
    plans: list[PlanFile]
    refunds: int = Field(description="Lines that were paid.")
    refunded: Decimal
    proof: list[Proof]


class Part(Resource):
    """One reason of a difference, and the events that it comes from."""

    reason: str
    amount: Decimal = Field(description="What the account would have more for this reason.")
    seqs: list[Seq] = Field(description="The first of the recorded events.")
    events: int = Field(description="How many there are.")


class Affected(Resource):
    """An account that would be worth something else, had the input been right."""

    account: str
    audit: str
    recorded: Decimal
    right: Decimal = Field(description="What it would be worth.")
    lost: Decimal = Field(description="The difference; negative: it gained.")
    liquidated: str = Field(description="Verdicts on its liquidations; empty: none was wrong.")
    flags: list[str]
    main_reason: str
    main_amount: Decimal
    owed: Decimal = Field(description="By the method that was asked for.")
    paid: Decimal = Field(description="What incident refunds have paid it.")


class Totals(Resource):
    """Sums over all accounts of a list, whatever page is shown."""

    accounts: int
    hurt: int
    gained: int
    liquidated: int
    lost: Decimal
    won: Decimal
    owed: Decimal
    paid: Decimal


class AffectedAccounts(Answered):
    """Accounts in an order, from an offset on."""

    audit: str
    method: str
    totals: Totals
    found: int = Field(description="How many the search found.")
    results: list[Affected]


class Takeover(Resource):
    """A liquidation as it was recorded: what the account was worth, by the marks and by prices outside."""

    seq: Seq
    at: Ms
    liquidation_id: str
    trigger: str
    verdict: str = Field(
        description="`wrongful`, or `larger` than it should have been; empty: the audit finds nothing wrong."
    )
    account_value: Decimal
    requirement: Decimal
    account_value_fair: OptionalDecimal
    requirement_fair: OptionalDecimal
    accrued_funding: Decimal
    notional: Decimal
    share: Decimal
    void: bool


class Owed(Resource):
    """What one method of compensation gives an account."""

    method: str
    reason: str
    formula: Decimal
    cap: Decimal
    amount: Decimal
    note: str


class AffectedAccount(Answered):
    """One account: every number with the events that it comes from."""

    affected: Affected
    parts: list[Part]
    takeovers: list[Takeover]
    owed: list[Owed]


class RefundLine(Resource):
    """A line of a plan of refunds, and what was paid of it."""

    line: int
    refund_id: str
    account: str
    reason: str
    method: str
    formula: Decimal
    cap: Decimal
    amount: Decimal
    note: str
    paid: Decimal
    paid_seq: Seq
    paid_at: Ms


class RefundLines(Answered):
    """Lines of a plan, those with most to pay first, from an offset on."""

    plan: str
    digest: str
    payer: str
    cap: Decimal
    total: Decimal
    paid: Decimal
    lines: int
    paying: int = Field(description="Lines that are not zero.")
    found: int
    results: list[RefundLine]
