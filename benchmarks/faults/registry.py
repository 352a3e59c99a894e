"""Every fault, how many brokers it needs, and whether it is among the tests of every run."""

from typing import Final, final

from benchmarks.faults import broker_faults, log_faults, projector_faults, writer_faults
from benchmarks.faults.row import Fault


@final
class Entry:
    """A fault by its name, which is its function's."""

    __slots__ = ("brokers", "fault", "name")

    def __init__(self, fault: Fault, brokers: int) -> None:
        self.name = fault.__name__
        self.fault = fault
        self.brokers = brokers


FAULTS: Final = tuple(
    Entry(fault, brokers)
    for brokers, faults in {
        1: (
            writer_faults.writer_killed_between_steps,
            writer_faults.standby_takes_over,
            writer_faults.zombie_wakes_up,
            writer_faults.dead_writer_leaves_a_transaction_open,
            writer_faults.foreign_transaction_pins_the_end,
            broker_faults.broker_killed,
            broker_faults.broker_frozen,
            broker_faults.broker_restarted,
            broker_faults.coordinator_restarts_in_mid_commit,
            broker_faults.disk_full,
            log_faults.foreign_bytes_between_blocks,
            log_faults.foreign_bytes_behind_the_last_block,
            log_faults.events_deleted,
            log_faults.commands_made_again,
            log_faults.history_deleted,
            log_faults.clock_set_back,
            projector_faults.projector_killed_between_steps,
        ),
        3: (broker_faults.leader_killed, broker_faults.leader_frozen, broker_faults.leader_cut_off),
    }.items()
    for fault in faults
)
