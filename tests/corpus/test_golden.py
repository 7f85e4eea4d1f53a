# SPDX-License-Identifier: GPL-3.0-or-later
"""Real captures against the results that are expected of them."""
import os
import subprocess
import sys

import support

support.need_corpus()
TOOL = os.path.join(support.CORPUS, "..", "tools", "conform")
if not os.path.exists(TOOL):
    print(f"no {TOOL}")
    sys.exit(support.SKIPPED)
sys.exit(subprocess.run([sys.executable, TOOL, "--iotsig", support.PROGRAM, "--corpus", support.CORPUS, "-v"], check=False).returncode)
