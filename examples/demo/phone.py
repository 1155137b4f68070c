"""The phone of whoever is on duty: takes the hub's messages over HTTP, keeps them in a file.

    python -m examples.demo.phone --port PORT --file messages.txt

It stands for a group of WeCom, DingTalk or Feishu: apprise posts JSON to it as to any webhook.
"""

import argparse
import json
import signal
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

from examples.demo.broker import LOOPBACK

MOST_BYTES: Final = 64 * 1024


def text_of(body: bytes, at: datetime) -> str:
    """Return a message as the phone shows it. Raises ValueError for what is none."""
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("a message is a JSON object")  # noqa: TRY004  of bytes, not of a type
    return f"{at:%m-%d %H:%M:%S}  {told.get('title', '')}\n{told.get('message', '')}\n\n"


def main() -> None:
    """Take messages until told to end."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.phone", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    given = parser.parse_args()

    class Phone(BaseHTTPRequestHandler):
        """Answers one message."""

        timeout = 10

        def do_POST(self) -> None:
            """Keep a message."""
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= MOST_BYTES:
                self.send_error(413, "a message of 1 to 65 536 bytes is taken")
                return
            try:
                text = text_of(self.rfile.read(length), datetime.now().astimezone())
            except ValueError as error:
                self.send_error(400, str(error)[:100])
                return
            with given.file.open("a", encoding="utf-8") as file:
                file.write(text)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: the file tells."""

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with HTTPServer((LOOPBACK, given.port), Phone) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
