# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing from outside becomes code: hostile texts in every field are refused with a message, or are texts in what is written."""
import ipaddress
import json
import os
import re
import shutil
import subprocess
import unittest

import generated
import hostile
import runtime
import support
from hostile import FEW, FIELDS, TEXTS, address
from support import Case

NAMES = [text for text in TEXTS if text != ""]


def compile_errors(case, source, *words):
    path = case.write("nfqueues.c", source)
    done = subprocess.run([*runtime.compiler(), "-fsyntax-only", *runtime.WARNINGS, "-Wno-misleading-indentation",  # which is slow on long files
                            f"-I{runtime.INCLUDE}", f"-I{runtime.PARSERS}", *words, path], capture_output=True, text=True, check=False)
    return done.stderr[:3000]


class Made(Case):
    def firewall(self, *words):
        return support.run("firewall", "--no-check", *words, leaks=False)

    def check_err(self, result, *statuses):
        self.assertIn(result.status, statuses, result.err[:2000])
        self.assertTrue(generated.printable(result.err), ascii(result.err[:2000]))
        for line in result.err.split("\n")[:-1]:
            self.assertRegex(line, r"\Aiotsig: .*[^ ]")
        if result.status != 0:
            self.assertEqual(result.out, "")
            self.assertNotEqual(result.err, "")

    def refused(self, path, *words):
        """The names of the policies that are refused, and lines that name none."""
        result = support.run("profile", "--check", *words, path)
        self.check_err(result, 0, 3)
        names, others = set(), []
        for line in result.err.split("\n")[:-1]:
            named = re.search(r": policy (\S+): ", line)
            if named is not None:
                names.add(named[1])
            else:
                others.append(line)
        self.assertEqual(result.status, 3 if names or others else 0)
        return names, others

    def files(self, path, *words, status=0):
        result = self.firewall("--dry-run", *words, path)
        self.assertEqual((result.status, result.err[:2000]), (status, ""))
        files = generated.split(result.out)
        for name, text in files.items():
            self.assertTrue(generated.printable(text), name)
        explained = self.firewall("--explain", *words, path)
        self.assertEqual((explained.status, explained.err), (0, ""))
        self.assertTrue(generated.printable(explained.out))
        self.assertEqual(len(re.findall("^table ", explained.out, re.MULTILINE)), len(generated.tables(files["firewall.nft"])))
        return files

    def compiles(self, source):
        for words in ((), ("-DLOG",)):
            self.assertEqual(compile_errors(self, source, *words), "")


# What a text is, said once more than in the program: the bytes of `\DDD`, `\\` and `\.`; and how it matches.

def raw(text):
    data = text.encode()
    if re.fullmatch(rb"(?:[^\\]|\\[0-9]{3}|\\[\\.])+", data, re.DOTALL) is None:
        return None
    numbers = [int(n) for n in re.findall(rb"\\([0-9]{3})", data.replace(b"\\\\", b""))]
    if any(not 0 < n < 256 for n in numbers):
        return None
    return re.sub(rb"\\([0-9]{3}|.)", lambda m: bytes([int(m[1])]) if len(m[1]) == 3 else m[1], data)


def is_name(host):
    """Of a host that was accepted."""
    try:
        ipaddress.ip_network(host)
        return False
    except ValueError:
        return host != "all"


def uri(text):
    if text[-1:] in ("*", "$"):
        return raw(text[:-1]), True
    return raw(text), False


