"""Hold the locks against known holes, without a network: `make audit`.

    python -m tools.audit                    against locks/advisories.json
    python -m tools.audit keep EXPORT.zip …  write that file from exports of osv.dev

An export (`all.zip` of the ecosystems PyPI and npm) is fetched on a machine that has a network and
carried here; of it is kept what speaks of a locked name. Exit codes: 0 no hole is known as of the
date that is told; 1 there are some; 2 the call or a file is wrong; 3 nothing can be said: of an
ecosystem no advisories are kept, or they are older than --max-age-days (from half of it on a line
warns). A hole that is accepted stands in locks/accepted.toml with its reason and until when, a year
from now at most; what is accepted no more, or for nothing, is told.
Source: the OSV schema 1.6, `affected` and the evaluation of its ranges.
"""

import argparse
import datetime as dt
import hashlib
import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

from tools.locked import ROOT, Locked, canonical, npm_locked, python_locked

KEPT: Final = ROOT / "locks/advisories.json"
ACCEPTED: Final = ROOT / "locks/accepted.toml"
MAX_AGE_DAYS: Final = 60
MOST_ACCEPTED_DAYS: Final = 366
ECOSYSTEMS: Final = ("PyPI", "npm")
HOW: Final = (
    "Where there is a network fetch all.zip of PyPI and of npm from osv.dev's exports, then"
    " `python -m tools.audit keep` both"
)
_MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one record; the longest of them is some 200 kB."""
_SEMVER: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")

Order = Callable[[str], Any]


class Unusable(Exception):
    """A file that is not what it has to be."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A locked release that an advisory speaks of."""

    package: Locked
    release: str
    id: str
    names: tuple[str, ...]
    summary: str
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        others = f" ({', '.join(self.names)})" if self.names else ""
        mended = f"; mended in {', '.join(self.fixed)}" if self.fixed else "; not mended yet"
        used = ", ".join(self.package.used_by)
        what = f"{self.package.name} {self.release} [{used}]"
        return f"{what}: {self.id}{others}: {self.summary}{mended}"


def semver(text: str) -> tuple[Any, ...]:
    """Return what releases of npm are compared by. Raises Unusable."""
    found = _SEMVER.fullmatch(text)
    if found is None:
        if text == "0":
            return (0, 0, 0, ((0, 0, ""),))
        raise Unusable(f"{text!r} is no release of npm")
    parts = [
        (0, int(p), "") if p.isdigit() else (1, 0, p) for p in (found[4] or "").split(".") if p
    ]
    # What comes before a release is less than it.
    return (*map(int, found.groups()[:3]), tuple(parts) or ((2, 0, ""),))


def pep440(text: str) -> Version:
    """Return what releases of Python distributions are compared by. Raises Unusable."""
    try:
        return Version(text)
    except InvalidVersion as error:
        raise Unusable(f"{text!r} is no release of a Python distribution") from error


ORDERS: Final[Mapping[str, Order]] = {"PyPI": pep440, "npm": semver}


def holes(locked: Iterable[Locked], records: Iterable[Mapping[str, Any]]) -> Iterator[Hole]:
    """Yield what of the locked is affected by records of the OSV schema. Raises Unusable."""
    known = {(one.ecosystem, one.name): one for one in locked}
    for record in records:
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = known.get(_named(affected))
            if package is None:
                continue
            for release in package.releases:
                if is_affected(affected, release, ORDERS[package.ecosystem]):
                    yield Hole(
                        package,
                        release,
                        str(record["id"]),
                        tuple(record.get("aliases", ())),
                        str(record.get("summary") or record.get("details") or "")[:200].strip(),
                        _fixed(affected),
                    )


def is_affected(affected: Mapping[str, Any], release: str, order: Order) -> bool:
    """Tell whether one release is among those that an entry of `affected` names."""
    if release in affected.get("versions", ()):
        return True
    return any(
        _is_in(span.get("events", ()), order(release), order)
        for span in affected.get("ranges", ())
        if span.get("type") in {"ECOSYSTEM", "SEMVER"}
    )


