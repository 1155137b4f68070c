"""The running hub's door: refuses who was revoked, cuts their connections, keeps files up to date.

The broker looks at a certificate only when a connection is made. A connection that stands when its
node is revoked is muted by the access list, and cut by the hub: it connects under the same client
id, and the broker gives up the older one. Who came in under which client id the broker tells in its
log topic; of those that came before the hub listened, the node's own status tells it.
"""

import re
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from contracts.errors import DecodeError
from contracts.ids import NodeId, parse_node_id
from hub.errors import HubError
from hub.identity.enrolment import Enrolment
from hub.identity.joining import Joining
from link.errors import LinkError
from link.packs import public_pem

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""How soon a running hub notices what the command line changed."""
UPKEEP_SECONDS: Final = 3600.0
CUT_AGAIN_SECONDS: Final = (0.0, 2.0, 5.0, 15.0, 40.0)
"""When a revoked node's connections are cut: a broker that was just told may still let one in."""
TELL_AGAIN_SECONDS: Final = 10.0
_MOST_IDS: Final = 8
"""Client ids remembered of each node."""
_MOST_NODES: Final = 20_000
_CONNECTED: Final = re.compile(
    r"New client connected from \S+ as (?P<client>.{1,256}) \(p\d+, c\d, k\d+, u'(?P<user>[^']+)'\)"
)


class Clients:
    """Client ids by node, the newest last; bounded. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: OrderedDict[NodeId, dict[str, None]] = OrderedDict()

    def note(self, node: NodeId, client: str) -> None:
        """Remember that a node came in under a client id."""
        with self._lock:
            ids = self._ids.setdefault(node, {})
            self._ids.move_to_end(node)
            ids.pop(client, None)
            ids[client] = None
            if len(ids) > _MOST_IDS:
                del ids[next(iter(ids))]
            if len(self._ids) > _MOST_NODES:
                self._ids.popitem(last=False)

    def take(self, node: NodeId) -> tuple[str, ...]:
        """Return the client ids of a node and forget them: whoever comes again is noted again."""
        with self._lock:
            return tuple(self._ids.pop(node, ()))


def read_connected(line: str) -> tuple[NodeId, str] | None:
    """Read who came in from a line of the broker's log; None when it tells something else."""
    found = _CONNECTED.search(line)
    if found is None:
        return None
    try:
        return parse_node_id(found["user"]), found["client"]
    except DecodeError:
        return None


