from ledger.core.decide import decide
from ledger.core.messages import AnyCommand, AnyEvent, ReleaseWithdrawal, RequestWithdrawal, Transfer
from tests.spec import START_US, USDC, account, ask, deposit, e8, given, marks


def test_events_are_stamped_with_seq_time_and_the_id_of_their_command() -> None:
    ledger = given(USDC, account("alice"), account("bob"), deposit("alice", "9"))
    command = ask(Transfer, account="alice", counterparty="bob", asset="USDC", amount_e8=1, number=77)
    events = decide(ledger.state, command, START_US + 3).events
    assert [event.seq for event in events] == [ledger.state.seq + 1, ledger.state.seq + 2]
    assert {event.recorded_at_us for event in events} == {START_US + 3}
    assert {event.occurred_at_us for event in events} == {START_US}
    assert {event.command_id for event in events} == {"test/77"}


def test_an_event_happened_outside_when_its_command_says_and_else_when_it_was_issued() -> None:
    ledger = given(USDC, account("alice"), deposit("alice", "9"))
    ledger.given(ask(RequestWithdrawal, account="alice", asset="USDC", amount_e8=e8("1"), destination="0x"))
    release = ask(ReleaseWithdrawal, account="alice", withdrawal_id="test/4", external_ref="0x")
    for said, occurred in ((0, START_US), (START_US - 9, START_US - 9)):
        release.occurred_at_us = said
        assert decide(ledger.state, release, START_US).events[0].occurred_at_us == occurred


def test_the_state_carries_the_seq_and_time_of_the_last_event() -> None:
    ledger = given(USDC, account("alice"))
    assert (ledger.state.seq, ledger.state.recorded_at_us) == (3, START_US)


def test_every_command_and_every_event_has_a_case() -> None:
    """mypy's exhaustive-match checks it; this says how many there are."""
    assert len(AnyCommand.__args__) == 43
    assert len(AnyEvent.__args__) == 45


def test_a_tick_with_nothing_known_gives_no_event() -> None:
    ledger = given(USDC)
    assert decide(ledger.state, marks(1, BTC="1"), START_US + 6_000_000).events == []
