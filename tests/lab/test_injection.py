# SPDX-License-Identifier: GPL-3.0-or-later
"""What hostile profiles become, loaded into a kernel: as many tables, chains and rules as there are policies, with their names."""
import json
import os
import re

import generated
import hostile
import lab
import support
from hostile import TEXTS, address
from lab import DEVICE, ROUTER, Lab
from support import Case


class Loaded(Case):
    def setUp(self):
        super().setUp()
        self.lab = Lab.of(self, {"device": DEVICE})

    def load(self, *words):
        """The rules by table, as the kernel has them. It knows no `queue` here: those rules accept instead."""
        result = support.run("firewall", "--no-check", "-o", self.path("out"), *words)
        self.assertEqual((result.status, result.err), (0, ""))
        text = self.read("out/firewall.nft").decode()
        expected = generated.tables(text)
        self.write("plain.nft", re.sub(r" counter queue num \d+ ", " counter accept ", text))
        self.lab.run(ROUTER, "nft", "flush", "ruleset")
        self.lab.nft_file(ROUTER, self.path("plain.nft"))
        items = json.loads(self.lab.run(ROUTER, "nft", "-j", "list", "ruleset").stdout)["nftables"]
        kinds = [next(iter(item)) for item in items]
        self.assertEqual((kinds.count("table"), kinds.count("chain")), (len(expected), len(expected)))
        self.assertLessEqual(set(kinds), {"metainfo", "table", "chain", "rule"})
        found = {table: [] for table in expected}
        for item in items:
            if "rule" in item:
                found[item["rule"]["table"]].append(item["rule"])
        for table, rules in expected.items():
            self.assertEqual([rule.get("comment", "") for rule in found[table]], [rule.comment for rule in rules])
            self.assertEqual([[word["log"].get("prefix") for word in rule["expr"] if "log" in word] for rule in found[table]],
                             [[] if rule.log is None else [None if rule.prefix is None else re.search('"(.*)"', rule.log)[1]] for rule in rules])
            self.assertEqual([[next(iter(word)) for word in rule["expr"]][-1] for rule in found[table]], ["drop" if rule.verdict == "drop" else "accept" for rule in rules])
        return found

    def test_fields(self):
        matrix = hostile.matrix()
        path = self.write("all.json", hostile.profile({name: policy for name, (policy, *_) in matrix.items()}))
        bad = set(re.findall(r": policy (\S+): ", support.run("profile", "--check", path).err))
        good = {name: policy for name, (policy, *_) in matrix.items() if name not in bad}
        rules = self.load("--log", "csv", self.write("good.json", hostile.profile(good)))["plug"]
        self.assertEqual({rule["comment"] for rule in rules}, set(good) | {"answers of name servers"})

    def test_names(self):
        policies = {name: {"protocols": {"ipv4": {"dst": address(i + 1)}}, "bidirectional": True} for i, name in enumerate(TEXTS)}
        for log in ("none", "csv", "pcap"):
            rules = self.load("--log", log, self.write("n.json", hostile.profile(policies)))["plug"]
            self.assertEqual(len(rules), 2 * len(TEXTS))

    def test_devices(self):
        paths = [self.write(f"{i}.json", hostile.profile({"p": {"protocols": {"ipv4": {"dst": "10.0.0.1"}}}}, {**hostile.DEVICE, "name": name})) for i, name in enumerate(TEXTS)]
        self.assertEqual(len(self.load(*paths)), len(TEXTS))

    def test_words_of_nftables(self):
        """Every word of its language, as its library has them, and those of newer ones."""
        with open(os.path.realpath("/usr/lib/x86_64-linux-gnu/libnftables.so.1") if os.path.exists("/usr/lib/x86_64-linux-gnu/libnftables.so.1") else support.PROGRAM, "rb") as file:
            words = {word.decode() for word in re.findall(rb"\0([a-z][a-z0-9-]{1,15})(?=\0)", file.read())}
        words |= {"vxlan", "geneve", "gre", "gretap", "last", "destroy", "string", "integer", "boolean", "performance", "memory"}
        paths = [self.write(f"{i}.json", hostile.profile({"p": {"protocols": {"ipv4": {"dst": "10.0.0.1"}}}}, {**hostile.DEVICE, "name": word})) for i, word in enumerate(sorted(words))]
        self.assertEqual(len(self.load(*paths)), len(words))

    def test_rates(self):
        """The most that is accepted of each unit and period can be loaded."""
        rates, path = [], self.path("r.json")
        for period, seconds in (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400), ("week", 604800)):
            most = (2**64 - 1) // (seconds * 10**9)
            rates += [f"{min(most // size, 2**32 - 1)} {unit}/{period}" for unit, size in (("bytes", 1), ("kbytes", 1024), ("mbytes", 2**20)) if most >= size]
            rates += [f"1/{period} burst {min(most, 2**32 - 1)} packets", f"4294967295/{period}"]
        policies = {rate: {"protocols": {"ipv4": {"dst": address(i + 1)}}, "stats": {"rate": rate}} for i, rate in enumerate(rates)}
        self.write(path, hostile.profile(policies))
        done = self.lab.run(ROUTER, support.PROGRAM, "firewall", "--dry-run", path, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(self.load(path)["plug"]), len(rates))

    def test_names_in_what_nftables_says(self):
        """The check reads what nftables says, not the rule that it shows: connections of bridges are not tracked here."""
        for name, said in (("syntax error", "cannot check"), ("Error: syntax error, unexpected x", "cannot check"), ("p", "cannot check")):
            path = self.write("p.json", hostile.profile({name: {"protocols": {"ipv4": {"dst": "10.0.0.1"}, "tcp": {}}, "initiator": "src"}}))
            done = self.lab.run(ROUTER, support.PROGRAM, "firewall", "--dry-run", path, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    lab.need()
    support.main()
