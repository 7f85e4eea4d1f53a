# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes frames, messages and capture files, byte by byte, for samples and tests.

Nothing here comes from iotsig: layouts are those of the RFCs, so that what is made can judge it.
"""
import ipaddress
import struct

ICMP, IGMP, TCP, UDP, ICMPV6 = 1, 2, 6, 17, 58
ARP = 0x0806
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return ipaddress.ip_address(text).packed


def ethernet(payload, kind=None, src="02:00:00:00:00:01", dst="02:00:00:00:00:02", tags=(), pad=True):
    """An Ethernet frame; `tags` are (type, VLAN) pairs, outermost first."""
    if kind is None:
        kind = 0x86DD if payload[0] >> 4 == 6 else 0x0800
    head = mac(dst) + mac(src)
    for tag, vlan in tags:
        head += struct.pack(">HH", tag, vlan)
    frame = head + struct.pack(">H", kind) + payload
    return frame.ljust(60, b"\0") if pad else frame


def ip(src, dst, protocol, payload, options=b"", fragment=0):
    """An IPv4 or IPv6 datagram. `options` are IPv4 options; `fragment` the flags and offset."""
    source, target = address(src), address(dst)
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source + target + payload
    options += b"\0" * (-len(options) % 4)
    head = 20 + len(options)
    header = struct.pack(">BBHHHBBH", 4 << 4 | head // 4, 0, head + len(payload), 0, fragment, 64, protocol, 0)
    header += source + target + options
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return header + payload


def transport_checksum(src, dst, protocol, segment):
    source, target = address(src), address(dst)
    if len(source) == 16:
        pseudo = source + target + struct.pack(">II", len(segment), protocol)
    else:
        pseudo = source + target + struct.pack(">BBH", 0, protocol, len(segment))
    return checksum(pseudo + segment)


def udp(src, sport, dst, dport, payload=b"", **more):
    segment = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    value = transport_checksum(src, dst, UDP, segment) or 0xFFFF
    return ip(src, dst, UDP, segment[:6] + struct.pack(">H", value) + segment[8:], **more)


def tcp(src, sport, dst, dport, payload=b"", flags=PSH | ACK, seq=1, **more):
    segment = struct.pack(">HHIIBBHHH", sport, dport, seq, 1, 5 << 4, flags, 65535, 0, 0) + payload
    value = transport_checksum(src, dst, TCP, segment)
    return ip(src, dst, TCP, segment[:16] + struct.pack(">H", value) + segment[18:], **more)


# ARP (RFC 826), ICMP (RFC 792, RFC 4443), IGMP (RFC 1112, RFC 2236, RFC 3376)

ROUTER_ALERT = b"\x94\x04\0\0"  # the IPv4 option that IGMP comes with


def arp(operation, sha, spa, tha="00:00:00:00:00:00", tpa="0.0.0.0"):
    """What an Ethernet frame of kind ARP holds; 1 is a request, 2 a reply."""
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + mac(sha) + address(spa) + mac(tha) + address(tpa)


def icmp(src, dst, kind, code=0, body=b"\0\1\0\1", **more):
    """A packet of ICMP, or of ICMPv6 by its addresses; the default body is that of an echo."""
    protocol = ICMPV6 if len(address(src)) == 16 else ICMP
    message = struct.pack(">BBH", kind, code, 0) + body
    value = transport_checksum(src, dst, protocol, message) if protocol == ICMPV6 else checksum(message)
    return ip(src, dst, protocol, message[:2] + struct.pack(">H", value) + message[4:], **more)


def with_checksum(message):
    return message[:2] + struct.pack(">H", checksum(message)) + message[4:]


def igmp(kind, group="0.0.0.0", time=0):
    """A message of version 1 or 2."""
    return with_checksum(struct.pack(">BBH", kind, time, 0) + address(group))


def igmpv3_query(group="0.0.0.0", time=100, sources=()):
    body = struct.pack(">BBH", 2, 125, len(sources)) + b"".join(map(address, sources))
    return with_checksum(struct.pack(">BBH", 0x11, time, 0) + address(group) + body)


def igmpv3_report(*groups):
    """Each group is a (type of record, address) pair, or has a list of sources as the third."""
    records = b""
    for kind, group, *sources in groups:
        sources = sources[0] if sources else []
        records += struct.pack(">BBH", kind, 0, len(sources)) + address(group) + b"".join(map(address, sources))
    return with_checksum(struct.pack(">BBHHH", 0x22, 0, 0, 0, len(groups)) + records)


# DNS (RFC 1035)

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65, "ANY": 255}


def dns_name(name):
    """A name on the wire; of bytes it is there already, compressed for instance."""
    if isinstance(name, bytes):
        return name
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def dns_type(kind):
    return TYPES.get(kind, kind)


def dns_record(name, kind, data, ttl=60, cls=1):
    """`data` is bytes, or a name or address for the types that have one."""
    if isinstance(data, str):
        data = dns_name(data) if kind in ("CNAME", "PTR") else address(data)
    return dns_name(name) + struct.pack(">HHIH", dns_type(kind), cls, ttl, len(data)) + data


def dns(questions=(), answers=(), additional=(), response=None):
    """A message; questions are (name, type) pairs, the others records."""
    if response is None:
        response = bool(answers)
    head = struct.pack(">HHHHHH", 7, 0x8180 if response else 0x0100, len(questions), len(answers), 0, len(additional))
    asked = b"".join(dns_name(name) + struct.pack(">HH", dns_type(kind), 1) for name, kind in questions)
    return head + asked + b"".join(answers) + b"".join(additional)


# TLS (RFC 8446)


def tls_record(kind, body):
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def client_hello(name=None, session=b""):
    extensions = struct.pack(">HHB2s", 0x002B, 3, 2, b"\x03\x04")
    if name is not None:
        entry = struct.pack(">BH", 0, len(name)) + name.encode()
        extensions += struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = b"\x03\x03" + bytes(32) + bytes([len(session)]) + session + struct.pack(">HH", 2, 0x1301) + b"\x01\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return tls_record(22, b"\x01" + struct.pack(">I", len(body))[1:] + body)


def application_data(n=64):
    return tls_record(23, bytes(range(256))[:n])


# CoAP (RFC 7252)


def coap(kind, code, path=(), token=b"", payload=b"", query=()):
    head = struct.pack(">BBH", 1 << 6 | kind << 4 | len(token), code, 1) + token
    last = 0
    for number, segment in [(11, segment) for segment in path] + [(15, part) for part in query]:
        head += coap_option(number - last, segment.encode())
        last = number
    return head + (b"\xff" + payload if payload else b"")


def coap_option(delta, value):
    def nibble(n):
        return (n, b"") if n < 13 else (13, bytes([n - 13])) if n < 269 else (14, struct.pack(">H", n - 269))

    (d, more_d), (n, more_n) = nibble(delta), nibble(len(value))
    return bytes([d << 4 | n]) + more_d + more_n + value


# DHCP (RFC 2131)


def dhcp(client, message, op=1):
    head = struct.pack(">BBBBIHH", op, 1, 6, 0, 0x1234, 0, 0) + bytes(16) + mac(client).ljust(16, b"\0")
    return head + bytes(192) + b"\x63\x82\x53\x63" + bytes([53, 1, message, 255])


# MQTT 3.1.1


def mqtt(kind, body=b"", flags=0):
    """A control packet: a fixed header before a body."""
    length, left = b"", len(body)
    while left > 0x7F:
        length += bytes([left & 0x7F | 0x80])
        left >>= 7
    return bytes([kind << 4 | flags]) + length + bytes([left]) + body


def mqtt_text(text):
    return struct.pack(">H", len(text)) + text.encode()


def mqtt_connect(client, clean=True, keep_alive=60):
    return mqtt(1, mqtt_text("MQTT") + struct.pack(">BBH", 4, 2 if clean else 0, keep_alive) + mqtt_text(client))


def mqtt_publish(topic, payload=b"", qos=0):
    return mqtt(3, mqtt_text(topic) + (b"\0\1" if qos else b"") + payload, flags=qos << 1)


def mqtt_subscribe(topic):
    return mqtt(8, b"\0\1" + mqtt_text(topic) + b"\0", flags=2)


# Capture files


def pcap(frames, link=1, order="<", nanoseconds=False, snap=262144, modified=False):
    """A pcap of (time in nanoseconds, frame) pairs, or with the length on the wire of a frame that is cut."""
    magic = 0xA1B2CD34 if modified else 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = [struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, snap, link)]
    for time, frame, *length in frames:
        second, rest = divmod(time, 10**9)
        taken = frame[:snap]
        out.append(struct.pack(order + "IIII", second, rest if nanoseconds else rest // 1000, len(taken), *length or [len(frame)]))
        out.append((bytes(8) if modified else b"") + taken)
    return b"".join(out)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order="<"):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order="<", link=1, snap=0, resolution=None, offset=None):
    options = b""
    if resolution is not None:
        options += option(order, 9, bytes([resolution]))
    if offset is not None:
        options += option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + (options + bytes(4) if options else b""))


def enhanced(order, number, units, frame, length=None, options=b""):
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(frame), length or len(frame))
    return block(order, 6, head + frame + b"\0" * (-len(frame) % 4) + options)


def simple(order, frame, length=None):
    return block(order, 3, struct.pack(order + "I", length or len(frame)) + frame)


def obsolete(order, number, units, frame):
    head = struct.pack(order + "HHIIII", number, 0, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 2, head + frame)


def pcapng(frames, link=1, order="<", resolution=9):
    """A pcapng of what pcap() takes: one section, one interface."""
    out = [section(order) + interface(order, link, resolution=resolution)]
    for time, frame, *length in frames:
        out.append(enhanced(order, 0, time // 10 ** (9 - resolution), frame, *length))
    return b"".join(out)
