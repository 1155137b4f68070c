"""What is drawn goes into a file that a person wrote, and nothing else of it changes."""

from pathlib import Path

import pytest

from edge.calibrate.plan import Plan
from edge.calibrate.setup_file import SetupFile
from edge.config import LineSection, ZoneSection
from edge.config_file import load
from edge.errors import ConfigError, FileChanged

ROOT = Path(__file__).parents[3]
HEAD = '[node]\nvenue = "lib"   # ours\nnode = "door"\n\n# what hangs there\n'
CAMERA = '[[cameras]]\nname = "ceiling"\nsource = "scene:7"\n'
LINE = '[[cameras.lines]]\nname = "front" # the wide one\nstart = [0, 0.5]\nend = [1, 0.5]\n'
LINE += "in_vector = [0, 1]\n"
FRONT = LineSection(name="front", start=(0.1, 0.4), end=(0.9, 0.4), in_vector=(0, 1))
BACK = LineSection(name="back", start=(0, 0.123456), end=(1, 0.2), in_vector=(0, -1), anchor="foot")
CASE = ZoneSection(name="case", polygon=((0, 0), (1, 0), (0.5, 0.5)))


def a_file(folder: Path, text: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(text, "utf-8")
    return path


def test_what_is_drawn_is_what_is_read(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA + LINE)
    plan = Plan(lines=(FRONT, BACK), zones=(CASE,), person_size=(0.2, 0.3), person_growth=1.5)
    kept = SetupFile(path).save(plan)
    assert kept.read_text() == HEAD + CAMERA + LINE
    (camera,) = load(path).cameras
    front, back = camera.lines
    assert front == FRONT
    assert back.name == "back"
    assert back.start == pytest.approx((0, 0.1235))
    assert back.anchor == "foot"
    assert camera.zones == (CASE,)
    assert camera.person_size == (0.2, 0.3)
    assert (camera.person_growth, camera.person_row) == (1.5, 0.5)


def test_everything_else_of_the_example_stays_letter_for_letter(tmp_path: Path) -> None:
    text = (ROOT / "edge/config.example.toml").read_text("utf-8")
    path = a_file(tmp_path, text)
    setup = SetupFile(path)
    setup.save(Plan(lines=(*setup.plan.lines, BACK), zones=(CASE,)))
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in text.splitlines() if line not in lines] == []
    setup.save(Plan(lines=setup.plan.lines[:1]))
    assert path.read_text("utf-8") == text


def test_a_removed_line_takes_its_own_comment_along_and_no_other(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA + LINE + LINE.replace("front", "side"))
    SetupFile(path).save(Plan(lines=(FRONT.model_copy(update={"name": "side"}),)))
    text = path.read_text()
    assert text.count("# the wide one") == 1
    assert "# ours" in text
    assert "# what hangs there" in text
    assert "front" not in text


def test_a_camera_without_a_line_can_be_drawn_and_not_yet_saved(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA)
    setup = SetupFile(path)
    assert setup.plan.lines == ()
    with pytest.raises(ConfigError, match=r"cameras\.0\.lines"):
        setup.save(Plan())
    assert path.read_text() == HEAD + CAMERA
    setup.save(Plan(lines=(FRONT,)))
    assert load(path).cameras[0].lines == (FRONT,)


def test_a_camera_that_is_not_there_is_added_with_its_source(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD)
    setup = SetupFile(path, "ceiling", "scene:3")
    setup.save(Plan(lines=(FRONT,)))
    (camera,) = load(path).cameras
    assert (camera.name, camera.source) == ("ceiling", "scene:3")
    assert path.read_text().startswith(HEAD.rstrip("\n"))


def test_another_camera_is_left_alone(tmp_path: Path) -> None:
    other = CAMERA.replace("ceiling", "rear") + LINE.replace('"front"', '"rear"')
    path = a_file(tmp_path, HEAD + other + CAMERA)
    setup = SetupFile(path, "ceiling")
    assert setup.taken_names == ["rear"]
    setup.save(Plan(lines=(FRONT,), zones=(CASE,)))
    rear, ceiling = load(path).cameras
    assert (rear.name, rear.lines[0].name, rear.zones) == ("rear", "rear", ())
    assert ceiling.zones == (CASE,)
    with pytest.raises(ConfigError, match="'rear' is named twice"):
        setup.save(Plan(lines=(FRONT.model_copy(update={"name": "rear"}),)))


@pytest.mark.parametrize(
    ("text", "camera", "source", "sentence"),
    [
        (HEAD, None, None, "has no camera yet: name one with --camera NAME --source SOURCE"),
        (
            HEAD + CAMERA + CAMERA.replace("ceiling", "rear"),
            None,
            None,
            r"which camera\? Say --camera ceiling or rear",
        ),
        (HEAD + CAMERA, "rear", None, r"no camera is named 'rear' \(ceiling\)"),
        (HEAD + CAMERA, "ceiling", "0", "ceiling is there already"),
        (HEAD, "ceiling", "ftp://x", "an address begins with one of"),
        (HEAD + CAMERA + "colour = 1\n", None, None, r"cameras\.0\.colour: there is no such key"),
        ("[node", None, None, "is not TOML"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    tmp_path: Path, text: str, camera: str | None, source: str | None, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        SetupFile(a_file(tmp_path, text), camera, source)


def test_a_file_that_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA)
    setup = SetupFile(path)
    path.write_text(HEAD + CAMERA + "# mine\n")
    with pytest.raises(FileChanged, match="changed by somebody else"):
        setup.save(Plan(lines=(FRONT,)))
    assert path.read_text().endswith("# mine\n")


def test_the_files_rights_and_a_link_to_it_stay(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA)
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    SetupFile(link).save(Plan(lines=(FRONT,)))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert not (tmp_path / "edge.toml.new").exists()


def test_cameras_in_one_line_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    text = 'cameras = [{ name = "c", source = "0" }]\n' + HEAD
    path = a_file(tmp_path, text)
    with pytest.raises(ConfigError, match="cannot be changed in place"):
        SetupFile(path).save(Plan(lines=(FRONT,)))
    assert path.read_text() == text