def _is_in(events: Sequence[Mapping[str, str]], release: Any, order: Order) -> bool:
    def place(event: Mapping[str, str]) -> Any:
        [(kind, at)] = event.items()
        # What is mended at a release may begin again there, and may end with it.
        return order(at), ("fixed", "introduced", "last_affected").index(kind)

    result = False
    for event in sorted((one for one in events if "limit" not in one), key=place):
        [(kind, at)] = event.items()
        if kind == "introduced":
            result = result or at == "0" or release >= order(at)
        elif release > order(at) or (kind == "fixed" and release == order(at)):
            result = False
    return result


def keep(exports: Iterable[Path], today: dt.date, kept: Path = KEPT) -> int:
    """Keep of exports what speaks of a locked name; return how many records. Raises Unusable."""
    locked = [*python_locked(), *npm_locked()]
    known = {(one.ecosystem, one.name) for one in locked}
    records: dict[str, Any] = {}
    seen: dict[str, dict[str, Any]] = {}
    for export in exports:
        digest = _digest(export)
        for record in _records(export):
            for ecosystem in {_named(one)[0].partition(":")[0] for one in _affected(record)}:
                if ecosystem in ECOSYSTEMS:
                    told = seen.setdefault(
                        ecosystem, {"newest": "", "looked_through": 0, "export_sha256": digest}
                    )
                    told["newest"] = max(told["newest"], str(record.get("modified", "")))
                    told["looked_through"] += 1
            about_us = [one for one in _affected(record) if _named(one) in known]
            if about_us and not record.get("withdrawn"):
                fields = ("id", "aliases", "summary", "modified")
                short = {name: record[name] for name in fields if record.get(name)}
                records[record["id"]] = short | {"affected": [_shortened(one) for one in about_us]}
    missing = [ecosystem for ecosystem in ECOSYSTEMS if ecosystem not in seen]
    if missing:
        raise Unusable(f"the exports hold no advisories of {' and '.join(missing)}: give both")
    document = {
        "origin": "osv.dev, its exports of the ecosystems PyPI and npm",
        "kept": today.isoformat(),
        "ecosystems": {ecosystem: seen[ecosystem] for ecosystem in ECOSYSTEMS},
        "records": [records[id_] for id_ in sorted(records)],
    }
    kept.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return len(records)


