"""How often somebody may ask, and who comes in under which name."""

import pytest

from contracts.ids import NodeId
from hub.identity.gate import Clients, read_connected
from hub.rates import MOST_ADDRESSES, RateLimit


def asked(limit: RateLimit, times: int, address: str = "10.0.0.1", now: float = 0.0) -> list[bool]:
    return [limit.wait_seconds(address, now) == 0 for _ in range(times)]


def test_a_burst_and_then_a_pace() -> None:
    limit = RateLimit(3, 60)
    assert asked(limit, 5) == [True, True, True, False, False]
    assert limit.wait_seconds("10.0.0.1", 0.0) == pytest.approx(1.0)
    assert asked(limit, 2, now=1.0) == [True, False]
    assert asked(limit, 5, now=1000.0) == [True, True, True, False, False]


def test_each_address_for_itself_and_a_network_of_ipv6_as_one() -> None:
    limit = RateLimit(1, 60)
    assert asked(limit, 2) == [True, False]
    assert asked(limit, 1, "10.0.0.2") == [True]
    assert asked(limit, 1, "2001:db8::1") == [True]
    assert asked(limit, 1, "2001:db8::ffff") == [False]
    assert asked(limit, 1, "2001:db8:0:1::1") == [True]
    assert asked(limit, 1, "::ffff:10.0.0.3") == [True]
    assert asked(limit, 1, "::ffff:10.0.0.4") == [True]


def test_memory_is_bounded() -> None:
    limit = RateLimit(1, 60)
    for number in range(2 * MOST_ADDRESSES):
        limit.wait_seconds(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(limit._buckets) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "1: New client connected from 10.1.1.2:6 as m.door.b0 (p2, c1, k20, u'museum/door').",
            (NodeId("museum", "door"), "m.door.b0"),
        ),
        (
            "1: New client connected from ::1:9 as odd (p2, x name (p5, c0, k60, u'a/b').",
            (NodeId("a", "b"), "odd (p2, x name"),
        ),
        ("1: New client connected from 10.1.1.2:1 as hub-1 (p2, c1, k20, u'hub').", None),
        ("1: New connection from 127.0.0.1:60663 on port 18883.", None),
        ("", None),
    ],
)
def test_the_brokers_log(line: str, found: object) -> None:
    assert read_connected(line) == found


def test_client_ids_are_remembered_within_bounds() -> None:
    clients = Clients()
    for number in range(20):
        clients.note(NodeId("a", "b"), str(number))
    assert clients.take(NodeId("a", "b")) == tuple(map(str, range(12, 20)))
    assert clients.take(NodeId("a", "b")) == ()
