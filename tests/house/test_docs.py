"""What the documents say stands, and what stands is in the documents."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ROOMS = ("contracts", "updater", "link", "firmware_bridge", "edge", "hub", "kiosk")
OTHERS = ("tests", "tools", "examples", "benchmarks", "docker", "docs", "locks", "firmware")
FOLDERS = (*ROOMS, *OTHERS)
VERBS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
README = (ROOT / "README.md").read_text("utf-8")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target.partition("#")[0]).exists(), f"{_name(page)}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_named_paths_stand(page: Path) -> None:
    for path in re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./*-]+)`", page.read_text("utf-8")):
        assert list(ROOT.glob(path)), f"{_name(page)}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_named_verbs_stand(page: Path) -> None:
    for verb in re.findall(r"^make (\w+)|`make (\w+)", page.read_text("utf-8"), re.MULTILINE):
        assert "".join(verb) in VERBS, f"{_name(page)}: make {''.join(verb)}"


def test_the_two_commands_come_first() -> None:
    commands = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert commands == ["demo", "test"]
    assert README.index("make demo") < README.index("## Who it is for")


def test_readme_shows_every_room() -> None:
    for room in ROOMS:
        assert f"| [{room}]({room}) |" in README


def test_some_page_leads_to_every_document() -> None:
    reached = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if not target.startswith("https://")
    }
    documents = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.*")]
    assert [_name(path) for path in documents if path.resolve() not in reached] == []


def test_readme_says_what_was_never_tried() -> None:
    told = README.partition("**Never tried on the real thing:**")[2].partition("\n\n")[0]
    for thing in ("RTSP", "V4L2", "Raspberry Pi"):
        assert thing in told


def test_readme_speaks_chinese_too() -> None:
    assert len(re.findall(r"[\u4e00-\u9fff]", README)) > 60


def test_every_decision_is_listed_and_whole() -> None:
    folder = ROOT / "docs/adr"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([\w.-]+)\)", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert [name for _, name in listed] == [path.name for path in pages]
    assert [number for number, _ in listed] == [f"{n:04}" for n in range(1, len(listed) + 1)]
    for (number, _), path in zip(listed, pages, strict=True):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number}-")
        assert text.startswith(f"# {number}: ")
        assert re.findall(r"^(?:Status|##) ?:? ?(.+)$", text, re.MULTILINE) == [
            "accepted",
            "What we knew",
            "What we chose",
            "What it costs",
        ]


GLOSSARY = (ROOT / "docs/glossary.md").read_text("utf-8")
WORDS = [
    word.strip()
    for cell in re.findall(r"^\| ([^|]+) \|", GLOSSARY, re.MULTILINE)
    if cell != "word"
    for word in cell.split(", ")
]


@pytest.mark.parametrize(
    "word",
    [
        "spool",
        "stream",
        "seq",
        "mark",
        "boot (opening)",
        "epoch",
        "coverage",
        "gap",
        "quarantine",
        "fork",
        "store id",
        "venue",
        "zone",
        "counting line",
        "visitor",
        "track",
        "crossing",
        "footfall",
        "occupancy",
        "dwell",
        "node",
        "reading",
        "sample",
        "bucket",
        "batch",
        "row",
        "evidence",
        "verdict",
        "closure notice",
    ],
)
def test_the_glossary_has_the_words_of_the_house(word: str) -> None:
    assert word in WORDS


def test_each_word_is_explained_once() -> None:
    assert sorted(WORDS) == sorted(set(WORDS))


def test_every_kind_of_row_is_a_word() -> None:
    row = re.search(r"^\| row \|.*", GLOSSARY, re.MULTILINE)
    assert row is not None
    for schema in (ROOT / "docs/schemas").glob("row-*.json"):
        assert schema.stem.removeprefix("row-") in row[0]


def test_continuous_integration_runs_both_verbs() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    assert re.findall(r"^make (\w+)", script, re.MULTILINE) == ["check", "test"]


def test_pre_commit_runs_our_verbs_and_fetches_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    for repo in config["repos"]:
        assert repo["repo"] == "local"
        for hook in repo["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].split()[0] == "make"
            assert hook["entry"].split()[1] in VERBS


def test_every_verb_says_what_it_does() -> None:
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    for line in lines:
        if re.match(r"[a-z]+:", line):
            assert "## " in line, line


def test_the_licence_is_whole_and_the_changelog_has_its_form() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert changelog.startswith("# Changelog\n")
    assert "## [Unreleased]" in changelog