def audit(
    locked: Sequence[Locked],
    kept: Path,
    today: dt.date,
    max_age_days: int,
    accepted: Path = ACCEPTED,
) -> tuple[int, list[str]]:
    """Return the exit code and what is to be said. Raises Unusable."""
    if not kept.exists():
        return 3, [f"nothing can be said: {kept.name} is not there. {HOW}"]
    document = _loaded(kept)
    try:
        dates = {
            ecosystem: dt.datetime.fromisoformat(told["newest"]).date()
            for ecosystem, told in document["ecosystems"].items()
        }
        found = list(holes(locked, document["records"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unusable(f"{kept}: not what `keep` writes: {error}") from error
    missing = sorted({one.ecosystem for one in locked} - dates.keys())
    date = min(dates.values(), default=today)
    age = (today - date).days
    if max(dates.values(), default=today) > today + dt.timedelta(1):
        raise Unusable(f"{kept}: its advisories are of a day to come: one of the clocks is wrong")
    waivers = _waivers(accepted, today)
    waived = {id_ for id_, until in waivers.items() if until >= today}
    told = [str(hole) for hole in found if not waived & {hole.id, *hole.names}]
    notes = _notes(waivers, found, today)
    count = f"{len(locked)} locked names held against advisories up to {date}"
    if told:
        return 1, [*told, *notes, f"{count}: {len(told)} holes"]
    if missing:
        return 3, [*notes, f"nothing can be said of {' and '.join(missing)}: none are kept. {HOW}"]
    if age > max_age_days:
        return 3, [
            *notes,
            f"{count}, {age} days ago: too old to say that there is no hole; keep newer ones",
        ]
    if age > max_age_days / 2:
        notes.append(f"advisories are {age} days old; from {max_age_days} on nothing can be said")
    return 0, [f"{count}: none of them is known to have a hole that is not accepted", *notes]


def _notes(waivers: Mapping[str, dt.date], found: Iterable[Hole], today: dt.date) -> list[str]:
    """Return what is to be said of what was accepted: no more, or for nothing."""
    open_ = {id_ for hole in found for id_ in (hole.id, *hole.names)}
    return [
        f"accepted.toml: {id_} was accepted until {until}"
        if id_ in open_
        else f"accepted.toml: {id_} is no hole of what is locked; take it out"
        for id_, until in sorted(waivers.items())
        if id_ not in open_ or until < today
    ]


def _waivers(path: Path, today: dt.date) -> dict[str, dt.date]:
    """Return each id that somebody accepted, and until when. Raises Unusable."""
    if not path.exists():
        return {}
    try:
        told = tomllib.loads(path.read_text("utf-8")).get("accepted", [])
        for one in told:
            if not one["reason"].strip():
                raise Unusable(f"{path.name}: {one['id']} has no reason")
            if one["until"] > today + dt.timedelta(MOST_ACCEPTED_DAYS):
                raise Unusable(f"{path.name}: {one['id']} is accepted for more than a year")
        return {one["id"]: one["until"] for one in told}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(
            f"{path.name}: each [[accepted]] has id, reason, until: {error!r}"
        ) from error


def _affected(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = record.get("affected", ())
    return found


def _digest(export: Path) -> str:
    try:
        with export.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unusable(f"{export}: not an export of osv.dev: {error}") from error


def _named(affected: Mapping[str, Any]) -> tuple[str, str]:
    package = affected.get("package", {})
    ecosystem, name = str(package.get("ecosystem", "")), str(package.get("name", ""))
    return ecosystem, canonical(name) if ecosystem == "PyPI" else name


def _fixed(affected: Mapping[str, Any]) -> tuple[str, ...]:
    events = [e for span in affected.get("ranges", ()) for e in span.get("events", ())]
    return tuple(dict.fromkeys(event["fixed"] for event in events if "fixed" in event))


def _shortened(affected: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without what no comparison needs: commits, and what a database adds."""
    spans = [span for span in affected.get("ranges", ()) if span.get("type") != "GIT"]
    result: dict[str, Any] = {"package": affected["package"]}
    if spans:
        result["ranges"] = [{"type": one["type"], "events": one["events"]} for one in spans]
    if affected.get("versions"):
        result["versions"] = affected["versions"]
    return result


def _records(export: Path) -> Iterator[dict[str, Any]]:
    try:
        with zipfile.ZipFile(export) as packed:
            for told in packed.infolist():
                if not told.filename.endswith(".json"):
                    continue
                if told.file_size > _MOST_BYTES:
                    raise Unusable(f"{export}: {told.filename} has {told.file_size} bytes")
                record = json.loads(packed.read(told))
                if not isinstance(record, dict) or "id" not in record:
                    raise Unusable(f"{export}: {told.filename} is no advisory")
                yield record
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise Unusable(f"{export}: not an export of osv.dev: {error}") from error


def _loaded(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Unusable(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unusable(f"{path}: not what `keep` writes")
    return document


def main(arguments: Sequence[str]) -> int:
    """Audit or keep; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.audit", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--advisories", type=Path, default=KEPT)
    parser.add_argument("--accepted", type=Path, default=ACCEPTED)
    parser.add_argument("--max-age-days", type=int, default=MAX_AGE_DAYS)
    parser.add_argument("keep", nargs="*", metavar="keep EXPORT.zip")
    told = parser.parse_args(arguments)
    today = dt.datetime.now(dt.UTC).date()
    try:
        if told.keep:
            if told.keep[0] != "keep" or len(told.keep) == 1:
                parser.error("say `keep` and the exports, or nothing")
            count = keep([Path(name) for name in told.keep[1:]], today, told.advisories)
            sys.stdout.write(f"kept {count} advisories in {told.advisories}\n")
            return 0
        locked = [*python_locked(), *npm_locked()]
        code, said = audit(locked, told.advisories, today, told.max_age_days, told.accepted)
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    (sys.stderr if code else sys.stdout).write("\n".join(said) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
