"""Typed messages, generated from ``schemas/`` by ``python -m schemas.generate``; do not edit.

Units are in the names: ``_e8`` amounts, sizes, prices and indices in 1e-8, ``_e12`` rates,
``_e16`` funding dust, ``_ppm`` parts per million, ``_ms``, ``_us``, ``_s`` time. What every field
means is in the reference pages and in the ``doc`` of the schemas.
"""

from typing import Final, final


class Message:
    """What all messages share: they are equal when their type and all fields are."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether ``other`` is the same message; slow, for tests and tools."""
        if type(self) is not type(other):
            return False
        return all(getattr(self, name) == getattr(other, name) for name in FIELDS[type(self).__name__])

    def __hash__(self) -> int:
        """Hash of the fields; do not change a message that lies in a set or is a key."""
        return hash(repr(self))

    def __repr__(self) -> str:
        """Name and all fields; slow, for tests and tools."""
        kind = type(self).__name__
        values = ", ".join([f"{name}={getattr(self, name)!r}" for name in FIELDS[kind]])
        return f"{kind}({values})"


class Event(Message):
    """Header of every event; stamped by ``decide`` when the command is accepted."""

    __slots__ = ("cause_seq", "command_id", "occurred_at_us", "recorded_at_us", "seq")

    seq: int
    recorded_at_us: int
    occurred_at_us: int
    command_id: str
    cause_seq: int


class Command(Message):
    """Header of every command."""

    __slots__ = ("issued_at_us", "number", "producer")

    producer: str
    number: int
    issued_at_us: int


