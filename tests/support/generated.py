# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what `firewall` writes, strictly: what is not of the few forms that it may have is an error."""
import re

FILES = ("firewall.nft", "nfqueues.c", "CMakeLists.txt", "README.txt")


def printable(text):
    return all(" " <= c <= "~" or c in "\n\t" for c in text)


def split(out):
    """What --dry-run prints: the files by name."""
    parts = re.split(r"(?:\A|\n)==> (\S+) <==\n", out)
    if parts[0] != "" or not set(parts[1::2]) <= set(FILES) or len(set(parts[1::2])) != len(parts) // 2:
        raise AssertionError(f"not the files: {parts[::2][0][:200]!r} {parts[1::2]}")
    return dict(zip(parts[1::2], parts[2::2]))


# nftables.

PLAIN = r"[A-Za-z0-9 _.:/=+@()-]"
TABLE = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
ADDRESS = r"[0-9a-f.:]+(?:/\d+|-[0-9a-f.:]+)?"


def _set(item):
    return rf"(?: |\ !=\ )(?:{item}|\{{ {item}(?:, {item})+ \}})".replace(r"\ ", " ")


MATCH = "|".join((
    "meta protocol (?:arp|ip6?)", r"meta l4proto (?:tcp|udp|\{ tcp, udp \}|1|2|58)",
    "arp operation" + _set("(?:request|reply|[0-9]+)"), "arp [sd]addr ether" + _set("(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"), "arp [sd]addr ip" + _set(ADDRESS),
    "ip6? [sd]addr" + _set(ADDRESS), "(?:tcp|udp) [sd]port" + _set(r"\d+(?:-\d+)?"), "icmp(?:v6)? type" + _set(r"[a-z0-9-]+"),
    "ct direction (?:original|reply)", "ct original ip6? saddr" + _set(ADDRESS), r"ip6? length (?:[<>] \d+|\d+(?:-\d+)?)",
    r"limit rate over \d+(?: [km]?bytes)?/(?:second|minute|hour|day|week)(?: burst \d+ packets)?"))
RULE = re.compile(rf'\t\t((?:{MATCH})(?: (?:{MATCH}))*)( log(?: prefix "({PLAIN}*),,(?:DROP|ACCEPT|QUEUE)")? group \d+)? counter (drop|accept|queue num \d+) comment "({PLAIN}*)"')
HEAD = ["#!/usr/sbin/nft -f", "# Made by iotsig. README.txt says how to load it."]


class Rule:
    def __init__(self, match):
        self.matches, self.log, self.prefix, self.verdict, self.comment = match.groups()
        if len(self.comment) > 127 or (self.prefix is not None and len(self.prefix) > 127 - len(",,DROP")):
            raise AssertionError(f"longer than nftables allows: {match.group()}")


def tables(nft):
    """The rules by table."""
    lines = nft.split("\n")
    found, i = {}, 2
    if lines[:2] != HEAD or lines.pop() != "":
        raise AssertionError("firewall.nft begins or ends otherwise")
    while i < len(lines):
        name = re.fullmatch(rf"table bridge ({TABLE})", lines[i + 1])
        if name is None or lines[i] != "":
            raise AssertionError(f"firewall.nft, line {i + 1}: {lines[i]!r}")
        (name,), rules = name.groups(), []
        want = [f"delete table bridge {name}", f"table bridge {name} {{", "\tchain prerouting {", "\t\ttype filter hook prerouting priority 0; policy accept;"]
        if lines[i + 2:i + 6] != want or name in found:
            raise AssertionError(f"firewall.nft, line {i + 3}: {lines[i + 2:i + 6]}")
        i += 6
        while i < len(lines) and lines[i] != "\t}":
            rule = RULE.fullmatch(lines[i])
            if rule is None:
                raise AssertionError(f"firewall.nft, line {i + 1}: {lines[i]!r}")
            rules.append(Rule(rule))
            i += 1
        if lines[i:i + 2] != ["\t}", "}"]:
            raise AssertionError("firewall.nft is cut")
        found[name] = rules
        i += 2
    return found


