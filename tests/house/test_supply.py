"""What others wrote and we install: licences, bills of materials, known holes."""

import datetime as dt
import hashlib
import importlib.metadata
import json
import re
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools import audit, bill_of_materials, third_party
from tools.bill_of_materials import NoBill, bill, validated
from tools.locked import DOORS, Locked, npm_locked, python_locked
from tools.third_party import NotFree, check, licence_of

ROOT = Path(__file__).parents[2]
PYTHON, NPM = python_locked(), npm_locked()
TODAY = dt.date(2026, 11, 30)


class TestLicences:
    def test_the_list_is_that_of_the_locks(self) -> None:
        rows = re.findall(
            r"^\| ([\w@/.-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]*\|$",
            third_party.PATH.read_text("utf-8").replace(" |  |", " | |"),
            re.MULTILINE,
        )
        told = [row for row in rows if row[1].strip("-") and row[1] != "releases"]
        assert [(name, releases, users) for name, releases, _, users in told] == [
            (one.name, ", ".join(one.releases), ", ".join(one.used_by)) for one in (*PYTHON, *NPM)
        ], "run `python -m tools.third_party`"
        for name, _, licence, _ in told:
            check(name, licence)

    def test_installed_distributions_say_what_is_listed(self) -> None:
        text = third_party.PATH.read_text("utf-8")
        compared = 0
        for one in PYTHON:
            try:
                installed = importlib.metadata.version(one.name)
            except importlib.metadata.PackageNotFoundError:
                continue
            if one.releases == (installed,):
                assert f"| {one.name} | {installed} | {licence_of(one.name)} |" in text
                compared += 1
        assert compared > 50

    def test_what_is_bundled_is_there_with_its_text(self) -> None:
        text = third_party.PATH.read_text("utf-8")
        bundled = [one.name for one in NPM if one.used_by != ("dev",)]
        assert bundled == ["three", "uplot"]
        for name in bundled:
            assert "Permission is hereby granted" in third_party.kept_text(text, name)

    @pytest.mark.parametrize(
        ("licence", "is_free"),
        [
            ("MIT", True),
            ("EPL-2.0 OR BSD-3-Clause", True),
            ("MIT AND PSF-2.0", True),
            ("(GPL-3.0-only OR MIT) AND Zlib", True),
            ("GPL-3.0-only", False),
            ("MIT AND AGPL-3.0-only", False),
            ("LicenseRef-Proprietary", False),
            ("BSD", False),
            ("", False),
        ],
    )
    def test_what_is_not_free_or_not_known_is_refused(self, licence: str, is_free: bool) -> None:
        if is_free:
            check("some", licence)
        else:
            with pytest.raises(NotFree, match=r"^some: "):
                check("some", licence)

    def test_a_distribution_that_says_nothing_is_refused(self) -> None:
        one = Locked("not-installed-anywhere", "PyPI", ("1.0",), ("hub",))
        with pytest.raises(NotFree, match="not-installed-anywhere: no licence is known"):
            third_party.render([one], [])

    def test_by_hand_stands_only_what_is_locked(self) -> None:
        assert set(third_party.BY_HAND) | set(third_party.NOTES) <= {one.name for one in PYTHON}


