# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in a browser: they are drawn, nothing complains, nothing is fetched, and no text runs. Needs chromium, else skipped."""
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import unittest

import support
from support import START, make

SCRIPT = "<script>document.title='run'<.\"><img src=x onerror=\"document.title='run'\">"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"


class Pages(support.Case):
    def setUp(self):
        super().setUp()
        frames = [make.udp("192.168.1.2", 40000, "192.168.1.1", 53, make.dns([("one.example", "A")])),
                  make.udp("192.168.1.1", 53, "192.168.1.2", 40000, make.dns([(SCRIPT, "A")], [make.dns_record(SCRIPT, "A", "198.51.100.7")])),
                  make.tcp("192.168.1.2", 40001, "198.51.100.7", 80, f"GET /{SCRIPT} HTTP/1.1\r\nHost: {SCRIPT}\r\n\r\n".encode())]
        for event in ("a", "<img src=x onerror=\"document.title='run'\">"):
            for i in range(2):
                self.write(f"in/{event}/<script>document.title='run'<{i}", make.pcap([(START + j * 10**9, make.ethernet(f)) for j, f in enumerate(frames)]))
        self.captures = self.path("in/a")

    def browse(self, *words):
        environment = {**os.environ, "HOME": self.folder}
        command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", f"--user-data-dir={self.path('profile')}", "--enable-logging=stderr", "--v=0",
                   f"--log-net-log={self.path('net.json')}", "--host-resolver-rules=MAP * ~NOTFOUND", *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=90, env=environment, check=False)

    def requests(self):
        """The addresses that the page asked for, by chromium's own log of the network; what it asks for by itself has no origin."""
        with open(self.path("net.json"), encoding="utf-8") as file:
            text = file.read().rstrip().rstrip(",")
        log = json.loads(text if text.endswith("}") else text + "]}")
        started = [event["params"] for event in log["events"] if "url" in event.get("params", {}) and "initiator" in event["params"]]
        return {request["url"] for request in started if request["initiator"] != "not an origin"}

    def check(self, name):
        url = "file://" + self.path(name)
        result = self.browse("--dump-dom", url)
        out, err = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, 0, err[-2000:])
        self.assertIn("</main>", out)
        self.assertNotIn("<title>run</title>", out)
        self.assertNotRegex(err, "CONSOLE|Refused|Content Security Policy")
        self.assertEqual(self.requests(), set())

    def draw(self, name):
        for options in (("--window-size=1200,900",), ("--window-size=500,900", "--blink-settings=preferredColorScheme=0")):
            self.browse(*options, f"--screenshot={self.path('shot.png')}", "file://" + self.path(name))
            with open(self.path("shot.png"), "rb") as file:
                head = file.read(24)
            self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual("%d,%d" % struct.unpack(">II", head[16:]), options[0].split("=")[1])

    def test_a_page_that_would_run(self):
        """The test sees what it looks for: scripts that run, and what is fetched."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        self.write("bad.html", f"<!DOCTYPE html><title>x</title><main></main><script>document.title='run';console.log('hello')</script>"
                               f"<img src=http://127.0.0.1:{listening.getsockname()[1]}/x>")
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        result = self.browse("--dump-dom", "file://" + self.path("bad.html"))
        self.assertIn(b"<title>run</title>", result.stdout)
        self.assertIn(b"CONSOLE", result.stderr)
        self.assertTrue(any("127.0.0.1" in address for address in self.requests()))

    def test_learned(self):
        self.run_ok("learn", "-q", "-o", self.path("out"), self.path("in"))
        self.run_ok("report", "-o", self.path("x.html"), self.path("out/<img src=x onerror=\"document.title='run'\">.json"), self.captures)
        self.check("x.html")
        self.draw("x.html")

    def test_extracted(self):
        self.run_ok("extract", "--name", SCRIPT, "-o", self.path("s.json"), self.captures)
        self.run_ok("report", "-o", self.path("x.html"), self.path("s.json"), self.captures)
        self.check("x.html")

    def test_evaluation(self):
        self.run_ok("evaluate", "-q", "--folds", "2", "-o", self.path("x.html"), self.path("in"))
        self.check("x.html")


if __name__ == "__main__":
    support.need(BROWSER)
    unittest.main()
