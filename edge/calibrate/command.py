"""The verb `calibrate`: opens the file, serves the page, says where it is."""

from pathlib import Path

from edge.calibrate.app import build_app
from edge.calibrate.serve import Deadline, listen, serve
from edge.calibrate.setup_file import SetupFile
from edge.calibrate.watch import Watch
from edge.sources.learnt_size import LearntSize


def calibrate_camera(
    path: Path,
    *,
    camera: str | None,
    source: str | None,
    host: str,
    port: int,
    allow_network: bool,
    minutes: float,
) -> None:
    """Serve the set-up page of one camera until its time is over or it is stopped.

    Raises ConfigError.
    """
    setup = SetupFile(path, camera, source)
    listener = listen(host, port, allow_network=allow_network)
    deadline = Deadline(minutes)
    guess = LearntSize(setup.config.spool.path.parent, setup.camera).recall()
    watch = Watch(setup.camera, setup.plan, guess)
    app = build_app(setup, watch, deadline.seconds_left)
    serve(
        app,
        listener,
        deadline,
        ready=lambda address: tell_where(address, minutes),
        ending=watch.close,
    )


def tell_where(address: str, minutes: float) -> None:
    """Say in the terminal where the page is, and how long."""
    print(f"open {address}", flush=True)  # noqa: T201  what the verb is for
    port = address.rpartition(":")[2].partition("/")[0]
    if "#" in address:
        note = "the code in the address is good once; who has it may draw until this ends"
    else:
        note = f"from another machine: ssh -L {port}:127.0.0.1:{port} this-machine, then open it"
    print(f"{note}\nit ends by itself in {minutes:g} minutes; Ctrl-C ends it now", flush=True)  # noqa: T201