class TestBills:
    @pytest.fixture
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let cyclonedx-py have found one distribution: all of it takes seconds."""
        found = {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": {"bom-ref": "root", "type": "application", "name": "x"}},
            "components": [
                {
                    "bom-ref": "L1",
                    "type": "library",
                    "name": "FastAPI",
                    "version": "0.1",
                    "description": "requirements line 1",
                }
            ],
            "dependencies": [{"ref": "L1"}],
        }
        monkeypatch.setattr(bill_of_materials, "_of_lock", lambda *_: found)

    @pytest.mark.usefixtures("short")
    def test_a_bill_has_licences_and_the_packages_of_the_pages(self) -> None:
        document = json.loads(validated(bill("kiosk")))
        known = {one["name"]: one for one in document["components"]}
        assert known["FastAPI"]["licenses"] == [{"expression": "MIT"}]
        assert "description" not in known["FastAPI"]
        three = known["three"]
        assert three["purl"] == f"pkg:npm/three@{three['version']}"
        assert re.fullmatch("[0-9a-f]{128}", three["hashes"][0]["content"])
        assert document["dependencies"][-1]["dependsOn"] == ["L1", three["bom-ref"]]
        assert document["metadata"]["component"]["name"] == "kaiguan-kiosk"

    @pytest.mark.usefixtures("short")
    def test_what_is_no_bill_is_not_written(self) -> None:
        with pytest.raises(NoBill, match="not CycloneDX"):
            validated(bill("hub") | {"version": "first"})

    @pytest.mark.soak
    def test_every_door_has_all_that_its_lock_names(self, tmp_path: Path) -> None:
        first = [path.read_bytes() for path in bill_of_materials.write(tmp_path / "one")]
        assert first == [path.read_bytes() for path in bill_of_materials.write(tmp_path / "two")]
        for door, told in zip(DOORS, first, strict=True):
            found = {(one["name"], one["version"]) for one in json.loads(told)["components"]}
            due = {(one.name, r) for one in PYTHON if door in one.used_by for r in one.releases}
            due |= {(one.name, one.releases[0]) for one in NPM if door in one.used_by}
            assert {name.lower() for name, _ in found} >= {name for name, _ in due} - {"numpy"}


def an_advisory(
    name: str = "urllib3", ecosystem: str = "PyPI", *events: Mapping[str, str], **more: Any
) -> dict[str, Any]:
    spans = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": spans}
    return {
        "id": "PYSEC-0",
        "aliases": ["CVE-0"],
        "summary": "a hole",
        "modified": "2026-11-20T00:00:00Z",
        "affected": [affected | more],
    }


def exported(path: Path, *records: Mapping[str, Any]) -> None:
    """Write an export as osv.dev's are."""
    with zipfile.ZipFile(path, "w") as packed:
        for record in records:
            packed.writestr(f"{record['id']}.json", json.dumps(record))


def a_lock(release: str, ecosystem: str = "PyPI") -> Locked:
    return Locked("urllib3", ecosystem, (release,), ("hub",))


# CVE-2023-43804 of urllib3, as osv.dev tells its spans.
COOKIES = ({"introduced": "0"}, {"fixed": "1.26.17"}, {"introduced": "2.0.0"}, {"fixed": "2.0.6"})