class Fields(Made):
    """Every text in every field: what is refused is told by name, what is accepted is one rule, and the same bytes."""

    def setUp(self):
        super().setUp()
        self.matrix = hostile.matrix()
        path = self.write("all.json", hostile.profile({name: policy for name, (policy, *_) in self.matrix.items()}))
        self.names, others = self.refused(path)
        self.assertEqual(others, [])
        out = self.path("out")
        result = self.firewall("-o", out, path)
        self.check_err(result, 3)
        self.assertFalse(os.path.exists(out))
        self.good = {name: entry for name, entry in self.matrix.items() if name not in self.names}

    def test_all(self):
        self.assertGreater(len(self.good), 700)
        self.assertGreater(len(self.names), 5000)
        by_field = {}
        for name, (_, protocol, field, text) in self.good.items():
            by_field.setdefault((protocol, field), set()).add(text)
        self.check_what_is_accepted(by_field)
        files = self.files(self.write("good.json", hostile.profile({name: policy for name, (policy, *_) in self.good.items()})), "--log", "csv")
        self.check_rules(files["firewall.nft"])
        self.check_texts(files["nfqueues.c"])
        self.compiles(files["nfqueues.c"])
        self.check_structure(files)

    def check_what_is_accepted(self, by_field):
        self.assertEqual(set(by_field), {(protocol, field) for protocol, fields in FIELDS.items() for field in fields} - {("http", "method"), ("ssdp", "method"), ("coap", "method")})
        name = re.compile(r"(?:\$|\$\.|\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?")
        number = re.compile(r"[0-9]+(?:-[0-9]+)?")
        for protocol, field in (("tcp", "src-port"), ("udp", "dst-port"), ("mqtt", "keep-alive"), ("mqtt", "payload-length"), ("igmp", "version")):
            for text in by_field[protocol, field]:
                self.assertRegex(text, number)
                self.assertTrue(all(int(n) <= 65535 for n in text.split("-")))
        for end in ("src", "dst"):
            for text in by_field["ipv4", end]:
                self.assertTrue(name.fullmatch(text) or re.fullmatch(r"[0-9./-]+", text), ascii(text))
                self.assertLessEqual(len(text), 253)
        for protocol, field in (("http", "uri"), ("coap", "uri"), ("mqtt", "client-id"), ("mqtt", "topic-name")):
            most = {"uri": 4096, "client-id": 127, "topic-name": 255}[field]
            want = {text for text in TEXTS if raw(text) is not None and len(raw(text)) <= most and not (field == "uri" and text in ("*", "$"))}
            self.assertEqual(by_field[protocol, field], want)

    def check_rules(self, nft):
        (rules,) = generated.tables(nft).values()
        learning = [rule for rule in rules if rule.comment == "answers of name servers"]
        self.assertEqual((len(learning), len(rules)), (1, len(self.good) + 1))
        self.assertEqual({rule.comment for rule in rules if rule not in learning}, set(self.good))
        for rule in rules:
            if rule in learning:
                continue
            _, protocol, field, text = self.good[rule.comment]
            number = int(rule.comment[1:])
            self.assertEqual(rule.prefix, rule.comment)
            own = address(number, protocol in ("ipv6", "icmpv6"))
            self.assertIn(f" {'ip ' if protocol == 'arp' else ''}{own}" if protocol != "ipv6" else " fd00::", rule.matches)
            queued = protocol not in ("arp", "ipv4", "ipv6", "tcp", "udp", "icmp", "icmpv6") or (protocol in ("ipv4", "ipv6") and is_name(text))
            self.assertEqual(rule.verdict.startswith("queue"), queued, (protocol, field, text))

    def texts(self, protocol, field):
        return [text for _, of, at, text in self.good.values() if (of, at) == (protocol, field)]

    def check_texts(self, source):
        """Each text is in the program with its own bytes, and none more."""
        found = {}
        for name, arguments in generated.calls(source, "is_http_uri", "is_coap_uri", "is_mqtt_text", "is_name", "is_below"):
            strings = [generated.string(argument) for argument in arguments]
            if any(text is not None for text in strings):
                at = next(i for i, text in enumerate(strings) if text is not None)
                if name != "is_name":
                    self.assertEqual(int(arguments[at + 1][0][1]), len(strings[at]))
                key = name + {"client_id": "client", "topic_name": "topic"}.get(arguments[0][-1][1], "") if name == "is_mqtt_text" else name
                found.setdefault(key, []).append((strings[at], arguments[-1][0][1] == "true" if "uri" in name else False))
        for key, protocol in (("is_http_uri", "http"), ("is_coap_uri", "coap")):
            self.assertEqual(sorted(found[key]), sorted(uri(text) for text in self.texts(protocol, "uri")))
        for key, field in (("is_mqtt_textclient", "client-id"), ("is_mqtt_texttopic", "topic-name")):
            self.assertEqual(sorted(found[key]), sorted((raw(text), False) for text in self.texts("mqtt", field)))
        itself, below = [], []
        for text in self.texts("dns", "domain-name") + self.texts("mdns", "domain-name"):
            wild = re.match(r"\$\.|\*\.|\$", text)
            data = raw(text[wild.end():] if wild else text).lower()
            data = data[:-1] if len(data) > 1 and data.endswith(b".") else data
            if wild is None or wild[0] == "$":
                itself.append((data, False))
            if wild is not None:
                below.append((b"." + data, False))
        self.assertEqual((sorted(found["is_name"]), sorted(found["is_below"])), (sorted(itself), sorted(below)))
        hosts = {text.lower().rstrip(".") for end in ("src", "dst") for version in ("ipv4", "ipv6") for text in self.texts(version, end) if is_name(text)}
        table = re.findall(r"\{\.name = (\"[^\n]*\"), \.length = (\d+), \.itself = (\w+), \.below = (\w+)\},", source)
        self.assertEqual(sorted((generated.literal(text).decode(), int(n)) for text, n, *_ in table), sorted((re.sub(r"\A(\$\.?|\*\.)", "", text), len(re.sub(r"\A(\$\.?|\*\.)", "", text))) for text in hosts))
        self.assertEqual(sum(below == "true" for *_, below in table), sum(text[0] in "$*" for text in hosts))

    def harmless(self, protocol, field, text, number):
        """A text that means the same, but for what it says."""
        if field == "uri":
            return f"/u{number}" + ("*" if uri(text)[1] else "")
        if field in ("client-id", "topic-name"):
            return f"t{number}"
        if field == "domain-name":
            return re.match(r"\$\.|\*\.|\$|", text)[0] + f"n{number}.example.org"
        return text

    def check_structure(self, files):
        """The same profile with texts that do no harm has the same rules, and the same program but for strings and numbers."""
        policies = {}
        for name, (_, protocol, field, text) in self.good.items():
            policies[name] = hostile.policy_of(int(name[1:]), protocol, field, self.harmless(protocol, field, text, int(name[1:])))
        plain = self.files(self.write("plain.json", hostile.profile(policies)), "--log", "csv")
        self.assertEqual(plain["firewall.nft"], files["firewall.nft"])
        self.assertEqual(plain["README.txt"], files["README.txt"])
        self.assertEqual(plain["CMakeLists.txt"], files["CMakeLists.txt"])
        self.assertEqual(generated.structure(plain["nfqueues.c"]), generated.structure(files["nfqueues.c"]))

    def test_keys(self):
        """Texts as the names of protocols, fields and other keys."""
        policies, words = {}, [text for text in TEXTS if text not in ("all",)]
        for i, text in enumerate(words):
            base = hostile.policy_of(i + 1, "tcp", "dst-port", "80")
            policies[f"a{i}"] = {**base, text: 1}
            policies[f"b{i}"] = {"protocols": {**base["protocols"], text: {}}}
            policies[f"c{i}"] = {"protocols": {**base["protocols"], "tcp": {"dst-port": 80, text: 1}}}
            policies[f"d{i}"] = {**base, "stats": {text: 1}}
            for key in ("rate", "packet-size"):
                policies[f"{key}{i}"] = {**base, "stats": {key: {text: "10/second"}}}
        names, others = self.refused(self.write("keys.json", hostile.profile(policies)))
        self.assertEqual((names, others), (set(policies), []))

    def test_values_of_policies(self):
        policies = {}
        for i, text in enumerate(TEXTS):
            base = hostile.policy_of(i + 1, "tcp", "dst-port", "80")
            policies[f"bidirectional{i}"] = {**base, "bidirectional": text}
            policies[f"initiator{i}"] = {**base, "initiator": text}
            policies[f"stats{i}"] = {**base, "stats": text}
            policies[f"protocols{i}"] = {"protocols": text}
            policies[f"fields{i}"] = {"protocols": {**base["protocols"], "udp": text}}
            for key in ("rate", "packet-size"):
                for form in (text, {"fwd": text}, {"fwd": "10", "bwd": text}, [text]):
                    policies[f"{key}{i}{json.dumps(form)[0]}{len(policies)}"] = {**base, "stats": {key: form}}
        names, others = self.refused(self.write("values.json", hostile.profile(policies)))
        self.assertEqual(others, [])
        for name in set(policies) - names:
            self.assertRegex(name, r"\A(?:rate|packet-size)")
            value = next(iter(policies[name]["stats"].values()))
            for text in value.values() if isinstance(value, dict) else [value]:
                self.assertRegex(text, r"\A[0-9]+(-[0-9]+)?\Z")


