import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from hub.config import PASSWORD_VARIABLE, HubConfig, load_config
from hub.district import minutes_of, read_district, session_of
from hub.errors import ConfigError, StoreError
from hub.pages.words import KINDS
from hub.store import records as record_package
from hub.store.records import NEWEST, Records
from hub.store.records.schema import scripts
from hub.store.records.tables import METADATA
from hub.venues import OUTSIDE, Device

JIADING = Path(__file__).parents[3] / "examples" / "jiading"

VENUE = """
id = "room"
name_zh = "书房"
name_en = "Room"
kind = "book_room"
level = "space"
[hours]
monday = ["08:30-11:30", "13:00-17:00"]
[[zones]]
id = "hall"
name_zh = "厅"
name_en = "Hall"
[[lines]]
node = "pi"
line = "front"
from_zone = "outside"
to_zone = "hall"
"""


def test_defaults_are_safe() -> None:
    config = HubConfig()
    assert config.http.is_loopback
    assert config.broker.host == "127.0.0.1"
    assert load_config(None, {}) == config


def test_paths_are_relative_to_the_file_and_secrets_come_from_the_environment(
    tmp_path: Path,
) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('data_dir = "d"\ndistrict = "x"\n[broker]\ntls = true\ntls_ca = "ca.pem"\n')
    (tmp_path / "ca.pem").touch()
    config = load_config(file, {PASSWORD_VARIABLE: "s3cret"})
    assert config.data_dir == tmp_path / "d"
    assert config.district == tmp_path / "x"
    assert config.broker.tls_ca == tmp_path / "ca.pem"
    assert config.broker.password is not None
    assert config.broker.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(config)
    assert "s3cret" not in config.model_dump_json()


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("colour = 1\n", "colour", "there is no such key"),
        ("[http]\nport = 70000\n", "http.port", "less than or equal to 65535"),
        ("[http]\nhots = 'x'\n", "http.hots", "there is no such key"),
        ("[broker]\npassword = 'x'\n", "broker.password", PASSWORD_VARIABLE),
        ("broker = 3\n", "broker", "valid dictionary"),
        ("[live]\nstale_seconds = 1\n", "live.stale_seconds", "greater than or equal to 30"),
        ("port =\n", "TOML", "line 1"),
        ("[broker]\ntls_ca = 'ca.pem'\n", "broker: tls_ca", "tls is not true"),
        ("[broker]\ntls = true\ntls_key = 'k'\n", "broker: tls_certificate", "missing"),
        ("[broker]\ntls = true\ntls_ca = 'no.pem'\n", "broker.tls_ca", "no.pem is not a file"),
    ],
)
def test_a_bad_configuration_names_file_key_and_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, {PASSWORD_VARIABLE: "x"})
    assert all(part in str(caught.value) for part in (str(file), key, reason))


def test_a_missing_or_binary_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "none.toml", {})
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "b.toml", {})


