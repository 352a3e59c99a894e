"""Settings of the ledger: from the command line, else from ``LEDGER_*`` in the environment."""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import SettingsFault


class Settings(BaseSettings):
    """What a ledger process needs to know before it starts.

    ``brokers`` chooses a cluster (``host:port``, several with commas) instead of the embedded log;
    ``topic_prefix`` begins the names of its topics and ``id`` is the ledger's name on it.
    ``listen`` is where a service answers health and metrics; a writer does by itself. Security
    settings of the cluster are in ``ledger.log.kafka.security``.

    ``data`` is the directory of the embedded ledger (``LEDGER_DATA``). ``partitions`` counts only
    when a ledger is created. ``block_size`` is the most commands of one block: 1,000 commands and
    their events are some 300 KB, one fsync and 10 ms of work. ``checkpoint_events`` is how many
    events the writer lets pass before it writes a checkpoint by itself: a million events replay
    in some 5 s compiled and 20 s in pure Python. ``checkpoint_events_at_close`` is the same when
    a writer is closed. ``heartbeat_s`` is how long an idle service waits before it seals an empty
    block. ``view_files`` are files with views of one's own, as a ``PATH`` is written.
    """

    model_config = SettingsConfigDict(env_prefix="LEDGER_", extra="ignore", frozen=True)

    data: Path = Field(default=Path("data"))
    brokers: str = ""
    topic_prefix: str = Field(default="ledger", pattern=r"^[a-zA-Z0-9._-]{1,200}$")
    id: str = Field(default="", max_length=100)
    listen: str = Field(default="", pattern=r"^([^:]+:[0-9]{1,5})?$")
    partitions: int = Field(default=4, ge=1, le=256)
    block_size: int = Field(default=1000, ge=1, le=100_000)
    checkpoint_events: int = Field(default=1_000_000, ge=1)
    checkpoint_events_at_close: int = Field(default=50_000, ge=1)
    heartbeat_s: int = Field(default=10, ge=1, le=3600)
    view_files: str = ""

    @property
    def log_dir(self) -> Path:
        """Directory of the embedded log."""
        return self.data / "log"

    @property
    def writer_dir(self) -> Path:
        """Directory of the writer's checkpoints."""
        return self.data / "writer"

    @property
    def incidents_dir(self) -> Path:
        """Directory with a directory for each incident: its audits and plans."""
        return self.data / "incidents"


def load_settings(**given: object) -> Settings:
    """Settings from ``given`` (``None`` is not given) and the environment; raises SettingsFault."""
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise SettingsFault(
            f"{first['msg']} (given: {first['input']!r})",
            where=f"--{name.replace('_', '-')} or LEDGER_{name.upper()}",
        ) from fault
