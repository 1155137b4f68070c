"""Command line of the kiosk: `python -m kiosk VERB`.

What a verb needs is imported when it runs.
"""

import asyncio
import logging
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.config_command import app as config_verbs
from kiosk.logs import configure_logs
from kiosk.pack_command import app as pack
from kiosk.shell_command import app as shell

if TYPE_CHECKING:
    from kiosk.config import KioskConfig
    from kiosk.runtime import Face
    from link.remote.running import RemoteRun

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
staff = typer.Typer(no_args_is_help=True, help="Cards of the staff, for staff mode.")
app.add_typer(staff, name="staff")
app.add_typer(config_verbs, name="config")
app.add_typer(pack, name="pack")
app.add_typer(shell, name="shell")
camera = typer.Typer(no_args_is_help=True, help="The camera of AR: how its lens sees.")
app.add_typer(camera, name="camera")

ConfigFile = Annotated[Path, typer.Option("--config", help="TOML file; see docs/kiosk.md")]
_HERE = Path("kiosk.toml")


@app.callback()
def main() -> None:
    """Serve visitors at a screen: lending, information, a call for help."""


@app.command()
def run(config: ConfigFile = _HERE) -> None:
    """Serve the page of the kiosk's own browser until stopped (Ctrl-C or SIGTERM)."""
    configure_logs()
    with _sentences():
        from kiosk.config_file import reading  # noqa: PLC0415
        from kiosk.faces import web_face  # noqa: PLC0415
        from link.remote.running import RemoteRun  # noqa: PLC0415

        remote = RemoteRun(reading(config))
        with web_face(remote.config) as face:
            _serve(remote, face)
    raise typer.Exit(remote.exit_code)


@app.command()
def tui(
    config: ConfigFile = _HERE,
    *,
    log_file: Annotated[Path | None, typer.Option(help="where logs go; nowhere if absent")] = None,
    may_quit: Annotated[
        bool, typer.Option("--may-quit", help="Ctrl-Q without staff mode: for trying it out")
    ] = False,
) -> None:
    """Serve the same session in this terminal until stopped (SIGTERM, or Ctrl-Q in staff mode)."""
    if log_file is None:
        configure_logs(logging.CRITICAL)
    else:
        configure_logs(file=log_file)
    with _sentences():
        from kiosk.config_file import reading  # noqa: PLC0415
        from kiosk.faces import terminal_face  # noqa: PLC0415
        from link.remote.running import RemoteRun  # noqa: PLC0415

        remote = RemoteRun(reading(config))
        _serve(remote, terminal_face(remote.config, may_quit=may_quit))
    raise typer.Exit(remote.exit_code)


@app.command()
def doctor(config: ConfigFile = _HERE) -> None:
    """Check configuration, disk, devices, library and hub; exit 1 if one of them fails."""
    configure_logs(logging.CRITICAL)
    with _sentences():
        from kiosk.config_file import load  # noqa: PLC0415
        from kiosk.doctor import examine, look_at_shell  # noqa: PLC0415

        settings = load(config)
        findings = asyncio.run(examine(settings))
        findings += look_at_shell(settings, config)
    print(f"ok    config: {config}")
    for finding in findings:
        print(f"{'ok   ' if finding.is_fine else 'FAILS'} {finding.text}")
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(1)


@app.command()
def check(config: ConfigFile = _HERE) -> None:
    """Check that this release starts here and can read the configuration; nothing is opened."""
    # Whatever the kiosk needs, so that a release that lacks a part says so before it is started.
    from kiosk import faces, serving  # noqa: F401, PLC0415
    from kiosk.config import KioskConfig  # noqa: PLC0415
    from link.config_file import check_form  # noqa: PLC0415

    with _sentences():
        check_form(config, KioskConfig)
    print(f"ok    config: {config}")


@app.command()
def notice(
    config: ConfigFile = _HERE,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="page to write")] = Path(
        "notice.html"
    ),
    paper: Annotated[str, typer.Option(help="a4 or a3")] = "a4",
    name: Annotated[
        str | None, typer.Option(help="whose room it is, in Chinese; the venue's name when absent")
    ] = None,
    name_en: Annotated[str | None, typer.Option(help="the same in English")] = None,
    telephone: Annotated[
        str | None, typer.Option(help="of the staff; session.telephone when absent")
    ] = None,
    filmed_days: Annotated[
        int | None,
        typer.Option(min=1, max=365, help="surveillance cameras record it, kept for so many days"),
    ] = None,
) -> None:
    """Write the notice that hangs at the door of an unstaffed room: one sheet, zh and en."""
    from kiosk.notice import SIDES_MM, Written, write_notice  # noqa: PLC0415
    from link.errors import ConfigError  # noqa: PLC0415

    with _sentences():
        if paper not in SIDES_MM:
            raise ConfigError(f"--paper {paper}: a4 or a3")
        written = Written(name, name_en, telephone, filmed_days)
        is_blank = write_notice(config, output, written, paper)
    print(f"written: {output}; open it in a browser and print it at 100 %")
    if is_blank:
        print("what nobody said is left blank, to be written by hand: look at each line")