def test_the_sample_district_is_sound() -> None:
    venues = {venue.id: venue for venue in read_district(JIADING)}
    assert len(venues) == 32
    assert {venue.level for venue in venues.values()} == {"district", "town", "space"}
    assert {venue.kind for venue in venues.values()} == set(KINDS)
    assert sum(len(venue.nodes) > 1 for venue in venues.values()) >= 3
    for venue in venues.values():
        # Within Jiading, and with a lock: opening hours are judged from it.
        assert 31.2 < (venue.latitude or 0) < 31.5
        assert 121.1 < (venue.longitude or 0) < 121.4
        assert "lock" in {sensor.kind for sensor in venue.sensors}
    weekly = sum(
        closes - opens for day in venues["district-library"].hours for opens, closes in day
    )
    assert weekly == 76 * 60
    room = venues["book-room-zhouqiao"]
    assert {(line.node, line.line) for line in room.lines} == {
        ("door-pi", "front"),
        ("door-pi", "side"),
    }
    assert {sensor.sensor for sensor in room.sensors} == {"lock", "climate", "entry"}
    assert all(any(line.touches_outside for line in venue.lines) for venue in venues.values())


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('id = "room"', 'id = "Room!"', "id", "pattern"),
        ('kind = "book_room"', 'kind = "book_room"\nkolour = 1', "kolour", "no such key"),
        ('level = "space"', 'level = "moon"', "level", "district"),
        ("08:30-11:30", "11:30-08:30", "hours.monday", "ends before it begins"),
        ("08:30-11:30", "half past", "hours.monday", "not a session"),
        ("13:00-17:00", "11:00-17:00", "hours.monday", "overlap"),
        ('to_zone = "hall"', 'to_zone = "attic"', "whole file", "unknown zone 'attic'"),
        ('to_zone = "hall"', 'to_zone = "outside"', "whole file", "leads nowhere"),
        ('id = "hall"', 'id = "outside"', "zones.0.id", "street"),
        ('level = "space"', 'level = "space"\ntimezone = "Mars/One"', "timezone", "time zone"),
        ('level = "space"', 'level = "space"\nquiet_at = "25:00"', "quiet_at", "one day"),
    ],
)
def test_a_bad_venue_names_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    file = tmp_path / "room.toml"
    file.write_text(VENUE.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_district(tmp_path)
    assert all(part in str(caught.value) for part in (str(file), key, reason))


def test_two_files_may_not_declare_one_venue(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(VENUE, "utf-8")
    (tmp_path / "b.toml").write_text(VENUE, "utf-8")
    with pytest.raises(ConfigError, match="already"):
        read_district(tmp_path)


def test_an_empty_folder_is_no_district(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no venue file"):
        read_district(tmp_path)
    with pytest.raises(ConfigError, match="not a folder"):
        read_district(tmp_path / "none")


def test_clocks() -> None:
    assert minutes_of("08:30") == 510
    assert session_of("18:00-26:00") == (1080, 1560)
    for bad in ("8:30", "36:01", "24:60", ""):
        with pytest.raises(ValueError, match="not a time of day"):
            minutes_of(bad)


class TestRecords:
    def test_loading_twice_changes_nothing(self, tmp_path: Path) -> None:
        venues = read_district(JIADING)
        with Records(tmp_path / "records.db") as records:
            assert len(records.load(venues).added) == len(venues)
            revision = records.revision()
            again = records.load(venues)
            assert (again.added, again.changed, len(again.unchanged)) == ((), (), len(venues))
            assert records.revision() == revision
            assert records.venues() == {venue.id: venue for venue in venues}

    def test_a_changed_file_changes_only_its_venue(self, tmp_path: Path) -> None:
        venues = read_district(JIADING)
        with Records(tmp_path / "records.db") as records:
            records.load(venues)
            fewer = replace(venues[0], capacity=7, zones=venues[0].zones[:1])
            report = records.load([fewer])
            assert report.changed == (venues[0].id,)
            assert len(report.undeclared) == len(venues) - 1
            assert records.venues()[venues[0].id] == fewer
            assert records.venues()[venues[1].id] == venues[1]

    def test_devices_are_kept_with_their_first_sight(self, tmp_path: Path) -> None:
        device = Device("room", "pi", None, 1, 2)
        later = replace(device, online=True, last_seen_ms=9, software="0.1")
        with Records(tmp_path / "records.db") as records:
            records.save_devices([device])
            records.save_devices([later])
        with Records(tmp_path / "records.db") as records:
            assert records.devices() == [later]

    def test_the_newest_migration_is_what_the_code_knows(self) -> None:
        assert scripts().get_heads() == [NEWEST]

    def test_migrations_make_the_tables_that_the_code_declares(self, tmp_path: Path) -> None:
        for module in pkgutil.iter_modules(record_package.__path__):
            if module.name.endswith("tables"):
                importlib.import_module(f"{record_package.__name__}.{module.name}")
        with Records(tmp_path / "records.db") as records, records.reading() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, METADATA) == []

    def test_a_newer_schema_is_refused(self, tmp_path: Path) -> None:
        with Records(tmp_path / "records.db") as records, records.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="newer release"):
            Records(tmp_path / "records.db")

    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "records.db").write_bytes(b"no database at all" * 100)
        with pytest.raises(StoreError, match="cannot be used"):
            Records(tmp_path / "records.db")


def test_the_street_is_no_zone() -> None:
    assert OUTSIDE == "outside"


@pytest.mark.parametrize(
    "names", [{"KAIGUAN_BROKER_PASSWORD_FILE": "broker-password"}, {"CREDENTIALS_DIRECTORY": ""}]
)
def test_a_secret_comes_from_a_file_and_is_never_shown(
    tmp_path: Path, names: dict[str, str]
) -> None:
    (tmp_path / "broker-password").write_text("hunter2\n")
    environment = {name: str(tmp_path / value) for name, value in names.items()}
    config = load_config(None, environment)
    assert config.broker.password is not None
    assert config.broker.password.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{config!r} {config} {config.model_dump_json()}"


def test_a_file_of_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    environment = {"KAIGUAN_BROKER_PASSWORD_FILE": str(tmp_path / "none")}
    with pytest.raises(ConfigError, match=r"KAIGUAN_BROKER_PASSWORD: .*none cannot be read"):
        load_config(None, environment)