def plain(name, also, room):
    """The form of what a name becomes: what is not plain is a hyphen, and then, or when it was cut, a hash is behind it."""
    raw = name.encode()
    text = re.sub(rb"[^A-Za-z0-9" + re.escape(also).encode() + rb"]", b"-", raw).decode("ascii")
    if text.encode() == raw and len(raw) < room:
        return re.compile(re.escape(text))
    return re.compile(re.escape(text[:min(len(raw), room - 10)]) + "-[0-9a-f]{8}")


# C.

TOKEN = re.compile(r"""(?P<space>[ \n]+)|(?P<comment>/\*(?:[^*]|\*(?!/))*\*/)|(?P<line>\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\[0-7]{3}|\\[n"\\?])*")|(?P<char>'(?:[^'\\\n]|\\.)')
|(?P<number>[0-9][0-9a-zA-Z.]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>->|\+\+|--|<<=|>>=|<<|>>|[<>=!+*/%&|^-]=|&&|\|\||\.\.\.|/(?!/)|[][{}();,.<>=!+*%&|^~?:-])""", re.VERBOSE)
ESCAPES = {"n": b"\n", '"': b'"', "\\": b"\\", "?": b"?"}


def tokens(source):
    """(kind, text) of all but spaces and comments. What no compiler may see, even in a comment, is an error."""
    found, i = [], 0
    if "??" in source or "\\\n" in source:
        raise AssertionError("a trigraph, or a line that goes on")
    while i < len(source):
        match = TOKEN.match(source, i)
        if match is None:
            raise AssertionError(f"no token of C: {source[i:i + 80]!r}")
        if match.lastgroup == "comment" and "/*" in match.group()[2:]:
            raise AssertionError(f"a comment in a comment: {match.group()!r}")
        if match.lastgroup not in ("space", "comment"):
            found.append((match.lastgroup, match.group()))
        i = match.end()
    return found


def structure(source):
    """The program without what its texts and numbers are."""
    kept = [kind if kind in ("string", "number") else text for kind, text in tokens(source)]
    for opened, closed in ("{}", "()", "[]"):
        if kept.count(opened) != kept.count(closed):
            raise AssertionError(f"not as many {opened} as {closed}")
    return [re.sub(r"(?<=_)\d+", "N", text) for text in kept]


def literal(text):
    """The bytes of a string of C."""
    return re.sub(rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else ESCAPES[m[1].decode()], text[1:-1].encode("ascii"))


def calls(source, *names):
    """(name, arguments) of each call of these functions; an argument is its tokens."""
    found, stream = [], tokens(source)
    for i, (_, text) in enumerate(stream):
        if text not in names or stream[i + 1][1] != "(":
            continue
        depth, arguments = 1, [[]]
        for j in range(i + 2, len(stream)):
            kind, token = stream[j]
            depth += (token == "(") - (token == ")")
            if depth == 0:
                break
            if token == "," and depth == 1:
                arguments.append([])
            else:
                arguments[-1].append((kind, token))
        found.append((text, arguments))
    return found


def string(argument):
    """The bytes of an argument that is one string, or several behind each other; None: something else."""
    return b"".join(literal(text) for _, text in argument) if argument and all(kind == "string" for kind, _ in argument) else None


# CMake: commands of words, of which none is quoted but the one that is written so.

COMMAND = re.compile(r"(?:  )?([a-z_]+)\(((?:[A-Za-z0-9_./${} \n-]|\"\$\{BIN_DIR\}\")*)\)\n")
VARIABLES = {"BIN_DIR", "INCLUDE_DIR", "INCLUDE_PARSERS_DIR", "CMAKE_CURRENT_SOURCE_DIR"}


def commands(cmake):
    found, i = [], 0
    while i < len(cmake):
        comment = re.compile(r"# [A-Za-z0-9 _.:;,-]*\n|\n").match(cmake, i)
        command = COMMAND.match(cmake, i)
        if comment is None and command is None:
            raise AssertionError(f"no command of CMake: {cmake[i:i + 80]!r}")
        if command is not None:
            if not set(re.findall(r"\$\{?(\w*)", command[2])) <= VARIABLES:
                raise AssertionError(f"another variable: {command.group()!r}")
            found.append((command[1], command[2].split()))
        i = (comment or command).end()
    return found
