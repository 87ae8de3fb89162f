"""python -m hpms.launch demo|test|…  The Makefile lists them."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one place that an older Python reaches
    sys.exit(
        "HPMS needs Python 3.11 or later; this is %s. Install a newer one, or name it: make PYTHON=python3.12 ..."
        % sys.version.split()[0]
    )

from hpms.embedded.places import CannotStart
from hpms.launch import commands

try:
    commands.run(sys.argv[1:])
except CannotStart as problem:
    sys.exit("\n%s" % problem)
except KeyboardInterrupt:
    sys.exit(130)
