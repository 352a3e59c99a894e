"""Options that several commands share. The environment is read by ``ledger.settings``."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Directory of the ledger, or LEDGER_DATA.", show_default="data")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
BlockSizeOption = Annotated[
    int | None,
    typer.Option(
        "--block-size",
        help="Most commands of one block, or LEDGER_BLOCK_SIZE.",
        show_default="1000; 8000 on a cluster",
    ),
]
PartitionsOption = Annotated[
    int | None,
    typer.Option(
        "--partitions",
        help="Partitions of a ledger that is created now, or LEDGER_PARTITIONS; they never change.",
        show_default="4",
    ),
]
LedgerIdOption = Annotated[
    str | None,
    typer.Option("--ledger-id", help="Name of the ledger, or LEDGER_ID.", show_default="generated if new"),
]
BrokersOption = Annotated[
    str | None,
    typer.Option("--brokers", metavar="HOST:PORT", help="Kafka cluster, or LEDGER_BROKERS."),
]
PrefixOption = Annotated[
    str | None,
    typer.Option(
        "--topic-prefix", help="How the topics' names begin, or LEDGER_TOPIC_PREFIX.", show_default="ledger"
    ),
]
ReplicasOption = Annotated[
    int | None,
    typer.Option(
        "--replicas", min=1, help="Copies of every topic.", show_default="3, or one per broker if fewer"
    ),
]
FlushOption = Annotated[
    bool,
    typer.Option("--flush-each", help="Write every batch to disk before it is answered (30 ms a block)."),
]
ListenOption = Annotated[
    str | None,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help="Where to answer /healthz, /readyz and /metrics, or LEDGER_LISTEN.",
        show_default="127.0.0.1:9464",
    ),
]
