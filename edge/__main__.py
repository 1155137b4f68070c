"""Command line of the edge: `python -m edge VERB`.

What a verb needs is imported when it runs: an agent without a camera never loads OpenCV.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer

from edge.config_command import app as config_verbs
from edge.errors import ConfigError, EdgeError, EvaluationError
from edge.vision.detector_names import DetectorName

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(config_verbs, name="config")


@app.callback()
def main() -> None:
    """Count visitors at the edge and send the counts to the hub without losing one."""
    # A camera that cuts its pictures off would write a line of FFmpeg's for each of them. What it
    # means is in our own sentences; whoever wants the lines sets these.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")


@app.command()
def run(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
) -> None:
    """Count and send until stopped (Ctrl-C or SIGTERM)."""
    from edge import agent  # noqa: PLC0415
    from edge.config_file import reading  # noqa: PLC0415
    from link.remote.running import RemoteRun  # noqa: PLC0415
    from link.stopping import run_until_stopped  # noqa: PLC0415

    _configure_logs()
    with _sentences():
        remote = RemoteRun(reading(config))
        run_until_stopped(agent.run(remote.config, remote=remote), "agent")
    raise typer.Exit(remote.exit_code)


@app.command()
def doctor(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
) -> None:
    """Check configuration, spool, broker and every source; exit 1 if one of them fails."""
    from edge.config_file import load  # noqa: PLC0415
    from edge.doctor import examine  # noqa: PLC0415

    # What is found is told in lines of its own.
    _configure_logs(logging.CRITICAL)
    with _sentences():
        settings = load(config)
        findings = asyncio.run(examine(settings))
    print(f"ok    config: {config}")
    for finding in findings:
        print(f"{'ok   ' if finding.is_fine else 'FAILS'} {finding.text}")
    if not all(finding.is_fine for finding in findings):
        raise typer.Exit(1)


@app.command()
def check(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
) -> None:
    """Check that this release starts here and can read the configuration; nothing is opened."""
    # Whatever the agent needs, so that a release that lacks a part says so before it is started.
    from edge import agent  # noqa: F401, PLC0415
    from edge.config import EdgeConfig  # noqa: PLC0415
    from link.config_file import check_form  # noqa: PLC0415

    with _sentences():
        check_form(config, EdgeConfig)
    print(f"ok    config: {config}")


@app.command()
def join(
    url: Annotated[str, typer.Argument(metavar="URL", help="the hub, http://HOST:PORT")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="from `hub enrol VENUE NODE`")],
    *,
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
    again: Annotated[bool, typer.Option("--again", help="replace the key that is there")] = False,
) -> None:
    """Join a hub's district with a one-time code: key, certificate, broker, configuration."""
    from edge.joining import FRESH, next_steps  # noqa: PLC0415
    from link.settling import settle  # noqa: PLC0415

    with _sentences():
        joined = settle(url, code, config, again=again, fresh=FRESH)
        print(next_steps(config, joined))


@app.command()
def evaluate(
    source: Annotated[
        str,
        typer.Argument(
            metavar="CLIP|FOLDER|scene:NAME:SEED",
            help="a video file of the door, a folder of them, or a painted door",
        ),
    ],
    truth: Annotated[
        Path | None,
        typer.Argument(help="what a person saw in it, as JSON; else CLIP's name with .json"),
    ] = None,
    *,
    truths: Annotated[
        Path | None, typer.Option("--truth", help="folder of the truth files, NAME.json for NAME")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
    person_size: Annotated[
        str | None,
        typer.Option(help="width,height of a visitor as shares of the frame; learnt if absent"),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="how long a painted door is watched", min=1, max=86400)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="draw counted against true into FILE.svg or FILE.html")
    ] = None,
    detector: Annotated[
        DetectorName, typer.Option(help="what finds visitors; see docs/counting.md")
    ] = "blob",
    model: Annotated[Path | None, typer.Option(help="the network of onnx, an ONNX file")] = None,
    model_size: Annotated[
        tuple[int, int], typer.Option(help="width and height of the picture that it takes")
    ] = (640, 640),
    model_class: Annotated[int, typer.Option(min=0, help="its class person, from 0")] = 0,
    model_score: Annotated[
        float, typer.Option(min=0.01, max=1, help="score from which it found a visitor")
    ] = 0.5,
) -> None:
    """Count clips or painted doors, compare with the truth, and say how good the count is."""
    from edge.evaluate.command import evaluate_command  # noqa: PLC0415
    from edge.vision.detectors import DetectorChoice  # noqa: PLC0415
    from edge.vision.onnx import ModelRules  # noqa: PLC0415

    if truths is not None and truth is not None:
        _refuse("evaluate: give TRUTH or --truth, not both")
    evaluate_command(
        source,
        truths or truth,
        as_json=as_json,
        person_size=person_size,
        seconds=seconds,
        plot=plot,
        detector=DetectorChoice(detector, model, ModelRules(model_size, model_class, model_score)),
    )


