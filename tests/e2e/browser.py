# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""A headless Chromium, driven by its DevTools protocol over two pipes."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

import pytest

from harness import PATIENCE

NAMES = "chromium-headless-shell", "chromium", "chromium-browser", \
    "google-chrome"


class Browser:
    """One page of a browser, and what it asked for and complained of."""

    def __init__(self, folder):
        path = next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            pytest.skip("no Chromium is installed")
        self.input, theirs_out = os.pipe()
        theirs_in, self.to = os.pipe()

        def pipes():
            """It reads commands from descriptor 3 and answers on 4."""
            high = [os.dup2(theirs_in, 60), os.dup2(theirs_out, 61)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--force-color-profile=srgb",
             "--disable-background-networking",
             "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", "about:blank"],
            close_fds=False, preexec_fn=pipes, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.requests = []      # URLs
        self.complaints = []    # of its console, also of the policy
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")
        self.session = self.ask("Target.attachToTarget", flatten=True,
                                targetId=target["targetId"])["sessionId"]
        for domain in "Page", "Runtime", "Network", "Log":
            self.ask(domain + ".enable")

    def _read(self, deadline):
        """The next message."""
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.input], [], [], left)[0], \
                "the browser says nothing"
            data = os.read(self.input, 1 << 20)
            assert data, "the browser is gone"
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        """Keeps an event."""
        params = message.get("params", {})
        method = message.get("method")
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(params["args"]))

    def ask(self, method, **params):
        """Sends a command and returns its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 3 * PATIENCE
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def wait(self, event):
        """Waits for an event since go()."""
        deadline = time.monotonic() + 3 * PATIENCE
        while event not in self.events:
            self._note(self._read(deadline))

    def go(self, url):
        """Opens a page."""
        self.events.clear()
        self.ask("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def run(self, script):
        """The value of an expression of JavaScript, which may be awaited."""
        result = self.ask("Runtime.evaluate", expression=script,
                          returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, script):
        """Waits until the expression is true, and returns its value."""
        deadline = time.monotonic() + 3 * PATIENCE
        while True:
            value = self.run(script)
            if value:
                return value
            assert time.monotonic() < deadline, f"never: {script}"
            time.sleep(0.1)

    def look(self, width, height, dark=False, phone=False):
        """Sets the size of the window, and what the user prefers."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=phone)
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])

    def shot(self):
        """A picture, as PNG."""
        return base64.b64decode(self.ask(
            "Page.captureScreenshot", format="png")["data"])

    def scripts(self, on):
        """Whether pages may run scripts."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not on)

    def close(self):
        os.close(self.to)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.input)
