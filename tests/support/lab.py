# SPDX-License-Identifier: GPL-3.0-or-later
"""A network to test firewalls in: hosts that are network namespaces of the kernel, around a router that is another.

Needs root, ip and nft; need() ends a test as skipped where it cannot be. Names hold the number of the process, so tests
may run side by side, and what a killed test left is removed by the next.
"""
import atexit
import contextlib
import ctypes
import http.server
import ipaddress
import itertools
import json
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

from support import SKIPPED, make

ROUTER = "router"
PREFIX = "iotsig-lab"
NAMESPACES = "/run/netns"
RESOLVERS = "/etc/netns"
NEWNET = 0x40000000  # CLONE_NEWNET
ETH_ALL = 3
OUTGOING = 4  # PACKET_OUTGOING
EXPERIMENT = 0x88B5  # an Ethernet type that nobody uses (IEEE 802)
NEXT_HOP, NEXT_HOP6 = "169.254.0.1", "fe80::1"  # of every host of a routed laboratory

# Three hosts that do for most tests.
DEVICE = {"mac": "02:00:00:00:01:35", "ipv4": "192.168.1.135", "ipv6": "fd00:1::135"}
SERVER = {"mac": "02:00:00:00:01:10", "ipv4": "192.168.1.110", "ipv6": "fd00:1::110"}
GATEWAY = {"mac": "02:00:00:00:01:01", "ipv4": "192.168.1.1", "ipv6": "fd00:1::1"}

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()
_open_labs = []


def need(*programs, queue=False):
    """Ends the test as skipped where there can be no laboratory, no queues (`queue`), or a program is missing."""

    def skip(why):
        print(why)
        sys.exit(SKIPPED)

    for program in ["ip", "nft", *(["iptables", "ip6tables"] if queue else []), *programs]:
        if shutil.which(program) is None:
            skip(f"{program} is not installed (scripts/install-deps)")
    if os.geteuid() != 0:
        skip("network namespaces need root")
    try:
        with Lab({"device": DEVICE, "server": SERVER}) as lab:
            lab.nft(ROUTER, "table bridge probe { chain c { type filter hook prerouting priority 0; counter drop; }; }")
            if queue:
                for command in ("iptables", "ip6tables"):
                    lab.run(ROUTER, command, "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0")
    except (AssertionError, OSError) as error:
        skip("no laboratory here: " + " ".join(str(error).split()))


def wait_for(predicate, timeout=5, what="what was waited for"):
    """Asks until the answer is true, and returns it; an error after so many seconds."""
    end = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {timeout} seconds")
        time.sleep(0.02)