class PolicyNames(Made):
    @staticmethod
    def policies(names):
        """Each name as a policy that nftables decides in both directions, and as one of a queue in a group."""
        found = {}
        for i, name in enumerate(names):
            found[name] = {"protocols": {"ipv4": {"dst": address(i + 1)}}, "bidirectional": True}
            found[f"{name}\u00e7"] = {name: {"protocols": {"ipv4": {"src": address(i + 1)}, "udp": {}, "dns": {"domain-name": "a.example"}}, "bidirectional": True}}
        return found

    def test_all(self):
        names = [*NAMES, ""]
        files = self.files(self.write("n.json", hostile.profile(self.policies(names))), "--log", "csv")
        (rules,) = generated.tables(files["firewall.nft"]).values()
        self.assertEqual(len(rules), 4 * len(names))
        comments = {rule.matches: rule for rule in rules}
        log = set(re.findall(r'return "([^\n]*)";', files["nfqueues.c"]))
        for i, name in enumerate(names):
            forward, back = f"ip daddr {address(i + 1)}", f"ip saddr {address(i + 1)}"
            inner = f"{name}\u00e7/{name}"
            for matches, want in ((forward, name), (back, name + "-backward"), (f"{back} meta l4proto udp", inner), (f"{forward} meta l4proto udp", inner + "-backward")):
                rule = comments[matches]
                self.assertRegex(rule.comment, generated.plain(want, " _.:/=+@()-", 128).pattern + r"\Z")
                self.assertRegex(rule.prefix, generated.plain(want, " _.:/=+@()-", 119).pattern + r"\Z")
            form = generated.plain(inner, "_-./", 120)
            self.assertTrue(any(form.fullmatch(text) for text in log), inner[:200])
        self.assertEqual(len({rule.comment for rule in rules}), len(rules))
        self.compiles(files["nfqueues.c"])
        plain = self.files(self.write("p.json", hostile.profile(self.policies([f"n{i}" for i in range(len(names))]))), "--log", "csv")
        self.assertEqual(generated.structure(plain["nfqueues.c"]), generated.structure(files["nfqueues.c"]))
        self.assertEqual([rule.matches for rule in generated.tables(plain["firewall.nft"])["plug"]], [rule.matches for rule in rules])
        self.assertEqual(plain["CMakeLists.txt"], files["CMakeLists.txt"])

    def test_in_messages(self):
        """What is wrong is told on one line, whatever the policy and its groups are called."""
        policies = {name: {name: {"protocols": {"ipv4": {"dst": "10.0.0.300"}}}} for name in NAMES}
        result = support.run("profile", "--check", self.write("n.json", hostile.profile(policies)))
        self.check_err(result, 3)
        self.assertEqual(len(result.err.split("\n")[:-1]), len(NAMES))
        for line in result.err.split("\n")[:-1]:
            self.assertIn(": policy ", line)
            self.assertIn(": ipv4.dst: no host", line)
        for bad in (5, "x", None, [], {"a": 1}):
            result = support.run("profile", "--check", self.write("n.json", hostile.profile({name: bad for name in NAMES})))
            self.check_err(result, 3)
            self.assertEqual(len(result.err.split("\n")[:-1]), len(NAMES))


