# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the packages are: in the build folder. IOTSIG_PYTHON names another place."""
import os
import sys

import support

FOLDER = os.environ.get("IOTSIG_PYTHON", os.path.join(os.path.dirname(support.PROGRAM), "python"))
SANITIZED = bool(os.environ.get("SANITIZERS"))
sys.path.insert(0, FOLDER)
