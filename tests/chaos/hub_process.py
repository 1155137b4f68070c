"""A hub of the chaos runs: the real store, intake and session, nothing else.

    python -m tests.chaos.hub_process STORE PORT [judge] [influx=URL database=NAME]

A file `STORE.pages` holds the most pages that the store may use, looked at several times a second;
`STORE.trouble` is kept equal to what the intake says of its store. `judge`: verdicts are made of
what comes, into the records `STORE.records`.
"""

import signal
import sys
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import Ack, encode
from contracts.topics import Channel, every_node, node_topic, parse_node_topic
from hub.config import StoreSection
from hub.errors import StoreError
from hub.store.influx import InfluxStore, Server
from hub.store.sqlite import Ledger, SqliteStore
from link.intake import Intake, start
from link.session import BrokerConfig, Session
from tests.chaos.judging import Judging

LOOK_SECONDS = 0.1


def opened(path: Path, url: str, database: str) -> Ledger:
    """Open the store."""
    if not url:
        return SqliteStore(path)
    section = StoreSection(kind="influxdb", url=url, database=database, timeout_seconds=1)
    while True:
        try:
            return InfluxStore(path, Server(section))
        except StoreError as error:
            # As its unit would: it is started again.
            sys.stderr.write(f"{error}\n")
            time.sleep(LOOK_SECONDS)


def main(path: Path, port: int, *, judges: bool, url: str, database: str) -> None:
    """Run until told to end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    store = opened(path, url, database)
    session: Session

    def acknowledge(node: NodeId, ack: Ack) -> None:
        session.publish(node_topic(node, Channel.ACK), encode(ack))

    def received(topic: str, payload: bytes) -> None:
        with suppress(DecodeError):
            node, _ = parse_node_topic(topic)
            intake.receive(node, topic, payload)

    judging = Judging(store, Path(f"{path}.records")) if judges else nullcontext()
    with judging as desk:
        intake = Intake(store, acknowledge, desk.stored if desk else lambda _group: None)
        session = Session(
            BrokerConfig(port=port),
            f"hub-{store.store_id}",
            subscriptions=(every_node(Channel.DATA),),
            on_message=received,
            on_connected=intake.announce,
        )
        session.open()
        thread = start(intake)
        while not ended.wait(LOOK_SECONDS):
            pages = Path(f"{path}.pages")
            if pages.exists():
                store.limit_pages(int(pages.read_text()))
                pages.unlink()
            Path(f"{path}.trouble").write_text(intake.trouble or "")
            if desk:
                desk.look()
        session.close()
        intake.close()
        thread.join()
    store.close()


if __name__ == "__main__":
    told = dict(argument.partition("=")[::2] for argument in sys.argv[3:])
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]),
        judges="judge" in told,
        url=told.get("influx", ""),
        database=told.get("database", ""),
    )