class Devices(Made):
    POLICIES = {"a": {"protocols": {"ipv4": {"dst": "10.0.0.1"}}}, "b": {"protocols": {"ipv4": {"dst": "a.example"}}}}

    def look(self, files, name):
        (table,) = generated.tables(files["firewall.nft"])
        self.assertRegex(table, rf"\A{generated.TABLE}\Z")
        commands = generated.commands(files["CMakeLists.txt"])
        self.assertEqual([command for command, _ in commands],
                         ["cmake_minimum_required", "project", "add_executable", "set_target_properties", "target_compile_options", "target_include_directories", "target_link_libraries", "if",
                          "target_link_libraries", "endif"])
        target = commands[1][1][0]
        self.assertIn(target, (table, table + "-queues"))
        self.assertEqual([words[0] for command, words in commands if command.startswith(("add_", "target_", "set_"))], [target] * 6)
        self.assertEqual([len(words) for _, words in commands[:3]], [2, 2, 2])
        self.assertIn(f"\n    {table}\n", files["README.txt"])
        if re.fullmatch(r"[a-z]{9,20}", name):
            self.assertEqual(table, name)
        return generated.structure(files["nfqueues.c"])

    def test_name(self):
        structures, path = set(), self.write("plain.json", hostile.profile(self.POLICIES))
        for name in TEXTS:
            own = self.write("d.json", hostile.profile(self.POLICIES, {**hostile.DEVICE, "name": name}))
            structures.add(tuple(self.look(self.files(own), name)))
            if "\0" not in name and len(name) < 100_000:
                structures.add(tuple(self.look(self.files(path, f"--name={name}"), name)))
        self.assertEqual(len(structures), 1)

    def test_all_in_one(self):
        """As many tables as devices, whatever they are called, and each once."""
        paths = [self.write(f"{i}.json", hostile.profile(self.POLICIES, {**hostile.DEVICE, "name": name})) for i, name in enumerate(TEXTS)]
        files = self.files(paths[0], *paths[1:])
        tables = generated.tables(files["firewall.nft"])
        self.assertEqual(len(tables), len(TEXTS))
        self.assertEqual({len(rules) for rules in tables.values()}, {2})
        self.compiles(files["nfqueues.c"])

    def test_addresses(self):
        policies = {"p": {"protocols": {"ipv4": {"src": "self"}}}, "q": {"protocols": {"ipv6": {"src": "self"}}}, "r": {"protocols": {"arp": {"sha": "self"}}}}
        good = {"mac": {"00:11:22:33:44:55"}, "ipv4": {"0.0.0.0"}, "ipv6": {"::ffff:1.2.3.4"}}
        for key, texts in good.items():
            for text in FEW:
                path = self.write("d.json", hostile.profile(policies, {**hostile.DEVICE, key: text}))
                for where, words in ((path, ()), (self.write("plain.json", hostile.profile(policies)), (f"--{key}={text}",))):
                    result = self.firewall("--dry-run", *words, where)
                    self.check_err(result, 0, 3 if not words else 2)
                    self.assertEqual(result.status == 0, text in texts, (key, text[:100], result.err[:200]))
                    if result.status == 0:
                        self.assertEqual(len(next(iter(generated.tables(generated.split(result.out)["firewall.nft"]).values()))), 3)

    def test_host_words(self):
        """As words, and as what they stand for."""
        path = self.write("h.json", hostile.profile(self.POLICIES, hosts={**{text: "10.0.0.9" for text in TEXTS}}))
        result = support.run("profile", "--check", path)
        self.check_err(result, 3)
        words = {text for text in TEXTS if re.fullmatch("[a-z0-9][a-z0-9-]{0,62}", text)}
        self.assertEqual(len(result.err.split("\n")[:-1]), len(set(TEXTS) - words))
        self.assertTrue(all(": hosts." in line for line in result.err.split("\n")[:-1]))
        path = self.write("h.json", hostile.profile(self.POLICIES, hosts={f"w{i}": text for i, text in enumerate(TEXTS)}))
        result = support.run("profile", "--check", path)
        self.check_err(result, 3)
        good = {"0.0.0.0", "0.0.0.0/0", "::/0", "255.255.255.255/32", "::ffff:1.2.3.4", "00:11:22:33:44:55"}
        self.assertEqual(len(result.err.split("\n")[:-1]), len([text for text in TEXTS if text not in good]))
        plain = self.write("plain.json", hostile.profile(self.POLICIES))
        for text in FEW:
            for host in (f"{text}=10.0.0.9", f"w={text}", text):
                result = self.firewall("--dry-run", f"--host={host}", plain)
                self.check_err(result, 0, 2)
                self.assertEqual(result.status == 0, (host.startswith("w=") and text in good) or (host.endswith("=10.0.0.9") and text in words), host[:100])


