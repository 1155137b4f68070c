"""A hub of the chaos runs: the real store, intake and session, nothing else.

    python -m tests.chaos.hub_process STORE PORT [pages=N]

A file `STORE.pages` holds the most pages that the store may use, looked at several times a second;
`STORE.trouble` is kept equal to what the intake says of its store.
"""

import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import Ack, encode
from contracts.topics import Channel, every_node, node_topic, parse_node_topic
from hub.store.sqlite import SqliteStore
from link.intake import Intake, start
from link.session import BrokerConfig, Session

LOOK_SECONDS = 0.1


def main(path: Path, port: int) -> None:
    """Run until told to end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    store = SqliteStore(path)
    session: Session

    def acknowledge(node: NodeId, ack: Ack) -> None:
        session.publish(node_topic(node, Channel.ACK), encode(ack))

    def received(topic: str, payload: bytes) -> None:
        with suppress(DecodeError):
            node, _ = parse_node_topic(topic)
            intake.receive(node, topic, payload)

    intake = Intake(store, acknowledge)
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
    session.close()
    intake.close()
    thread.join()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