def _call(*words, stdin=None, check=True, timeout=30):
    """Runs a command, and tells all that it wrote when it fails."""
    done = subprocess.run(words, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, text=True, capture_output=True,
                          timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def _remove(namespace):
    """Ends what still runs in a namespace, and removes it."""
    for pid in _call("ip", "netns", "pids", namespace, check=False).stdout.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    _call("ip", "netns", "del", namespace, check=False)
    shutil.rmtree(os.path.join(RESOLVERS, namespace), ignore_errors=True)


def _remove_stale():
    """Removes the namespaces of processes that are gone."""
    for name in os.listdir(NAMESPACES) if os.path.isdir(NAMESPACES) else []:
        pid = name.removeprefix(PREFIX + "-").split("-")[0]
        if name.startswith(PREFIX + "-") and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            _remove(name)


def _close_all(*_):
    for lab in list(_open_labs):
        lab.close()


def _terminated(*_):
    _close_all()
    os._exit(128 + signal.SIGTERM)


atexit.register(_close_all)


class Lab:
    """Hosts, each a dict of `mac`, `ipv4` and `ipv6` (any may be absent), each with one interface, eth0.

    They hang on the ports of a bridge, br0, in the namespace "router"; a port is called as its host is. `gateway`, if given, is
    what the router itself is in that network. Or, `routed`: the router forwards between them, with whatever addresses they
    have, so that packets pass iptables there. To be closed: with a `with` statement, or made by Lab.of(test case, ...).
    """

    def __init__(self, hosts, routed=False, gateway=None):
        self.hosts = hosts
        self.name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        self._cleanups = contextlib.ExitStack()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _terminated)
        _remove_stale()
        _open_labs.append(self)
        try:
            for host in [ROUTER, *hosts]:
                self._make_namespace(host)
            if routed:
                self._route(gateway or {})
            else:
                self._bridge(gateway or {})
        except BaseException:
            self.close()
            raise

    @classmethod
    def of(cls, case, hosts, **more):
        """A laboratory that is closed when a unittest.TestCase is at its end."""
        lab = cls(hosts, **more)
        case.addCleanup(lab.close)
        return lab

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends all that runs in it, and removes it. More than once does no harm."""
        if self in _open_labs:
            _open_labs.remove(self)
            self._cleanups.close()

    # How it is made

    def namespace(self, host):
        return f"{self.name}-{host}"

    def _make_namespace(self, host):
        namespace = self.namespace(host)
        _call("ip", "netns", "add", namespace)
        self._cleanups.callback(_remove, namespace)
        # Addresses are usable at once, and nobody asks for routers.
        self.sysctl(host, **{"net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.default.router_solicitations": 0,
                             "net.ipv6.conf.all.accept_dad": 0})
        self.ip(host, "link set lo up")

    def _plug(self, host):
        """The two ends of the cable between a host and the router."""
        self.ip(ROUTER, f"link add {host} type veth peer name eth0 netns {self.namespace(host)}")
        mac = self.hosts[host].get("mac")
        self.ip(host, *([f"link set eth0 address {mac}"] if mac else []), "link set eth0 up")

    def _bridge(self, gateway):
        # Where the kernel hands what is bridged to iptables too, it shall not: elsewhere it does not.
        self.run(ROUTER, "sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do test ! -e $f || echo 0 >$f; done")
        self.ip(ROUTER, "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                *([f"link set br0 address {gateway['mac']}"] if "mac" in gateway else []), "link set br0 up")
        for host in self.hosts:
            self._plug(host)
            self.ip(ROUTER, f"link set {host} master br0 up")
        for host, interface, has in [(ROUTER, "br0", gateway), *((host, "eth0", has) for host, has in self.hosts.items())]:
            for family, length, more in (("ipv4", 24, ""), ("ipv6", 64, "nodad")):
                if family in has:
                    self.ip(host, f"addr add {has[family]}/{length} dev {interface} {more}")
                if family in has and family in gateway and host != ROUTER:
                    self.ip(host, f"route add default via {gateway[family]} dev {interface}")
        wait_for(lambda: self._ports_forward() and all(map(self._is_ready, self.hosts)), what="a bridge that forwards")

    def _ports_forward(self):
        ports = json.loads(_call("ip", "-n", self.namespace(ROUTER), "-d", "-j", "link", "show", "master", "br0").stdout)
        return [port["linkinfo"]["info_slave_data"]["state"] for port in ports] == ["forwarding"] * len(self.hosts)

    def _is_ready(self, host):
        (interface,) = json.loads(_call("ip", "-n", self.namespace(host), "-j", "addr", "show", "eth0").stdout)
        return interface["operstate"] == "UP" and not any(address.get("tentative") for address in interface["addr_info"])

    def _route(self, gateway):
        self.sysctl(ROUTER, **{"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1, "net.ipv4.conf.all.send_redirects": 0,
                               "net.ipv4.conf.default.send_redirects": 0})
        for host, has in self.hosts.items():
            self._plug(host)
            self.ip(ROUTER, f"addr add {NEXT_HOP}/32 dev {host}", f"addr add {NEXT_HOP6}/64 dev {host} nodad", f"link set {host} up")
            if "ipv4" in has:
                self.ip(host, f"addr add {has['ipv4']}/32 dev eth0", f"route add default via {NEXT_HOP} dev eth0 onlink")
                self.ip(ROUTER, f"route add {has['ipv4']}/32 dev {host}")
            if "ipv6" in has:
                self.ip(host, f"addr add {has['ipv6']}/128 dev eth0 nodad", f"route add default via {NEXT_HOP6} dev eth0")
                self.ip(ROUTER, f"route add {has['ipv6']}/128 dev {host}")
        for family in ("ipv4", "ipv6"):
            if family in gateway:
                self.ip(ROUTER, f"addr add {gateway[family]} dev lo")
        wait_for(lambda: all(map(self._is_ready, self.hosts)), what="interfaces that are up")

    # Commands

    def ip(self, host, *commands):
        """Commands of ip, in a host."""
        _call("ip", "-n", self.namespace(host), "-batch", "-", stdin="".join(command + "\n" for command in commands))

    def sysctl(self, host, **values):
        for name, value in values.items():
            path = "/proc/sys/" + name.replace(".", "/")
            self.run(host, "sh", "-c", f"echo {value} >{path}")

    def run(self, host, *words, stdin=None, check=True, timeout=30):
        """Runs a program in a host: a CompletedProcess with texts. Its failure is an error unless `check` is false."""
        return _call("ip", "netns", "exec", self.namespace(host), *words, stdin=stdin, check=check, timeout=timeout)

    def popen(self, host, *words, **more):
        """Starts a program in a host; it is killed when the laboratory is closed. More is for subprocess.Popen."""
        process = subprocess.Popen(["ip", "netns", "exec", self.namespace(host), *words], **{"stdin": subprocess.DEVNULL, **more})
        self._cleanups.callback(self._end, process)
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    @contextlib.contextmanager
    def inside(self, host):
        """This thread is in a host: sockets that it makes stay there."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(os.path.join(NAMESPACES, self.namespace(host)), "rb") as there:
            self._enter(there)
            try:
                yield
            finally:
                self._enter(home)

    @staticmethod
    def _enter(namespace):
        if _libc.setns(namespace.fileno(), NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def socket(self, host, *arguments):
        """A socket in a host."""
        with self.inside(host):
            return socket.socket(*arguments)

    def proc_net(self, host, name):
        """The lines of a file of /proc/net, in a host; none when it is not there."""
        with self.inside(host), contextlib.suppress(FileNotFoundError), open(f"/proc/thread-self/net/{name}", encoding="ascii") as file:
            return file.read().splitlines()
        return []

    def wait_for_queue(self, host, *numbers, timeout=5):
        """Waits until somebody serves queues."""

        def served():
            return {int(line.split()[0]) for line in self.proc_net(host, "netfilter/nfnetlink_queue")}

        wait_for(lambda: set(numbers) <= served(), timeout, f"serving of the queues {numbers}")

    def wait_for_port(self, host, port, transport="udp", timeout=5):
        """Waits until somebody listens on a port."""

        def listened():
            lines = self.proc_net(host, transport) + self.proc_net(host, transport + "6")
            return {int(line.split()[1].split(":")[1], 16) for line in lines if "local_address" not in line}

        wait_for(lambda: port in listened(), timeout, f"listening on {transport} port {port}")

    def resolver(self, host, address):
        """Programs that are run in a host ask this server for names."""
        folder = os.path.join(RESOLVERS, self.namespace(host))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "resolv.conf"), "w", encoding="ascii") as file:
            file.write(f"nameserver {address}\noptions timeout:1 attempts:1\n")

    # nftables

    def nft(self, host, rules):
        """Loads rules from a text."""
        self.run(host, "nft", "-f", "-", stdin=rules)

    def nft_file(self, host, path):
        """Loads rules from a file."""
        self.run(host, "nft", "-f", path)

    def nft_counters(self, host, table):
        """{comment: (packets, bytes)} of the rules with a counter and a comment; `table` is "family name"."""
        listed = json.loads(self.run(host, "nft", "-j", "list", "table", *table.split()).stdout)["nftables"]
        counters = {}
        for rule in (item["rule"] for item in listed if "rule" in item):
            for counter in (part["counter"] for part in rule["expr"] if isinstance(part, dict) and "counter" in part):
                if "comment" in rule and counter is not None:
                    counters[rule["comment"]] = (counter["packets"], counter["bytes"])
        return counters

    # Frames

    def send(self, host, *frames, interface="eth0"):
        """Sends Ethernet frames from a host's interface, as they are."""
        with contextlib.closing(self.socket(host, socket.AF_PACKET, socket.SOCK_RAW, 0)) as out:
            out.bind((interface, 0))
            for frame in frames:
                out.send(frame)

    def sniff(self, host, interface="eth0", outgoing=False):
        """What arrives at an interface during a `with` block: a Sniffer. `outgoing`: and what is sent there."""
        return Sniffer(self, host, interface, outgoing)

    def through(self, source, target, *frames):
        """Sends frames from one host, and returns those that arrived at another, in their order, without padding, and no others.

        A last frame of a type that no rule knows tells that all before it have come or are lost. So it is for bridges, and verdicts
        that the kernel gives at once; one from a queue may come later.
        """
        end = make.ethernet(os.urandom(46), kind=EXPERIMENT, src="02:00:00:00:ff:01", dst="ff:ff:ff:ff:ff:ff")
        with self.sniff(target) as sniffer:
            self.send(source, *frames, end)
            sniffer.wait_for(lambda frame: frame == end)
        arrived = [without_padding(frame) for frame in sniffer.frames]
        return [frame for frame in arrived if frame in list(map(without_padding, frames))]

    def replay(self, host, capture, interface="eth0"):
        """Sends the frames of a capture as fast as may be, with tcpreplay."""
        self.run(host, "tcpreplay", "--topspeed", "--quiet", "-i", interface, capture)

    # Servers

    def dns(self, host, table, port=53):
        """A DnsServer in a host."""
        return self._cleanups.enter_context(DnsServer(self, host, table, port))

    def http(self, host, port=80):
        """An HttpServer in a host."""
        return self._cleanups.enter_context(HttpServer(self, host, port))

    def coap(self, host, port=5683, program="coap-server-notls"):
        """libcoap's server in a host: a Popen. It has the resource /time."""
        process = self.popen(host, program, "-p", str(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for_port(host, port)
        return process


class Sniffer:
    """Frames that arrive at an interface, in `frames`. A VLAN tag that the kernel took off is not there."""

    def __init__(self, lab, host, interface, outgoing):
        self.frames = []
        self.outgoing = outgoing
        self.socket = lab.socket(host, socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setblocking(False)
        self.interface = interface

    def __enter__(self):
        self.socket.bind((self.interface, ETH_ALL))
        return self

    def __exit__(self, *_):
        self.read()
        self.socket.close()

    def read(self):
        """Takes what is there by now: all frames so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, (_, _, direction, *_) = self.socket.recvfrom(1 << 16)
                if self.outgoing or direction != OUTGOING:
                    self.frames.append(frame)
        return self.frames

    def wait_for(self, match, timeout=5):
        """The first frame of which match(frame) is true; an error when none comes."""
        return wait_for(lambda: next(filter(match, self.read()), None), timeout, "a frame that matches")


class DnsServer:
    """Answers from `table`: {name: [(type, data, ttl)]}, which may change meanwhile. UDP, both IP versions.

    Data is an address, a name for CNAME and PTR, else bytes. `queries` holds (name, type as a number, address of who asked).
    """

    def __init__(self, lab, host, table, port):
        self.table = table
        self.queries = []
        self._stopped = threading.Event()
        self._threads = []
        self._sockets = []
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            sock = lab.socket(host, family, socket.SOCK_DGRAM)
            self._sockets.append(sock)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((address, port))
            sock.settimeout(0.1)
            self._threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def asked(self, name):
        """Whether a name was asked for."""
        return any(query[0] == name for query in list(self.queries))

    def _serve(self, sock):
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError, OSError, IndexError, UnicodeDecodeError):
                message, source = sock.recvfrom(4096)
                sock.sendto(self.answer(message, source[0]), source)

    def answer(self, message, source):
        """The response to a query of one question."""
        labels, at = [], 12
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]].decode("ascii"))
            at += 1 + message[at]
        name, kind = ".".join(labels).lower(), int.from_bytes(message[at + 1:at + 3], "big")
        self.queries.append((name, kind, source))
        known = name in self.table
        response = make.dns([(".".join(labels), kind)], self._records(name, kind), response=True)
        return message[:2] + response[2:3] + bytes([0x80 | (0 if known else 3)]) + response[4:]

    def _records(self, name, kind):
        records, names = [], [name]
        for owner in names:
            for of, data, ttl in self.table.get(owner, ()):
                if make.dns_type(of) in (kind, make.TYPES["CNAME"]) or kind == make.TYPES["ANY"]:
                    records.append(make.dns_record(owner, of, data, ttl))
                if of == "CNAME" and data not in names and kind != make.TYPES["CNAME"]:
                    names.append(data)
        return records


class HttpServer:
    """Answers every request with status 200 and its path; `requests` holds (method, path, address of who asked)."""

    def __init__(self, lab, host, port):
        requests = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                requests.append((self.command, self.path, self.client_address[0]))
                body = self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            server_bind = socketserver.TCPServer.server_bind  # HTTPServer's asks for the name of its address
            daemon_threads = True

        with lab.inside(host):
            self._server = Server(("", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def ip_of(frame):
    """The IP packet in an untagged Ethernet frame, without padding; None when it holds none."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\x00":
        return packet[:int.from_bytes(packet[2:4], "big")]
    if kind == b"\x86\xdd":
        return packet[:40 + int.from_bytes(packet[4:6], "big")]
    return None


def without_padding(frame):
    """A frame as it was before it was made long enough for Ethernet; a bridge may take off what was added."""
    kind = frame[12:14]
    length = len(ip_of(frame) or frame[14:]) if kind != b"\x08\x06" else 28
    return frame[:14 + length]


def from_to(source, target):
    """For Sniffer.wait_for(): whether a frame holds a packet between two addresses."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed

    def match(frame):
        packet = ip_of(frame)
        return packet is not None and packet[12 if len(ends) == 8 else 8:][:len(ends)] == ends

    return match