class TestAudit:
    @pytest.mark.parametrize(
        ("release", "is_open"),
        [
            ("1.26.16", True),
            ("1.26.17", False),
            ("1.27", False),
            ("2.0.0rc1", False),
            ("2.0.0", True),
            ("2.0.5.post1", True),
            ("2.0.6", False),
        ],
    )
    def test_spans_of_python(self, release: str, is_open: bool) -> None:
        found = list(audit.holes([a_lock(release)], [an_advisory("urllib3", "PyPI", *COOKIES)]))
        assert bool(found) == is_open
        if found:
            assert str(found[0]) == (
                f"urllib3 {release} [hub]: PYSEC-0 (CVE-0): a hole; mended in 1.26.17, 2.0.6"
            )

    @pytest.mark.parametrize(
        ("release", "is_open"),
        [
            ("0.9.9", True),
            ("1.2.3-alpha", True),
            ("1.2.3-alpha.10", True),
            ("1.2.3", False),
            ("1.10.0", False),
            ("2.0.0", True),
            ("2.0.1", False),
        ],
    )
    def test_spans_of_npm(self, release: str, is_open: bool) -> None:
        events = ({"introduced": "0"}, {"fixed": "1.2.3"}, {"introduced": "2.0.0"})
        record = an_advisory("urllib3", "npm", *events, {"last_affected": "2.0.0"})
        assert bool(list(audit.holes([a_lock(release, "npm")], [record]))) == is_open

    def test_releases_by_name_and_what_is_withdrawn(self) -> None:
        named = an_advisory(versions=["1.0", "1.1"])
        assert list(audit.holes([a_lock("1.1")], [named]))
        assert not list(audit.holes([a_lock("1.2")], [named]))
        assert not list(audit.holes([a_lock("1.1")], [named | {"withdrawn": "2026"}]))
        assert not list(audit.holes([a_lock("1.1", "npm")], [named]))
        other_writing = an_advisory("URLLib3", versions=["1.1"])
        assert list(audit.holes([a_lock("1.1")], [other_writing]))

    def kept(self, path: Path, *records: dict[str, Any], newest: str = "2026-11-20") -> Path:
        told = {one: {"newest": newest} for one in ("PyPI", "npm")}
        path.write_text(json.dumps({"ecosystems": told, "records": records}))
        return path

    def test_what_it_says_and_its_exit_codes(self, tmp_path: Path) -> None:
        path, accepted = tmp_path / "advisories.json", tmp_path / "accepted.toml"
        code, told = audit.audit([a_lock("2.0.5")], path, TODAY, 60, accepted)
        assert (code, "nothing can be said" in told[0]) == (3, True)
        self.kept(path, an_advisory("urllib3", "PyPI", *COOKIES))
        code, [sentence] = audit.audit([a_lock("2.8.0")], path, TODAY, 60, accepted)
        assert code == 0
        assert sentence.startswith("1 locked names held against advisories up to 2026-11-20: none")
        code, told = audit.audit([a_lock("2.8.0")], path, TODAY, 9, accepted)
        assert (code, "10 days ago: too old" in told[0]) == (3, True)
        # A hole is a hole also where what knows of it is old.
        code, told = audit.audit([a_lock("2.0.5")], path, TODAY, 9, accepted)
        assert (code, len(told)) == (1, 2)
        accepted.write_text('[[accepted]]\nid = "CVE-0"\nreason = "no cookies"\nuntil = 2026-11-30')
        assert audit.audit([a_lock("2.0.5")], path, TODAY, 60, accepted)[0] == 0
        later = TODAY + dt.timedelta(1)
        assert audit.audit([a_lock("2.0.5")], path, later, 60, accepted)[0] == 1
        accepted.write_text('[[accepted]]\nid = "CVE-0"\nreason = ""\nuntil = 2026-11-30')
        with pytest.raises(audit.Unusable, match="CVE-0 has no reason"):
            audit.audit([a_lock("2.0.5")], path, TODAY, 60, accepted)

    def test_an_export_is_kept_as_far_as_it_is_about_us(self, tmp_path: Path) -> None:
        export, path = tmp_path / "all.zip", tmp_path / "advisories.json"
        git = {"type": "GIT", "repo": "r", "events": [{"introduced": "0"}]}
        ours = an_advisory("urllib3", "PyPI", *COOKIES)
        ours["affected"][0]["ranges"].append(git)
        records = [ours, an_advisory("another-one") | {"id": "PYSEC-1"}]
        exported(export, *records)
        with pytest.raises(audit.Unusable, match="no advisories of npm: give both"):
            audit.keep([export], TODAY, path)
        other = an_advisory("another-one", "npm") | {"modified": "2026-10-01T00:00:00Z"}
        exported(tmp_path / "npm.zip", other)
        assert audit.keep([export, tmp_path / "npm.zip"], TODAY, path) == 1
        document = json.loads(path.read_text())
        assert document["kept"] == "2026-11-30"
        told = document["ecosystems"]
        assert {name: one["looked_through"] for name, one in told.items()} == {"PyPI": 2, "npm": 1}
        digest = hashlib.sha256(export.read_bytes()).hexdigest()
        assert told["PyPI"]["export_sha256"] == digest
        # As old as the older of both is what they say together.
        assert audit.audit([a_lock("2.8.0")], path, TODAY, 59)[0] == 3
        assert [span["type"] for span in document["records"][0]["affected"][0]["ranges"]] == [
            "ECOSYSTEM"
        ]
        assert audit.audit([a_lock("2.0.5")], path, TODAY, 60)[0] == 1

    def test_age_is_told_before_it_is_too_great(self, tmp_path: Path) -> None:
        path = self.kept(tmp_path / "advisories.json")
        code, told = audit.audit([a_lock("2.8.0")], path, TODAY, 60)
        assert (code, len(told)) == (0, 1)
        code, told = audit.audit([a_lock("2.8.0")], path, TODAY, 15)
        assert (code, told[1:]) == (
            0,
            ["advisories are 10 days old; from 15 on nothing can be said"],
        )
        with pytest.raises(audit.Unusable, match="one of the clocks is wrong"):
            audit.audit([a_lock("2.8.0")], path, dt.date(2026, 11, 1), 60)

    def test_of_an_ecosystem_without_advisories_nothing_is_said(self, tmp_path: Path) -> None:
        path = tmp_path / "advisories.json"
        path.write_text('{"ecosystems": {"PyPI": {"newest": "2026-11-20"}}, "records": []}')
        assert audit.audit([a_lock("2.8.0")], path, TODAY, 60)[0] == 0
        code, [sentence] = audit.audit([a_lock("2.8.0", "npm")], path, TODAY, 60)
        assert (code, "nothing can be said of npm" in sentence) == (3, True)

    def test_what_is_accepted_no_more_or_for_nothing_is_told(self, tmp_path: Path) -> None:
        path, accepted = tmp_path / "advisories.json", tmp_path / "accepted.toml"
        self.kept(path, an_advisory("urllib3", "PyPI", *COOKIES))
        entry = '[[accepted]]\nid = "{}"\nreason = "no cookies"\nuntil = {}\n'
        accepted.write_text(
            entry.format("CVE-0", "2026-11-29") + entry.format("CVE-9", "2027-01-01")
        )
        code, told = audit.audit([a_lock("2.0.5")], path, TODAY, 60, accepted)
        assert (code, told[1:3]) == (
            1,
            [
                "accepted.toml: CVE-0 was accepted until 2026-11-29",
                "accepted.toml: CVE-9 is no hole of what is locked; take it out",
            ],
        )
        accepted.write_text(entry.format("CVE-0", "2028-01-01"))
        with pytest.raises(audit.Unusable, match="for more than a year"):
            audit.audit([a_lock("2.0.5")], path, TODAY, 60, accepted)

    def test_from_exports_that_were_carried_here_to_an_answer(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        one = next(one for one in PYTHON if one.name == "jinja2")
        today = dt.datetime.now(dt.UTC).isoformat()
        hit = an_advisory("Jinja2", versions=list(one.releases)) | {"modified": today}
        miss = an_advisory("jinja2", "PyPI", {"introduced": "0"}, {"fixed": "0.1"})
        exported(tmp_path / "pypi.zip", hit, miss | {"id": "PYSEC-1"})
        exported(tmp_path / "npm.zip", an_advisory("x", "npm") | {"modified": today})
        at = ["--advisories", str(tmp_path / "kept.json"), "--accepted", str(tmp_path / "a.toml")]
        assert audit.main(at) == 3
        exports = [str(tmp_path / name) for name in ("pypi.zip", "npm.zip")]
        assert audit.main([*at, "keep", *exports]) == 0
        capsys.readouterr()
        assert audit.main(at) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[0].startswith(f"jinja2 {one.releases[0]} [")
        assert said[-1].endswith(": 1 holes")
        until = dt.datetime.now(dt.UTC).date() + dt.timedelta(3)
        (tmp_path / "a.toml").write_text(
            f'[[accepted]]\nid = "CVE-0"\nreason = "no template is a guest\'s"\nuntil = {until}\n'
        )
        assert audit.main(at) == 0

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"{}"])
    def test_what_is_no_export_is_one_sentence(
        self, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        export = tmp_path / "all.zip"
        export.write_bytes(content)
        kept = tmp_path / "advisories.json"
        assert audit.main(["--advisories", str(kept), "keep", str(export)]) == 2
        assert "not an export of osv.dev" in capsys.readouterr().err
        kept.write_bytes(content or b"[]")
        assert audit.main(["--advisories", str(kept)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_every_locked_release_can_be_compared(self) -> None:
        for one in (*PYTHON, *NPM):
            for release in one.releases:
                audit.ORDERS[one.ecosystem](release)


def test_accepted_holes_say_why_and_until_when() -> None:
    if audit.ACCEPTED.exists():
        for one in tomllib.loads(audit.ACCEPTED.read_text("utf-8"))["accepted"]:
            assert one["reason"].strip()
            assert isinstance(one["until"], dt.date)
