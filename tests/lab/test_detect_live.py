# SPDX-License-Identifier: GPL-3.0-or-later
"""iotsig detect on an interface: what tcpreplay plays to it, who it is by then, and how it ends."""
import json
import os
import select
import signal
import subprocess
import time

import lab
import support
from lab import DEVICE, ROUTER, SERVER, Lab
from support import SECOND, START, Case, make

HOSTS = {"device": DEVICE, "server": SERVER}


def ask(word, mac="02:00:00:00:07:01", ip="192.168.1.201"):
    return make.ethernet(make.udp(ip, 40000, "192.168.1.1", 53, make.dns([(word, "A")])), src=mac, dst=SERVER["mac"])


def signature(event, *words, must_not=()):
    traits = [{"family": "name", "feature": f"dns A {word}", "support": "10/10", "bits": "4.00", "seen": [1, 1]} for word in words]
    return support.learned(event, traits, must_not=[{"family": "name", "feature": f"dns A {word}", "captures": 2} for word in must_not])


class Live(Case):
    """The bridge's port of the server is listened on, and the device plays."""

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)  # who the program goes on as must be able to read
        self.lab = Lab.of(self, HOSTS)
        for made in (signature("on", "a.example", "b.example"), signature("late", "c.example", must_not=["x.example"])):
            self.write(f"sig/{made['event']}.json", json.dumps(made))

    def start(self, *words, interface="server", **more):
        process = self.lab.popen(ROUTER, support.PROGRAM, "detect", "--signatures", self.path("sig"), "--format", "jsonl",
                                 "-i", interface, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        lab.wait_for(lambda: self.is_listening(process), 30, "listening")
        return process

    def status(self, process):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def is_listening(self, process):
        """Whether its packet socket is open, and it waits."""
        if process.poll() is not None:
            raise AssertionError(process.stderr.read())
        return self.lab.proc_net(ROUTER, "packet") and self.status(process)["State"].startswith("S")

    def play(self, *frames, options=("--topspeed",)):
        path = self.write("play.pcap", make.pcap([(START + int(at * SECOND), frame) for at, frame in frames]))
        self.lab.run("device", "tcpreplay", *options, "-i", "eth0", path)

    def line(self, process):
        ready, _, _ = select.select([process.stdout], [], [], 60)
        self.assertTrue(ready, "nothing was told")
        return json.loads(process.stdout.readline())

    def stop(self, process, number=signal.SIGINT, status=0):
        process.send_signal(number)
        self.assertEqual(process.wait(60), status)
        return process.stdout.read(), process.stderr.read()

    def test_an_event_is_told_when_it_happens(self):
        process = self.start()
        before = time.time()
        self.play((0, ask("a.example")), (0.2, ask("b.example")), options=())
        seen = self.line(process)
        self.assertEqual((seen["input"], seen["event"], seen["device"]), ("server", "on", "02:00:00:00:07:01"))
        self.assertRegex(seen["last"], r"^\d+\.\d{9}$")
        self.assertGreater(float(seen["last"]) - float(seen["first"]), 0.1)
        self.assertGreaterEqual(float(seen["first"]), before - 1)
        self.play((0, ask("b.example")), (0, ask("a.example")))
        self.assertEqual(self.line(process)["event"], "on")
        self.assertEqual(self.stop(process), (b"", b""))

    def test_without_another_packet(self):
        process = self.start()
        self.play((0, ask("c.example")))
        self.assertEqual(self.line(process)["event"], "late")
        self.assertEqual(self.stop(process, signal.SIGTERM), (b"", b""))

    def test_filter_in_the_kernel(self):
        process = self.start("--filter", "ether src 02:00:00:00:07:01")
        self.play((0, ask("a.example", "02:00:00:00:07:02")), (0, ask("b.example", "02:00:00:00:07:02")))
        self.play((0, ask("a.example")), (0, ask("b.example")))
        self.assertEqual(self.line(process)["device"], "02:00:00:00:07:01")
        self.assertEqual(self.stop(process), (b"", b""))

    def ids(self, process):
        fields = self.status(process)
        return fields["Uid"].split(), fields["Gid"].split(), fields["Groups"].split(), int(fields["CapEff"], 16)

    def test_root_is_given_up(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SUDO_")}
        process = self.start(env=environment)
        users, groups, more, rights = self.ids(process)
        self.assertNotIn("0", users + groups)
        self.assertEqual((len(set(users)), len(set(groups)), more, rights), (1, 1, [], 0))
        self.stop(process, status=1)
        process = self.start(env={**environment, "SUDO_UID": "4321", "SUDO_GID": "4322"})
        self.assertEqual(self.ids(process), (["4321"] * 4, ["4322"] * 4, [], 0))
        self.play((0, ask("a.example")), (0, ask("b.example")))
        self.assertEqual(self.line(process)["event"], "on")
        self.stop(process)
        process = self.start("--no-sandbox", env={**environment, "SUDO_UID": "4321", "SUDO_GID": "4322"})
        self.assertEqual(self.ids(process)[0], ["0"] * 4)
        self.stop(process, status=1)

    def test_an_output_file_belongs_to_the_user(self):
        folder = self.path("out")
        os.mkdir(folder)
        os.chown(folder, 4321, 4322)
        process = self.start("-o", f"{folder}/x.jsonl", env={**os.environ, "SUDO_UID": "4321", "SUDO_GID": "4322"})
        self.play((0, ask("a.example")), (0, ask("b.example")))
        time.sleep(0.5)
        self.assertEqual(self.stop(process), (b"", b""))
        self.assertEqual(json.loads(self.read("out/x.jsonl"))["event"], "on")
        self.assertEqual(os.stat(f"{folder}/x.jsonl").st_uid, 4321)

    def test_an_interface_that_goes(self):
        process = self.start()
        self.play((0, ask("a.example")), (0, ask("b.example")))
        self.assertEqual(self.line(process)["event"], "on")
        self.lab.ip(ROUTER, "link del server")
        status, err = process.wait(60), process.stderr.read()
        self.assertEqual(status, 3, err)
        self.assertIn(b"iotsig: server: cannot be read any more", err)

    def test_many_packets(self):
        process = self.start()
        self.play(*((0, ask(f"n{i}.example")) for i in range(2000)), (0, ask("a.example")), (0, ask("b.example")))
        self.assertEqual(self.line(process)["event"], "on")
        self.assertEqual(self.stop(process), (b"", b""))


if __name__ == "__main__":
    lab.need("tcpreplay")
    support.main()
