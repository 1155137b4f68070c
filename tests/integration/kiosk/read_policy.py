"""What Chromium says of the policy of this machine, and which pages it opens: JSON on stdout.

Run by test_screen.py where that policy is the kiosk's; `read_policy.py FOLDER`.
"""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

CHROMIUM = "/usr/bin/chromium"
ROWS = """(() => {
  const out = [];
  const walk = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.tagName === "POLICY-ROW") {
        const row = one.shadowRoot.querySelector(".policy.row");
        const text = (name) => row?.querySelector(name)?.textContent.trim();
        out.push([text(".name"), text(".messages")]);
      }
      if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return JSON.stringify(out);
})()"""
PAGES = (
    "http://127.0.0.1:1/",
    "file:///etc/passwd",
    "view-source:http://127.0.0.1:8090/",
    "http://127.0.0.1:8090/",
)
PATIENCE_SECONDS = 60


def main(folder: Path) -> None:
    profile = folder / "profile"
    arguments = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
    browser = subprocess.Popen(
        [CHROMIUM, *arguments, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = _page(profile)
        with connect(address, max_size=None) as line:
            number = 0

            def call(method: str, **parameters: str) -> dict[str, Any]:
                nonlocal number
                number += 1
                line.send(json.dumps({"id": number, "method": method, "params": parameters}))
                while True:
                    answer: dict[str, Any] = json.loads(line.recv(timeout=PATIENCE_SECONDS))
                    if answer.get("id") == number:
                        return dict(answer["result"])

            call("Page.navigate", url="chrome://policy")
            rows = _rows(call)
            pages = {url: call("Page.navigate", url=url).get("errorText") for url in PAGES}
        sys.stdout.write(json.dumps({"rows": rows, "pages": pages}))
    finally:
        browser.kill()
        browser.wait()


def _page(profile: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                found = json.load(answer)
            return next(str(o["webSocketDebuggerUrl"]) for o in found if o["type"] == "page")
        except (OSError, IndexError, StopIteration):
            time.sleep(0.1)
    raise SystemExit("Chromium did not come")


def _rows(call: Any) -> list[list[str]]:
    """Return name and verdict of each policy, once all are listed."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        rows = json.loads(call("Runtime.evaluate", expression=ROWS)["result"].get("value", "[]"))
        if any(verdict == "OK" for _, verdict in rows):
            return list(rows)
        time.sleep(0.1)
    raise SystemExit("chrome://policy lists nothing")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
