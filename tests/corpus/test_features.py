# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures of devices that are set up: each has a device and features, and those of a type are of one vendor's."""
import collections
import glob
import json
import os

import support

support.need_corpus()
PREFIX = len("02:00:5e")


class Features(support.Case):
    def test_setup(self):
        total = agree = 0
        folders = sorted(glob.glob(os.path.join(support.CORPUS, "setup", "*")))
        self.assertGreater(len(folders), 20)
        for folder in folders:
            paths = sorted(path for path in glob.glob(os.path.join(folder, "*")) if os.path.isfile(path))
            captures = json.loads(self.run_ok("features", "--format", "json", "--quiet", *paths))
            self.assertEqual([one["capture"] for one in captures], paths)
            for one in captures:
                self.assertIsNotNone(one["self"], one["capture"])
                self.assertTrue(one["features"], one["capture"])
                texts = [(feature["family"], feature["feature"]) for feature in one["features"]]
                self.assertEqual(len(set(texts)), len(texts))
                for _, text in texts:
                    self.assertNotIn(one["self"].replace(":", ""), text.lower())
                    self.assertNotIn(one["self"], text.lower())
            vendors = collections.Counter(one["self"][:PREFIX] for one in captures)
            total += len(captures)
            agree += vendors.most_common(1)[0][1]
        print(f"{agree} of {total} captures have the vendor that most of their type have")
        self.assertGreater(agree, total * 0.98)


if __name__ == "__main__":
    support.main()
