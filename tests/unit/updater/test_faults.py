"""Whatever is wrong with an update, its way here or what it brings: a release that works runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from link.packs.signing import public_pem
from tests.unit.updater.world import ACK, MOST, NEW, OLD, STEADY, World
from tests.updates import KEY, STRANGER, Shelf, a_raw_update, a_wheel, an_update, zipped
from updater import signing
from updater.engine import STATE, WANTED
from updater.state import Phase


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    with Shelf().open() as shelf:
        yield shelf


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


def ordered(world: World, shelf: Shelf, update: Path, **changes: Any) -> str:
    """Let a hub ask for an update; return its hash."""
    sha256 = shelf.put(update)
    world.order(sha256, update.stat().st_size, shelf.url, **changes)
    return sha256


def test_a_sound_update_runs_and_the_one_before_stays(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.run()
    assert (world.runs(), world.status()["outcome"]) == (NEW, "updated")
    assert (world.status()["running"], world.status()["previous"]) == (NEW, OLD)
    assert list((world.settings.state / "incoming").iterdir()) == []
    before = world.machine["starts"]
    world.run(60, updater=updater)
    assert world.machine["starts"] == before


@dataclass(frozen=True)
class Bad:
    """An update that is not taken: what it says, how it is made."""

    says: str
    make: Callable[[Path], Path]


WHEEL = "kaiguan-0.2.0-py3-none-any.whl"


def raw(files: dict[str, str | bytes], **changes: Any) -> Callable[[Path], Path]:
    return lambda path: a_raw_update(path, files, lambda manifest: manifest.update(changes))


def written(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def truncated(path: Path) -> Path:
    content = an_update(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def spoiled(path: Path) -> Path:
    """Turn bits in the middle of a wheel, which is stored as it is."""
    content = bytearray(an_update(path).read_bytes())
    at = content.index(b"edge/__init__.py") + 40
    content[at : at + 4] = bytes(255 - byte for byte in content[at : at + 4])
    path.write_bytes(content)
    return path


SOUND: dict[str, str | bytes] = {WHEEL: a_wheel(NEW)}
BAD = {
    "no zip": Bad("is no zip", written(b"nothing of the kind" * 9)),
    "empty": Bad("is no zip", written(b"!")),
    "cut in half": Bad("is no zip", truncated),
    "bits turned": Bad("is damaged", spoiled),
    "no manifest": Bad("has no manifest", written(zipped({"a.whl": b"a"}))),
    "not signed": Bad("is not signed", lambda path: an_update(path, key=None)),
    "a stranger's": Bad("signed by nobody", lambda path: an_update(path, key=STRANGER)),
    "no json": Bad("is not JSON", raw(SOUND)),
    "another format": Bad("format", raw(SOUND, format=2)),
    "no version": Bad("is no version", raw(SOUND, version="../../etc")),
    "a wheel's name leads out": Bad("leads out", raw({"../a.whl": b"a"})),
    "an absolute name": Bad("absolute", raw({"/etc/a.whl": b"a"})),
    "a bomb": Bad("zip bomb", raw({WHEEL: bytes(3_000_000)})),
    "a file beside": Bad("not in the manifest", raw({**SOUND, "b.whl": b"b"}, wheels=[
        {"name": WHEEL, "sha256": "0" * 64, "bytes": 1}])),
    "a wheel lacks": Bad("not in the zip", raw(SOUND, wheels=[
        {"name": "b.whl", "sha256": "0" * 64, "bytes": 1},
        {"name": WHEEL, "sha256": "0" * 64, "bytes": 1}])),
    "another size": Bad("bytes, and the manifest says", raw(SOUND, wheels=[
        {"name": WHEEL, "sha256": "0" * 64, "bytes": 1}])),
    "another hash": Bad("SHA-256", raw(SOUND, wheels=[
        {"name": WHEEL, "sha256": "0" * 64, "bytes": len(SOUND[WHEEL])}])),
    "a wheel that writes elsewhere": Bad("leads out", raw({WHEEL: zipped({"../../x.py": b"x"})})),
    "a wheel that is none": Bad("is no zip", raw({WHEEL: b"no wheel at all, only some text"})),
    "for a kiosk": Bad("is for a kiosk", lambda path: an_update(path, kind="kiosk")),
    "for another machine": Bad("is built for", lambda path: an_update(path, machines=("x86_64",))),
    "for another python": Bad("Python 3.13", lambda path: an_update(path, python=("3.13",))),
    "too great a step": Bad("needs 0.1.9", lambda path: an_update(path, least_version="0.1.9")),
    "reads old configurations": Bad("form 0", lambda path: an_update(path, config_form=0)),
    "another version inside": Bad("and this is 0.3.0", lambda path: an_update(path, "0.3.0")),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_update_that_is_not_taken_changes_nothing(
    world: World, shelf: Shelf, tmp_path: Path, name: str
) -> None:
    public = tmp_path / "public.pem"
    public.write_text(public_pem(KEY))
    bad, starts = BAD[name], world.machine["starts"]
    update = bad.make(tmp_path / "u.zip")
    if name == "no json":
        update.write_bytes(zipped({"manifest.json": b"{", "manifest.sig": KEY.sign(
            b"kaiguan update 1\n{"), **SOUND}))  # fmt: skip
    world.verify = lambda manifest, signature: signing.is_signed(manifest, signature, [public])
    ordered(world, shelf, update)
    updater = world.run(20)
    status = world.status()
    assert (status["outcome"], updater.state.phase) == ("refused", Phase.IDLE)
    assert bad.says in status["reason"], status["reason"]
    assert (world.runs(), world.machine["starts"]) == (OLD, starts)
    assert list((world.settings.state / "incoming").iterdir()) == []
    assert [path.name for path in (world.settings.releases / "releases").iterdir()] == [
        world.slots.current()
    ]
    # It is not asked for again, however often it is announced.
    asked = len(shelf.asked_from)
    world.run(20, updater=updater)
    assert len(shelf.asked_from) == asked


def test_a_downgrade_is_refused_unless_it_is_asked_for(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    older = an_update(tmp_path / "u.zip", "0.0.9", least_version="0.0.1")
    ordered(world, shelf, older, version="0.0.9")
    updater = world.run(20)
    assert "is older than 0.1.0" in world.status()["reason"]
    ordered(world, shelf, older, version="0.0.9", allow_downgrade=True, attempt=1)
    world.run(updater=updater)
    world.run(60, updater=updater)
    assert world.runs() == "0.0.9"


WAYS = {
    "crash": "ended by itself 3 times",
    "hang": "does not get ready",
    "mute": "gives no sign of life",
    "stale": "gives no sign of life",
    "other boot": "gives no sign of life",
    "garbles": "gives no sign of life",
    "crash later": "ended by itself 3 times",
    "away": "does not reach the broker, which was reached before",
    "deaf": "does not keep what it counts",
    "blind": "cannot use ceiling, which could be used before",
    "other version": "says that it is 9.9.9",
    "flaps": "does not stay well for long enough",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_release_that_does_not_do_is_rolled_back_and_not_tried_again(
    world: World, shelf: Shelf, tmp_path: Path, way: str
) -> None:
    world.ways[NEW] = way
    sha256 = ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.run()
    status = world.status()
    assert (status["outcome"], status["reason"]) == ("rolled_back", WAYS[way])
    assert (status["sha256"], world.runs()) == (sha256, OLD)
    starts = world.machine["starts"]
    assert (status["running"], status["previous"]) == (OLD, "")
    # The same order again, by a new start of the updater too: once was enough.
    world.run(60, updater=updater)
    again = world.run(60)
    assert (world.machine["starts"], again.state.phase) == (starts, Phase.IDLE)
    # Asked for once more by a person, it is tried once more.
    world.ways[NEW] = "well"
    ordered(world, shelf, tmp_path / "u.zip", attempt=1)
    for _ in range(MOST):
        world.run(1, updater=again)
    assert (world.runs(), world.status()["outcome"]) == (NEW, "updated")


def test_what_could_not_be_done_before_is_not_asked_of_the_new(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    world.ways |= {OLD: "away", NEW: "away"}
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run()
    assert world.status()["outcome"] == "updated"


def test_a_connection_alone_does_only_after_a_while(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    world.ways[NEW] = "unheard"
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    began = world.machine["up"]
    world.run()
    assert world.status()["outcome"] == "updated"
    assert world.machine["up"] - began > ACK > STEADY


def test_a_configuration_that_the_new_release_refuses_stops_nothing(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    world.ways[NEW] = "refuses"
    starts = world.machine["starts"]
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run(20)
    assert "there is no such key" in world.status()["reason"]
    assert (world.runs(), world.machine["starts"]) == (OLD, starts)


@pytest.mark.parametrize("cuts", [[100], [1, 1, 1], [900, 0, 5]], ids=str)
def test_a_line_that_is_cut_is_gone_on_with(
    world: World, shelf: Shelf, tmp_path: Path, cuts: list[int]
) -> None:
    update = an_update(tmp_path / "u.zip")
    shelf.cut_after, shelf.asked_from = list(cuts), []
    ordered(world, shelf, update)
    world.run()
    assert world.runs() == NEW
    assert shelf.asked_from == [sum(cuts[:n]) for n in range(len(cuts) + 1)]


def test_what_comes_is_not_what_was_announced(world: World, shelf: Shelf, tmp_path: Path) -> None:
    update = an_update(tmp_path / "u.zip")
    sha256 = ordered(world, shelf, update)
    shelf.files[sha256] = bytes(update.stat().st_size)
    world.run(20)
    assert "not what it announced" in world.status()["reason"]
    assert world.runs() == OLD


@pytest.mark.parametrize("hub", ["http://127.0.0.1:9", "the shelf without it"])
def test_a_hub_that_is_away_is_asked_less_and_less_often(
    world: World, shelf: Shelf, tmp_path: Path, hub: str
) -> None:
    update = an_update(tmp_path / "u.zip")
    sha256 = ordered(world, shelf, update)
    if hub.startswith("http"):
        world.order(sha256, update.stat().st_size, hub)
    else:
        del shelf.files[sha256]
    updater = world.run(120)
    assert updater.state.phase is Phase.FETCHING
    assert world.status()["trouble"]
    assert world.runs() == OLD
    shelf.put(update)
    world.order(sha256, update.stat().st_size, shelf.url)
    world.run(600, updater=updater)
    assert world.runs() == NEW


@pytest.mark.parametrize(
    ("hindrances", "runs", "outcome"),
    [
        (["later: no space left on device"] * 3, NEW, "updated"),
        (["never: pip ended with 1: no matching distribution"], OLD, "refused"),
    ],
    ids=["full for a while", "cannot be installed"],
)
def test_what_cannot_be_installed(
    world: World, shelf: Shelf, tmp_path: Path, hindrances: list[str], runs: str, outcome: str
) -> None:
    world.hindrances = list(hindrances)
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run()
    assert (world.runs(), world.status()["outcome"]) == (runs, outcome)


def test_too_little_room_is_noticed_before_anything_is_fetched(
    world: World, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    shelf.asked_from = []
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("updater.engine.shutil.disk_usage", lambda _path: full)
    world.run(20)
    assert "are too few" in world.status()["trouble"]
    assert (world.runs(), shelf.asked_from) == (OLD, [])


@pytest.mark.parametrize("wall", [0, -400 * 86_400, 400 * 86_400], ids=["1970", "back", "ahead"])
def test_a_clock_that_is_wrong_moves_no_deadline(
    world: World, shelf: Shelf, tmp_path: Path, wall: int
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.updater()
    updater.open()
    while updater.state.phase is not Phase.TRYING:
        world.run(1, updater=updater)
    world.machine["wall"] = world.machine["wall"] + wall if wall else 0
    world.run(updater=updater)
    assert world.status()["outcome"] == "updated"


@pytest.mark.parametrize(("cuts", "runs"), [(1, NEW), (2, OLD), (3, OLD)])
def test_a_try_that_is_not_confirmed_before_two_more_starts_is_rolled_back(
    world: World, shelf: Shelf, tmp_path: Path, cuts: int, runs: str
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.updater()
    updater.open()
    while updater.state.phase is not Phase.TRYING:
        world.run(1, updater=updater)
    for _ in range(cuts):
        world.cut_power()
        updater = world.updater()
        updater.open()
        world.pass_second()
        updater.look()
    world.run(updater=updater)
    assert world.runs() == runs
    if runs == OLD:
        assert "the machine started anew 2 times" in world.status()["reason"]


def test_systemd_that_does_not_do_is_asked_again(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    world.machine["fails"] = 3
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run()
    assert world.runs() == NEW


NOTES = {
    "empty": "",
    "half": "{",
    "list": "[]",
    "number": '{"order": 3}',
    "wrong": '{"order": {"sha256": "x"}}',
    "deep": "[" * 9000,
}


@pytest.mark.parametrize("text", NOTES.values(), ids=NOTES)
def test_notes_that_cannot_be_read_are_none(
    world: World, shelf: Shelf, tmp_path: Path, text: str
) -> None:
    world.note(WANTED, text)
    updater = world.updater()
    updater.open()
    world.pass_second()
    updater.look()
    assert (updater.state.phase, world.runs()) == (Phase.IDLE, OLD)
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run(updater=updater)
    assert world.runs() == NEW


@pytest.mark.parametrize(
    "text", ["", "{", "{}", '{"format": 2}'], ids=["empty", "half", "bare", "later"]
)
def test_a_state_that_cannot_be_read_begins_anew(
    world: World, shelf: Shelf, tmp_path: Path, text: str
) -> None:
    world.settings.state.mkdir()
    (world.settings.state / STATE).write_text(text)
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    world.run()
    assert (world.runs(), world.status()["previous"]) == (NEW, OLD)


def test_without_its_key_nothing_is_taken_until_it_is_there(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    (key,) = world.settings.keys
    world.verify = lambda manifest, signature: signing.is_signed(
        manifest, signature, world.settings.keys
    )
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.run(20)
    assert "no key of updates is there" in world.status()["trouble"]
    key.write_text(public_pem(KEY))
    world.run(600, updater=updater)
    assert world.runs() == NEW


def test_without_a_go_it_waits_and_a_withdrawn_order_leaves_nothing(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    update = an_update(tmp_path / "u.zip")
    sha256 = ordered(world, shelf, update, go=False)
    updater = world.run(30)
    assert (updater.state.phase, world.runs()) == (Phase.STAGED, OLD)
    world.note(WANTED, json.dumps({"order": None}))
    world.run(3, updater=updater)
    assert updater.state.phase is Phase.IDLE
    assert not world.slots.has(f"{NEW}-{sha256[:12]}")
    world.order(sha256, update.stat().st_size, shelf.url)
    world.run(updater=updater)
    assert world.runs() == NEW


def test_a_newer_order_takes_the_place_of_one_that_waits(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"), go=False)
    updater = world.run(10)
    ordered(world, shelf, an_update(tmp_path / "v.zip", "0.3.0"), version="0.3.0")
    world.run(updater=updater)
    assert world.runs() == "0.3.0"
    assert len(list((world.settings.releases / "releases").iterdir())) == 2


def test_a_slot_that_somebody_removed_is_not_started(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    sha256 = ordered(world, shelf, an_update(tmp_path / "u.zip"), go=False)
    updater = world.run(10)
    (world.slots.path(f"{NEW}-{sha256[:12]}") / "manifest.json").unlink()
    ordered(world, shelf, tmp_path / "u.zip")
    world.run(updater=updater)
    assert (world.runs(), world.status()["outcome"]) == (OLD, "rolled_back")


def test_by_hand_one_goes_back_and_is_not_given_it_again(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.run()
    updater.roll_back()
    world.run(30, updater=updater)
    assert (world.runs(), world.status()["reason"]) == (OLD, "by hand")


def test_a_try_that_fails_leaves_the_release_that_one_can_go_back_to(
    world: World, shelf: Shelf, tmp_path: Path
) -> None:
    ordered(world, shelf, an_update(tmp_path / "u.zip"))
    updater = world.run()
    world.ways["0.3.0"] = "crash"
    ordered(world, shelf, an_update(tmp_path / "v.zip", "0.3.0"), version="0.3.0")
    for _ in range(30):
        world.run(1, updater=updater)
    status = world.status()
    assert (status["outcome"], status["running"], status["previous"]) == ("rolled_back", NEW, OLD)
    updater.roll_back()
    world.run(5, updater=updater)
    assert world.runs() == OLD


def test_a_first_release_is_installed_by_hand(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    updater = world.updater()
    updater.open()
    slot = updater.install(an_update(tmp_path / "u.zip"))
    assert world.slots.current() == slot