@final
class AccountChanged(Event):
    """One field of an account changed."""

    __slots__ = (
        "account",
        "field",
        "market",
        "reason",
        "value_after",
        "value_before",
    )

    def __init__(
        self,
        account: str,
        field: str,
        market: str,
        value_before: str,
        value_after: str,
        reason: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.field = field
        self.market = market
        self.value_before = value_before
        self.value_after = value_after
        self.reason = reason


@final
class AccountOpened(Event):
    """An account was opened."""

    __slots__ = (
        "account",
        "fee_tier",
        "kind",
        "margin_exempt",
        "parent",
        "reinstates_seq",
        "signer_key",
    )

    def __init__(
        self,
        account: str,
        kind: str,
        parent: str,
        signer_key: str,
        margin_exempt: int,
        fee_tier: str,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.kind = kind
        self.parent = parent
        self.signer_key = signer_key
        self.margin_exempt = margin_exempt
        self.fee_tier = fee_tier
        self.reinstates_seq = reinstates_seq


@final
class AdjustmentPosted(Event):
    """An operator adjusted a balance, with a reason."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "corrects_seq",
        "incident_id",
        "key_1",
        "key_2",
        "note",
        "reason_code",
    )

    def __init__(
        self,
        account: str,
        asset: str,
        amount_e8: int,
        reason_code: str,
        incident_id: str,
        corrects_seq: int,
        note: str,
        balance_before_e8: int,
        balance_after_e8: int,
        key_1: str,
        key_2: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.reason_code = reason_code
        self.incident_id = incident_id
        self.corrects_seq = corrects_seq
        self.note = note
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.key_1 = key_1
        self.key_2 = key_2


@final
class AssetListed(Event):
    """An asset may be held from now on. The settlement asset is the one that pays profit, funding and fees; it is taken at 1 USD."""

    __slots__ = (
        "asset",
        "decimals",
        "revision",
        "settlement",
        "status",
    )

    def __init__(
        self,
        asset: str,
        decimals: int,
        settlement: int,
        status: str,
        revision: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.asset = asset
        self.decimals = decimals
        self.settlement = settlement
        self.status = status
        self.revision = revision


@final
class AssetUpdated(Event):
    """An asset changed; every field as it is now."""

    __slots__ = (
        "asset",
        "changed_fields",
        "decimals",
        "revision_after",
        "revision_before",
        "settlement",
        "status",
    )

    def __init__(
        self,
        asset: str,
        changed_fields: str,
        revision_before: int,
        revision_after: int,
        decimals: int,
        settlement: int,
        status: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.asset = asset
        self.changed_fields = changed_fields
        self.revision_before = revision_before
        self.revision_after = revision_after
        self.decimals = decimals
        self.settlement = settlement
        self.status = status


@final
class BookConfirmed(Event):
    """A matching engine has the orders that the ledger has; after a rollback the exchange opens fully only then."""

    __slots__ = (
        "book_digest",
        "orders",
        "source",
    )

    def __init__(
        self,
        source: str,
        book_digest: str,
        orders: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.source = source
        self.book_digest = book_digest
        self.orders = orders


@final
class CheckpointMarked(Event):
    """Digests of the business state at this point, to be compared by every view."""

    __slots__ = (
        "accounts",
        "checkpoint_height",
        "orders",
        "positions",
        "proof_roots",
        "view_digests",
        "writer_digest",
    )

    def __init__(
        self,
        checkpoint_height: int,
        writer_digest: str,
        view_digests: str,
        proof_roots: str,
        accounts: int,
        positions: int,
        orders: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.checkpoint_height = checkpoint_height
        self.writer_digest = writer_digest
        self.view_digests = view_digests
        self.proof_roots = proof_roots
        self.accounts = accounts
        self.positions = positions
        self.orders = orders


@final
class DepositCredited(Event):
    """Money came in from outside."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "bridge",
        "external_chain",
        "external_ref",
        "reinstates_seq",
    )

    def __init__(
        self,
        account: str,
        asset: str,
        amount_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        external_ref: str,
        bridge: str,
        external_chain: str,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.external_ref = external_ref
        self.bridge = bridge
        self.external_chain = external_chain
        self.reinstates_seq = reinstates_seq


@final
class FillSettled(Event):
    """One side of a trade was settled: funding realised, position and balance changed, fee taken."""

    __slots__ = (
        "account",
        "balance_after_e8",
        "balance_before_e8",
        "cached_index_before_e8",
        "client_id",
        "cost_after_e8",
        "cost_before_e8",
        "counterparty",
        "dust_e16",
        "external_fair_e8",
        "fee_e8",
        "fee_ppm",
        "fill_size_e8",
        "fill_type",
        "funding_index_e8",
        "has_external_fair",
        "liquidation_id",
        "liquidity",
        "mark_price_e8",
        "market",
        "matched_at_us",
        "open_buy_after_e8",
        "open_buy_before_e8",
        "open_sell_after_e8",
        "open_sell_before_e8",
        "order_id",
        "order_status_after",
        "position_id_after",
        "position_id_before",
        "price_e8",
        "realized_funding_e8",
        "realized_pnl_e8",
        "remaining_after_e8",
        "remaining_before_e8",
        "reverses_seq",
        "side",
        "size_after_e8",
        "size_before_e8",
        "spot_price_e8",
        "trade_id",
        "value_e8",
        "vault",
    )

    def __init__(
        self,
        account: str,
        market: str,
        trade_id: str,
        fill_type: str,
        side: str,
        liquidity: str,
        counterparty: str,
        fill_size_e8: int,
        price_e8: int,
        value_e8: int,
        order_id: str,
        client_id: str,
        order_status_after: str,
        remaining_before_e8: int,
        remaining_after_e8: int,
        position_id_before: int,
        position_id_after: int,
        size_before_e8: int,
        size_after_e8: int,
        cost_before_e8: int,
        cost_after_e8: int,
        cached_index_before_e8: int,
        funding_index_e8: int,
        realized_pnl_e8: int,
        realized_funding_e8: int,
        dust_e16: int,
        fee_e8: int,
        fee_ppm: int,
        balance_before_e8: int,
        balance_after_e8: int,
        mark_price_e8: int,
        spot_price_e8: int,
        has_external_fair: int,
        external_fair_e8: int,
        open_buy_before_e8: int,
        open_buy_after_e8: int,
        open_sell_before_e8: int,
        open_sell_after_e8: int,
        liquidation_id: str,
        vault: str,
        matched_at_us: int,
        reverses_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.market = market
        self.trade_id = trade_id
        self.fill_type = fill_type
        self.side = side
        self.liquidity = liquidity
        self.counterparty = counterparty
        self.fill_size_e8 = fill_size_e8
        self.price_e8 = price_e8
        self.value_e8 = value_e8
        self.order_id = order_id
        self.client_id = client_id
        self.order_status_after = order_status_after
        self.remaining_before_e8 = remaining_before_e8
        self.remaining_after_e8 = remaining_after_e8
        self.position_id_before = position_id_before
        self.position_id_after = position_id_after
        self.size_before_e8 = size_before_e8
        self.size_after_e8 = size_after_e8
        self.cost_before_e8 = cost_before_e8
        self.cost_after_e8 = cost_after_e8
        self.cached_index_before_e8 = cached_index_before_e8
        self.funding_index_e8 = funding_index_e8
        self.realized_pnl_e8 = realized_pnl_e8
        self.realized_funding_e8 = realized_funding_e8
        self.dust_e16 = dust_e16
        self.fee_e8 = fee_e8
        self.fee_ppm = fee_ppm
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.mark_price_e8 = mark_price_e8
        self.spot_price_e8 = spot_price_e8
        self.has_external_fair = has_external_fair
        self.external_fair_e8 = external_fair_e8
        self.open_buy_before_e8 = open_buy_before_e8
        self.open_buy_after_e8 = open_buy_after_e8
        self.open_sell_before_e8 = open_sell_before_e8
        self.open_sell_after_e8 = open_sell_after_e8
        self.liquidation_id = liquidation_id
        self.vault = vault
        self.matched_at_us = matched_at_us
        self.reverses_seq = reverses_seq


@final
class FundingIndexAdvanced(Event):
    """The funding index of one market moved by one tick; the step is computed by the ledger from the premium of the previous tick."""

    __slots__ = (
        "elapsed_applied_ms",
        "elapsed_ms",
        "gap",
        "has_claim",
        "index_after_e8",
        "index_before_e8",
        "index_claimed_e8",
        "index_computed_e8",
        "index_source",
        "market",
        "observed_at_ms",
        "observed_before_ms",
        "paused",
        "period_s",
        "premium_applied_e8",
        "premium_e8",
        "previous_tick_id",
        "rate_e12",
        "remainder_after",
        "remainder_before",
        "source",
        "source_epoch",
        "spot_e8",
        "step_e8",
        "tick_id",
        "tick_markets",
    )

    def __init__(
        self,
        tick_id: int,
        previous_tick_id: int,
        tick_markets: int,
        market: str,
        rate_e12: int,
        spot_e8: int,
        premium_e8: int,
        premium_applied_e8: int,
        observed_before_ms: int,
        observed_at_ms: int,
        elapsed_ms: int,
        elapsed_applied_ms: int,
        gap: int,
        paused: int,
        period_s: int,
        step_e8: int,
        index_before_e8: int,
        index_after_e8: int,
        remainder_before: int,
        remainder_after: int,
        has_claim: int,
        index_claimed_e8: int,
        index_computed_e8: int,
        index_source: str,
        source: str,
        source_epoch: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.tick_id = tick_id
        self.previous_tick_id = previous_tick_id
        self.tick_markets = tick_markets
        self.market = market
        self.rate_e12 = rate_e12
        self.spot_e8 = spot_e8
        self.premium_e8 = premium_e8
        self.premium_applied_e8 = premium_applied_e8
        self.observed_before_ms = observed_before_ms
        self.observed_at_ms = observed_at_ms
        self.elapsed_ms = elapsed_ms
        self.elapsed_applied_ms = elapsed_applied_ms
        self.gap = gap
        self.paused = paused
        self.period_s = period_s
        self.step_e8 = step_e8
        self.index_before_e8 = index_before_e8
        self.index_after_e8 = index_after_e8
        self.remainder_before = remainder_before
        self.remainder_after = remainder_after
        self.has_claim = has_claim
        self.index_claimed_e8 = index_claimed_e8
        self.index_computed_e8 = index_computed_e8
        self.index_source = index_source
        self.source = source
        self.source_epoch = source_epoch


@final
class FundingIndexRestated(Event):
    """The funding index of a market was set to what it would be without a corruption; corrections of what was settled at the wrong index follow in the same block."""

    __slots__ = (
        "from_seq",
        "incident_id",
        "index_after_e8",
        "index_before_e8",
        "key_1",
        "key_2",
        "market",
        "plan_digest",
        "reason",
        "remainder_after",
        "remainder_before",
        "to_seq",
    )

    def __init__(
        self,
        market: str,
        index_before_e8: int,
        index_after_e8: int,
        remainder_before: int,
        remainder_after: int,
        from_seq: int,
        to_seq: int,
        plan_digest: str,
        incident_id: str,
        reason: str,
        key_1: str,
        key_2: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.market = market
        self.index_before_e8 = index_before_e8
        self.index_after_e8 = index_after_e8
        self.remainder_before = remainder_before
        self.remainder_after = remainder_after
        self.from_seq = from_seq
        self.to_seq = to_seq
        self.plan_digest = plan_digest
        self.incident_id = incident_id
        self.reason = reason
        self.key_1 = key_1
        self.key_2 = key_2


@final
class FundingSettled(Event):
    """Accrued funding of a position was realised without a fill."""

    __slots__ = (
        "account",
        "balance_after_e8",
        "balance_before_e8",
        "cached_index_after_e8",
        "cached_index_before_e8",
        "corrects_seq",
        "dust_e16",
        "funding_index_e8",
        "mark_price_e8",
        "market",
        "position_id",
        "realized_funding_e8",
        "settle_kind",
        "size_e8",
    )

    def __init__(
        self,
        account: str,
        market: str,
        settle_kind: str,
        position_id: int,
        size_e8: int,
        cached_index_before_e8: int,
        cached_index_after_e8: int,
        funding_index_e8: int,
        realized_funding_e8: int,
        dust_e16: int,
        mark_price_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        corrects_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.market = market
        self.settle_kind = settle_kind
        self.position_id = position_id
        self.size_e8 = size_e8
        self.cached_index_before_e8 = cached_index_before_e8
        self.cached_index_after_e8 = cached_index_after_e8
        self.funding_index_e8 = funding_index_e8
        self.realized_funding_e8 = realized_funding_e8
        self.dust_e16 = dust_e16
        self.mark_price_e8 = mark_price_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.corrects_seq = corrects_seq


@final
class GuardTripped(Event):
    """A guard found an input that cannot be right; what was done is in action."""

    __slots__ = (
        "action",
        "bound_high_e8",
        "bound_low_e8",
        "expected_e8",
        "field",
        "given",
        "guard",
        "has_value",
        "input_command_id",
        "last_accepted_seq",
        "market",
        "policy",
        "source",
        "source_epoch",
        "tick_id",
        "value_e8",
    )

    def __init__(
        self,
        guard: str,
        policy: str,
        action: str,
        input_command_id: str,
        tick_id: int,
        market: str,
        field: str,
        given: str,
        has_value: int,
        value_e8: int,
        expected_e8: int,
        bound_low_e8: int,
        bound_high_e8: int,
        last_accepted_seq: int,
        source: str,
        source_epoch: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.guard = guard
        self.policy = policy
        self.action = action
        self.input_command_id = input_command_id
        self.tick_id = tick_id
        self.market = market
        self.field = field
        self.given = given
        self.has_value = has_value
        self.value_e8 = value_e8
        self.expected_e8 = expected_e8
        self.bound_low_e8 = bound_low_e8
        self.bound_high_e8 = bound_high_e8
        self.last_accepted_seq = last_accepted_seq
        self.source = source
        self.source_epoch = source_epoch


@final
class KeyRegistered(Event):
    """An operator key may sign commands from now on."""

    __slots__ = (
        "by_key",
        "key_id",
        "operator",
        "public_key",
        "role",
        "signature",
    )

    def __init__(
        self,
        key_id: str,
        public_key: str,
        role: str,
        operator: str,
        by_key: str,
        signature: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.key_id = key_id
        self.public_key = public_key
        self.role = role
        self.operator = operator
        self.by_key = by_key
        self.signature = signature


@final
class KeyRevoked(Event):
    """An operator key may sign nothing from now on, for ever."""

    __slots__ = (
        "by_key",
        "key_id",
        "operator",
        "public_key",
        "role",
        "signature",
    )

    def __init__(
        self,
        key_id: str,
        public_key: str,
        role: str,
        operator: str,
        by_key: str,
        signature: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.key_id = key_id
        self.public_key = public_key
        self.role = role
        self.operator = operator
        self.by_key = by_key
        self.signature = signature


@final
class LedgerOpened(Event):
    """The ledger was created. Always seq 1, in block 1."""

    __slots__ = (
        "hash_version",
        "ledger_id",
        "operator_keys",
        "partitions",
    )

    def __init__(
        self,
        ledger_id: str,
        partitions: int,
        hash_version: str,
        operator_keys: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.ledger_id = ledger_id
        self.partitions = partitions
        self.hash_version = hash_version
        self.operator_keys = operator_keys


@final
class LiquidationStarted(Event):
    """An account below maintenance is liquidated: what it was worth, and how much of it is taken over."""

    __slots__ = (
        "account",
        "account_status_after",
        "account_status_before",
        "account_value_e8",
        "account_value_fair_e8",
        "accrued_funding_e8",
        "balance_e8",
        "full",
        "funding_seq",
        "funding_tick_id",
        "has_fair",
        "liquidation_id",
        "margin_ratio_ppm",
        "mmr_e8",
        "mmr_fair_e8",
        "notional_e8",
        "positions",
        "price_seq",
        "price_tick_id",
        "share_ppm",
        "status",
        "status_age_ms",
        "trigger",
        "unrealized_pnl_e8",
    )

    def __init__(
        self,
        account: str,
        liquidation_id: str,
        share_ppm: int,
        full: int,
        account_value_e8: int,
        mmr_e8: int,
        margin_ratio_ppm: int,
        balance_e8: int,
        unrealized_pnl_e8: int,
        accrued_funding_e8: int,
        account_value_fair_e8: int,
        mmr_fair_e8: int,
        has_fair: int,
        price_tick_id: int,
        funding_tick_id: int,
        price_seq: int,
        funding_seq: int,
        trigger: str,
        status: str,
        status_age_ms: int,
        positions: int,
        notional_e8: int,
        account_status_before: str,
        account_status_after: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.liquidation_id = liquidation_id
        self.share_ppm = share_ppm
        self.full = full
        self.account_value_e8 = account_value_e8
        self.mmr_e8 = mmr_e8
        self.margin_ratio_ppm = margin_ratio_ppm
        self.balance_e8 = balance_e8
        self.unrealized_pnl_e8 = unrealized_pnl_e8
        self.accrued_funding_e8 = accrued_funding_e8
        self.account_value_fair_e8 = account_value_fair_e8
        self.mmr_fair_e8 = mmr_fair_e8
        self.has_fair = has_fair
        self.price_tick_id = price_tick_id
        self.funding_tick_id = funding_tick_id
        self.price_seq = price_seq
        self.funding_seq = funding_seq
        self.trigger = trigger
        self.status = status
        self.status_age_ms = status_age_ms
        self.positions = positions
        self.notional_e8 = notional_e8
        self.account_status_before = account_status_before
        self.account_status_after = account_status_after


@final
class LossSocialized(Event):
    """Part of a withdrawal that was kept back for bankruptcies and goes to the Liquidator Vault."""

    __slots__ = (
        "account",
        "amount_e8",
        "balance_after_e8",
        "balance_before_e8",
        "bankruptcy_e8",
        "custody_e8",
        "from_account",
        "withdrawal_id",
    )

    def __init__(
        self,
        account: str,
        withdrawal_id: str,
        from_account: str,
        amount_e8: int,
        bankruptcy_e8: int,
        custody_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.from_account = from_account
        self.amount_e8 = amount_e8
        self.bankruptcy_e8 = bankruptcy_e8
        self.custody_e8 = custody_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8


@final
class MarketListed(Event):
    """A market was listed, with its whole rule set."""

    __slots__ = (
        "base",
        "clamp_rate_e12",
        "depth_min_e8",
        "fair_divergence_max_ppm",
        "funding_gap_max_ms",
        "funding_period_s",
        "funding_rate_change_max_e12",
        "funding_rate_max_e12",
        "funding_rate_tolerance_e12",
        "imf_base_ppm",
        "index_start_e8",
        "interest_rate_e12",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "maintenance_band_ppm",
        "maker_fee_ppm",
        "market",
        "market_kind",
        "mmf_factor_ppm",
        "notional_min_e8",
        "open_orders_max",
        "oracle_ewma_ppm",
        "order_size_max_e8",
        "position_limit_e8",
        "price_age_max_ms",
        "price_band_ppm",
        "price_move_max_ppm",
        "price_tick_e8",
        "price_window_move_max_ppm",
        "price_window_ms",
        "quote",
        "revision",
        "settlement_asset",
        "size_step_e8",
        "spread_max_ppm",
        "status",
        "taker_fee_ppm",
    )

    def __init__(
        self,
        market: str,
        base: str,
        quote: str,
        settlement_asset: str,
        market_kind: str,
        status: str,
        revision: int,
        price_tick_e8: int,
        size_step_e8: int,
        notional_min_e8: int,
        order_size_max_e8: int,
        position_limit_e8: int,
        open_orders_max: int,
        imf_base_ppm: int,
        mmf_factor_ppm: int,
        taker_fee_ppm: int,
        maker_fee_ppm: int,
        price_band_ppm: int,
        maintenance_band_ppm: int,
        spread_max_ppm: int,
        depth_min_e8: int,
        liquidation_fee_ppm: int,
        liquidation_step_ppm: int,
        liquidation_target_ppm: int,
        funding_period_s: int,
        funding_gap_max_ms: int,
        funding_rate_max_e12: int,
        funding_rate_change_max_e12: int,
        funding_rate_tolerance_e12: int,
        interest_rate_e12: int,
        clamp_rate_e12: int,
        price_move_max_ppm: int,
        price_window_ms: int,
        price_window_move_max_ppm: int,
        fair_divergence_max_ppm: int,
        price_age_max_ms: int,
        oracle_ewma_ppm: int,
        index_start_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.market = market
        self.base = base
        self.quote = quote
        self.settlement_asset = settlement_asset
        self.market_kind = market_kind
        self.status = status
        self.revision = revision
        self.price_tick_e8 = price_tick_e8
        self.size_step_e8 = size_step_e8
        self.notional_min_e8 = notional_min_e8
        self.order_size_max_e8 = order_size_max_e8
        self.position_limit_e8 = position_limit_e8
        self.open_orders_max = open_orders_max
        self.imf_base_ppm = imf_base_ppm
        self.mmf_factor_ppm = mmf_factor_ppm
        self.taker_fee_ppm = taker_fee_ppm
        self.maker_fee_ppm = maker_fee_ppm
        self.price_band_ppm = price_band_ppm
        self.maintenance_band_ppm = maintenance_band_ppm
        self.spread_max_ppm = spread_max_ppm
        self.depth_min_e8 = depth_min_e8
        self.liquidation_fee_ppm = liquidation_fee_ppm
        self.liquidation_step_ppm = liquidation_step_ppm
        self.liquidation_target_ppm = liquidation_target_ppm
        self.funding_period_s = funding_period_s
        self.funding_gap_max_ms = funding_gap_max_ms
        self.funding_rate_max_e12 = funding_rate_max_e12
        self.funding_rate_change_max_e12 = funding_rate_change_max_e12
        self.funding_rate_tolerance_e12 = funding_rate_tolerance_e12
        self.interest_rate_e12 = interest_rate_e12
        self.clamp_rate_e12 = clamp_rate_e12
        self.price_move_max_ppm = price_move_max_ppm
        self.price_window_ms = price_window_ms
        self.price_window_move_max_ppm = price_window_move_max_ppm
        self.fair_divergence_max_ppm = fair_divergence_max_ppm
        self.price_age_max_ms = price_age_max_ms
        self.oracle_ewma_ppm = oracle_ewma_ppm
        self.index_start_e8 = index_start_e8


@final
class MarketUpdated(Event):
    """A market changed; every field as it is now."""

    __slots__ = (
        "base",
        "changed_fields",
        "clamp_rate_e12",
        "depth_min_e8",
        "fair_divergence_max_ppm",
        "funding_gap_max_ms",
        "funding_period_s",
        "funding_rate_change_max_e12",
        "funding_rate_max_e12",
        "funding_rate_tolerance_e12",
        "imf_base_ppm",
        "index_start_e8",
        "interest_rate_e12",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "maintenance_band_ppm",
        "maker_fee_ppm",
        "market",
        "market_kind",
        "mmf_factor_ppm",
        "notional_min_e8",
        "open_orders_max",
        "oracle_ewma_ppm",
        "order_size_max_e8",
        "position_limit_e8",
        "price_age_max_ms",
        "price_band_ppm",
        "price_move_max_ppm",
        "price_tick_e8",
        "price_window_move_max_ppm",
        "price_window_ms",
        "quote",
        "revision_after",
        "revision_before",
        "settlement_asset",
        "size_step_e8",
        "spread_max_ppm",
        "status",
        "taker_fee_ppm",
    )

    def __init__(
        self,
        market: str,
        changed_fields: str,
        revision_before: int,
        revision_after: int,
        base: str,
        quote: str,
        settlement_asset: str,
        market_kind: str,
        status: str,
        price_tick_e8: int,
        size_step_e8: int,
        notional_min_e8: int,
        order_size_max_e8: int,
        position_limit_e8: int,
        open_orders_max: int,
        imf_base_ppm: int,
        mmf_factor_ppm: int,
        taker_fee_ppm: int,
        maker_fee_ppm: int,
        price_band_ppm: int,
        maintenance_band_ppm: int,
        spread_max_ppm: int,
        depth_min_e8: int,
        liquidation_fee_ppm: int,
        liquidation_step_ppm: int,
        liquidation_target_ppm: int,
        funding_period_s: int,
        funding_gap_max_ms: int,
        funding_rate_max_e12: int,
        funding_rate_change_max_e12: int,
        funding_rate_tolerance_e12: int,
        interest_rate_e12: int,
        clamp_rate_e12: int,
        price_move_max_ppm: int,
        price_window_ms: int,
        price_window_move_max_ppm: int,
        fair_divergence_max_ppm: int,
        price_age_max_ms: int,
        oracle_ewma_ppm: int,
        index_start_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.market = market
        self.changed_fields = changed_fields
        self.revision_before = revision_before
        self.revision_after = revision_after
        self.base = base
        self.quote = quote
        self.settlement_asset = settlement_asset
        self.market_kind = market_kind
        self.status = status
        self.price_tick_e8 = price_tick_e8
        self.size_step_e8 = size_step_e8
        self.notional_min_e8 = notional_min_e8
        self.order_size_max_e8 = order_size_max_e8
        self.position_limit_e8 = position_limit_e8
        self.open_orders_max = open_orders_max
        self.imf_base_ppm = imf_base_ppm
        self.mmf_factor_ppm = mmf_factor_ppm
        self.taker_fee_ppm = taker_fee_ppm
        self.maker_fee_ppm = maker_fee_ppm
        self.price_band_ppm = price_band_ppm
        self.maintenance_band_ppm = maintenance_band_ppm
        self.spread_max_ppm = spread_max_ppm
        self.depth_min_e8 = depth_min_e8
        self.liquidation_fee_ppm = liquidation_fee_ppm
        self.liquidation_step_ppm = liquidation_step_ppm
        self.liquidation_target_ppm = liquidation_target_ppm
        self.funding_period_s = funding_period_s
        self.funding_gap_max_ms = funding_gap_max_ms
        self.funding_rate_max_e12 = funding_rate_max_e12
        self.funding_rate_change_max_e12 = funding_rate_change_max_e12
        self.funding_rate_tolerance_e12 = funding_rate_tolerance_e12
        self.interest_rate_e12 = interest_rate_e12
        self.clamp_rate_e12 = clamp_rate_e12
        self.price_move_max_ppm = price_move_max_ppm
        self.price_window_ms = price_window_ms
        self.price_window_move_max_ppm = price_window_move_max_ppm
        self.fair_divergence_max_ppm = fair_divergence_max_ppm
        self.price_age_max_ms = price_age_max_ms
        self.oracle_ewma_ppm = oracle_ewma_ppm
        self.index_start_e8 = index_start_e8


@final
class OrderCancelled(Event):
    """An order was cancelled, by its owner or by a rule."""

    __slots__ = (
        "account",
        "cancel_reason",
        "market",
        "oco_group",
        "open_buy_after_e8",
        "open_buy_before_e8",
        "open_sell_after_e8",
        "open_sell_before_e8",
        "order_id",
        "order_type",
        "remaining_after_e8",
        "remaining_before_e8",
        "side",
        "status_before",
    )

    def __init__(
        self,
        account: str,
        order_id: str,
        market: str,
        side: str,
        order_type: str,
        cancel_reason: str,
        oco_group: str,
        status_before: str,
        remaining_before_e8: int,
        remaining_after_e8: int,
        open_buy_before_e8: int,
        open_buy_after_e8: int,
        open_sell_before_e8: int,
        open_sell_after_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.order_id = order_id
        self.market = market
        self.side = side
        self.order_type = order_type
        self.cancel_reason = cancel_reason
        self.oco_group = oco_group
        self.status_before = status_before
        self.remaining_before_e8 = remaining_before_e8
        self.remaining_after_e8 = remaining_after_e8
        self.open_buy_before_e8 = open_buy_before_e8
        self.open_buy_after_e8 = open_buy_after_e8
        self.open_sell_before_e8 = open_sell_before_e8
        self.open_sell_after_e8 = open_sell_after_e8


@final
class OrderPlaced(Event):
    """An order was accepted."""

    __slots__ = (
        "account",
        "account_value_e8",
        "client_id",
        "has_price",
        "has_trigger",
        "imr_after_e8",
        "imr_before_e8",
        "instruction",
        "mark_price_e8",
        "market",
        "oco_group",
        "open_buy_after_e8",
        "open_buy_before_e8",
        "open_sell_after_e8",
        "open_sell_before_e8",
        "order_id",
        "order_type",
        "parent_order_id",
        "price_e8",
        "reduce_only",
        "reinstates_seq",
        "remaining_after_e8",
        "side",
        "size_e8",
        "status_after",
        "stp",
        "trigger_condition",
        "trigger_price_e8",
    )

    def __init__(
        self,
        account: str,
        order_id: str,
        client_id: str,
        market: str,
        side: str,
        order_type: str,
        instruction: str,
        reduce_only: int,
        size_e8: int,
        has_price: int,
        price_e8: int,
        has_trigger: int,
        trigger_price_e8: int,
        trigger_condition: str,
        oco_group: str,
        parent_order_id: str,
        stp: str,
        status_after: str,
        remaining_after_e8: int,
        open_buy_before_e8: int,
        open_buy_after_e8: int,
        open_sell_before_e8: int,
        open_sell_after_e8: int,
        mark_price_e8: int,
        account_value_e8: int,
        imr_before_e8: int,
        imr_after_e8: int,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.order_id = order_id
        self.client_id = client_id
        self.market = market
        self.side = side
        self.order_type = order_type
        self.instruction = instruction
        self.reduce_only = reduce_only
        self.size_e8 = size_e8
        self.has_price = has_price
        self.price_e8 = price_e8
        self.has_trigger = has_trigger
        self.trigger_price_e8 = trigger_price_e8
        self.trigger_condition = trigger_condition
        self.oco_group = oco_group
        self.parent_order_id = parent_order_id
        self.stp = stp
        self.status_after = status_after
        self.remaining_after_e8 = remaining_after_e8
        self.open_buy_before_e8 = open_buy_before_e8
        self.open_buy_after_e8 = open_buy_after_e8
        self.open_sell_before_e8 = open_sell_before_e8
        self.open_sell_after_e8 = open_sell_after_e8
        self.mark_price_e8 = mark_price_e8
        self.account_value_e8 = account_value_e8
        self.imr_before_e8 = imr_before_e8
        self.imr_after_e8 = imr_after_e8
        self.reinstates_seq = reinstates_seq


@final
class OrderTriggered(Event):
    """The mark price reached the trigger of an order."""

    __slots__ = (
        "account",
        "has_price",
        "mark_price_e8",
        "market",
        "open_buy_after_e8",
        "open_buy_before_e8",
        "open_sell_after_e8",
        "open_sell_before_e8",
        "order_id",
        "price_e8",
        "price_seq",
        "remaining_after_e8",
        "remaining_before_e8",
        "side",
        "status_after",
        "status_before",
        "trigger_price_e8",
    )

    def __init__(
        self,
        account: str,
        order_id: str,
        market: str,
        side: str,
        trigger_price_e8: int,
        mark_price_e8: int,
        price_seq: int,
        has_price: int,
        price_e8: int,
        status_before: str,
        status_after: str,
        remaining_before_e8: int,
        remaining_after_e8: int,
        open_buy_before_e8: int,
        open_buy_after_e8: int,
        open_sell_before_e8: int,
        open_sell_after_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.order_id = order_id
        self.market = market
        self.side = side
        self.trigger_price_e8 = trigger_price_e8
        self.mark_price_e8 = mark_price_e8
        self.price_seq = price_seq
        self.has_price = has_price
        self.price_e8 = price_e8
        self.status_before = status_before
        self.status_after = status_after
        self.remaining_before_e8 = remaining_before_e8
        self.remaining_after_e8 = remaining_after_e8
        self.open_buy_before_e8 = open_buy_before_e8
        self.open_buy_after_e8 = open_buy_after_e8
        self.open_sell_before_e8 = open_sell_before_e8
        self.open_sell_after_e8 = open_sell_after_e8


@final
class PenaltyCharged(Event):
    """Debit of the liquidation penalty; TransferReceived of kind PENALTY credits it to the Liquidator Vault."""

    __slots__ = (
        "account",
        "amount_e8",
        "balance_after_e8",
        "balance_before_e8",
        "fee_ppm",
        "liquidation_id",
        "mmr_e8",
        "share_ppm",
    )

    def __init__(
        self,
        account: str,
        liquidation_id: str,
        share_ppm: int,
        mmr_e8: int,
        fee_ppm: int,
        amount_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.liquidation_id = liquidation_id
        self.share_ppm = share_ppm
        self.mmr_e8 = mmr_e8
        self.fee_ppm = fee_ppm
        self.amount_e8 = amount_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8


@final
class PlanApproved(Event):
    """Two operators approved a plan; it survives rollbacks. Their signatures are over the ApprovePlan that this event says again."""

    __slots__ = (
        "cap_e8",
        "expires_at_us",
        "head_height",
        "incident_id",
        "key_1",
        "key_2",
        "lines",
        "payer",
        "plan_digest",
        "plan_kind",
        "signature_1",
        "signature_2",
        "total_e8",
    )

    def __init__(
        self,
        plan_kind: str,
        plan_digest: str,
        incident_id: str,
        head_height: int,
        lines: int,
        total_e8: int,
        payer: str,
        cap_e8: int,
        key_1: str,
        key_2: str,
        signature_1: str,
        signature_2: str,
        expires_at_us: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.plan_kind = plan_kind
        self.plan_digest = plan_digest
        self.incident_id = incident_id
        self.head_height = head_height
        self.lines = lines
        self.total_e8 = total_e8
        self.payer = payer
        self.cap_e8 = cap_e8
        self.key_1 = key_1
        self.key_2 = key_2
        self.signature_1 = signature_1
        self.signature_2 = signature_2
        self.expires_at_us = expires_at_us


@final
class PricesUpdated(Event):
    """New prices of one market, accepted from a price tick."""

    __slots__ = (
        "ask_depth_e8",
        "ask_e8",
        "bid_depth_e8",
        "bid_e8",
        "external_fair_e8",
        "has_ask",
        "has_bid",
        "has_external_fair",
        "has_last",
        "last_e8",
        "mark_before_e8",
        "mark_e8",
        "market",
        "observed_at_ms",
        "observed_before_ms",
        "previous_tick_id",
        "source",
        "source_epoch",
        "spot_e8",
        "tick_id",
        "tick_markets",
    )

    def __init__(
        self,
        tick_id: int,
        previous_tick_id: int,
        tick_markets: int,
        market: str,
        mark_before_e8: int,
        mark_e8: int,
        spot_e8: int,
        has_external_fair: int,
        external_fair_e8: int,
        has_bid: int,
        bid_e8: int,
        has_ask: int,
        ask_e8: int,
        has_last: int,
        last_e8: int,
        bid_depth_e8: int,
        ask_depth_e8: int,
        source: str,
        source_epoch: int,
        observed_before_ms: int,
        observed_at_ms: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.tick_id = tick_id
        self.previous_tick_id = previous_tick_id
        self.tick_markets = tick_markets
        self.market = market
        self.mark_before_e8 = mark_before_e8
        self.mark_e8 = mark_e8
        self.spot_e8 = spot_e8
        self.has_external_fair = has_external_fair
        self.external_fair_e8 = external_fair_e8
        self.has_bid = has_bid
        self.bid_e8 = bid_e8
        self.has_ask = has_ask
        self.ask_e8 = ask_e8
        self.has_last = has_last
        self.last_e8 = last_e8
        self.bid_depth_e8 = bid_depth_e8
        self.ask_depth_e8 = ask_depth_e8
        self.source = source
        self.source_epoch = source_epoch
        self.observed_before_ms = observed_before_ms
        self.observed_at_ms = observed_at_ms


@final
class RefundPaid(Event):
    """Credit of a refund; the debit is TransferSent of kind REFUND on the payer."""

    __slots__ = (
        "account",
        "amount_e8",
        "balance_after_e8",
        "balance_before_e8",
        "incident_id",
        "line",
        "method",
        "paid_after_e8",
        "paid_before_e8",
        "payer",
        "plan_digest",
        "reason",
        "refund_id",
    )

    def __init__(
        self,
        account: str,
        refund_id: str,
        incident_id: str,
        plan_digest: str,
        line: int,
        reason: str,
        method: str,
        payer: str,
        amount_e8: int,
        paid_before_e8: int,
        paid_after_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.refund_id = refund_id
        self.incident_id = incident_id
        self.plan_digest = plan_digest
        self.line = line
        self.reason = reason
        self.method = method
        self.payer = payer
        self.amount_e8 = amount_e8
        self.paid_before_e8 = paid_before_e8
        self.paid_after_e8 = paid_after_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8


@final
class RollbackCompleted(Event):
    """Everything that a rollback brings with it is recorded: views switch to the restored history."""

    __slots__ = (
        "cancelled",
        "custody_after_e8",
        "negative_total_e8",
        "plan_digest",
        "reinstated",
        "rollback_seq",
        "state_digest_after",
    )

    def __init__(
        self,
        rollback_seq: int,
        plan_digest: str,
        custody_after_e8: int,
        state_digest_after: str,
        reinstated: int,
        cancelled: int,
        negative_total_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.rollback_seq = rollback_seq
        self.plan_digest = plan_digest
        self.custody_after_e8 = custody_after_e8
        self.state_digest_after = state_digest_after
        self.reinstated = reinstated
        self.cancelled = cancelled
        self.negative_total_e8 = negative_total_e8


@final
class RollbackDeclared(Event):
    """A rollback: the parent of this block is the target, and the blocks between are void. Always the first event of its block."""

    __slots__ = (
        "cancelled",
        "custody_before_e8",
        "incident_id",
        "key_1",
        "key_2",
        "negative_accounts",
        "plan_digest",
        "reason",
        "reinstated",
        "signature_1",
        "signature_2",
        "state_digest_target",
        "target_height",
        "target_seq",
        "void_from_height",
        "void_from_seq",
        "void_to_height",
        "void_to_seq",
    )

    def __init__(
        self,
        incident_id: str,
        target_height: int,
        target_seq: int,
        void_from_height: int,
        void_to_height: int,
        void_from_seq: int,
        void_to_seq: int,
        plan_digest: str,
        reason: str,
        key_1: str,
        key_2: str,
        signature_1: str,
        signature_2: str,
        state_digest_target: str,
        reinstated: int,
        cancelled: int,
        negative_accounts: int,
        custody_before_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.incident_id = incident_id
        self.target_height = target_height
        self.target_seq = target_seq
        self.void_from_height = void_from_height
        self.void_to_height = void_to_height
        self.void_from_seq = void_from_seq
        self.void_to_seq = void_to_seq
        self.plan_digest = plan_digest
        self.reason = reason
        self.key_1 = key_1
        self.key_2 = key_2
        self.signature_1 = signature_1
        self.signature_2 = signature_2
        self.state_digest_target = state_digest_target
        self.reinstated = reinstated
        self.cancelled = cancelled
        self.negative_accounts = negative_accounts
        self.custody_before_e8 = custody_before_e8


@final
class RoundingSwept(Event):
    """Whole units of funding dust were moved to the rounding account. Key: account `rounding`."""

    __slots__ = (
        "account",
        "amount_e8",
        "clearing",
        "dust_swept_e16",
        "market",
    )

    def __init__(
        self,
        account: str,
        clearing: str,
        market: str,
        amount_e8: int,
        dust_swept_e16: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.clearing = clearing
        self.market = market
        self.amount_e8 = amount_e8
        self.dust_swept_e16 = dust_swept_e16


@final
class RuleChanged(Event):
    """A rule that is no field of a market changed."""

    __slots__ = (
        "operator_key",
        "rule",
        "scope",
        "second_key",
        "second_signature",
        "signature",
        "value_after",
        "value_before",
    )

    def __init__(
        self,
        rule: str,
        scope: str,
        value_before: str,
        value_after: str,
        operator_key: str,
        second_key: str,
        signature: str,
        second_signature: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.rule = rule
        self.scope = scope
        self.value_before = value_before
        self.value_after = value_after
        self.operator_key = operator_key
        self.second_key = second_key
        self.signature = signature
        self.second_signature = second_signature


@final
class SystemStatusChanged(Event):
    """The status of the whole exchange or the switch of withdrawals changed."""

    __slots__ = (
        "gates",
        "guard_seq",
        "operator_key",
        "reason",
        "second_key",
        "second_signature",
        "signature",
        "status_after",
        "status_before",
        "withdrawals_after",
        "withdrawals_before",
    )

    def __init__(
        self,
        status_before: str,
        status_after: str,
        withdrawals_before: str,
        withdrawals_after: str,
        reason: str,
        guard_seq: int,
        gates: str,
        operator_key: str,
        second_key: str,
        signature: str,
        second_signature: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.status_before = status_before
        self.status_after = status_after
        self.withdrawals_before = withdrawals_before
        self.withdrawals_after = withdrawals_after
        self.reason = reason
        self.guard_seq = guard_seq
        self.gates = gates
        self.operator_key = operator_key
        self.second_key = second_key
        self.signature = signature
        self.second_signature = second_signature


@final
class TradeBusted(Event):
    """One side of a trade was reversed at its original price."""

    __slots__ = (
        "account",
        "balance_after_e8",
        "balance_before_e8",
        "cached_index_before_e8",
        "client_id",
        "cost_after_e8",
        "cost_before_e8",
        "counterparty",
        "dust_e16",
        "exact",
        "fee_returned_e8",
        "fill_size_e8",
        "funding_index_e8",
        "funding_returned_e8",
        "mark_price_e8",
        "market",
        "open_buy_after_e8",
        "open_buy_before_e8",
        "open_sell_after_e8",
        "open_sell_before_e8",
        "order_id",
        "order_status_after",
        "position_id_after",
        "position_id_before",
        "price_e8",
        "realized_funding_e8",
        "realized_pnl_e8",
        "reason",
        "remaining_after_e8",
        "remaining_before_e8",
        "reverses_seq",
        "side",
        "size_after_e8",
        "size_before_e8",
        "trade_id",
        "value_e8",
    )

    def __init__(
        self,
        account: str,
        market: str,
        trade_id: str,
        reverses_seq: int,
        reason: str,
        side: str,
        counterparty: str,
        fill_size_e8: int,
        price_e8: int,
        value_e8: int,
        order_id: str,
        client_id: str,
        order_status_after: str,
        remaining_before_e8: int,
        remaining_after_e8: int,
        position_id_before: int,
        position_id_after: int,
        size_before_e8: int,
        size_after_e8: int,
        cost_before_e8: int,
        cost_after_e8: int,
        cached_index_before_e8: int,
        funding_index_e8: int,
        realized_pnl_e8: int,
        realized_funding_e8: int,
        dust_e16: int,
        funding_returned_e8: int,
        fee_returned_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        mark_price_e8: int,
        open_buy_before_e8: int,
        open_buy_after_e8: int,
        open_sell_before_e8: int,
        open_sell_after_e8: int,
        exact: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.market = market
        self.trade_id = trade_id
        self.reverses_seq = reverses_seq
        self.reason = reason
        self.side = side
        self.counterparty = counterparty
        self.fill_size_e8 = fill_size_e8
        self.price_e8 = price_e8
        self.value_e8 = value_e8
        self.order_id = order_id
        self.client_id = client_id
        self.order_status_after = order_status_after
        self.remaining_before_e8 = remaining_before_e8
        self.remaining_after_e8 = remaining_after_e8
        self.position_id_before = position_id_before
        self.position_id_after = position_id_after
        self.size_before_e8 = size_before_e8
        self.size_after_e8 = size_after_e8
        self.cost_before_e8 = cost_before_e8
        self.cost_after_e8 = cost_after_e8
        self.cached_index_before_e8 = cached_index_before_e8
        self.funding_index_e8 = funding_index_e8
        self.realized_pnl_e8 = realized_pnl_e8
        self.realized_funding_e8 = realized_funding_e8
        self.dust_e16 = dust_e16
        self.funding_returned_e8 = funding_returned_e8
        self.fee_returned_e8 = fee_returned_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.mark_price_e8 = mark_price_e8
        self.open_buy_before_e8 = open_buy_before_e8
        self.open_buy_after_e8 = open_buy_after_e8
        self.open_sell_before_e8 = open_sell_before_e8
        self.open_sell_after_e8 = open_sell_after_e8
        self.exact = exact


@final
class TransferReceived(Event):
    """Credit of a movement between two accounts."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "corrects_seq",
        "counterparty",
        "incident_id",
        "liquidation_id",
        "transfer_id",
        "transfer_kind",
        "vault",
    )

    def __init__(
        self,
        account: str,
        transfer_id: str,
        transfer_kind: str,
        counterparty: str,
        asset: str,
        amount_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        vault: str,
        liquidation_id: str,
        incident_id: str,
        corrects_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.transfer_id = transfer_id
        self.transfer_kind = transfer_kind
        self.counterparty = counterparty
        self.asset = asset
        self.amount_e8 = amount_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.vault = vault
        self.liquidation_id = liquidation_id
        self.incident_id = incident_id
        self.corrects_seq = corrects_seq


@final
class TransferSent(Event):
    """Debit of a movement between two accounts."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "corrects_seq",
        "counterparty",
        "incident_id",
        "liquidation_id",
        "transfer_id",
        "transfer_kind",
        "vault",
    )

    def __init__(
        self,
        account: str,
        transfer_id: str,
        transfer_kind: str,
        counterparty: str,
        asset: str,
        amount_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        vault: str,
        liquidation_id: str,
        incident_id: str,
        corrects_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.transfer_id = transfer_id
        self.transfer_kind = transfer_kind
        self.counterparty = counterparty
        self.asset = asset
        self.amount_e8 = amount_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.vault = vault
        self.liquidation_id = liquidation_id
        self.incident_id = incident_id
        self.corrects_seq = corrects_seq


@final
class VaultCreated(Event):
    """A vault was created over an operator account."""

    __slots__ = (
        "account",
        "lockup_s",
        "name",
        "owner_account",
        "owner_minimum_e8",
        "profit_share_period_s",
        "profit_share_ppm",
        "status",
        "tvl_max_e8",
        "vault",
        "vault_kind",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        name: str,
        vault_kind: str,
        owner_account: str,
        profit_share_ppm: int,
        profit_share_period_s: int,
        lockup_s: int,
        tvl_max_e8: int,
        owner_minimum_e8: int,
        status: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.name = name
        self.vault_kind = vault_kind
        self.owner_account = owner_account
        self.profit_share_ppm = profit_share_ppm
        self.profit_share_period_s = profit_share_period_s
        self.lockup_s = lockup_s
        self.tvl_max_e8 = tvl_max_e8
        self.owner_minimum_e8 = owner_minimum_e8
        self.status = status


@final
class VaultFeeSettled(Event):
    """Profit share: shares went from a holder to the owner; supply and price stay."""

    __slots__ = (
        "account",
        "fee_shares_e8",
        "fee_value_e8",
        "holder",
        "holder_shares_after_e8",
        "holder_shares_before_e8",
        "hwm_after_e8",
        "hwm_before_e8",
        "owner",
        "owner_shares_after_e8",
        "owner_shares_before_e8",
        "period_start_us",
        "price_e8",
        "settle_reason",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        holder: str,
        owner: str,
        price_e8: int,
        hwm_before_e8: int,
        hwm_after_e8: int,
        holder_shares_before_e8: int,
        holder_shares_after_e8: int,
        owner_shares_before_e8: int,
        owner_shares_after_e8: int,
        fee_shares_e8: int,
        fee_value_e8: int,
        period_start_us: int,
        settle_reason: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.holder = holder
        self.owner = owner
        self.price_e8 = price_e8
        self.hwm_before_e8 = hwm_before_e8
        self.hwm_after_e8 = hwm_after_e8
        self.holder_shares_before_e8 = holder_shares_before_e8
        self.holder_shares_after_e8 = holder_shares_after_e8
        self.owner_shares_before_e8 = owner_shares_before_e8
        self.owner_shares_after_e8 = owner_shares_after_e8
        self.fee_shares_e8 = fee_shares_e8
        self.fee_value_e8 = fee_value_e8
        self.period_start_us = period_start_us
        self.settle_reason = settle_reason


@final
class VaultSharesBurned(Event):
    """Shares of a vault were burned for their part of the equity."""

    __slots__ = (
        "account",
        "aux_account",
        "burn_kind",
        "corrects_seq",
        "equity_before_e8",
        "holder",
        "holder_deposited_after_e8",
        "holder_deposited_before_e8",
        "holder_shares_after_e8",
        "holder_shares_before_e8",
        "hwm_after_e8",
        "hwm_before_e8",
        "lots",
        "net_deposits_after_e8",
        "net_deposits_before_e8",
        "pay_e8",
        "price_e8",
        "shares_e8",
        "supply_after_e8",
        "supply_before_e8",
        "transfer_id",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        holder: str,
        burn_kind: str,
        transfer_id: str,
        equity_before_e8: int,
        price_e8: int,
        shares_e8: int,
        pay_e8: int,
        aux_account: str,
        lots: str,
        supply_before_e8: int,
        supply_after_e8: int,
        holder_shares_before_e8: int,
        holder_shares_after_e8: int,
        hwm_before_e8: int,
        hwm_after_e8: int,
        holder_deposited_before_e8: int,
        holder_deposited_after_e8: int,
        net_deposits_before_e8: int,
        net_deposits_after_e8: int,
        corrects_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.holder = holder
        self.burn_kind = burn_kind
        self.transfer_id = transfer_id
        self.equity_before_e8 = equity_before_e8
        self.price_e8 = price_e8
        self.shares_e8 = shares_e8
        self.pay_e8 = pay_e8
        self.aux_account = aux_account
        self.lots = lots
        self.supply_before_e8 = supply_before_e8
        self.supply_after_e8 = supply_after_e8
        self.holder_shares_before_e8 = holder_shares_before_e8
        self.holder_shares_after_e8 = holder_shares_after_e8
        self.hwm_before_e8 = hwm_before_e8
        self.hwm_after_e8 = hwm_after_e8
        self.holder_deposited_before_e8 = holder_deposited_before_e8
        self.holder_deposited_after_e8 = holder_deposited_after_e8
        self.net_deposits_before_e8 = net_deposits_before_e8
        self.net_deposits_after_e8 = net_deposits_after_e8
        self.corrects_seq = corrects_seq


@final
class VaultSharesMinted(Event):
    """Shares of a vault were minted for a deposit at the share price."""

    __slots__ = (
        "account",
        "amount_e8",
        "corrects_seq",
        "equity_before_e8",
        "holder",
        "holder_deposited_after_e8",
        "holder_deposited_before_e8",
        "holder_shares_after_e8",
        "holder_shares_before_e8",
        "hwm_after_e8",
        "hwm_before_e8",
        "lot_id",
        "mint_kind",
        "net_deposits_after_e8",
        "net_deposits_before_e8",
        "price_e8",
        "shares_e8",
        "supply_after_e8",
        "supply_before_e8",
        "transfer_id",
        "unlock_at_us",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        holder: str,
        mint_kind: str,
        transfer_id: str,
        amount_e8: int,
        equity_before_e8: int,
        price_e8: int,
        shares_e8: int,
        supply_before_e8: int,
        supply_after_e8: int,
        holder_shares_before_e8: int,
        holder_shares_after_e8: int,
        hwm_before_e8: int,
        hwm_after_e8: int,
        holder_deposited_before_e8: int,
        holder_deposited_after_e8: int,
        net_deposits_before_e8: int,
        net_deposits_after_e8: int,
        lot_id: str,
        unlock_at_us: int,
        corrects_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.holder = holder
        self.mint_kind = mint_kind
        self.transfer_id = transfer_id
        self.amount_e8 = amount_e8
        self.equity_before_e8 = equity_before_e8
        self.price_e8 = price_e8
        self.shares_e8 = shares_e8
        self.supply_before_e8 = supply_before_e8
        self.supply_after_e8 = supply_after_e8
        self.holder_shares_before_e8 = holder_shares_before_e8
        self.holder_shares_after_e8 = holder_shares_after_e8
        self.hwm_before_e8 = hwm_before_e8
        self.hwm_after_e8 = hwm_after_e8
        self.holder_deposited_before_e8 = holder_deposited_before_e8
        self.holder_deposited_after_e8 = holder_deposited_after_e8
        self.net_deposits_before_e8 = net_deposits_before_e8
        self.net_deposits_after_e8 = net_deposits_after_e8
        self.lot_id = lot_id
        self.unlock_at_us = unlock_at_us
        self.corrects_seq = corrects_seq


@final
class VaultUnwindCompleted(Event):
    """The auxiliary account of a redemption is flat, and its money goes to the holder."""

    __slots__ = (
        "account",
        "aux_account",
        "holder",
        "paid_e8",
        "unwind_id",
        "unwind_pnl_e8",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        holder: str,
        aux_account: str,
        unwind_id: str,
        paid_e8: int,
        unwind_pnl_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.holder = holder
        self.aux_account = aux_account
        self.unwind_id = unwind_id
        self.paid_e8 = paid_e8
        self.unwind_pnl_e8 = unwind_pnl_e8


@final
class VaultUnwindStarted(Event):
    """A part of a vault's positions and cash goes to an auxiliary account, to be unwound for one holder."""

    __slots__ = (
        "account",
        "aux_account",
        "cash_e8",
        "equity_e8",
        "holder",
        "notional_e8",
        "pay_e8",
        "positions",
        "shares_e8",
        "supply_e8",
        "unwind_id",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        holder: str,
        aux_account: str,
        unwind_id: str,
        shares_e8: int,
        supply_e8: int,
        equity_e8: int,
        pay_e8: int,
        cash_e8: int,
        positions: int,
        notional_e8: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.holder = holder
        self.aux_account = aux_account
        self.unwind_id = unwind_id
        self.shares_e8 = shares_e8
        self.supply_e8 = supply_e8
        self.equity_e8 = equity_e8
        self.pay_e8 = pay_e8
        self.cash_e8 = cash_e8
        self.positions = positions
        self.notional_e8 = notional_e8


@final
class VaultUpdated(Event):
    """One field of a vault changed."""

    __slots__ = (
        "account",
        "field",
        "value_after",
        "value_before",
        "vault",
    )

    def __init__(
        self,
        account: str,
        vault: str,
        field: str,
        value_before: str,
        value_after: str,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.vault = vault
        self.field = field
        self.value_before = value_before
        self.value_after = value_after


@final
class WithdrawalFailed(Event):
    """A requested withdrawal did not leave; the amount is back in the balance."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "pending_after_e8",
        "pending_before_e8",
        "reason",
        "reinstates_seq",
        "withdrawal_id",
    )

    def __init__(
        self,
        account: str,
        withdrawal_id: str,
        asset: str,
        amount_e8: int,
        pending_before_e8: int,
        pending_after_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        reason: str,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.asset = asset
        self.amount_e8 = amount_e8
        self.pending_before_e8 = pending_before_e8
        self.pending_after_e8 = pending_after_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.reason = reason
        self.reinstates_seq = reinstates_seq


@final
class WithdrawalReleased(Event):
    """A requested withdrawal left the exchange."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "external_ref",
        "loss_e8",
        "paid_e8",
        "pending_after_e8",
        "pending_before_e8",
        "reinstates_seq",
        "socialized_loss_factor_e8",
        "withdrawal_id",
    )

    def __init__(
        self,
        account: str,
        withdrawal_id: str,
        asset: str,
        amount_e8: int,
        socialized_loss_factor_e8: int,
        loss_e8: int,
        paid_e8: int,
        pending_before_e8: int,
        pending_after_e8: int,
        external_ref: str,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.asset = asset
        self.amount_e8 = amount_e8
        self.socialized_loss_factor_e8 = socialized_loss_factor_e8
        self.loss_e8 = loss_e8
        self.paid_e8 = paid_e8
        self.pending_before_e8 = pending_before_e8
        self.pending_after_e8 = pending_after_e8
        self.external_ref = external_ref
        self.reinstates_seq = reinstates_seq


@final
class WithdrawalRequested(Event):
    """A withdrawal was requested; the amount is locked until it is released or fails."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "balance_after_e8",
        "balance_before_e8",
        "destination",
        "pending_after_e8",
        "pending_before_e8",
        "reinstates_seq",
        "withdrawable_before_e8",
        "withdrawal_id",
    )

    def __init__(
        self,
        account: str,
        withdrawal_id: str,
        asset: str,
        amount_e8: int,
        balance_before_e8: int,
        balance_after_e8: int,
        pending_before_e8: int,
        pending_after_e8: int,
        withdrawable_before_e8: int,
        destination: str,
        reinstates_seq: int,
    ) -> None:
        self.seq = 0
        self.recorded_at_us = 0
        self.occurred_at_us = 0
        self.command_id = ""
        self.cause_seq = 0
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.asset = asset
        self.amount_e8 = amount_e8
        self.balance_before_e8 = balance_before_e8
        self.balance_after_e8 = balance_after_e8
        self.pending_before_e8 = pending_before_e8
        self.pending_after_e8 = pending_after_e8
        self.withdrawable_before_e8 = withdrawable_before_e8
        self.destination = destination
        self.reinstates_seq = reinstates_seq


@final
class MarketRate(Message):
    """Funding rate of one market in a tick; the index is a claim that the ledger checks."""

    __slots__ = (
        "has_claim",
        "has_premium",
        "index_claimed_e8",
        "market",
        "premium_e8",
        "rate_e12",
        "spot_e8",
    )

    def __init__(
        self,
        market: str,
        rate_e12: int,
        spot_e8: int,
        has_claim: int,
        index_claimed_e8: int,
        has_premium: int,
        premium_e8: int,
    ) -> None:
        self.market = market
        self.rate_e12 = rate_e12
        self.spot_e8 = spot_e8
        self.has_claim = has_claim
        self.index_claimed_e8 = index_claimed_e8
        self.has_premium = has_premium
        self.premium_e8 = premium_e8


@final
class IndexRestatement(Message):
    """The index of one market from now on."""

    __slots__ = (
        "from_seq",
        "index_after_e8",
        "market",
        "remainder_after",
        "to_seq",
    )

    def __init__(
        self,
        market: str,
        index_after_e8: int,
        remainder_after: int,
        from_seq: int,
        to_seq: int,
    ) -> None:
        self.market = market
        self.index_after_e8 = index_after_e8
        self.remainder_after = remainder_after
        self.from_seq = from_seq
        self.to_seq = to_seq


@final
class FundingCorrection(Message):
    """What one position was settled at the wrong index."""

    __slots__ = (
        "account",
        "amount_e8",
        "cached_index_after_e8",
        "cached_index_before_e8",
        "corrects_seq",
        "dust_e16",
        "market",
    )

    def __init__(
        self,
        account: str,
        market: str,
        cached_index_before_e8: int,
        cached_index_after_e8: int,
        amount_e8: int,
        dust_e16: int,
        corrects_seq: int,
    ) -> None:
        self.account = account
        self.market = market
        self.cached_index_before_e8 = cached_index_before_e8
        self.cached_index_after_e8 = cached_index_after_e8
        self.amount_e8 = amount_e8
        self.dust_e16 = dust_e16
        self.corrects_seq = corrects_seq


@final
class FillReversal(Message):
    """One side of a takeover, or of what a redemption moved to be unwound, that should not have been, or not as it was."""

    __slots__ = (
        "account",
        "cost_before_e8",
        "counterparty",
        "fill_size_e8",
        "index_e8",
        "liquidation_id",
        "market",
        "position_id_before",
        "previous_seq",
        "price_e8",
        "reverses_seq",
        "side",
        "value_e8",
        "whole",
    )

    def __init__(
        self,
        account: str,
        market: str,
        counterparty: str,
        liquidation_id: str,
        reverses_seq: int,
        previous_seq: int,
        whole: int,
        side: str,
        fill_size_e8: int,
        price_e8: int,
        value_e8: int,
        index_e8: int,
        cost_before_e8: int,
        position_id_before: int,
    ) -> None:
        self.account = account
        self.market = market
        self.counterparty = counterparty
        self.liquidation_id = liquidation_id
        self.reverses_seq = reverses_seq
        self.previous_seq = previous_seq
        self.whole = whole
        self.side = side
        self.fill_size_e8 = fill_size_e8
        self.price_e8 = price_e8
        self.value_e8 = value_e8
        self.index_e8 = index_e8
        self.cost_before_e8 = cost_before_e8
        self.position_id_before = position_id_before


@final
class CorrectionPayment(Message):
    """Money that goes from one account to another."""

    __slots__ = (
        "amount_e8",
        "corrects_seq",
        "liquidation_id",
        "payee",
        "payer",
        "transfer_kind",
        "vault",
    )

    def __init__(
        self,
        payer: str,
        payee: str,
        transfer_kind: str,
        amount_e8: int,
        liquidation_id: str,
        vault: str,
        corrects_seq: int,
    ) -> None:
        self.payer = payer
        self.payee = payee
        self.transfer_kind = transfer_kind
        self.amount_e8 = amount_e8
        self.liquidation_id = liquidation_id
        self.vault = vault
        self.corrects_seq = corrects_seq


@final
class ShareCorrection(Message):
    """Shares that a flow into or out of a vault should have given or taken besides."""

    __slots__ = (
        "corrects_seq",
        "equity_e8",
        "holder",
        "hwm_after_e8",
        "lot_id",
        "price_e8",
        "shares_e8",
        "unlock_at_us",
        "vault",
    )

    def __init__(
        self,
        vault: str,
        holder: str,
        shares_e8: int,
        equity_e8: int,
        price_e8: int,
        hwm_after_e8: int,
        lot_id: str,
        unlock_at_us: int,
        corrects_seq: int,
    ) -> None:
        self.vault = vault
        self.holder = holder
        self.shares_e8 = shares_e8
        self.equity_e8 = equity_e8
        self.price_e8 = price_e8
        self.hwm_after_e8 = hwm_after_e8
        self.lot_id = lot_id
        self.unlock_at_us = unlock_at_us
        self.corrects_seq = corrects_seq


@final
class OrderReinstatement(Message):
    """A take-profit or stop-loss order that a reversed liquidation cancelled."""

    __slots__ = (
        "account",
        "client_id",
        "has_price",
        "instruction",
        "market",
        "oco_group",
        "order_id",
        "order_type",
        "price_e8",
        "reinstates_seq",
        "side",
        "size_e8",
        "stp",
        "trigger_condition",
        "trigger_price_e8",
    )

    def __init__(
        self,
        account: str,
        order_id: str,
        client_id: str,
        market: str,
        side: str,
        order_type: str,
        instruction: str,
        size_e8: int,
        has_price: int,
        price_e8: int,
        trigger_price_e8: int,
        trigger_condition: str,
        oco_group: str,
        stp: str,
        reinstates_seq: int,
    ) -> None:
        self.account = account
        self.order_id = order_id
        self.client_id = client_id
        self.market = market
        self.side = side
        self.order_type = order_type
        self.instruction = instruction
        self.size_e8 = size_e8
        self.has_price = has_price
        self.price_e8 = price_e8
        self.trigger_price_e8 = trigger_price_e8
        self.trigger_condition = trigger_condition
        self.oco_group = oco_group
        self.stp = stp
        self.reinstates_seq = reinstates_seq


@final
class NegativeTreatment(Message):
    """What happens to an account that ends worth less than nothing, other than that it owes."""

    __slots__ = (
        "account",
        "amount_e8",
        "treatment",
    )

    def __init__(
        self,
        account: str,
        treatment: str,
        amount_e8: int,
    ) -> None:
        self.account = account
        self.treatment = treatment
        self.amount_e8 = amount_e8


@final
class RollbackChoice(Message):
    """What operators chose where a plan leaves a choice."""

    __slots__ = (
        "subject",
        "treatment",
    )

    def __init__(
        self,
        subject: str,
        treatment: str,
    ) -> None:
        self.subject = subject
        self.treatment = treatment


@final
class MarketPrice(Message):
    """Prices of one market in a tick."""

    __slots__ = (
        "ask_depth_e8",
        "ask_e8",
        "bid_depth_e8",
        "bid_e8",
        "external_fair_e8",
        "has_ask",
        "has_bid",
        "has_external_fair",
        "has_last",
        "last_e8",
        "mark_e8",
        "market",
        "spot_e8",
    )

    def __init__(
        self,
        market: str,
        mark_e8: int,
        spot_e8: int,
        has_external_fair: int,
        external_fair_e8: int,
        has_bid: int,
        bid_e8: int,
        has_ask: int,
        ask_e8: int,
        has_last: int,
        last_e8: int,
        bid_depth_e8: int,
        ask_depth_e8: int,
    ) -> None:
        self.market = market
        self.mark_e8 = mark_e8
        self.spot_e8 = spot_e8
        self.has_external_fair = has_external_fair
        self.external_fair_e8 = external_fair_e8
        self.has_bid = has_bid
        self.bid_e8 = bid_e8
        self.has_ask = has_ask
        self.ask_e8 = ask_e8
        self.has_last = has_last
        self.last_e8 = last_e8
        self.bid_depth_e8 = bid_depth_e8
        self.ask_depth_e8 = ask_depth_e8


@final
class AdvanceFunding(Command):
    """A funding tick: one entry per market, refused whole."""

    __slots__ = (
        "observed_at_ms",
        "previous_tick_id",
        "rates",
        "source",
        "source_epoch",
        "tick_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        tick_id: int,
        previous_tick_id: int,
        source: str,
        source_epoch: int,
        observed_at_ms: int,
        rates: list[MarketRate],
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.tick_id = tick_id
        self.previous_tick_id = previous_tick_id
        self.source = source
        self.source_epoch = source_epoch
        self.observed_at_ms = observed_at_ms
        self.rates = rates


@final
class ApplyCorrection(Command):
    """Restate the funding index of markets and correct everything that followed from the wrong one, all in one block."""

    __slots__ = (
        "fills",
        "funding",
        "head_seq",
        "incident_id",
        "indices",
        "negatives",
        "orders",
        "payments",
        "plan_digest",
        "reason",
        "report_digest",
        "shares",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        incident_id: str,
        reason: str,
        plan_digest: str,
        report_digest: str,
        head_seq: int,
        indices: list[IndexRestatement],
        funding: list[FundingCorrection],
        fills: list[FillReversal],
        payments: list[CorrectionPayment],
        shares: list[ShareCorrection],
        orders: list[OrderReinstatement],
        negatives: list[NegativeTreatment],
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.incident_id = incident_id
        self.reason = reason
        self.plan_digest = plan_digest
        self.report_digest = report_digest
        self.head_seq = head_seq
        self.indices = indices
        self.funding = funding
        self.fills = fills
        self.payments = payments
        self.shares = shares
        self.orders = orders
        self.negatives = negatives


@final
class ApplyRollback(Command):
    """Apply an approved rollback plan, in maintenance and while the log is as the plan says. The ledger makes the plan again from the log and the choices; another digest is refused."""

    __slots__ = (
        "choices",
        "head_height",
        "head_seq",
        "incident_id",
        "plan_digest",
        "reason",
        "report_digest",
        "target_height",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        plan_digest: str,
        report_digest: str,
        incident_id: str,
        reason: str,
        target_height: int,
        head_height: int,
        head_seq: int,
        choices: list[RollbackChoice],
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.plan_digest = plan_digest
        self.report_digest = report_digest
        self.incident_id = incident_id
        self.reason = reason
        self.target_height = target_height
        self.head_height = head_height
        self.head_seq = head_seq
        self.choices = choices


@final
class ApprovePlan(Command):
    """Approve a plan by its digest; signed by the keys of two different operators, always."""

    __slots__ = (
        "cap_e8",
        "expires_at_us",
        "head_height",
        "incident_id",
        "lines",
        "payer",
        "plan_digest",
        "plan_kind",
        "total_e8",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        plan_kind: str,
        plan_digest: str,
        incident_id: str,
        head_height: int,
        lines: int,
        total_e8: int,
        payer: str,
        cap_e8: int,
        expires_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.plan_kind = plan_kind
        self.plan_digest = plan_digest
        self.incident_id = incident_id
        self.head_height = head_height
        self.lines = lines
        self.total_e8 = total_e8
        self.payer = payer
        self.cap_e8 = cap_e8
        self.expires_at_us = expires_at_us


@final
class BustTrade(Command):
    """Reverse a trade at its original price."""

    __slots__ = (
        "reason",
        "trade_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        trade_id: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.trade_id = trade_id
        self.reason = reason


@final
class CancelAllOrders(Command):
    """Cancel every order of an account, in one market or (market empty) in all."""

    __slots__ = (
        "account",
        "market",
        "reason",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        market: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.market = market
        self.reason = reason


@final
class CancelOrder(Command):
    """Cancel one order."""

    __slots__ = (
        "account",
        "order_id",
        "reason",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        order_id: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.order_id = order_id
        self.reason = reason


@final
class CancelOutsideBand(Command):
    """Cancel the orders of an account that the band of a restricted mode no longer allows."""

    __slots__ = (
        "account",
        "market",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        market: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.market = market


@final
class ChangeAccount(Command):
    """Change one field of an account: status, signer, fee_tier or leverage (per market)."""

    __slots__ = (
        "account",
        "field",
        "market",
        "reason",
        "value",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        field: str,
        market: str,
        value: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.field = field
        self.market = market
        self.value = value
        self.reason = reason


@final
class ChangeRule(Command):
    """Change a rule that is no field of a market."""

    __slots__ = (
        "rule",
        "scope",
        "value",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        rule: str,
        scope: str,
        value: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.rule = rule
        self.scope = scope
        self.value = value


@final
class ChangeStatus(Command):
    """Change the status of the whole exchange, the switch of withdrawals, or both."""

    __slots__ = (
        "reason",
        "status",
        "withdrawals",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        status: str,
        withdrawals: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.status = status
        self.withdrawals = withdrawals
        self.reason = reason


@final
class CompleteUnwind(Command):
    """Pay a holder what the unwinding of a redemption left in its auxiliary account."""

    __slots__ = (
        "unwind_id",
        "vault",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
        unwind_id: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault
        self.unwind_id = unwind_id


@final
class ConfirmBook(Command):
    """A matching engine says which book it has, after it was loaded from an image; another book than the ledger's is refused."""

    __slots__ = (
        "book_digest",
        "orders",
        "source",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        source: str,
        book_digest: str,
        orders: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.source = source
        self.book_digest = book_digest
        self.orders = orders


@final
class CreateVault(Command):
    """Create a vault over an empty operator account."""

    __slots__ = (
        "account",
        "lockup_s",
        "name",
        "owner_account",
        "owner_minimum_e8",
        "profit_share_period_s",
        "profit_share_ppm",
        "tvl_max_e8",
        "vault",
        "vault_kind",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
        account: str,
        name: str,
        vault_kind: str,
        owner_account: str,
        profit_share_ppm: int,
        profit_share_period_s: int,
        lockup_s: int,
        tvl_max_e8: int,
        owner_minimum_e8: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault
        self.account = account
        self.name = name
        self.vault_kind = vault_kind
        self.owner_account = owner_account
        self.profit_share_ppm = profit_share_ppm
        self.profit_share_period_s = profit_share_period_s
        self.lockup_s = lockup_s
        self.tvl_max_e8 = tvl_max_e8
        self.owner_minimum_e8 = owner_minimum_e8


@final
class CreditDeposit(Command):
    """Credit money that arrived outside; external_chain and external_ref together are accepted once."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "bridge",
        "external_chain",
        "external_ref",
        "occurred_at_us",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        asset: str,
        amount_e8: int,
        external_ref: str,
        bridge: str,
        external_chain: str,
        occurred_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.external_ref = external_ref
        self.bridge = bridge
        self.external_chain = external_chain
        self.occurred_at_us = occurred_at_us


@final
class DeleverageAccount(Command):
    """Cancel the orders of an account whose account value is below its initial margin requirement."""

    __slots__ = ("account",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account


@final
class DepositToVault(Command):
    """Deposit into a vault and receive shares at the share price."""

    __slots__ = (
        "account",
        "amount_e8",
        "vault",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
        account: str,
        amount_e8: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault
        self.account = account
        self.amount_e8 = amount_e8


@final
class FailWithdrawal(Command):
    """Record that a requested withdrawal did not leave."""

    __slots__ = (
        "account",
        "reason",
        "withdrawal_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        withdrawal_id: str,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.reason = reason


@final
class LiquidateAccount(Command):
    """Liquidate an account that is below its maintenance margin; its liquidation_id is the id of this command."""

    __slots__ = ("account",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account


@final
class ListAsset(Command):
    """List an asset."""

    __slots__ = (
        "asset",
        "decimals",
        "settlement",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        asset: str,
        decimals: int,
        settlement: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.asset = asset
        self.decimals = decimals
        self.settlement = settlement


@final
class ListMarket(Command):
    """List a market with its whole rule set."""

    __slots__ = (
        "base",
        "clamp_rate_e12",
        "depth_min_e8",
        "fair_divergence_max_ppm",
        "funding_gap_max_ms",
        "funding_period_s",
        "funding_rate_change_max_e12",
        "funding_rate_max_e12",
        "funding_rate_tolerance_e12",
        "imf_base_ppm",
        "index_start_e8",
        "interest_rate_e12",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "maintenance_band_ppm",
        "maker_fee_ppm",
        "market",
        "market_kind",
        "mmf_factor_ppm",
        "notional_min_e8",
        "open_orders_max",
        "oracle_ewma_ppm",
        "order_size_max_e8",
        "position_limit_e8",
        "price_age_max_ms",
        "price_band_ppm",
        "price_move_max_ppm",
        "price_tick_e8",
        "price_window_move_max_ppm",
        "price_window_ms",
        "quote",
        "settlement_asset",
        "size_step_e8",
        "spread_max_ppm",
        "status",
        "taker_fee_ppm",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        market: str,
        base: str,
        quote: str,
        settlement_asset: str,
        market_kind: str,
        status: str,
        price_tick_e8: int,
        size_step_e8: int,
        notional_min_e8: int,
        order_size_max_e8: int,
        position_limit_e8: int,
        open_orders_max: int,
        imf_base_ppm: int,
        mmf_factor_ppm: int,
        taker_fee_ppm: int,
        maker_fee_ppm: int,
        price_band_ppm: int,
        maintenance_band_ppm: int,
        spread_max_ppm: int,
        depth_min_e8: int,
        liquidation_fee_ppm: int,
        liquidation_step_ppm: int,
        liquidation_target_ppm: int,
        funding_period_s: int,
        funding_gap_max_ms: int,
        funding_rate_max_e12: int,
        funding_rate_change_max_e12: int,
        funding_rate_tolerance_e12: int,
        interest_rate_e12: int,
        clamp_rate_e12: int,
        price_move_max_ppm: int,
        price_window_ms: int,
        price_window_move_max_ppm: int,
        fair_divergence_max_ppm: int,
        price_age_max_ms: int,
        oracle_ewma_ppm: int,
        index_start_e8: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.market = market
        self.base = base
        self.quote = quote
        self.settlement_asset = settlement_asset
        self.market_kind = market_kind
        self.status = status
        self.price_tick_e8 = price_tick_e8
        self.size_step_e8 = size_step_e8
        self.notional_min_e8 = notional_min_e8
        self.order_size_max_e8 = order_size_max_e8
        self.position_limit_e8 = position_limit_e8
        self.open_orders_max = open_orders_max
        self.imf_base_ppm = imf_base_ppm
        self.mmf_factor_ppm = mmf_factor_ppm
        self.taker_fee_ppm = taker_fee_ppm
        self.maker_fee_ppm = maker_fee_ppm
        self.price_band_ppm = price_band_ppm
        self.maintenance_band_ppm = maintenance_band_ppm
        self.spread_max_ppm = spread_max_ppm
        self.depth_min_e8 = depth_min_e8
        self.liquidation_fee_ppm = liquidation_fee_ppm
        self.liquidation_step_ppm = liquidation_step_ppm
        self.liquidation_target_ppm = liquidation_target_ppm
        self.funding_period_s = funding_period_s
        self.funding_gap_max_ms = funding_gap_max_ms
        self.funding_rate_max_e12 = funding_rate_max_e12
        self.funding_rate_change_max_e12 = funding_rate_change_max_e12
        self.funding_rate_tolerance_e12 = funding_rate_tolerance_e12
        self.interest_rate_e12 = interest_rate_e12
        self.clamp_rate_e12 = clamp_rate_e12
        self.price_move_max_ppm = price_move_max_ppm
        self.price_window_ms = price_window_ms
        self.price_window_move_max_ppm = price_window_move_max_ppm
        self.fair_divergence_max_ppm = fair_divergence_max_ppm
        self.price_age_max_ms = price_age_max_ms
        self.oracle_ewma_ppm = oracle_ewma_ppm
        self.index_start_e8 = index_start_e8


@final
class MarkCheckpoint(Command):
    """Record the digests of the business state."""

    __slots__ = ("reason",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        reason: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.reason = reason


@final
class OpenAccount(Command):
    """Open an account."""

    __slots__ = (
        "account",
        "fee_tier",
        "kind",
        "margin_exempt",
        "parent",
        "signer_key",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        kind: str,
        parent: str,
        signer_key: str,
        margin_exempt: int,
        fee_tier: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.kind = kind
        self.parent = parent
        self.signer_key = signer_key
        self.margin_exempt = margin_exempt
        self.fee_tier = fee_tier


@final
class PayRefund(Command):
    """Pay what is left of one line of a refund plan, once however often it is asked for."""

    __slots__ = (
        "account",
        "head_seq",
        "incident_id",
        "line",
        "method",
        "owed_e8",
        "payer",
        "plan_digest",
        "proof",
        "reason",
        "refund_id",
        "report_digest",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        refund_id: str,
        incident_id: str,
        plan_digest: str,
        report_digest: str,
        head_seq: int,
        proof: str,
        line: int,
        reason: str,
        method: str,
        payer: str,
        owed_e8: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.refund_id = refund_id
        self.incident_id = incident_id
        self.plan_digest = plan_digest
        self.report_digest = report_digest
        self.head_seq = head_seq
        self.proof = proof
        self.line = line
        self.reason = reason
        self.method = method
        self.payer = payer
        self.owed_e8 = owed_e8


@final
class PlaceOrder(Command):
    """Place an order; its order_id is the id of this command."""

    __slots__ = (
        "account",
        "client_id",
        "has_price",
        "has_trigger",
        "instruction",
        "market",
        "oco_group",
        "order_type",
        "parent_order_id",
        "price_e8",
        "reduce_only",
        "side",
        "size_e8",
        "stp",
        "trigger_condition",
        "trigger_price_e8",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        client_id: str,
        market: str,
        side: str,
        order_type: str,
        instruction: str,
        reduce_only: int,
        size_e8: int,
        has_price: int,
        price_e8: int,
        has_trigger: int,
        trigger_price_e8: int,
        trigger_condition: str,
        oco_group: str,
        parent_order_id: str,
        stp: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.client_id = client_id
        self.market = market
        self.side = side
        self.order_type = order_type
        self.instruction = instruction
        self.reduce_only = reduce_only
        self.size_e8 = size_e8
        self.has_price = has_price
        self.price_e8 = price_e8
        self.has_trigger = has_trigger
        self.trigger_price_e8 = trigger_price_e8
        self.trigger_condition = trigger_condition
        self.oco_group = oco_group
        self.parent_order_id = parent_order_id
        self.stp = stp


@final
class PostAdjustment(Command):
    """Adjust a balance by a signed amount, with a reason code."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "corrects_seq",
        "incident_id",
        "note",
        "reason_code",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        asset: str,
        amount_e8: int,
        reason_code: str,
        incident_id: str,
        corrects_seq: int,
        note: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.reason_code = reason_code
        self.incident_id = incident_id
        self.corrects_seq = corrects_seq
        self.note = note


@final
class RedeemShares(Command):
    """Redeem shares of a vault; its unwind_id is the id of this command."""

    __slots__ = (
        "account",
        "aux_account",
        "shares_e8",
        "vault",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
        account: str,
        shares_e8: int,
        aux_account: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault
        self.account = account
        self.shares_e8 = shares_e8
        self.aux_account = aux_account


@final
class RegisterKey(Command):
    """Let an operator key sign commands."""

    __slots__ = (
        "key_id",
        "operator",
        "public_key",
        "role",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        key_id: str,
        public_key: str,
        role: str,
        operator: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.key_id = key_id
        self.public_key = public_key
        self.role = role
        self.operator = operator


@final
class ReinstateWithdrawal(Command):
    """Record a payment that left outside although its withdrawal is void; the account is debited, below zero if need be."""

    __slots__ = (
        "account",
        "asset",
        "destination",
        "external_ref",
        "incident_id",
        "occurred_at_us",
        "paid_e8",
        "void_seq",
        "withdrawal_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        withdrawal_id: str,
        asset: str,
        paid_e8: int,
        destination: str,
        external_ref: str,
        void_seq: int,
        incident_id: str,
        occurred_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.asset = asset
        self.paid_e8 = paid_e8
        self.destination = destination
        self.external_ref = external_ref
        self.void_seq = void_seq
        self.incident_id = incident_id
        self.occurred_at_us = occurred_at_us


@final
class ReleaseWithdrawal(Command):
    """Record that a requested withdrawal left the exchange."""

    __slots__ = (
        "account",
        "external_ref",
        "occurred_at_us",
        "withdrawal_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        withdrawal_id: str,
        external_ref: str,
        occurred_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.withdrawal_id = withdrawal_id
        self.external_ref = external_ref
        self.occurred_at_us = occurred_at_us


@final
class RequestWithdrawal(Command):
    """Request a withdrawal; its withdrawal_id is the id of this command."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "destination",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        asset: str,
        amount_e8: int,
        destination: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.asset = asset
        self.amount_e8 = amount_e8
        self.destination = destination


@final
class RevokeKey(Command):
    """Let an operator key sign nothing from now on."""

    __slots__ = ("key_id",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        key_id: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.key_id = key_id


@final
class SettleFunding(Command):
    """Realise the accrued funding of one position without a trade."""

    __slots__ = (
        "account",
        "market",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        market: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.market = market


@final
class SettleOffBookTrade(Command):
    """A trade agreed outside the book; its trade_id is the id of this command."""

    __slots__ = (
        "buyer",
        "market",
        "matched_at_us",
        "price_e8",
        "seller",
        "size_e8",
        "taker",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        market: str,
        price_e8: int,
        size_e8: int,
        buyer: str,
        seller: str,
        taker: str,
        matched_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.market = market
        self.price_e8 = price_e8
        self.size_e8 = size_e8
        self.buyer = buyer
        self.seller = seller
        self.taker = taker
        self.matched_at_us = matched_at_us


@final
class SettleTrade(Command):
    """A match of two orders; its trade_id is the id of this command."""

    __slots__ = (
        "buy_account",
        "buy_order_id",
        "market",
        "matched_at_us",
        "price_e8",
        "sell_account",
        "sell_order_id",
        "size_e8",
        "taker",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        market: str,
        price_e8: int,
        size_e8: int,
        buy_account: str,
        buy_order_id: str,
        sell_account: str,
        sell_order_id: str,
        taker: str,
        matched_at_us: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.market = market
        self.price_e8 = price_e8
        self.size_e8 = size_e8
        self.buy_account = buy_account
        self.buy_order_id = buy_order_id
        self.sell_account = sell_account
        self.sell_order_id = sell_order_id
        self.taker = taker
        self.matched_at_us = matched_at_us


@final
class SettleVaultFees(Command):
    """Settle the profit share of all holders of a vault at the end of a period."""

    __slots__ = ("vault",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault


@final
class SweepRounding(Command):
    """Move whole units of the funding dust of a market to the rounding account."""

    __slots__ = ("market",)

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        market: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.market = market


@final
class Transfer(Command):
    """Move money between two accounts; its transfer_id is the id of this command."""

    __slots__ = (
        "account",
        "amount_e8",
        "asset",
        "counterparty",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        counterparty: str,
        asset: str,
        amount_e8: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.counterparty = counterparty
        self.asset = asset
        self.amount_e8 = amount_e8


@final
class TriggerOrder(Command):
    """Say that the mark has reached the trigger of an order; the ledger checks it."""

    __slots__ = (
        "account",
        "order_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        account: str,
        order_id: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.account = account
        self.order_id = order_id


@final
class UpdateAsset(Command):
    """Change the status of an asset (ok, halted)."""

    __slots__ = (
        "asset",
        "status",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        asset: str,
        status: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.asset = asset
        self.status = status


@final
class UpdateMarket(Command):
    """Replace the rule set of a market; base, quote, settlement asset, kind, tick, step and start index cannot change."""

    __slots__ = (
        "base",
        "clamp_rate_e12",
        "depth_min_e8",
        "fair_divergence_max_ppm",
        "funding_gap_max_ms",
        "funding_period_s",
        "funding_rate_change_max_e12",
        "funding_rate_max_e12",
        "funding_rate_tolerance_e12",
        "imf_base_ppm",
        "index_start_e8",
        "interest_rate_e12",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "maintenance_band_ppm",
        "maker_fee_ppm",
        "market",
        "market_kind",
        "mmf_factor_ppm",
        "notional_min_e8",
        "open_orders_max",
        "oracle_ewma_ppm",
        "order_size_max_e8",
        "position_limit_e8",
        "price_age_max_ms",
        "price_band_ppm",
        "price_move_max_ppm",
        "price_tick_e8",
        "price_window_move_max_ppm",
        "price_window_ms",
        "quote",
        "revision_before",
        "settlement_asset",
        "size_step_e8",
        "spread_max_ppm",
        "status",
        "taker_fee_ppm",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        market: str,
        base: str,
        quote: str,
        settlement_asset: str,
        market_kind: str,
        status: str,
        price_tick_e8: int,
        size_step_e8: int,
        notional_min_e8: int,
        order_size_max_e8: int,
        position_limit_e8: int,
        open_orders_max: int,
        imf_base_ppm: int,
        mmf_factor_ppm: int,
        taker_fee_ppm: int,
        maker_fee_ppm: int,
        price_band_ppm: int,
        maintenance_band_ppm: int,
        spread_max_ppm: int,
        depth_min_e8: int,
        liquidation_fee_ppm: int,
        liquidation_step_ppm: int,
        liquidation_target_ppm: int,
        funding_period_s: int,
        funding_gap_max_ms: int,
        funding_rate_max_e12: int,
        funding_rate_change_max_e12: int,
        funding_rate_tolerance_e12: int,
        interest_rate_e12: int,
        clamp_rate_e12: int,
        price_move_max_ppm: int,
        price_window_ms: int,
        price_window_move_max_ppm: int,
        fair_divergence_max_ppm: int,
        price_age_max_ms: int,
        oracle_ewma_ppm: int,
        index_start_e8: int,
        revision_before: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.market = market
        self.base = base
        self.quote = quote
        self.settlement_asset = settlement_asset
        self.market_kind = market_kind
        self.status = status
        self.price_tick_e8 = price_tick_e8
        self.size_step_e8 = size_step_e8
        self.notional_min_e8 = notional_min_e8
        self.order_size_max_e8 = order_size_max_e8
        self.position_limit_e8 = position_limit_e8
        self.open_orders_max = open_orders_max
        self.imf_base_ppm = imf_base_ppm
        self.mmf_factor_ppm = mmf_factor_ppm
        self.taker_fee_ppm = taker_fee_ppm
        self.maker_fee_ppm = maker_fee_ppm
        self.price_band_ppm = price_band_ppm
        self.maintenance_band_ppm = maintenance_band_ppm
        self.spread_max_ppm = spread_max_ppm
        self.depth_min_e8 = depth_min_e8
        self.liquidation_fee_ppm = liquidation_fee_ppm
        self.liquidation_step_ppm = liquidation_step_ppm
        self.liquidation_target_ppm = liquidation_target_ppm
        self.funding_period_s = funding_period_s
        self.funding_gap_max_ms = funding_gap_max_ms
        self.funding_rate_max_e12 = funding_rate_max_e12
        self.funding_rate_change_max_e12 = funding_rate_change_max_e12
        self.funding_rate_tolerance_e12 = funding_rate_tolerance_e12
        self.interest_rate_e12 = interest_rate_e12
        self.clamp_rate_e12 = clamp_rate_e12
        self.price_move_max_ppm = price_move_max_ppm
        self.price_window_ms = price_window_ms
        self.price_window_move_max_ppm = price_window_move_max_ppm
        self.fair_divergence_max_ppm = fair_divergence_max_ppm
        self.price_age_max_ms = price_age_max_ms
        self.oracle_ewma_ppm = oracle_ewma_ppm
        self.index_start_e8 = index_start_e8
        self.revision_before = revision_before


@final
class UpdatePrices(Command):
    """A price tick: one entry per market; each market is accepted on its own."""

    __slots__ = (
        "observed_at_ms",
        "previous_tick_id",
        "prices",
        "source",
        "source_epoch",
        "tick_id",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        tick_id: int,
        previous_tick_id: int,
        source: str,
        source_epoch: int,
        observed_at_ms: int,
        prices: list[MarketPrice],
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.tick_id = tick_id
        self.previous_tick_id = previous_tick_id
        self.source = source
        self.source_epoch = source_epoch
        self.observed_at_ms = observed_at_ms
        self.prices = prices


@final
class UpdateVault(Command):
    """Change one field of a vault."""

    __slots__ = (
        "field",
        "value",
        "vault",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        issued_at_us: int,
        vault: str,
        field: str,
        value: str,
    ) -> None:
        self.producer = producer
        self.number = number
        self.issued_at_us = issued_at_us
        self.vault = vault
        self.field = field
        self.value = value


@final
class BlockSealed(Message):
    """Last event of every block, the same in every partition. Takes no seq."""

    __slots__ = (
        "command_count",
        "command_cursor",
        "control_digest",
        "digest",
        "first_seq",
        "height",
        "last_seq",
        "outcomes_digest",
        "parent_height",
        "partition_counts",
        "partition_digests",
        "previous_digest",
        "recorded_at_us",
    )

    def __init__(
        self,
        height: int,
        parent_height: int,
        first_seq: int,
        last_seq: int,
        recorded_at_us: int,
        previous_digest: str,
        partition_counts: str,
        partition_digests: str,
        outcomes_digest: str,
        control_digest: str,
        command_cursor: int,
        command_count: int,
        digest: str,
    ) -> None:
        self.height = height
        self.parent_height = parent_height
        self.first_seq = first_seq
        self.last_seq = last_seq
        self.recorded_at_us = recorded_at_us
        self.previous_digest = previous_digest
        self.partition_counts = partition_counts
        self.partition_digests = partition_digests
        self.outcomes_digest = outcomes_digest
        self.control_digest = control_digest
        self.command_cursor = command_cursor
        self.command_count = command_count
        self.digest = digest


@final
class Outcome(Message):
    """What became of a command: accepted with its events, or refused with a code."""

    __slots__ = (
        "code",
        "detail",
        "first_seq",
        "last_seq",
        "number",
        "position",
        "producer",
        "recorded_at_us",
        "status",
        "voided_by",
    )

    def __init__(
        self,
        producer: str,
        number: int,
        position: int,
        recorded_at_us: int,
        status: str,
        code: int,
        detail: str,
        first_seq: int,
        last_seq: int,
        voided_by: int,
    ) -> None:
        self.producer = producer
        self.number = number
        self.position = position
        self.recorded_at_us = recorded_at_us
        self.status = status
        self.code = code
        self.detail = detail
        self.first_seq = first_seq
        self.last_seq = last_seq
        self.voided_by = voided_by


@final
class SignedCommand(Message):
    """A command with the signatures of one or two keys; lies among the commands in place of what it carries."""

    __slots__ = (
        "content",
        "key_1",
        "key_2",
        "signature_1",
        "signature_2",
    )

    def __init__(
        self,
        content: str,
        key_1: str,
        signature_1: str,
        key_2: str,
        signature_2: str,
    ) -> None:
        self.content = content
        self.key_1 = key_1
        self.signature_1 = signature_1
        self.key_2 = key_2
        self.signature_2 = signature_2


AnyEvent = (
    AccountChanged
    | AccountOpened
    | AdjustmentPosted
    | AssetListed
    | AssetUpdated
    | BookConfirmed
    | CheckpointMarked
    | DepositCredited
    | FillSettled
    | FundingIndexAdvanced
    | FundingIndexRestated
    | FundingSettled
    | GuardTripped
    | KeyRegistered
    | KeyRevoked
    | LedgerOpened
    | LiquidationStarted
    | LossSocialized
    | MarketListed
    | MarketUpdated
    | OrderCancelled
    | OrderPlaced
    | OrderTriggered
    | PenaltyCharged
    | PlanApproved
    | PricesUpdated
    | RefundPaid
    | RollbackCompleted
    | RollbackDeclared
    | RoundingSwept
    | RuleChanged
    | SystemStatusChanged
    | TradeBusted
    | TransferReceived
    | TransferSent
    | VaultCreated
    | VaultFeeSettled
    | VaultSharesBurned
    | VaultSharesMinted
    | VaultUnwindCompleted
    | VaultUnwindStarted
    | VaultUpdated
    | WithdrawalFailed
    | WithdrawalReleased
    | WithdrawalRequested
)

AnyCommand = (
    AdvanceFunding
    | ApplyCorrection
    | ApplyRollback
    | ApprovePlan
    | BustTrade
    | CancelAllOrders
    | CancelOrder
    | CancelOutsideBand
    | ChangeAccount
    | ChangeRule
    | ChangeStatus
    | CompleteUnwind
    | ConfirmBook
    | CreateVault
    | CreditDeposit
    | DeleverageAccount
    | DepositToVault
    | FailWithdrawal
    | LiquidateAccount
    | ListAsset
    | ListMarket
    | MarkCheckpoint
    | OpenAccount
    | PayRefund
    | PlaceOrder
    | PostAdjustment
    | RedeemShares
    | RegisterKey
    | ReinstateWithdrawal
    | ReleaseWithdrawal
    | RequestWithdrawal
    | RevokeKey
    | SettleFunding
    | SettleOffBookTrade
    | SettleTrade
    | SettleVaultFees
    | SweepRounding
    | Transfer
    | TriggerOrder
    | UpdateAsset
    | UpdateMarket
    | UpdatePrices
    | UpdateVault
)

EVENT_CLASSES: Final[dict[str, type[Event]]] = {
    "AccountChanged": AccountChanged,
    "AccountOpened": AccountOpened,
    "AdjustmentPosted": AdjustmentPosted,
    "AssetListed": AssetListed,
    "AssetUpdated": AssetUpdated,
    "BookConfirmed": BookConfirmed,
    "CheckpointMarked": CheckpointMarked,
    "DepositCredited": DepositCredited,
    "FillSettled": FillSettled,
    "FundingIndexAdvanced": FundingIndexAdvanced,
    "FundingIndexRestated": FundingIndexRestated,
    "FundingSettled": FundingSettled,
    "GuardTripped": GuardTripped,
    "KeyRegistered": KeyRegistered,
    "KeyRevoked": KeyRevoked,
    "LedgerOpened": LedgerOpened,
    "LiquidationStarted": LiquidationStarted,
    "LossSocialized": LossSocialized,
    "MarketListed": MarketListed,
    "MarketUpdated": MarketUpdated,
    "OrderCancelled": OrderCancelled,
    "OrderPlaced": OrderPlaced,
    "OrderTriggered": OrderTriggered,
    "PenaltyCharged": PenaltyCharged,
    "PlanApproved": PlanApproved,
    "PricesUpdated": PricesUpdated,
    "RefundPaid": RefundPaid,
    "RollbackCompleted": RollbackCompleted,
    "RollbackDeclared": RollbackDeclared,
    "RoundingSwept": RoundingSwept,
    "RuleChanged": RuleChanged,
    "SystemStatusChanged": SystemStatusChanged,
    "TradeBusted": TradeBusted,
    "TransferReceived": TransferReceived,
    "TransferSent": TransferSent,
    "VaultCreated": VaultCreated,
    "VaultFeeSettled": VaultFeeSettled,
    "VaultSharesBurned": VaultSharesBurned,
    "VaultSharesMinted": VaultSharesMinted,
    "VaultUnwindCompleted": VaultUnwindCompleted,
    "VaultUnwindStarted": VaultUnwindStarted,
    "VaultUpdated": VaultUpdated,
    "WithdrawalFailed": WithdrawalFailed,
    "WithdrawalReleased": WithdrawalReleased,
    "WithdrawalRequested": WithdrawalRequested,
}

COMMAND_CLASSES: Final[dict[str, type[Command]]] = {
    "AdvanceFunding": AdvanceFunding,
    "ApplyCorrection": ApplyCorrection,
    "ApplyRollback": ApplyRollback,
    "ApprovePlan": ApprovePlan,
    "BustTrade": BustTrade,
    "CancelAllOrders": CancelAllOrders,
    "CancelOrder": CancelOrder,
    "CancelOutsideBand": CancelOutsideBand,
    "ChangeAccount": ChangeAccount,
    "ChangeRule": ChangeRule,
    "ChangeStatus": ChangeStatus,
    "CompleteUnwind": CompleteUnwind,
    "ConfirmBook": ConfirmBook,
    "CreateVault": CreateVault,
    "CreditDeposit": CreditDeposit,
    "DeleverageAccount": DeleverageAccount,
    "DepositToVault": DepositToVault,
    "FailWithdrawal": FailWithdrawal,
    "LiquidateAccount": LiquidateAccount,
    "ListAsset": ListAsset,
    "ListMarket": ListMarket,
    "MarkCheckpoint": MarkCheckpoint,
    "OpenAccount": OpenAccount,
    "PayRefund": PayRefund,
    "PlaceOrder": PlaceOrder,
    "PostAdjustment": PostAdjustment,
    "RedeemShares": RedeemShares,
    "RegisterKey": RegisterKey,
    "ReinstateWithdrawal": ReinstateWithdrawal,
    "ReleaseWithdrawal": ReleaseWithdrawal,
    "RequestWithdrawal": RequestWithdrawal,
    "RevokeKey": RevokeKey,
    "SettleFunding": SettleFunding,
    "SettleOffBookTrade": SettleOffBookTrade,
    "SettleTrade": SettleTrade,
    "SettleVaultFees": SettleVaultFees,
    "SweepRounding": SweepRounding,
    "Transfer": Transfer,
    "TriggerOrder": TriggerOrder,
    "UpdateAsset": UpdateAsset,
    "UpdateMarket": UpdateMarket,
    "UpdatePrices": UpdatePrices,
    "UpdateVault": UpdateVault,
}

BROADCAST: Final[frozenset[str]] = frozenset(
    {
        "AssetListed",
        "AssetUpdated",
        "BookConfirmed",
        "CheckpointMarked",
        "FundingIndexAdvanced",
        "FundingIndexRestated",
        "GuardTripped",
        "KeyRegistered",
        "KeyRevoked",
        "LedgerOpened",
        "MarketListed",
        "MarketUpdated",
        "PlanApproved",
        "PricesUpdated",
        "RollbackCompleted",
        "RollbackDeclared",
        "RuleChanged",
        "SystemStatusChanged",
    }
)
"""Events that every partition holds; every other lies in the partition of its account."""

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "AccountChanged": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "field",
        "market",
        "value_before",
        "value_after",
        "reason",
    ),
    "AccountOpened": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "kind",
        "parent",
        "signer_key",
        "margin_exempt",
        "fee_tier",
        "reinstates_seq",
    ),
    "AdjustmentPosted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "asset",
        "amount_e8",
        "reason_code",
        "incident_id",
        "corrects_seq",
        "note",
        "balance_before_e8",
        "balance_after_e8",
        "key_1",
        "key_2",
    ),
    "AssetListed": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "asset",
        "decimals",
        "settlement",
        "status",
        "revision",
    ),
    "AssetUpdated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "asset",
        "changed_fields",
        "revision_before",
        "revision_after",
        "decimals",
        "settlement",
        "status",
    ),
    "BookConfirmed": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "source",
        "book_digest",
        "orders",
    ),
    "CheckpointMarked": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "checkpoint_height",
        "writer_digest",
        "view_digests",
        "proof_roots",
        "accounts",
        "positions",
        "orders",
    ),
    "DepositCredited": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "asset",
        "amount_e8",
        "balance_before_e8",
        "balance_after_e8",
        "external_ref",
        "bridge",
        "external_chain",
        "reinstates_seq",
    ),
    "FillSettled": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "market",
        "trade_id",
        "fill_type",
        "side",
        "liquidity",
        "counterparty",
        "fill_size_e8",
        "price_e8",
        "value_e8",
        "order_id",
        "client_id",
        "order_status_after",
        "remaining_before_e8",
        "remaining_after_e8",
        "position_id_before",
        "position_id_after",
        "size_before_e8",
        "size_after_e8",
        "cost_before_e8",
        "cost_after_e8",
        "cached_index_before_e8",
        "funding_index_e8",
        "realized_pnl_e8",
        "realized_funding_e8",
        "dust_e16",
        "fee_e8",
        "fee_ppm",
        "balance_before_e8",
        "balance_after_e8",
        "mark_price_e8",
        "spot_price_e8",
        "has_external_fair",
        "external_fair_e8",
        "open_buy_before_e8",
        "open_buy_after_e8",
        "open_sell_before_e8",
        "open_sell_after_e8",
        "liquidation_id",
        "vault",
        "matched_at_us",
        "reverses_seq",
    ),
    "FundingIndexAdvanced": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "tick_id",
        "previous_tick_id",
        "tick_markets",
        "market",
        "rate_e12",
        "spot_e8",
        "premium_e8",
        "premium_applied_e8",
        "observed_before_ms",
        "observed_at_ms",
        "elapsed_ms",
        "elapsed_applied_ms",
        "gap",
        "paused",
        "period_s",
        "step_e8",
        "index_before_e8",
        "index_after_e8",
        "remainder_before",
        "remainder_after",
        "has_claim",
        "index_claimed_e8",
        "index_computed_e8",
        "index_source",
        "source",
        "source_epoch",
    ),
    "FundingIndexRestated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "market",
        "index_before_e8",
        "index_after_e8",
        "remainder_before",
        "remainder_after",
        "from_seq",
        "to_seq",
        "plan_digest",
        "incident_id",
        "reason",
        "key_1",
        "key_2",
    ),
    "FundingSettled": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "market",
        "settle_kind",
        "position_id",
        "size_e8",
        "cached_index_before_e8",
        "cached_index_after_e8",
        "funding_index_e8",
        "realized_funding_e8",
        "dust_e16",
        "mark_price_e8",
        "balance_before_e8",
        "balance_after_e8",
        "corrects_seq",
    ),
    "GuardTripped": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "guard",
        "policy",
        "action",
        "input_command_id",
        "tick_id",
        "market",
        "field",
        "given",
        "has_value",
        "value_e8",
        "expected_e8",
        "bound_low_e8",
        "bound_high_e8",
        "last_accepted_seq",
        "source",
        "source_epoch",
    ),
    "KeyRegistered": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "key_id",
        "public_key",
        "role",
        "operator",
        "by_key",
        "signature",
    ),
    "KeyRevoked": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "key_id",
        "public_key",
        "role",
        "operator",
        "by_key",
        "signature",
    ),
    "LedgerOpened": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "ledger_id",
        "partitions",
        "hash_version",
        "operator_keys",
    ),
    "LiquidationStarted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "liquidation_id",
        "share_ppm",
        "full",
        "account_value_e8",
        "mmr_e8",
        "margin_ratio_ppm",
        "balance_e8",
        "unrealized_pnl_e8",
        "accrued_funding_e8",
        "account_value_fair_e8",
        "mmr_fair_e8",
        "has_fair",
        "price_tick_id",
        "funding_tick_id",
        "price_seq",
        "funding_seq",
        "trigger",
        "status",
        "status_age_ms",
        "positions",
        "notional_e8",
        "account_status_before",
        "account_status_after",
    ),
    "LossSocialized": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "withdrawal_id",
        "from_account",
        "amount_e8",
        "bankruptcy_e8",
        "custody_e8",
        "balance_before_e8",
        "balance_after_e8",
    ),
    "MarketListed": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "market",
        "base",
        "quote",
        "settlement_asset",
        "market_kind",
        "status",
        "revision",
        "price_tick_e8",
        "size_step_e8",
        "notional_min_e8",
        "order_size_max_e8",
        "position_limit_e8",
        "open_orders_max",
        "imf_base_ppm",
        "mmf_factor_ppm",
        "taker_fee_ppm",
        "maker_fee_ppm",
        "price_band_ppm",
        "maintenance_band_ppm",
        "spread_max_ppm",
        "depth_min_e8",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "funding_period_s",
        "funding_gap_max_ms",
        "funding_rate_max_e12",
        "funding_rate_change_max_e12",
        "funding_rate_tolerance_e12",
        "interest_rate_e12",
        "clamp_rate_e12",
        "price_move_max_ppm",
        "price_window_ms",
        "price_window_move_max_ppm",
        "fair_divergence_max_ppm",
        "price_age_max_ms",
        "oracle_ewma_ppm",
        "index_start_e8",
    ),
    "MarketUpdated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "market",
        "changed_fields",
        "revision_before",
        "revision_after",
        "base",
        "quote",
        "settlement_asset",
        "market_kind",
        "status",
        "price_tick_e8",
        "size_step_e8",
        "notional_min_e8",
        "order_size_max_e8",
        "position_limit_e8",
        "open_orders_max",
        "imf_base_ppm",
        "mmf_factor_ppm",
        "taker_fee_ppm",
        "maker_fee_ppm",
        "price_band_ppm",
        "maintenance_band_ppm",
        "spread_max_ppm",
        "depth_min_e8",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "funding_period_s",
        "funding_gap_max_ms",
        "funding_rate_max_e12",
        "funding_rate_change_max_e12",
        "funding_rate_tolerance_e12",
        "interest_rate_e12",
        "clamp_rate_e12",
        "price_move_max_ppm",
        "price_window_ms",
        "price_window_move_max_ppm",
        "fair_divergence_max_ppm",
        "price_age_max_ms",
        "oracle_ewma_ppm",
        "index_start_e8",
    ),
    "OrderCancelled": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "order_id",
        "market",
        "side",
        "order_type",
        "cancel_reason",
        "oco_group",
        "status_before",
        "remaining_before_e8",
        "remaining_after_e8",
        "open_buy_before_e8",
        "open_buy_after_e8",
        "open_sell_before_e8",
        "open_sell_after_e8",
    ),
    "OrderPlaced": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "order_id",
        "client_id",
        "market",
        "side",
        "order_type",
        "instruction",
        "reduce_only",
        "size_e8",
        "has_price",
        "price_e8",
        "has_trigger",
        "trigger_price_e8",
        "trigger_condition",
        "oco_group",
        "parent_order_id",
        "stp",
        "status_after",
        "remaining_after_e8",
        "open_buy_before_e8",
        "open_buy_after_e8",
        "open_sell_before_e8",
        "open_sell_after_e8",
        "mark_price_e8",
        "account_value_e8",
        "imr_before_e8",
        "imr_after_e8",
        "reinstates_seq",
    ),
    "OrderTriggered": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "order_id",
        "market",
        "side",
        "trigger_price_e8",
        "mark_price_e8",
        "price_seq",
        "has_price",
        "price_e8",
        "status_before",
        "status_after",
        "remaining_before_e8",
        "remaining_after_e8",
        "open_buy_before_e8",
        "open_buy_after_e8",
        "open_sell_before_e8",
        "open_sell_after_e8",
    ),
    "PenaltyCharged": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "liquidation_id",
        "share_ppm",
        "mmr_e8",
        "fee_ppm",
        "amount_e8",
        "balance_before_e8",
        "balance_after_e8",
    ),
    "PlanApproved": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "plan_kind",
        "plan_digest",
        "incident_id",
        "head_height",
        "lines",
        "total_e8",
        "payer",
        "cap_e8",
        "key_1",
        "key_2",
        "signature_1",
        "signature_2",
        "expires_at_us",
    ),
    "PricesUpdated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "tick_id",
        "previous_tick_id",
        "tick_markets",
        "market",
        "mark_before_e8",
        "mark_e8",
        "spot_e8",
        "has_external_fair",
        "external_fair_e8",
        "has_bid",
        "bid_e8",
        "has_ask",
        "ask_e8",
        "has_last",
        "last_e8",
        "bid_depth_e8",
        "ask_depth_e8",
        "source",
        "source_epoch",
        "observed_before_ms",
        "observed_at_ms",
    ),
    "RefundPaid": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "refund_id",
        "incident_id",
        "plan_digest",
        "line",
        "reason",
        "method",
        "payer",
        "amount_e8",
        "paid_before_e8",
        "paid_after_e8",
        "balance_before_e8",
        "balance_after_e8",
    ),
    "RollbackCompleted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "rollback_seq",
        "plan_digest",
        "custody_after_e8",
        "state_digest_after",
        "reinstated",
        "cancelled",
        "negative_total_e8",
    ),
    "RollbackDeclared": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "incident_id",
        "target_height",
        "target_seq",
        "void_from_height",
        "void_to_height",
        "void_from_seq",
        "void_to_seq",
        "plan_digest",
        "reason",
        "key_1",
        "key_2",
        "signature_1",
        "signature_2",
        "state_digest_target",
        "reinstated",
        "cancelled",
        "negative_accounts",
        "custody_before_e8",
    ),
    "RoundingSwept": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "clearing",
        "market",
        "amount_e8",
        "dust_swept_e16",
    ),
    "RuleChanged": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "rule",
        "scope",
        "value_before",
        "value_after",
        "operator_key",
        "second_key",
        "signature",
        "second_signature",
    ),
    "SystemStatusChanged": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "status_before",
        "status_after",
        "withdrawals_before",
        "withdrawals_after",
        "reason",
        "guard_seq",
        "gates",
        "operator_key",
        "second_key",
        "signature",
        "second_signature",
    ),
    "TradeBusted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "market",
        "trade_id",
        "reverses_seq",
        "reason",
        "side",
        "counterparty",
        "fill_size_e8",
        "price_e8",
        "value_e8",
        "order_id",
        "client_id",
        "order_status_after",
        "remaining_before_e8",
        "remaining_after_e8",
        "position_id_before",
        "position_id_after",
        "size_before_e8",
        "size_after_e8",
        "cost_before_e8",
        "cost_after_e8",
        "cached_index_before_e8",
        "funding_index_e8",
        "realized_pnl_e8",
        "realized_funding_e8",
        "dust_e16",
        "funding_returned_e8",
        "fee_returned_e8",
        "balance_before_e8",
        "balance_after_e8",
        "mark_price_e8",
        "open_buy_before_e8",
        "open_buy_after_e8",
        "open_sell_before_e8",
        "open_sell_after_e8",
        "exact",
    ),
    "TransferReceived": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "transfer_id",
        "transfer_kind",
        "counterparty",
        "asset",
        "amount_e8",
        "balance_before_e8",
        "balance_after_e8",
        "vault",
        "liquidation_id",
        "incident_id",
        "corrects_seq",
    ),
    "TransferSent": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "transfer_id",
        "transfer_kind",
        "counterparty",
        "asset",
        "amount_e8",
        "balance_before_e8",
        "balance_after_e8",
        "vault",
        "liquidation_id",
        "incident_id",
        "corrects_seq",
    ),
    "VaultCreated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "name",
        "vault_kind",
        "owner_account",
        "profit_share_ppm",
        "profit_share_period_s",
        "lockup_s",
        "tvl_max_e8",
        "owner_minimum_e8",
        "status",
    ),
    "VaultFeeSettled": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "holder",
        "owner",
        "price_e8",
        "hwm_before_e8",
        "hwm_after_e8",
        "holder_shares_before_e8",
        "holder_shares_after_e8",
        "owner_shares_before_e8",
        "owner_shares_after_e8",
        "fee_shares_e8",
        "fee_value_e8",
        "period_start_us",
        "settle_reason",
    ),
    "VaultSharesBurned": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "holder",
        "burn_kind",
        "transfer_id",
        "equity_before_e8",
        "price_e8",
        "shares_e8",
        "pay_e8",
        "aux_account",
        "lots",
        "supply_before_e8",
        "supply_after_e8",
        "holder_shares_before_e8",
        "holder_shares_after_e8",
        "hwm_before_e8",
        "hwm_after_e8",
        "holder_deposited_before_e8",
        "holder_deposited_after_e8",
        "net_deposits_before_e8",
        "net_deposits_after_e8",
        "corrects_seq",
    ),
    "VaultSharesMinted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "holder",
        "mint_kind",
        "transfer_id",
        "amount_e8",
        "equity_before_e8",
        "price_e8",
        "shares_e8",
        "supply_before_e8",
        "supply_after_e8",
        "holder_shares_before_e8",
        "holder_shares_after_e8",
        "hwm_before_e8",
        "hwm_after_e8",
        "holder_deposited_before_e8",
        "holder_deposited_after_e8",
        "net_deposits_before_e8",
        "net_deposits_after_e8",
        "lot_id",
        "unlock_at_us",
        "corrects_seq",
    ),
    "VaultUnwindCompleted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "holder",
        "aux_account",
        "unwind_id",
        "paid_e8",
        "unwind_pnl_e8",
    ),
    "VaultUnwindStarted": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "holder",
        "aux_account",
        "unwind_id",
        "shares_e8",
        "supply_e8",
        "equity_e8",
        "pay_e8",
        "cash_e8",
        "positions",
        "notional_e8",
    ),
    "VaultUpdated": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "vault",
        "field",
        "value_before",
        "value_after",
    ),
    "WithdrawalFailed": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "withdrawal_id",
        "asset",
        "amount_e8",
        "pending_before_e8",
        "pending_after_e8",
        "balance_before_e8",
        "balance_after_e8",
        "reason",
        "reinstates_seq",
    ),
    "WithdrawalReleased": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "withdrawal_id",
        "asset",
        "amount_e8",
        "socialized_loss_factor_e8",
        "loss_e8",
        "paid_e8",
        "pending_before_e8",
        "pending_after_e8",
        "external_ref",
        "reinstates_seq",
    ),
    "WithdrawalRequested": (
        "seq",
        "recorded_at_us",
        "occurred_at_us",
        "command_id",
        "cause_seq",
        "account",
        "withdrawal_id",
        "asset",
        "amount_e8",
        "balance_before_e8",
        "balance_after_e8",
        "pending_before_e8",
        "pending_after_e8",
        "withdrawable_before_e8",
        "destination",
        "reinstates_seq",
    ),
    "MarketRate": (
        "market",
        "rate_e12",
        "spot_e8",
        "has_claim",
        "index_claimed_e8",
        "has_premium",
        "premium_e8",
    ),
    "IndexRestatement": (
        "market",
        "index_after_e8",
        "remainder_after",
        "from_seq",
        "to_seq",
    ),
    "FundingCorrection": (
        "account",
        "market",
        "cached_index_before_e8",
        "cached_index_after_e8",
        "amount_e8",
        "dust_e16",
        "corrects_seq",
    ),
    "FillReversal": (
        "account",
        "market",
        "counterparty",
        "liquidation_id",
        "reverses_seq",
        "previous_seq",
        "whole",
        "side",
        "fill_size_e8",
        "price_e8",
        "value_e8",
        "index_e8",
        "cost_before_e8",
        "position_id_before",
    ),
    "CorrectionPayment": (
        "payer",
        "payee",
        "transfer_kind",
        "amount_e8",
        "liquidation_id",
        "vault",
        "corrects_seq",
    ),
    "ShareCorrection": (
        "vault",
        "holder",
        "shares_e8",
        "equity_e8",
        "price_e8",
        "hwm_after_e8",
        "lot_id",
        "unlock_at_us",
        "corrects_seq",
    ),
    "OrderReinstatement": (
        "account",
        "order_id",
        "client_id",
        "market",
        "side",
        "order_type",
        "instruction",
        "size_e8",
        "has_price",
        "price_e8",
        "trigger_price_e8",
        "trigger_condition",
        "oco_group",
        "stp",
        "reinstates_seq",
    ),
    "NegativeTreatment": (
        "account",
        "treatment",
        "amount_e8",
    ),
    "RollbackChoice": (
        "subject",
        "treatment",
    ),
    "MarketPrice": (
        "market",
        "mark_e8",
        "spot_e8",
        "has_external_fair",
        "external_fair_e8",
        "has_bid",
        "bid_e8",
        "has_ask",
        "ask_e8",
        "has_last",
        "last_e8",
        "bid_depth_e8",
        "ask_depth_e8",
    ),
    "AdvanceFunding": (
        "producer",
        "number",
        "issued_at_us",
        "tick_id",
        "previous_tick_id",
        "source",
        "source_epoch",
        "observed_at_ms",
        "rates",
    ),
    "ApplyCorrection": (
        "producer",
        "number",
        "issued_at_us",
        "incident_id",
        "reason",
        "plan_digest",
        "report_digest",
        "head_seq",
        "indices",
        "funding",
        "fills",
        "payments",
        "shares",
        "orders",
        "negatives",
    ),
    "ApplyRollback": (
        "producer",
        "number",
        "issued_at_us",
        "plan_digest",
        "report_digest",
        "incident_id",
        "reason",
        "target_height",
        "head_height",
        "head_seq",
        "choices",
    ),
    "ApprovePlan": (
        "producer",
        "number",
        "issued_at_us",
        "plan_kind",
        "plan_digest",
        "incident_id",
        "head_height",
        "lines",
        "total_e8",
        "payer",
        "cap_e8",
        "expires_at_us",
    ),
    "BustTrade": (
        "producer",
        "number",
        "issued_at_us",
        "trade_id",
        "reason",
    ),
    "CancelAllOrders": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "market",
        "reason",
    ),
    "CancelOrder": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "order_id",
        "reason",
    ),
    "CancelOutsideBand": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "market",
    ),
    "ChangeAccount": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "field",
        "market",
        "value",
        "reason",
    ),
    "ChangeRule": (
        "producer",
        "number",
        "issued_at_us",
        "rule",
        "scope",
        "value",
    ),
    "ChangeStatus": (
        "producer",
        "number",
        "issued_at_us",
        "status",
        "withdrawals",
        "reason",
    ),
    "CompleteUnwind": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
        "unwind_id",
    ),
    "ConfirmBook": (
        "producer",
        "number",
        "issued_at_us",
        "source",
        "book_digest",
        "orders",
    ),
    "CreateVault": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
        "account",
        "name",
        "vault_kind",
        "owner_account",
        "profit_share_ppm",
        "profit_share_period_s",
        "lockup_s",
        "tvl_max_e8",
        "owner_minimum_e8",
    ),
    "CreditDeposit": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "asset",
        "amount_e8",
        "external_ref",
        "bridge",
        "external_chain",
        "occurred_at_us",
    ),
    "DeleverageAccount": (
        "producer",
        "number",
        "issued_at_us",
        "account",
    ),
    "DepositToVault": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
        "account",
        "amount_e8",
    ),
    "FailWithdrawal": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "withdrawal_id",
        "reason",
    ),
    "LiquidateAccount": (
        "producer",
        "number",
        "issued_at_us",
        "account",
    ),
    "ListAsset": (
        "producer",
        "number",
        "issued_at_us",
        "asset",
        "decimals",
        "settlement",
    ),
    "ListMarket": (
        "producer",
        "number",
        "issued_at_us",
        "market",
        "base",
        "quote",
        "settlement_asset",
        "market_kind",
        "status",
        "price_tick_e8",
        "size_step_e8",
        "notional_min_e8",
        "order_size_max_e8",
        "position_limit_e8",
        "open_orders_max",
        "imf_base_ppm",
        "mmf_factor_ppm",
        "taker_fee_ppm",
        "maker_fee_ppm",
        "price_band_ppm",
        "maintenance_band_ppm",
        "spread_max_ppm",
        "depth_min_e8",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "funding_period_s",
        "funding_gap_max_ms",
        "funding_rate_max_e12",
        "funding_rate_change_max_e12",
        "funding_rate_tolerance_e12",
        "interest_rate_e12",
        "clamp_rate_e12",
        "price_move_max_ppm",
        "price_window_ms",
        "price_window_move_max_ppm",
        "fair_divergence_max_ppm",
        "price_age_max_ms",
        "oracle_ewma_ppm",
        "index_start_e8",
    ),
    "MarkCheckpoint": (
        "producer",
        "number",
        "issued_at_us",
        "reason",
    ),
    "OpenAccount": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "kind",
        "parent",
        "signer_key",
        "margin_exempt",
        "fee_tier",
    ),
    "PayRefund": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "refund_id",
        "incident_id",
        "plan_digest",
        "report_digest",
        "head_seq",
        "proof",
        "line",
        "reason",
        "method",
        "payer",
        "owed_e8",
    ),
    "PlaceOrder": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "client_id",
        "market",
        "side",
        "order_type",
        "instruction",
        "reduce_only",
        "size_e8",
        "has_price",
        "price_e8",
        "has_trigger",
        "trigger_price_e8",
        "trigger_condition",
        "oco_group",
        "parent_order_id",
        "stp",
    ),
    "PostAdjustment": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "asset",
        "amount_e8",
        "reason_code",
        "incident_id",
        "corrects_seq",
        "note",
    ),
    "RedeemShares": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
        "account",
        "shares_e8",
        "aux_account",
    ),
    "RegisterKey": (
        "producer",
        "number",
        "issued_at_us",
        "key_id",
        "public_key",
        "role",
        "operator",
    ),
    "ReinstateWithdrawal": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "withdrawal_id",
        "asset",
        "paid_e8",
        "destination",
        "external_ref",
        "void_seq",
        "incident_id",
        "occurred_at_us",
    ),
    "ReleaseWithdrawal": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "withdrawal_id",
        "external_ref",
        "occurred_at_us",
    ),
    "RequestWithdrawal": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "asset",
        "amount_e8",
        "destination",
    ),
    "RevokeKey": (
        "producer",
        "number",
        "issued_at_us",
        "key_id",
    ),
    "SettleFunding": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "market",
    ),
    "SettleOffBookTrade": (
        "producer",
        "number",
        "issued_at_us",
        "market",
        "price_e8",
        "size_e8",
        "buyer",
        "seller",
        "taker",
        "matched_at_us",
    ),
    "SettleTrade": (
        "producer",
        "number",
        "issued_at_us",
        "market",
        "price_e8",
        "size_e8",
        "buy_account",
        "buy_order_id",
        "sell_account",
        "sell_order_id",
        "taker",
        "matched_at_us",
    ),
    "SettleVaultFees": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
    ),
    "SweepRounding": (
        "producer",
        "number",
        "issued_at_us",
        "market",
    ),
    "Transfer": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "counterparty",
        "asset",
        "amount_e8",
    ),
    "TriggerOrder": (
        "producer",
        "number",
        "issued_at_us",
        "account",
        "order_id",
    ),
    "UpdateAsset": (
        "producer",
        "number",
        "issued_at_us",
        "asset",
        "status",
    ),
    "UpdateMarket": (
        "producer",
        "number",
        "issued_at_us",
        "market",
        "base",
        "quote",
        "settlement_asset",
        "market_kind",
        "status",
        "price_tick_e8",
        "size_step_e8",
        "notional_min_e8",
        "order_size_max_e8",
        "position_limit_e8",
        "open_orders_max",
        "imf_base_ppm",
        "mmf_factor_ppm",
        "taker_fee_ppm",
        "maker_fee_ppm",
        "price_band_ppm",
        "maintenance_band_ppm",
        "spread_max_ppm",
        "depth_min_e8",
        "liquidation_fee_ppm",
        "liquidation_step_ppm",
        "liquidation_target_ppm",
        "funding_period_s",
        "funding_gap_max_ms",
        "funding_rate_max_e12",
        "funding_rate_change_max_e12",
        "funding_rate_tolerance_e12",
        "interest_rate_e12",
        "clamp_rate_e12",
        "price_move_max_ppm",
        "price_window_ms",
        "price_window_move_max_ppm",
        "fair_divergence_max_ppm",
        "price_age_max_ms",
        "oracle_ewma_ppm",
        "index_start_e8",
        "revision_before",
    ),
    "UpdatePrices": (
        "producer",
        "number",
        "issued_at_us",
        "tick_id",
        "previous_tick_id",
        "source",
        "source_epoch",
        "observed_at_ms",
        "prices",
    ),
    "UpdateVault": (
        "producer",
        "number",
        "issued_at_us",
        "vault",
        "field",
        "value",
    ),
    "BlockSealed": (
        "height",
        "parent_height",
        "first_seq",
        "last_seq",
        "recorded_at_us",
        "previous_digest",
        "partition_counts",
        "partition_digests",
        "outcomes_digest",
        "control_digest",
        "command_cursor",
        "command_count",
        "digest",
    ),
    "Outcome": (
        "producer",
        "number",
        "position",
        "recorded_at_us",
        "status",
        "code",
        "detail",
        "first_seq",
        "last_seq",
        "voided_by",
    ),
    "SignedCommand": (
        "content",
        "key_1",
        "signature_1",
        "key_2",
        "signature_2",
    ),
}
"""All fields of every message in the order of its schema, header first."""
