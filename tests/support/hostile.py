# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that would do harm where they became code, and profiles that have them in every field."""
import json

TEXTS = [
    '"', "'", "\\", "\\\\", '\\"', "a\\", "*/", "/*", "//", "/*/", "#", "a#b", "#include </etc/passwd>", "#define if while", "*/ int x; /*", '"; int x; //', '", 1), is_http_uri(&seen, "',
    "\n", "a\nb", "\r", "a\r\nb", "\t", "\v\f", '"\n#include "x"\n"', "\n\t\tdrop\n", '" accept comment "', '" ; flush ruleset ; "', "}", "{", "} }", ";", "a;b", ")", "(", ") int y(", "]", "[0]",
    "%", "%n", "%s%s%s%s", "%999999999d", "%n%n%n", "??/", '??/"', "??)", "\\\n", "\\n", "\\x41", "\\041", "a\\042", "a\\036", "\\034", "\\010", "\\000", "\\255", "\\256", "\\0", "\\.", "\\u2028", "a\\.b",
    "drop", "accept", "queue", "queue num 0", "counter", "table", "table bridge x { }", "delete table bridge x", "ip saddr 0.0.0.0/0 drop", "include \"x\"", "comment", "@set", "$define", "a,b", ",,DROP", ", ",
    "../", "../../etc/passwd", "/etc/passwd", "/", ".", "..", "a/b", "~", "-", "--help", "-rf", "CON", "a b", " ", "  a", "a ", "${BIN_DIR}", "${X}", "$ENV{HOME}", "$(touch x)", "$<1:x>", "@X@", "`id`", "$x", "$",
    "$.x", "$a.b.c", "*.", "*.x", "*.com", "*.a.example.org", "$a\\.example.org", "$${X}.example.org", "*", "?", "a*", "a?", "a$", "|", "&", "&&", "<", ">", "=", "!", "^", "~x",
    "\u00e9t\u00e9", "\u2028", "a\u2029b", "\ufeff", "\ufeffa", "\u202e", "a\u202eb", "\u200b", "\x1b[31m", "\x1b]0;x\x07", "\x07", "\x08", "\x7f", "\u009b31m", "\u0085", "\U0001f600", "\ufffe", "\u0001", "\x1e",
    "int", "while", "return", "main", "static", "NULL", "true", "__FILE__", "asm", "_Pragma", "EOF", "all", "clean", "install", ") add_custom_command(", 'a"b', "a;b;c", "[[x]]", "]=]", "#[[", "]]",
    "0", "1", "00", "-0", "-1", "+1", "255", "256", "65535", "65536", "4294967295", "4294967296", "9223372036854775807", "18446744073709551615", "18446744073709551616", "0x10", "010", "1e3", "1.5", "1-2", "2-1",
    "1-", "-", "1,2", "0-65535", "nan", "inf", "null", "~", "yes", "true", "false", "0.0.0.0", "0.0.0.0/0", "::/0", "255.255.255.255/32", "10.0.0.1/33", "10.0.0.1; drop", "fe80::1%eth0", "::ffff:1.2.3.4",
    "1.2.3.4-1.2.3.3", "01.2.3.4", "00:11:22:33:44:55", "00:11:22:33:44:5g", "00:11:22:33:44:55:66", "", "a" * 63, "a" * 64, "a" * 200, "b" * 253, "a." * 126 + "a", "a." * 127 + "a", "\\" * 255, '"' * 120,
    "c" * 1000, "\\\"" * 2000, "%s" * 2000, "d" * 4096, "e" * 4097, "\u00e9" * 5000, "f" * 100_000,
]
TEXTS = list(dict.fromkeys(TEXTS))

# Some of each kind, for what takes a run of the program each.
FEW = ["", '"', "\\", "*/", "//", "#include </etc/passwd>", "a\nb", "\r", '"; int x; //', '" ; flush ruleset ; "', "}", ";", "%n", "??/", "\\\n", "\\034", "\\.", "drop", "table bridge x { }", "../../etc/passwd", "/",
       "--help", "a b", "${BIN_DIR}", "$(touch x)", "`id`", "$", "*.x", "*", "a*", "\u2028", "\ufeffa", "\u202e", "\x1b[31m", "\x7f", "int", "install", ") add_custom_command(", "0", "-1", "65536", "18446744073709551616",
       "0.0.0.0", "10.0.0.1; drop", "::ffff:1.2.3.4", "00:11:22:33:44:55", "a" * 64, '"' * 120, "\u00e9" * 5000]

# Which protocol a field's policy needs beside its own: what gives it an address that no other policy has.
FIELDS = {
    "arp": ["type", "sha", "tha", "spa", "tpa"], "ipv4": ["src", "dst"], "ipv6": ["src", "dst"], "tcp": ["src-port", "dst-port"], "udp": ["src-port", "dst-port"], "icmp": ["type"],
    "icmpv6": ["type"], "igmp": ["version", "type", "group"], "dns": ["response", "qtype", "domain-name"], "mdns": ["response", "qtype", "domain-name"], "http": ["response", "method", "uri"],
    "ssdp": ["response", "method"], "coap": ["response", "type", "method", "uri"], "dhcp": ["type", "client-mac"],
    "mqtt": ["packet-type", "client-id", "client-id-length", "clean-session", "keep-alive", "topic-name", "payload-length"], "tls": ["content-type", "handshake-type", "tls-version", "session-id"]}


def address(number, six=False):
    return f"fd00::{(number >> 16) + 1:x}:{number & 0xffff:x}" if six else f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def policy_of(number, protocol, field, text):
    """A policy whose first check, of an address that is its own, tells it from all others."""
    if protocol == "arp":
        own = ("arp", "tpa" if field == "spa" else "spa", address(number))
    else:
        six = protocol in ("ipv6", "icmpv6")
        own = ("ipv6" if six else "ipv4", "dst" if field == "src" else "src", address(number, six))
    protocols = {own[0]: {own[1]: own[2]}}
    protocols.setdefault(protocol, {})[field] = text
    return {"protocols": protocols}


def matrix(texts=None):
    """{name: (policy, protocol, field, text)} of every text in every field."""
    found = {}
    for protocol, fields in FIELDS.items():
        for field in fields:
            for text in TEXTS if texts is None else texts:
                name = f"p{len(found) + 1}"
                found[name] = (policy_of(len(found) + 1, protocol, field, text), protocol, field, text)
    return found


DEVICE = {"name": "plug", "mac": "50:c7:bf:ed:0a:54", "ipv4": "192.168.1.135", "ipv6": "fd00:ffff::35"}


def profile(policies, device=None, **more):
    """JSON, in which every text can be written."""
    return json.dumps({"device-info": DEVICE if device is None else device, **more, "single-policies": policies})