class Files(Made):
    def test_names_of_files(self):
        """Of profiles and of signatures: on one line of a message, without what a terminal obeys, and nowhere in the output."""
        good, bad = hostile.profile(Devices.POLICIES), hostile.profile({"p": {"protocols": {"ipv4": {"dst": "10.0.0.300"}}}})
        flow = {"network_protocol": "IPv4", "src": "10.0.0.1", "dst": "a.example", "transport_protocol": "TCP", "application_layer": None, "count": 1,
                "ports": [{"host": "10.0.0.1", "port": 0, "count": 1}, {"host": "a.example", "port": 443, "count": 1}]}
        plain = self.files(self.write("plain.json", good))
        texts = {text.replace("/", "_").encode()[:200] for text in FEW if text != ""} | {b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80", b"\x9b31m"}
        paths = []
        for name in sorted(texts):
            path = os.path.join(self.folder.encode(), b"x" + name)
            paths.append(path)
            for content in (good, bad, json.dumps([{"input": "x", "flows": [flow]}])):
                with open(path, "wb") as file:
                    file.write(content.encode())
                result = self.firewall("--dry-run", "--device", "plug", "--ipv4", "10.0.0.1", path)
                self.assertEqual((result.status, len(result.err.split("\n")[:-1])), (3, 1) if content == bad else (0, 0), (name, result.err))
                self.assertTrue(re.fullmatch(r"[ -~\n\u00a0-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ufefe\uff00-\U0010ffff]*", result.err), ascii(result.err))
                if content == good:
                    self.assertEqual(generated.split(result.out)["README.txt"], plain["README.txt"])
                elif content != bad:
                    generated.tables(generated.split(result.out)["firewall.nft"])
        result = self.firewall("--dry-run", "--device", "plug", "--ipv4", "10.0.0.1", *paths)  # a group for each, of its name
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(generated.printable(result.out))
        files = generated.split(result.out)
        generated.tables(files["firewall.nft"])
        self.compiles(files["nfqueues.c"])

    def test_bytes(self):
        """Bytes that are no text, in YAML and in JSON."""
        for form in (b'device-info: {name: plug}\nsingle-policies:\n  "%s":\n    protocols: {ipv4: {dst: 10.0.0.1}, udp: {}, coap: {uri: "%s"}}\n',
                     b"device-info: {name: plug}\nsingle-policies:\n  x%sx:\n    protocols: {ipv4: {dst: 10.0.0.1}, udp: {}, coap: {uri: x%sx}}\n",
                     b'{"device-info": {"name": "plug"}, "single-policies": {"%s": {"protocols": {"ipv4": {"dst": "10.0.0.1"}, "udp": {}, "coap": {"uri": "%s"}}}}}'):
            for data in (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xe2\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\x00", b"\x01", b"\x1b[0m", b"\x7f", b"\xef\xbb\xbf", b"\xfe\xff", b"\\0", b"\\x00", b"\\u0000",
                         b"\\ud800", b"\\xff", b"\\e[0m", b"\\N", b"\\_", b"\\L", b"\\P", b"\\uFEFF", b"\\U0010FFFF", b"\r", b"\xc2\x85", b"\xe2\x80\xa8"):
                path = self.write("b.yaml", form % (data, data))
                result = self.firewall("--dry-run", path)
                self.check_err(result, 0, 3)
                if result.status == 0:
                    files = generated.split(result.out)
                    self.assertTrue(generated.printable(result.out))
                    self.assertEqual(len(generated.tables(files["firewall.nft"])["plug"]), 1)
                    generated.structure(files["nfqueues.c"])
        for start in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
            self.check_err(self.firewall("--dry-run", self.write("b.yaml", start + b"device-info: {name: plug}\nsingle-policies: {p: {protocols: {ipv4: {dst: 10.0.0.1}}}}\n")), 0, 3)


class Signatures(Made):
    def test_flows(self):
        """Each text of a flow, that the network may have said."""
        def flow(i, host=None, layer=None):
            dst, port = host if host is not None else address(i + 1), {"DNS": 53, "HTTP": 80, "CoAP": 5683, "SSDP": 1900, "DHCP": 67}.get((layer or {}).get("protocol"), 443)
            ends = [("192.168.1.135", 0), (dst, port)]
            return {"network_protocol": "IPv4", "src": ends[0][0], "dst": dst, "transport_protocol": "TCP" if port in (80, 443) else "UDP", "application_layer": layer, "count": 1,
                    "ports": [{"host": end, "port": number, "count": 1} for end, number in ends]}

        words = ["--device", "plug", "--ipv4", "192.168.1.135"]
        seen = {0: 0, 3: 0}
        for text in FEW:
            layers = [{"protocol": "DNS", "domain-name": text}, {"protocol": "DNS", "qtype": text}, {"protocol": "HTTP", "uri": text}, {"protocol": "HTTP", "method": text}, {"protocol": "CoAP", "uri": text},
                      {"protocol": "CoAP", "code": text}, {"protocol": "CoAP", "type": text}, {"protocol": "SSDP", "method": text}, {"protocol": "DHCP", "client_mac": text}, {"protocol": text}]
            for flows in ([flow(1, host=text)], *([flow(i, layer=layer)] for i, layer in enumerate(layers))):
                result = self.firewall("--dry-run", *words, self.write("s.json", json.dumps([{"input": "x", "flows": flows}])), )
                self.check_err(result, 0, 3)
                seen[result.status] += 1
                if result.status != 0:
                    continue
                self.assertTrue(generated.printable(result.out))
                files = generated.split(result.out)
                (rules,) = generated.tables(files["firewall.nft"]).values()
                rules = [rule for rule in rules if rule.comment != "answers of name servers"]
                self.assertIn(len(rules), (1, 2))
                if "nfqueues.c" in files:
                    generated.structure(files["nfqueues.c"])
        self.assertGreater(min(seen.values()), 100, seen)


@unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
class CMake(Made):
    def test_targets(self):
        """A device may be called like a target of CMake, a word of its commands, or a library."""
        names = """all clean help install test package package_source edit_cache rebuild_cache list_install_components depend preinstall default_target cmake_force cmake_check_build_system ALL_BUILD
            ZERO_CHECK INSTALL PACKAGE RUN_TESTS pthread nfqueue packet_utils rule_utils header dns dns_map http coap ssdp dhcp igmp mqtt tls resolv jansson mnl
            nfnetlink nftnl nftables netfilter_queue netfilter_log debug optimized general PRIVATE PUBLIC INTERFACE PROPERTIES OUTPUT_NAME TARGET ALIAS IMPORTED GLOBAL WIN32 MACOSX_BUNDLE EXCLUDE_FROM_ALL STATIC
            SHARED MODULE OBJECT UNKNOWN C CXX NONE VERSION LANGUAGES DESCRIPTION HOMEPAGE_URL CMAKE PROJECT CMAKE_C ON OFF TRUE FALSE YES NO N Y IGNORE NOTFOUND x-NOTFOUND if endif nfqueues c m dl rt
            LINK_PUBLIC LINK_PRIVATE LINK_INTERFACE_LIBRARIES BEFORE SYSTEM AFTER CMakeFiles Makefile""".split()
        lines = ["cmake_minimum_required(VERSION 3.10)\nproject(whole C)\nenable_testing()\ninclude(CPack)\nset(OPENWRT_CROSSCOMPILING ON)\n"]
        tables = {}
        os.mkdir(self.path("source"))
        for i, name in enumerate(names):
            result = self.firewall("-o", self.path(f"source/d{i}"), self.write("d.json", hostile.profile(Devices.POLICIES, {**hostile.DEVICE, "name": name})))
            self.assertEqual((result.status, result.err), (0, ""))
            with open(self.path(f"source/d{i}/CMakeLists.txt"), encoding="ascii") as file:
                commands = dict(generated.commands(file.read()))
            tables[commands["add_executable"][0]] = i
            lines.append(f"add_subdirectory(d{i})\n")
        self.assertEqual(len(tables), len(names))
        self.write("source/CMakeLists.txt", "".join(lines))
        bin_dir = self.path("bin")
        done = subprocess.run(["cmake", "-S", self.path("source"), "-B", self.path("build"), f"-DBIN_DIR={bin_dir}", f"-DINCLUDE_DIR={runtime.INCLUDE}", f"-DINCLUDE_PARSERS_DIR={runtime.PARSERS}"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        made = subprocess.run(["cmake", "--build", self.path("build"), "--target", "help"], capture_output=True, text=True, check=False)
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        for target in tables:
            self.assertIn(f"... {target}\n", made.stdout)
        links = [os.path.join(at, "link.txt") for at, _, files in os.walk(self.path("build")) if "link.txt" in files]
        self.assertEqual(len(links), len(names))
        for link in links:
            with open(link, encoding="ascii") as file:
                text = file.read()
            for library in "nfqueue packet_utils rule_utils header netfilter_log".split():
                self.assertIn(f" -l{library}", text)


if __name__ == "__main__":
    support.main()
