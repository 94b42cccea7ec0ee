"""A headless Chromium for tests of the phone and for its picture in the README, driven over its debugging pipe.

No driver, no websocket: messages of the DevTools protocol are JSON ended by a zero byte on two inherited pipes.

    python -m local.simulator.browser http://127.0.0.1:8090/?replay=find_and_add docs/phone.png --wait 12
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--mute-audio",
    "--remote-debugging-pipe",
    "--force-color-profile=srgb",
)
# Chromium reads commands from descriptor 3 and writes to 4: they are moved there by the process that becomes it.
LAUNCH = """
import fcntl, os, sys
inward, outward = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3])
os.dup2(inward, 3)
os.dup2(outward, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
# The middle of an element, scrolled into view; null while it is not there.
MIDDLE = """(() => {
  const node = document.querySelector(%s);
  if (!node) return null;
  node.scrollIntoView({block: "center", behavior: "instant"});
  const box = node.getBoundingClientRect();
  return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null;
})()"""


def executable() -> str | None:
    """The Chromium of this machine, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class BrowserError(RuntimeError):
    """The page threw, or Chromium refused a command."""


class Browser:
    """One page in a new profile. `errors` collects console errors, exceptions and refusals of the content security policy."""

    def __init__(self, width: int = 1280, height: int = 900, *, dark: bool = False, scale: float = 1.0) -> None:
        found = executable()
        if found is None:
            raise BrowserError("no Chromium on this machine")
        self.errors: list[str] = []
        for last in (False, True):
            self._start(found, width, height)
            try:
                self._attach(width, height, dark, scale)
            except BrowserError:  # Chromium hung while it started, as it now and then does on a busy machine
                self.close()
                if last:
                    raise
            except BaseException:
                self.close()
                raise
            else:
                break

    def _start(self, found: str, width: int, height: int) -> None:
        self.profile = tempfile.mkdtemp(prefix="phone-")
        inward, outward = os.pipe(), os.pipe()
        command = [sys.executable, "-c", LAUNCH, str(inward[0]), str(outward[1]), found, *FLAGS]
        command += [f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"]
        none = subprocess.DEVNULL
        self.process = subprocess.Popen(command, pass_fds=(inward[0], outward[1]), stdin=none, stdout=none, stderr=none)
        os.close(inward[0])
        os.close(outward[1])
        self.to_page, self.from_page = inward[1], outward[0]
        self.serial = 0
        self.buffer = b""
        self.session = ""

    def _attach(self, width: int, height: int, dark: bool, scale: float) -> None:
        targets = self.command("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.command("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.command(f"{domain}.enable")
        self.size(width, height, scale=scale)
        if dark:
            self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        try:
            self.session = ""
            self.command("Browser.close", timeout_s=3)
        except (BrowserError, OSError):
            self.process.kill()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        os.close(self.to_page)
        os.close(self.from_page)
        shutil.rmtree(self.profile, ignore_errors=True)

    # ----------------------------------------------------------------------------------------------- protocol

    def command(self, method: str, *, timeout_s: float = 20.0, **parameters: Any) -> Json:
        """One command and its result. Raises BrowserError when refused or late."""
        self.serial += 1
        message: Json = {"id": self.serial, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_page, json.dumps(message).encode() + b"\0")
        ends = time.monotonic() + timeout_s
        wanted = self.serial
        while True:
            found = self._next(ends, method)
            if found.get("id") == wanted:
                if "error" in found:
                    raise BrowserError(f"{method}: {found['error'].get('message')}")
                result: Json = found.get("result", {})
                return result
            self._event(found)

    def _next(self, ends: float, what: str) -> Json:
        while b"\0" not in self.buffer:
            left = ends - time.monotonic()
            if left <= 0 or not select.select([self.from_page], [], [], left)[0]:
                raise BrowserError(f"{what}: no answer in time")
            piece = os.read(self.from_page, 1 << 16)
            if not piece:
                raise BrowserError(f"{what}: Chromium is gone")
            self.buffer += piece
        raw, _, self.buffer = self.buffer.partition(b"\0")
        found: Json = json.loads(raw)
        return found

    def _event(self, event: Json) -> None:
        about = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.errors.append(str(details.get("exception", {}).get("description") or details.get("text")))
        elif event.get("method") == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(about["entry"]["text"] + " " + about["entry"].get("url", ""))
        elif event.get("method") == "Runtime.consoleAPICalled" and about["type"] == "error":
            self.errors.append(" ".join(str(a.get("value", a.get("description", ""))) for a in about["args"]))

    # ----------------------------------------------------------------------------------------------- the page

    def size(self, width: int, height: int, *, scale: float = 1.0, mobile: bool = False) -> None:
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def open(self, url: str) -> None:
        self.command("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The JSON value of a JavaScript expression; promises are awaited. Raises BrowserError when it throws."""
        answer = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", {}).get("description", "the page threw")))
        return answer["result"].get("value")

    def until(self, script: str, timeout_s: float = 20.0) -> Any:
        """Waits until the expression is true and gives its value; BrowserError with the expression when it never is."""
        ends = time.monotonic() + timeout_s
        while True:
            found = self.run(script)
            if found or isinstance(found, (dict, list)):  # as JavaScript has it: an element is true, and comes over as {}
                return found
            if time.monotonic() >= ends:
                raise BrowserError(f"not within {timeout_s} s: {script}")
            time.sleep(0.03)

    def click(self, selector: str) -> None:
        """A real click on the middle of the element."""
        script = MIDDLE % json.dumps(selector)
        place, before = self.until(script), None
        ends = time.monotonic() + 3
        while place != before and time.monotonic() < ends:  # what still slides in would be missed
            time.sleep(0.04)
            place, before = self.until(script), place
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, words: str) -> None:
        """Types into what has the focus."""
        self.command("Input.insertText", text=words)

    def press_enter(self) -> None:
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")

    def choose_file(self, selector: str, path: Path) -> None:
        """Puts a file into a file field, as if it had been chosen."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def picture(self, path: Path) -> None:
        """A PNG of what is to be seen."""
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.simulator.browser", description="Takes a picture of the phone.")
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--wait", type=float, default=3.0, help="seconds before the picture")
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    with Browser(given.width, given.height, dark=given.dark, scale=given.scale) as browser:
        browser.open(given.url)
        time.sleep(min(120.0, given.wait))
        browser.picture(given.file)
        for error in browser.errors:
            print(error)


if __name__ == "__main__":
    main()
