"""`python -m kiosk pack`: content packs made, looked through, signed.

What a verb needs is imported when it runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.packs import PackShelf

app = typer.Typer(no_args_is_help=True, help="Content packs: what the camera knows and shows.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="with pack.json and the files")]
ConfigFile = Annotated[Path, typer.Option("--config", help="TOML file; see docs/kiosk.md")]
_HERE = Path("kiosk.toml")
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="the private key that signs, PEM; `hub pack key`")
]


@app.command()
def new(
    folder: Folder,
    *,
    name: Annotated[
        str | None, typer.Option(help="the pack's name; the folder's without it")
    ] = None,
) -> None:
    """Begin a pack: write FOLDER/pack.json, with a target for each picture that lies there."""
    from kiosk.packs.sketch import begin  # noqa: PLC0415

    with _sentences():
        path, targets = begin(folder, name)
    typer.echo(
        f"{path}: {targets} targets\n"
        "next: write its captions and stories in both languages, set each width_mm to the width in"
        f" print, then\n\n    python -m kiosk pack build {folder}"
    )


@app.command()
def build(
    folder: Folder,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="the zip; FOLDER.zip without it")
    ] = None,
    key: KeyFile = None,
) -> None:
    """Pack a folder into a zip, signed where a key is given."""
    from link.packs import build_pack, folder_manifest, read_private_key  # noqa: PLC0415

    target = out or folder.with_name(f"{folder.resolve().name}.zip")
    with _sentences():
        signer = None if key is None else read_private_key(key)
        files = len(folder_manifest(folder).files)
        with _progress("packing", files) as step:
            manifest = build_pack(folder, target, signer, step)
    signed = "signed" if signer else "not signed: `pack sign` signs it"
    typer.echo(
        f"{target}: {manifest.pack} {manifest.version}, {len(manifest.targets)} targets, {signed}"
    )


@app.command()
def check(
    pack: Annotated[Path, typer.Argument(metavar="FILE", help="a pack's zip")],
    *,
    key: Annotated[
        list[Path] | None, typer.Option(help="public keys, PEM: it has to be signed by one of them")
    ] = None,
) -> None:
    """Look a pack through as hub and kiosk do, and say how surely each picture will be found.

    Exit 1 if it is refused.
    """
    from kiosk.packs.examination import examined  # noqa: PLC0415

    with _sentences(), _progress("enrolling", None) as step:
        for line in examined(pack, key or (), step):
            typer.echo(line)


@app.command()
def sign(
    pack: Annotated[Path, typer.Argument(metavar="FILE", help="a pack's zip")],
    *,
    key: Annotated[Path, typer.Option(help="the private key, PEM; `hub pack key` says where")],
) -> None:
    """Sign a pack in its place; a signature that it has is replaced."""
    from link.packs import read_private_key, resign  # noqa: PLC0415

    with _sentences():
        manifest = resign(pack, read_private_key(key))
    typer.echo(f"{pack}: {manifest.pack} {manifest.version} is signed")


@app.command("list")
def list_(config: ConfigFile = _HERE) -> None:
    """List what this kiosk shows, and what was shown before."""
    with _sentences():
        shelf = _shelf(config)
        places = shelf.places()
        for pack in shelf.current():
            manifest, place = pack.manifest, places[pack.manifest.pack]
            before = "" if place.before is None else f"; before it {place.before[:12]}"
            typer.echo(
                f"{manifest.pack} {manifest.version}  {manifest.title.zh} {manifest.title.en},"
                f" {len(manifest.targets)} targets, {pack.sha256[:12]}{before}"
            )
        if not places:
            typer.echo(f"{shelf.folder}: no content pack is there")


@app.command()
def install(
    pack: Annotated[Path, typer.Argument(metavar="FILE", help="a pack's zip")],
    config: ConfigFile = _HERE,
) -> None:
    """Show a pack on this kiosk until its hub announces others."""
    with _sentences():
        manifest = _shelf(config).install(pack).manifest
    typer.echo(f"{manifest.pack} {manifest.version} is shown")


@app.command("roll-back")
def roll_back(
    name: Annotated[str, typer.Argument(metavar="PACK", help="its name")],
    config: ConfigFile = _HERE,
) -> None:
    """Show the version before again; the newer one does not come back by itself."""
    with _sentences():
        manifest = _shelf(config).roll_back(name).manifest
    typer.echo(f"{manifest.pack} {manifest.version} is shown again")


def _shelf(config: Path) -> "PackShelf":
    from kiosk.config_file import load  # noqa: PLC0415
    from kiosk.packs.keys import open_shelf  # noqa: PLC0415
    from link.errors import ConfigError  # noqa: PLC0415

    section = load(config).ar
    if section is None:
        raise ConfigError(f"{config}: [ar]: without this section a kiosk shows no content packs")
    return open_shelf(section)


@contextmanager
def _progress(what: str, total: int | None) -> "Iterator[Callable[[str], None]]":
    """Show a bar on a terminal; give what is called at each step, with its name."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[at]}"))
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=total, at="")
        yield lambda name: bar.update(task, advance=1, at=name)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn our errors into one sentence and an exit code: 1 for a pack, 2 for how it was called."""
    from kiosk.errors import KioskError  # noqa: PLC0415
    from link.errors import LinkError  # noqa: PLC0415
    from link.packs import PackRefused  # noqa: PLC0415

    try:
        yield
    except LinkError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    except (PackRefused, KioskError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
