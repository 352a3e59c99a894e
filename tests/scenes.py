"""An incident on a ledger that programs can open."""

from pathlib import Path
from typing import Self

from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import ChangeStatus, LiquidateAccount, PostAdjustment
from ledger.core.state import State
from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from ledger.log.opening import open_reader
from ledger.settings import Settings, load_settings
from ledger.writer.recovery import recover
from ledger.writer.writer import Writer
from tests.incidents import crowded
from tests.remedies import Operators
from tests.spec import START_US, ask, e8

LEDGER = "town"


class Scene:
    """A ledger whose index was zeroed, in maintenance, with the key files of two operators in ``folder``."""

    def __init__(self, writer: Writer, settings: Settings, folder: Path, taken: str = "0") -> None:
        """``taken`` is what the Liquidator Vault has lost before the audit."""
        town = crowded(writer)
        self.settings = settings
        self.data = settings.data
        self.last_good = town.head.height
        town.tick("0")
        town.take(ask(LiquidateAccount, account="short"))
        town.tick("1")
        self.operators = Operators(town)
        self.operators.take(ask(ChangeStatus, status="maintenance", reason="incident"), 1)
        if taken != "0":
            self.operators.take(
                ask(PostAdjustment, account="LV", asset="USDC", amount_e8=-e8(taken), reason_code="drill")
            )
        writer.close()
        self.keys = []
        for key_id, private in self.operators.keys:
            file = folder / f"{key_id}.key"
            file.write_text(private)
            self.keys.append(("--key", str(file), "--key-id", key_id))

    @classmethod
    def on_disk(cls, data: Path, folder: Path, taken: str = "0") -> Self:
        """On the embedded log."""
        settings = load_settings(data=data)
        create_ledger(settings, LEDGER, START_US)
        return cls(open_writer(settings), settings, folder, taken)

    @classmethod
    def on_cluster(cls, connection: Connection, partitions: int, folder: Path) -> Self:
        """On topics that are there and empty."""
        settings = load_settings(
            data=folder / "data",
            brokers=connection.brokers,
            topic_prefix=connection.prefix,
            id=LEDGER,
            partitions=partitions,
        )
        return cls(Writer(KafkaLog.open(connection, LEDGER)), settings, folder)

    def state(self) -> State:
        """The state at the head."""
        log = open_reader(self.settings)
        state = recover(log, None).state
        log.close()
        return state
