"""A configuration is right, or one sentence says file, key and reason."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from edge.__main__ import app
from edge.config import EdgeConfig
from edge.config_file import load
from edge.counting.geometry import Anchor
from edge.errors import ConfigError
from edge.vision.scenes.names import NAMES
from firmware_bridge.modbus.book import LineSettings
from firmware_bridge.sensors.readings import AlarmKind
from firmware_bridge.sensors.wired_inputs import Wiring
from link.node_config import broker_of

NODE = '[node]\nvenue = "lib"\nnode = "door"\n'
SERIAL = '[[serial]]\nname = "board"\nport = "/dev/ttyUSB0"\nlines = { side = 0 }\n'
CAMERA = '[[cameras]]\nname = "ceiling"\nsource = "0"\n'
LINE = '[[cameras.lines]]\nname = "front"\nstart = [0, 0.5]\nend = [1, 0.5]\nin_vector = [0, 1]\n'
ZONE = '[[cameras.zones]]\nname = "case"\npolygon = [[0, 0], [1, 0], [0, 1]]\n'
MODBUS = (
    '[[serial]]\nname = "air"\nport = "/dev/ttyUSB1"\ndriver = "sht20"\nunit = 3\n'
    "climates = { air = 0 }\n"
)
WHOLE = NODE + CAMERA + LINE + SERIAL


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def refusal(folder: Path, text: str) -> str:
    """Return why a configuration is refused, without its path."""
    path = folder / "edge.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load(path)
    sentence = str(refused.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence.removeprefix(f"{path}: ")


def changed(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


MISTAKES = {
    "no-node": (CAMERA + LINE, "node: Field required"),
    "unknown-key": ("colour = 1\n" + WHOLE, "colour: there is no such key"),
    "unknown-key-inside": (
        changed('source = "0"', 'sorce = "0"'),
        "cameras.0.source: Field required (and 1 more)",
    ),
    "bad-name": (
        changed('"lib"', '"Lib 1"'),
        "node.venue: String should match pattern '^[a-z0-9][a-z0-9_-]{0,47}$'",
    ),
    "nothing-to-count-with": (
        NODE,
        "the whole file: neither [[cameras]] nor [[serial]]: there is nothing to count with",
    ),
    "zone-as-a-line": (
        changed(SERIAL, ZONE.replace('"case"', '"front"') + SERIAL),
        "the whole file: line, zone or sensor 'front' is named twice",
    ),
    "zone-with-two-corners": (
        changed(SERIAL, ZONE.replace(", [0, 1]", "") + SERIAL),
        "cameras.0.zones.0: zone 'case' has 2 corners; it needs 3 to 32",
    ),
    "growth-without-a-size": (
        changed('source = "0"', 'source = "0"\nperson_growth = 1.5'),
        "cameras.0: person_growth is given without person_size",
    ),
    "line-twice": (
        changed("side = 0", "front = 0"),
        "the whole file: line, zone or sensor 'front' is named twice",
    ),
    "line-twice-in-a-camera": (
        changed(SERIAL, LINE + SERIAL),
        "the whole file: line, zone or sensor 'front' is named twice",
    ),
    "door-of-a-lock-twice": (
        WHOLE + "contacts = { lock = 1, lock-door = 2 }\n",
        "the whole file: line, zone or sensor 'lock-door' is named twice",
    ),
    "device-twice": (
        changed('"board"', '"ceiling"'),
        "the whole file: device 'ceiling' is named twice",
    ),
    "port-twice": (
        WHOLE + SERIAL.replace("board", "other").replace("side", "rear"),
        "the whole file: port '/dev/ttyUSB0' is named twice",
    ),
    "channel-twice": (WHOLE + "contacts = { lock = 0 }\n", "serial.0: channel 0 is named twice"),
    "no-channel": (
        changed("lines = { side = 0 }\n", ""),
        "serial.0: none of lines, contacts and climates is given",
    ),
    "channel-too-large": (
        changed("side = 0", "side = 256"),
        "serial.0.lines.side: Input should be less than or equal to 255",
    ),
    "lock-name-too-long": (
        WHOLE + f"contacts = {{ {'l' * 44} = 1 }}\n",
        f"serial.0.contacts.{'l' * 44}.[key]: String should have at most 43 characters",
    ),
    "unknown-driver": (
        WHOLE + 'driver = "bord"\n',
        (
            "serial.0.driver: no driver is named 'bord'; "
            "the known ones are board, board-beam, board-climate, board-contact, di-module, "
            "mh-z19, pms5003, senseair-s8, sht20"
        ),
    ),
    "key-of-another-driver": (
        WHOLE + "unit = 3\n",
        "serial.0: unit means nothing to the driver 'board'",
    ),
    "driver-without-lines": (
        WHOLE + 'driver = "sht20"\n',
        "serial.0: lines means nothing to the driver 'sht20'",
    ),
    "one-sensor-one-channel": (
        changed("lines = { side = 0 }", 'driver = "mh-z19"\nclimates = { hall = 1 }'),
        "serial.0: a mh-z19 has one climate sensor, at channel 0",
    ),
    "nothing-wired": (
        changed("lines = { side = 0 }", 'driver = "di-module"'),
        ("serial.0: none of beams, bolts, doors, gate_alarms and fire_alarms is given"),
    ),
    "input-twice": (
        changed(
            "lines = { side = 0 }",
            'driver = "di-module"\nbeams = { side = [2, 3] }\nbolts = { lock = 3 }',
        ),
        "serial.0: input 3 is named twice",
    ),
    "unit-twice": (
        NODE + MODBUS + MODBUS.replace("air", "damp"),
        "the whole file: unit 3 of the line '/dev/ttyUSB1' is named twice",
    ),
    "settings-that-differ": (
        NODE + MODBUS + MODBUS.replace("air", "damp").replace("3", "4") + 'parity = "E"\n',
        "the whole file: air and damp are on one line: set baudrate and parity alike",
    ),
    "board-on-a-modbus-line": (
        NODE + MODBUS + SERIAL.replace("USB0", "USB1"),
        "the whole file: port '/dev/ttyUSB1' is named twice",
    ),
    "limits-turned-round": (
        WHOLE + "temperature_limits_celsius = [40, 5]\n",
        "serial.0.temperature_limits_celsius: the lower limit comes first, and is lower",
    ),
    "limits-not-numbers": (
        WHOLE + "temperature_limits_celsius = [nan, 5]\n",
        "serial.0.temperature_limits_celsius.0: Input should be a finite number",
    ),
    "line-outside": (
        changed("end = [1, 0.5]", "end = [1.5, 0.5]"),
        (
            "cameras.0.lines.0: line 'front' leaves the frame at (1.5, 0.5); "
            "its ends are normalised, from 0 to 1"
        ),
    ),
    "line-of-no-length": (
        changed("end = [1, 0.5]", "end = [0, 0.5]"),
        "cameras.0.lines.0: line 'front' has no length",
    ),
    "vector-along": (
        changed("in_vector = [0, 1]", "in_vector = [1, 0]"),
        "cameras.0.lines.0: in_vector of line 'front' does not point across the line",
    ),
    "lines-empty": (
        NODE + CAMERA + "lines = []\n",
        "cameras.0.lines: a camera without a line counts nothing",
    ),
    "no-line": (NODE + CAMERA, "cameras.0.lines: Field required"),
    "no-size": (
        changed('source = "0"\n', 'source = "0"\nperson_size = [0, 0.3]\n'),
        "cameras.0.person_size.0: Input should be greater than 0",
    ),
    "no-source": (changed('source = "0"', 'source = ""'), "cameras.0.source: is empty"),
    "bad-scene": (
        changed('source = "0"', 'source = "scene:x"'),
        (
            "cameras.0.source: a scene is named by a whole number, as in scene:7, "
            "or by what happens in it too, as in scene:crowd:7"
        ),
    ),
    "no-such-scene": (
        changed('source = "0"', 'source = "scene:circus:1"'),
        f"cameras.0.source: no scene is named 'circus': there are {', '.join(NAMES)}",
    ),
    "no-such-device": (
        changed('source = "0"', 'source = "4000000000"'),
        "cameras.0.source: no device has such a number",
    ),
    "source-of-two-lines": (
        changed('source = "0"', 'source = "http://camera/\\n1"'),
        "cameras.0.source: holds a character that cannot be printed",
    ),
    "bad-scheme": (
        changed('source = "0"', 'source = "RTSP://u:hunter2@cam/1"'),
        "cameras.0.source: an address begins with one of http://, https://, rtsp://, rtsps://",
    ),
    "bad-pace": (
        changed('source = "0"\n', 'source = "0"\npace = "slow"\n'),
        "cameras.0.pace: Input should be 'real' or 'fast'",
    ),
    "no-such-detector": (
        changed('source = "0"', 'source = "0"\ndetector = "hog"'),
        "cameras.0.detector: Input should be 'blob', 'knn' or 'onnx'",
    ),
    "no-model": (
        changed('source = "0"', 'source = "0"\ndetector = "onnx"'),
        'cameras.0: detector "onnx" needs a model: the path of an ONNX file',
    ),
    "model-in-vain": (
        changed('source = "0"', 'source = "0"\nmodel = "person.onnx"'),
        "cameras.0: model is given, but the detector 'blob' has no model",
    ),
    "model-size-in-vain": (
        changed('source = "0"', 'source = "0"\ndetector = "knn"\nmodel_size = [320, 320]'),
        "cameras.0: model_size is given, but the detector 'knn' has no model",
    ),
    "bad-model-size": (
        changed('source = "0"', 'source = "0"\ndetector = "onnx"\nmodel_size = [0, 320]'),
        "cameras.0.model_size.0: Input should be greater than or equal to 32",
    ),
    "bad-clock": (
        WHOLE + '[clock]\ntrust = "no"\n',
        "clock.trust: Input should be 'auto', 'kernel' or 'always'",
    ),
    "small-spool": (
        WHOLE + "[spool]\nmax_mib = 0\n",
        "spool.max_mib: Input should be greater than or equal to 1",
    ),
    "no-port": (
        WHOLE + "[broker]\nport = 0\n",
        "broker.port: Input should be greater than or equal to 1",
    ),
    "no-host": (
        WHOLE + '[broker]\nhost = ""\n',
        "broker.host: String should have at least 1 character",
    ),
    "bad-host": (
        WHOLE + f'[broker]\nhost = "{"a" * 64}.org"\n',
        f"broker.host: '{'a' * 64}.org' is no name of a host",
    ),
    "host-is-an-address": (
        WHOLE + '[broker]\nhost = "mqtt://hub"\n',
        "broker.host: 'mqtt://hub' is no name of a host: give the name alone, the port apart",
    ),
    "password-in-the-file": (
        WHOLE + '[broker]\npassword = "hunter2"\n',
        "broker.password: a secret does not belong in a file; set KAIGUAN_BROKER_PASSWORD",
    ),
    "tls-files-without-tls": (
        WHOLE + '[broker]\ntls_ca = "ca.pem"\n',
        "broker: TLS files are given, but tls is not true",
    ),
    "key-without-certificate": (
        WHOLE + '[broker]\ntls = true\ntls_key = "k.pem"\n',
        "broker: tls_key is given without tls_certificate",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_key_and_reason(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusal(tmp_path, text) == sentence


def test_what_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path, "[node").startswith("is not TOML: ")
    assert refusal(tmp_path, f"a = {'[' * 5000}").endswith("it is nested too deep")
    (tmp_path / "edge.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"edge\.toml: is not UTF-8: invalid start byte"):
        load(tmp_path / "edge.toml")
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read: No such file"):
        load(tmp_path / "absent.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_tls_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    said = refusal(tmp_path, WHOLE + '[broker]\ntls = true\ntls_ca = "ca.pem"\n')
    assert said.startswith(f"broker.tls: cannot use the TLS files {tmp_path / 'ca.pem'}, None: ")
    said = refusal(tmp_path, WHOLE + '[broker]\ntls = true\ntls_ca = "absent.pem"\n')
    assert "No such file" in said


def test_defaults_are_safe_and_paths_start_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(changed('source = "0"', 'source = "film.mp4"'), "utf-8")
    config = load(path)
    assert str(config.node.id) == "lib/door"
    assert (config.broker.host, config.broker.port, config.broker.tls) == ("127.0.0.1", 1883, False)
    assert config.spool.path == tmp_path / "spool.db"
    assert config.spool.max_mib == 256
    assert config.clock.trust == "auto"
    (camera,), (board,) = config.cameras, config.serial
    assert camera.source == str(tmp_path / "film.mp4")
    assert (camera.pace, camera.repeat, camera.person_size) == ("real", False, None)
    assert camera.lines[0].counting_line().anchor is Anchor.CENTRE
    assert (board.driver, board.contacts, board.climates) == ("board", {}, {})


@pytest.mark.parametrize("source", ["0", "/dev/video0", "scene:7", "rtsp://u:p@camera/1"])
def test_a_source_that_is_no_relative_path_stays(tmp_path: Path, source: str) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(changed('source = "0"', f'source = "{source}"'), "utf-8")
    assert load(path).cameras[0].source == source


def test_the_password_comes_from_the_environment_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(WHOLE + '[broker]\nusername = "lib/door"\n', "utf-8")
    assert broker_of(load(path)).password is None
    monkeypatch.setenv("KAIGUAN_BROKER_PASSWORD", "hunter2")
    broker = broker_of(load(path))
    assert (broker.username, broker.password) == ("lib/door", "hunter2")
    assert "hunter2" not in repr(broker)


@pytest.mark.parametrize("verb", ["run", "doctor"])
def test_a_bad_configuration_ends_a_verb_with_two(tmp_path: Path, verb: str) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(changed("end = [1, 0.5]", "end = [1.5, 0.5]"), "utf-8")
    result = CliRunner().invoke(app, [verb, "--config", str(path)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: cameras.0.lines.0: line 'front' leaves the frame")


def test_devices_of_one_line_and_what_they_tell() -> None:
    text = (
        NODE
        + MODBUS
        + '[[serial]]\nname = "module"\nport = "/dev/ttyUSB1"\ndriver = "di-module"\nunit = 4\n'
        "beams = { front = [0, 1] }\nbolts = { lock = 2 }\ndoors = { lock = 3, side = 5 }\n"
        "fire_alarms = { hall = 6 }\ninverted = [6]\n"
    )
    air, module = EdgeConfig.model_validate(tomllib.loads(text)).serial
    assert air.settings == module.settings == LineSettings(9600, "N")
    assert module.wiring == Wiring(
        beams=((0, 1),),
        locks=((2, 3), (None, 5)),
        alarms=((6, AlarmKind.FIRE),),
        inverted=frozenset({6}),
    )
    assert module.told() == ["front", "hall", "lock", "lock-door", "side", "side-door"]


def test_a_model_is_beside_the_file(tmp_path: Path) -> None:
    camera = CAMERA + 'detector = "onnx"\nmodel = "models/person.onnx"\nmodel_size = [320, 256]\n'
    path = tmp_path / "edge.toml"
    path.write_text(NODE + camera + LINE, "utf-8")
    (read,) = load(path).cameras
    assert read.model == tmp_path / "models/person.onnx"
    assert read.model_size == (320, 256)
    path.write_text(path.read_text("utf-8").replace("models/", "/srv/"), "utf-8")
    assert load(path).cameras[0].model == Path("/srv/person.onnx")