@app.command()
def join(
    url: Annotated[str, typer.Argument(metavar="URL", help="the hub, http://HOST:PORT")],
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="from `hub enrol VENUE NODE --kiosk`")
    ],
    *,
    config: ConfigFile = _HERE,
    again: Annotated[bool, typer.Option("--again", help="replace the key that is there")] = False,
) -> None:
    """Join a hub's district with a one-time code: key, certificate, broker, configuration."""
    from link.settling import settle  # noqa: PLC0415

    with _sentences():
        joined = settle(url, code, config, again=again, fresh="")
    file = shlex.quote(str(config))
    print(
        f"joined as {joined.node}; the broker is {joined.broker_host}:{joined.broker_port}; all of"
        f" it is in {file}\n"
        f"next: add pad, library and the rest as kiosk/config.example.toml shows, then\n\n"
        f"    python -m kiosk doctor --config {file}\n"
        f"    python -m kiosk run --config {file}"
    )


@staff.command("add")
def staff_add(
    name: Annotated[str, typer.Argument(help="whose card it is")],
    *,
    config: ConfigFile = _HERE,
    card: Annotated[str | None, typer.Option(help="the card's number; asked for if absent")] = None,
) -> None:
    """Write a card of the staff, in place of another of this name; the PIN is asked for."""
    with _sentences():
        from kiosk.config_file import load  # noqa: PLC0415
        from kiosk.errands.staff_cards import add_card  # noqa: PLC0415

        path = load(config).staff.cards
        number = card if card is not None else typer.prompt("card number")
        pin = typer.prompt("PIN", hide_input=sys.stdin.isatty(), confirmation_prompt=False)
        add_card(path, name, str(number).strip(), str(pin).strip())
    print(f"{name} has a card now; {path}")


@staff.command("list")
def staff_list(config: ConfigFile = _HERE) -> None:
    """Print whose cards there are."""
    with _sentences():
        from kiosk.config_file import load  # noqa: PLC0415
        from kiosk.errands.staff_cards import names  # noqa: PLC0415

        for name in names(load(config).staff.cards):
            print(name)


@staff.command("remove")
def staff_remove(
    name: Annotated[str, typer.Argument(help="whose card goes")], config: ConfigFile = _HERE
) -> None:
    """Take somebody's card away."""
    with _sentences():
        from kiosk.config_file import load  # noqa: PLC0415
        from kiosk.errands.staff_cards import remove_card  # noqa: PLC0415

        remove_card(load(config).staff.cards, name)
    print(f"{name} has no card any more")


def _serve(remote: "RemoteRun[KioskConfig]", face: "Face") -> None:
    from kiosk.serving import serve  # noqa: PLC0415
    from link.stopping import run_until_stopped  # noqa: PLC0415

    run_until_stopped(serve(remote, face), "kiosk")


@camera.command("page")
def camera_page(
    file: Annotated[Path, typer.Argument(metavar="FILE.svg", help="where to write the page")],
) -> None:
    """Write the board to print, A4 across, at 100 %; glue it flat on something stiff."""
    with _sentences():
        from kiosk.ar.calibration import board_page  # noqa: PLC0415
        from kiosk.kept_files import write_shared  # noqa: PLC0415

        write_shared(file, board_page().encode())
    print(f"written: {file}; print it at 100 %, and measure the line of 100 mm")


@camera.command("calibrate")
def camera_calibrate(
    out: Annotated[Path, typer.Option(help="where to write the camera's model")] = Path(
        "camera.toml"
    ),
    *,
    device: Annotated[str, typer.Option(help="number or path of the camera")] = "0",
    film: Annotated[Path | None, typer.Option(help="a film of the board instead")] = None,
    size: Annotated[str, typer.Option(help="the camera's pictures, WIDTHxHEIGHT")] = "640x480",
) -> None:
    """Move the printed board before the camera: near, far, tilted, into every corner."""
    with _sentences():
        from kiosk.ar.calibrating import calibrate_from  # noqa: PLC0415
        from kiosk.ar.frames import CameraSource, FileSource  # noqa: PLC0415

        width, _, height = size.partition("x")
        if not (width.isdigit() and height.isdigit()):
            _refuse(f"--size {size}: WIDTHxHEIGHT is needed, as 640x480")
        if film is None:
            number = int(device) if device.isdigit() else device
            source: CameraSource | FileSource = CameraSource.open(number, (int(width), int(height)))
        else:
            source = FileSource(film, loop=False, paced=False)
        try:
            found = calibrate_from(source, print)
        finally:
            source.close()
        found.camera.save(out)
    print(f"written: {out}; {found.used} pictures, error {found.error:.2f} pixels")


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn our errors into one sentence and an exit code."""
    from kiosk.errors import KioskError  # noqa: PLC0415
    from link.errors import ConfigError, LinkError  # noqa: PLC0415

    try:
        yield
    except ConfigError as error:
        _refuse(str(error))
    except (KioskError, LinkError) as error:
        _refuse(str(error), code=1)


def _refuse(sentence: str, code: int = 2) -> None:
    print(sentence, file=sys.stderr)
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
