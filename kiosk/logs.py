"""How a process of the kiosk logs: words on a terminal, JSON elsewhere."""

import logging
import sys
from pathlib import Path

import structlog


def configure_logs(level: int = logging.INFO, file: Path | None = None) -> None:
    """Log from this level on, to standard output or a file."""
    out = sys.stdout if file is None else file.open("a", encoding="utf-8")
    logging.basicConfig(level=level, format="%(message)s", stream=out)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if out.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