class Gate:
    """Who is out now, and what is done about it. `open` starts its thread, `close` ends it.

    `cut(client)` takes a client id over; `gone(node)` tells the rest of the hub that it is away.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        cut: Callable[[str], None],
        gone: Callable[[NodeId], None],
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._enrolment = enrolment
        self._cut = cut
        self._gone = gone
        self._wall = wall
        self.clients = Clients()
        self.revoked: frozenset[NodeId] = frozenset()
        """Nodes that are kept out; replaced as a whole, so that any thread may look."""
        self.refused: Counter[NodeId] = Counter()
        """Messages of revoked nodes since the hub started."""
        self.trouble: str | None = None
        """Why broker or authority could not be kept up to date, while that is so."""
        self._revision = -1
        self._upkeep_at = float("-inf")
        self._tell_at: float | None = None
        """When the broker is told again, while it does not know yet."""
        self._cuts: list[tuple[float, NodeId]] = []
        self._lock = threading.RLock()
        """Held while lists are read and written: a node joins on another thread."""
        self._told_at: dict[NodeId, float] = {}
        self._wake = threading.Event()
        self._ends = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Bring the files up to date, read who is out, and go on doing so in the background.

        Raises ConfigError, StoreError.
        """
        self._enrolment.keep_up(self._wall())
        self._upkeep_at = time.monotonic()
        self._read()
        self._thread = threading.Thread(target=self._run, name="gate", daemon=False)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ends = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def refuses(self, node: NodeId) -> bool:
        """Tell whether a message of this node is refused; it is counted, and its line cut again."""
        if node not in self.revoked:
            return False
        self.refused[node] += 1
        now = time.monotonic()
        if now - self._told_at.get(node, float("-inf")) > CUT_AGAIN_SECONDS[-1]:
            self._told_at[node] = now
            log.warning("revoked_node_sends", node=str(node), refused=self.refused[node])
            self.cut_off(node)
        return True

    def cut_off(self, node: NodeId) -> None:
        """Cut the connections of a node now, and again a few times."""
        now = time.monotonic()
        with self._lock:
            self._cuts += [(now + seconds, node) for seconds in CUT_AGAIN_SECONDS]
        self._wake.set()

    def joining(self) -> Joining:
        """Return what answers nodes that join. Raises ConfigError, StoreError."""
        enrolment = self._enrolment
        return Joining(
            enrolment.identities,
            enrolment.authority(self._wall()),
            enrolment.address,
            self._joined,
            pack_key=lambda: public_pem(enrolment.folder.pack_key()),
            update_key=lambda: public_pem(enrolment.folder.update_key()),
        )

    def _joined(self, node: NodeId) -> None:
        """Let a node in that has just joined: lists written, whoever had its name before cut."""
        before = self.clients.take(node)
        # The certificate is good whatever happens here; what fails is tried again by the thread.
        self._guarded(self._apply)
        for client in before:
            self._take_over(client)

    def _run(self) -> None:
        while not self._ends:
            self._guarded(self._look)
            self._wake.wait(self._pause())
            self._wake.clear()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something that may fail, and say so while it does."""
        try:
            work()
            if self._tell_at is None:
                self.trouble = None
        except (HubError, LinkError) as error:
            if str(error) != self.trouble:
                log.error("identity_trouble", reason=str(error))
            self.trouble = str(error)

    def _look(self) -> None:
        if self._enrolment.identities.revision() != self._revision:
            self._apply()
        if time.monotonic() - self._upkeep_at >= UPKEEP_SECONDS:
            self._upkeep_at = time.monotonic()
            if self._enrolment.keep_up(self._wall()):
                self._tell()
        if self._tell_at is not None and self._tell_at <= time.monotonic():
            self._tell()
        now = time.monotonic()
        with self._lock:
            due = {node for at, node in self._cuts if at <= now}
            self._cuts = [(at, node) for at, node in self._cuts if at > now]
        for node in due & self.revoked:
            for client in self.clients.take(node):
                self._take_over(client)

    def _apply(self) -> None:
        """Take over what the records say: who is out, the broker's lists."""
        with self._lock:
            before = self.revoked
            self._read()
            # Whoever is out is refused here at once, also when the broker cannot be told. That the
            # command line may have told it already is not known here.
            self._shut_out(self.revoked - before)
            self._enrolment.write_lists(self._wall())
            self._tell()

    def _tell(self) -> None:
        """Let the broker read its lists; what fails is tried again after a while."""
        with self._lock:
            self._tell_at = time.monotonic() + TELL_AGAIN_SECONDS
            self._enrolment.tell_broker()
            self._tell_at = None

    def _shut_out(self, nodes: frozenset[NodeId]) -> None:
        for node in nodes:
            self._told_at[node] = time.monotonic()
            log.warning("node_revoked", node=str(node))
            self._gone(node)
            self.cut_off(node)

    def _read(self) -> None:
        self._revision = self._enrolment.identities.revision()
        nodes = self._enrolment.identities.nodes()
        self.revoked = frozenset(node.id for node in nodes if node.revoked_ms is not None)

    def _take_over(self, client: str) -> None:
        try:
            self._cut(client)
            log.info("line_cut", client=client)
        except LinkError as error:
            log.warning("cut_failed", client=client, reason=str(error))

    def _pause(self) -> float:
        now = time.monotonic()
        with self._lock:
            return max(0.05, min([LOOK_SECONDS, *(at - now for at, _ in self._cuts)]))
