# SPDX-License-Identifier: GPL-3.0-or-later
"""Good policies of every protocol and field, by chance."""


def values(numbers, *choices):
    """One of the choices, or a list of some."""
    return numbers.choice(choices) if numbers.random() < 0.6 else numbers.sample(choices, numbers.randint(1, min(3, len(choices))))


HOSTS4 = ("self", "gateway", "local", "10.0.0.1", "10.1.0.0/16", "10.9.0.1-10.9.0.7", "a.example.com", "$example.org", "*.b.example.net", "mdns")
HOSTS6 = ("self", "gateway", "fd00::1", "2001:db8::/32", "a.example.com", "all-nodes", "external")
PORTS, TRUTH = (1, 53, "80-90", "100", 65535), (True, False)
FIELDS = {
    "arp": {"type": ("request", "reply"), "sha": ("self", "broadcast"), "tha": ("02:00:00:00:00:01",), "spa": ("self", "10.0.0.1"), "tpa": ("gateway",)},
    "ipv4": {"src": HOSTS4, "dst": HOSTS4}, "ipv6": {"src": HOSTS6, "dst": HOSTS6}, "tcp": {"src-port": PORTS, "dst-port": PORTS}, "udp": {"src-port": PORTS, "dst-port": PORTS},
    "icmp": {"type": ("echo-request", 0, "3")}, "icmpv6": {"type": ("nd-redirect", 1)}, "igmp": {"version": (1, 2, "3"), "type": ("leave-group",), "group": ("mdns", "224.0.0.9")},
    "dns": {"response": TRUTH, "qtype": ("A", "AAAA", 65, "TYPE300"), "domain-name": ("a.example.com", "$.example.com", r"\001.\036x.example", "x y.example")},
    "mdns": {"response": TRUTH, "qtype": ("PTR",), "domain-name": ("_hue._tcp.local", "$local")},
    "http": {"response": TRUTH, "method": ("GET", "POST", "PATCH"), "uri": ("/", "/a?b=c", "/x*", "/'\"$")},
    "ssdp": {"response": TRUTH, "method": ("M-SEARCH", "NOTIFY")}, "coap": {"response": TRUTH, "type": ("CON", "NON", 2), "method": ("GET", "PUT"), "uri": ("/x", "/y$")},
    "dhcp": {"type": ("discover", 3), "client-mac": ("self", "02:00:00:00:00:09")},
    "mqtt": {"packet-type": ("connect", 3), "client-id": ("a b", "12"), "client-id-length": (1, "2-9"), "clean-session": TRUTH, "keep-alive": (60,), "topic-name": ("a/b/#",),
             "payload-length": ("0-9",)},
    "tls": {"content-type": ("handshake", 23), "handshake-type": ("client-hello",), "tls-version": ("1.2", 769), "session-id": TRUTH}}
STACKS = (["arp"], ["ipv4", "tcp"], ["ipv4", "udp"], ["ipv6", "tcp"], ["ipv6", "udp"], ["ipv4", "icmp"], ["ipv6", "icmpv6"], ["ipv4", "igmp"], ["ipv4", "udp", "dns"], ["dns"],
          ["ipv6", "udp", "mdns"], ["ipv4", "tcp", "http"], ["ipv4", "udp", "ssdp"], ["ipv6", "udp", "coap"], ["udp", "dhcp"], ["tcp", "mqtt"], ["ipv4", "tcp", "tls"])


def generated(numbers):
    """A good policy: any protocols that go together, with any of their fields."""
    stack = numbers.choice(STACKS)
    protocols = {protocol: {field: numbers.choice(choices) if choices is TRUTH else values(numbers, *choices) for field, choices in FIELDS[protocol].items() if numbers.random() < 0.6}
                 for protocol in stack}
    if not any(protocols.values()):
        protocols[stack[0]] = {field: choices[0] for field, choices in FIELDS[stack[0]].items()}
    made = {"protocols": protocols}
    if numbers.random() < 0.5:
        made["bidirectional"] = numbers.random() < 0.7
        for transport in ("tcp", "udp"):  # or the backward rule may ask for nothing
            if transport in protocols and not protocols[transport]:
                protocols[transport]["dst-port"] = 5
    if numbers.random() < 0.3:
        made["stats"] = {"rate": numbers.choice(["10/second", 5, {"fwd": "3/minute", "bwd": "2 kbytes/hour"}]), "packet-count": 7}
        if stack[0] in ("ipv4", "ipv6"):
            made["stats"]["packet-size"] = numbers.choice(["< 200", 100, "50-60", {"fwd": ">= 70"}])
    if stack[0] in ("ipv4", "ipv6") and numbers.random() < 0.2:
        made["initiator"] = numbers.choice(["src", "dst"])
    return made


def profile(numbers, count, device=None):
    """A profile with so many of them, in groups."""
    policies = {}
    for i in range(count):
        group = policies
        for name in ["g", "h", "i.j"][: numbers.randint(0, 3)]:
            group = group.setdefault(f"{name}{numbers.randint(0, 3)}", {})
        group[f"p {i}"] = generated(numbers)
    return {"device-info": device or {"name": "d", "mac": "02:00:00:00:00:01", "ipv4": "10.0.0.2", "ipv6": "fd00::2"}, "hosts": {"gateway": ["10.0.0.1", "fe80::1"]},
            "interactions": {"on": ["x", 1, None, True]}, "single-policies": policies}
