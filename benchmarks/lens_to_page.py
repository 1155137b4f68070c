"""From a lens to the number on the page: a crossing in front of a camera, seen in a browser.

The synthetic scene is served as an MJPEG camera whose every frame's instant is known; a real agent
reads it over HTTP, a real hub stores, a real Chromium shows. The n-th entry in front of the lens
belongs to the moment at which the page says n.
"""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
from playwright.sync_api import sync_playwright

from benchmarks.processes import broker, hub, running
from benchmarks.report import Result
from benchmarks.venues import write_district
from edge.counting.geometry import Direction
from edge.vision.scene import Scene

SEED, SECONDS = 7, 240
TOO_LATE_S = 8.0
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
WATCH = """
window.seen = [];
const number = () => document.querySelector('#summary > div:nth-of-type(2) b').textContent;
let last = number();
new MutationObserver(() => {
  const now = number();
  if (now !== last) { last = now; window.seen.push([Date.now() / 1000, now]); }
}).observe(document.body, { subtree: true, childList: true, characterData: true });
"""


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    district = write_district(folder / "district", venues=1, nodes=1, lines=1)
    camera = _Camera(Scene(SEED, visitors_per_minute=10, pairs=0, wanderers_per_minute=0))
    config = folder / "edge.toml"
    with broker(folder) as port, hub(folder, port, district) as (_, api), camera as address:
        config.write_text(
            f'[node]\nvenue = "fleet-0"\nnode = "node-0"\n[broker]\nport = {port}\n'
            f'[clock]\ntrust = "always"\n[spool]\npath = "{folder / "spool.db"}"\n[[cameras]]\n'
            f'name = "camera"\nsource = "{address}"\n'
            'lines = [{ name = "line-0", start = [0, 0.5], end = [1, 0.5], in_vector = [0, 1] }]\n'
        )
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{api}/")
            page.evaluate(WATCH)
            with running(["-m", "edge", "run", "--config", str(config)], folder / "edge.log"):
                page.wait_for_timeout(1000 * SECONDS)
                seen = [
                    (at, int(text.replace(",", ""))) for at, text in page.evaluate("window.seen")
                ]
            browser.close()
    late = sorted(_latencies(camera, seen))
    return [
        Result(
            "lens to number in the page, p95",
            late[int(0.95 * (len(late) - 1) + 0.5)],
            "s",
            at_most=2,
            note=f"median {late[len(late) // 2]:.2f} s, longest {late[-1]:.2f} s, "
            f"{len(late)} entries",
        )
    ]


def _latencies(camera: "_Camera", seen: list[tuple[float, int]]) -> list[float]:
    entries = [
        camera.began + crossing.at_seconds
        for crossing in camera.scene.crossings(SECONDS)
        if crossing.direction is Direction.IN
    ]
    shown: list[float] = []
    for at, number in seen:
        shown += [at] * (number - len(shown))
    # Who passed before the camera was watched was not counted: the first number's entry is sought.
    for first in range(len(entries) - len(shown) + 1):
        late = [at - entry for at, entry in zip(shown, entries[first:], strict=False)]
        if all(0 <= each < TOO_LATE_S for each in late):
            return late
    raise RuntimeError(f"{len(shown)} entries shown do not match the {len(entries)} that were")


class _Camera:
    """Serves a scene at its own pace to whoever asks."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.began = 0.0

    def __enter__(self) -> str:
        camera = self

        class Film(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                try:
                    camera.film(self)
                except OSError:
                    return  # the viewer went away

            def log_message(self, *_: object) -> None:
                pass

        self.began = time.time()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Film)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/camera.mjpg"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def film(self, handler: BaseHTTPRequestHandler) -> None:
        while True:
            at = time.time() - self.began
            good, jpeg = cv2.imencode(".jpg", self.scene.picture(at))
            assert good
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            handler.wfile.write(head.encode() + jpeg.tobytes() + b"\r\n")
            pause = 1 / self.scene.fps - (time.time() - self.began - at)
            time.sleep(max(0.0, pause))