@app.command()
def calibrate(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
    *,
    camera: Annotated[str | None, typer.Option(help="its name; the only one if absent")] = None,
    source: Annotated[
        str | None, typer.Option(help="of a camera that the file does not have yet")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: a free one")] = 0,
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="let others in, with a one-time code")
    ] = False,
    minutes: Annotated[float, typer.Option(min=0.05, max=240, help="then it ends")] = 15,
) -> None:
    """Draw counting lines and zones on a local page, over silhouettes, and save them."""
    from edge.calibrate.command import calibrate_camera  # noqa: PLC0415

    _configure_logs(logging.WARNING)
    with _sentences():
        calibrate_camera(
            config,
            camera=camera,
            source=source,
            host=host,
            port=port,
            allow_network=allow_network,
            minutes=minutes,
        )


@app.command()
def audit(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
    *,
    camera: Annotated[str | None, typer.Option(help="its name; the only one if absent")] = None,
    line: Annotated[str | None, typer.Option(help="its name; the only one if absent")] = None,
    minutes: Annotated[float, typer.Option(min=0.05, max=240, help="then it ends")] = 60,
    late: Annotated[
        float, typer.Option(min=0, max=10, help="seconds that a tap may come after a crossing")
    ] = 2.0,
    output: Annotated[Path, typer.Option(help="folder for record and statement")] = Path(),
    again: Annotated[
        Path | None, typer.Option("--from", help="a record: show and print it again")
    ] = None,
    page: Annotated[
        bool, typer.Option("--page", help="tap on a local page instead of in the terminal")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="of the page; 0: a free one")] = 0,
    host: Annotated[str, typer.Option(help="address of the page")] = "127.0.0.1",
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="let a phone in, with a one-time code")
    ] = False,
) -> None:
    """Tap who really passes beside the live counter, and get a statement of its accuracy."""
    from edge.audit.command import audit_door, print_again  # noqa: PLC0415

    _configure_logs(logging.WARNING)
    with _sentences():
        if again is not None:
            print_again(again, output)
            return
        audit_door(
            config,
            camera=camera,
            line=line,
            minutes=minutes,
            late_seconds=late,
            output=output,
            page=page,
            host=host,
            port=port,
            allow_network=allow_network,
        )


@app.command()
def notice(
    config: Annotated[Path, typer.Option(help="TOML file; see docs/edge.md")] = Path("edge.toml"),
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="page to write")] = Path(
        "notice.html"
    ),
    name: Annotated[str | None, typer.Option(help="who is responsible, in Chinese")] = None,
    name_en: Annotated[str | None, typer.Option(help="the same in English")] = None,
    contact: Annotated[str | None, typer.Option(help="telephone or address for questions")] = None,
    keep_years: Annotated[
        int | None, typer.Option(min=1, max=100, help="as the hub's keeping.evidence_years")
    ] = None,
) -> None:
    """Write the notice that hangs beside the cameras: one A4 sheet, Chinese and English."""
    from edge.notice import Responsible, write_notice  # noqa: PLC0415

    with _sentences():
        write_notice(config, output, Responsible(name, name_en, contact), keep_years)
    print(f"written: {output}; open it in a browser and print it")
    if name is None or contact is None:
        print("what --name and --contact do not say is left blank, to be written by hand")


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn our errors into one sentence and an exit code."""
    from link.errors import LinkError  # noqa: PLC0415

    try:
        yield
    except (ConfigError, EvaluationError) as error:
        _refuse(str(error))
    except (EdgeError, LinkError) as error:
        _refuse(str(error), code=1)


def _refuse(sentence: str, code: int = 2) -> None:
    print(sentence, file=sys.stderr)
    raise typer.Exit(code)


def _configure_logs(level: int = logging.INFO) -> None:
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stdout)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stdout.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


if __name__ == "__main__":
    app()
