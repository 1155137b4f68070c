"""Sections of a configuration are replaced; what a person wrote stays as it was."""

import tomllib

import pytest

from link.config_text import NotRewritable, Section, with_sections

NODE: dict[str, Section] = {
    "node": {"venue": "museum", "node": "door"},
    "broker": {"port": 8883, "tls": True},
}

WRITTEN = """\
# our door
title = "x"   # kept

[broker]   # the old one
host = "10.0.0.1"
password_hint = "[node]"

[[cameras]]
name = "ceiling"   # above the door
[[cameras.lines]]
name = "front"

[ "node" ]
venue = "old"
# said of the clock
[clock]
trust = "always"
"""


def test_a_new_file() -> None:
    text = with_sections("", NODE)
    assert text.startswith('[node]\nvenue = "museum"\nnode = "door"\n')
    assert tomllib.loads(text) == NODE


def test_what_is_not_named_stays() -> None:
    text = with_sections(WRITTEN, NODE)
    before, after = tomllib.loads(WRITTEN), tomllib.loads(text)
    assert {**before, **NODE} == after
    for kept in ("# our door", 'title = "x"   # kept', 'name = "ceiling"   # above the door'):
        assert kept in text
    assert "10.0.0.1" not in text


def test_a_second_time_changes_nothing() -> None:
    once = with_sections(WRITTEN, NODE)
    assert with_sections(once, NODE) == once


def test_values_are_written_so_that_they_are_read_again() -> None:
    odd: dict[str, Section] = {"identity": {"hub": 'http://"x"\\y', "n": 3, "no": False}}
    assert tomllib.loads(with_sections("", odd)) == odd


@pytest.mark.parametrize(
    "text",
    [
        'node = { venue = "a" }\n',
        "node.venue = 'a'\n",
        "note = '''\n[node]\nvenue = 1\n'''\n[node]\nvenue = 'x'\n",
        "[node.more]\nx = 1\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(text: str) -> None:
    with pytest.raises(NotRewritable, match="write these lines into it yourself"):
        with_sections(text, NODE)
