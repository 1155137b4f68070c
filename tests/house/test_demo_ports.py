"""Ports of the demo's processes: free, all different, and never one that a browser may get."""

import random
import socket
from pathlib import Path

import pytest

from examples.demo.broker import LOOPBACK
from examples.demo.ports import FIRST, LAST, free_ports


def test_ports_are_different_and_can_be_listened_on() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.socket() as listener:
            listener.bind((LOOPBACK, port))


def test_a_port_that_is_taken_is_passed_over() -> None:
    seed = 7
    first = free_ports(1, random.Random(seed))
    with socket.socket() as listener:
        listener.bind((LOOPBACK, first[0]))
        assert free_ports(1, random.Random(seed)) != first
    assert free_ports(1, random.Random(seed)) == first


def test_the_system_gives_none_of_them_to_a_connection_that_goes_out() -> None:
    try:
        with Path("/proc/sys/net/ipv4/ip_local_port_range").open(encoding="ascii") as told:
            lowest = int(told.read().split()[0])
    except FileNotFoundError:
        pytest.skip("only Linux tells its range")
    assert FIRST < LAST <= lowest
