"""What a writer service counts, and what Prometheus reads of it."""

import pytest
from prometheus_client import generate_latest

from ledger.core.messages import Outcome
from ledger.core.refusals import RefusalCode
from ledger.log.kafka.log import DurableBlock
from ledger.service.metrics import ROLES, WriterMetrics
from ledger.writer.apply import Answer
from ledger.writer.duplicates import ACCEPTED_STATUS, REFUSED_STATUS
from tests.sealed import START_US, Scribe, deposit

PARTITIONS = 2


@pytest.fixture
def metrics() -> WriterMetrics:
    return WriterMetrics()


def read(metrics: WriterMetrics, series: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(series, labels)


def answer(number: int, code: int = 0, *, duplicate: bool = False) -> Answer:
    status = REFUSED_STATUS if code else ACCEPTED_STATUS
    return Answer(
        Outcome("gateway", number, number, START_US, status, code, "", 0, 0, 0), duplicate=duplicate
    )


def test_commands_are_counted_by_what_became_of_them(metrics: WriterMetrics) -> None:
    too_little = int(RefusalCode.INSUFFICIENT_BALANCE)
    metrics.answered([answer(1), answer(2), answer(2, duplicate=True), answer(3, too_little)])
    metrics.answered([answer(4, too_little), answer(4, too_little, duplicate=True), answer(5)])
    counts = {
        status: read(metrics, "ledger_commands_total", status=status) for status in ("accepted", "refused")
    }
    assert counts == {"accepted": 3.0, "refused": 2.0}
    assert read(metrics, "ledger_commands_total", status="duplicate") == 2.0
    assert read(metrics, "ledger_refusals_total", code=str(too_little), name="INSUFFICIENT_BALANCE") == 2.0


def test_a_block_says_its_size_its_times_and_where_the_chain_is(metrics: WriterMetrics) -> None:
    scribe = Scribe(PARTITIONS)
    seal = scribe.block([deposit("alice"), deposit("bob")]).seal
    metrics.durable(DurableBlock(seal, block_s=0.03, commit_s=0.02, lag_s=0.5))
    assert read(metrics, "ledger_height") == seal.height
    assert read(metrics, "ledger_seq") == seal.last_seq
    assert read(metrics, "ledger_command_cursor") == seal.command_cursor
    assert read(metrics, "ledger_block_commands_sum") == seal.command_count
    assert read(metrics, "ledger_block_seconds_sum") == 0.03
    assert read(metrics, "ledger_commit_seconds_sum") == 0.02
    assert read(metrics, "ledger_command_lag_seconds") == 0.5


def test_a_heartbeat_is_no_block_of_commands_and_lags_by_nothing(metrics: WriterMetrics) -> None:
    scribe = Scribe(PARTITIONS)
    metrics.durable(DurableBlock(scribe.block([deposit("alice")]).seal, 0.03, 0.02, 0.5))
    metrics.durable(DurableBlock(scribe.seal().seal, 0.02, 0.02, 0.0))
    assert read(metrics, "ledger_command_lag_seconds") == 0.0
    assert read(metrics, "ledger_block_commands_count") == 1.0
    assert read(metrics, "ledger_commit_seconds_count") == 2.0
    assert read(metrics, "ledger_height") == 2.0


def test_exactly_one_role_is_on_until_the_service_stopped(metrics: WriterMetrics) -> None:
    for role in ROLES:
        metrics.role(role)
        assert [each for each in ROLES if read(metrics, "ledger_writer_role", role=each)] == [role]
    metrics.role("stopped")
    assert not any(read(metrics, "ledger_writer_role", role=each) for each in ROLES)


def test_faults_and_the_commands_that_wait_are_there_for_prometheus(metrics: WriterMetrics) -> None:
    metrics.fault("Fenced")
    metrics.lag(17)
    text = generate_latest(metrics.registry).decode()
    assert 'ledger_faults_total{fault="Fenced"} 1.0' in text
    assert "ledger_command_lag 17.0" in text
