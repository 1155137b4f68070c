"""`python -m kiosk shell`: makes a machine nothing but a kiosk, and runs its screen."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from kiosk.errors import KioskError
from link.errors import ConfigError

app = typer.Typer(no_args_is_help=True, help="The browser, its lock and the panel of a kiosk.")

Root = Annotated[Path, typer.Option(help="the machine's root; another one to look at the files")]
Config = Annotated[Path, typer.Option("--config", help="TOML file; see docs/kiosk.md")]
_CONFIG = Path("/var/lib/kaiguan/kiosk.toml")
_ROOT = Path("/")


@app.command()
def install(
    root: Root = _ROOT,
    *,
    config: Config = _CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be written")] = False,
) -> None:
    """Write units, browser policy and locks; what stood there is kept beside it."""
    from kiosk.config_file import load  # noqa: PLC0415
    from kiosk.shell.files import shell_files  # noqa: PLC0415
    from kiosk.shell.install import put, standing  # noqa: PLC0415

    words = {"same": "as it is  ", "new": "new       ", "other": "replaced  "}
    changed = 0
    try:
        for file in shell_files(load(config), config.resolve()):
            how = standing(root, file)
            changed += how != "same"
            if how != "same" and not dry_run:
                put(root, file)
            typer.echo(f"{words[how]}{root / file.path}")
    except ConfigError as error:
        _refuse(str(error))
    except KioskError as error:
        _refuse(str(error), code=1)
    if dry_run:
        typer.echo(f"nothing was written; {changed} files would be")
    elif changed:
        typer.echo(
            "next:\n\n    sudo systemd-sysusers && sudo systemctl daemon-reload\n"
            "    sudo systemctl enable --now kaiguan-kiosk kaiguan-screen\n    sudo reboot"
        )


@app.command()
def check(root: Root = _ROOT, *, config: Config = _CONFIG) -> None:
    """Say which files are not as `install` would write them; exit 1 when there are any."""
    from kiosk.config_file import load  # noqa: PLC0415
    from kiosk.shell.files import shell_files  # noqa: PLC0415
    from kiosk.shell.install import differing  # noqa: PLC0415

    try:
        others = differing(root, shell_files(load(config), config.resolve()))
    except ConfigError as error:
        _refuse(str(error))
    except KioskError as error:
        _refuse(str(error), code=1)
    for path in others:
        typer.echo(f"FAILS {path} is not as `python -m kiosk shell install` writes it")
    if others:
        raise typer.Exit(1)
    typer.echo("ok    all files of the screen are as they should be")


@app.command()
def show(
    url: Annotated[str, typer.Argument(metavar="URL", help="the kiosk's page, http://HOST:PORT/")],
    *,
    browser: Annotated[Path, typer.Option(help="the browser's program")] = Path(
        "/usr/bin/chromium"
    ),
    heart_seconds: Annotated[float, typer.Option(help="silence until it is started anew")] = 20,
    touch_seconds: Annotated[float, typer.Option(help="a touch lights the panel so long")] = 120,
) -> None:
    """Run the browser inside a compositor, and watch it, until SIGTERM; the screen's unit does."""
    import os  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from kiosk.logs import configure_logs  # noqa: PLC0415
    from kiosk.shell.browser import browser_command  # noqa: PLC0415
    from kiosk.shell.panel import WlrPanel  # noqa: PLC0415
    from kiosk.shell.touches import Touches  # noqa: PLC0415
    from kiosk.shell.watcher import Watcher  # noqa: PLC0415
    from link.stopping import run_until_stopped  # noqa: PLC0415

    if not url.startswith("http://") or not url.endswith("/"):
        _refuse(f"{url}: http://HOST:PORT/ is needed, as `python -m kiosk run` prints it")
    if shutil.which(str(browser)) is None:
        _refuse(f"--browser {browser}: there is no such program; `apt-get install chromium`")
    configure_logs()
    folder = os.environ.get("RUNTIME_DIRECTORY")
    touches = Touches()
    watcher = Watcher(
        url,
        partial(browser_command, browser, url),
        WlrPanel(),
        heart_seconds=heart_seconds,
        touch_seconds=touch_seconds,
        felt=touches.felt,
        profiles=None if folder is None else Path(folder),
    )
    try:
        run_until_stopped(watcher.run(), "screen")
    finally:
        touches.close()


def _refuse(sentence: str, code: int = 2) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
