#!/usr/bin/env python
"""Django's command line for HPMS."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")
    from django.core.management import execute_from_command_line  # after the settings are named

    try:
        execute_from_command_line(sys.argv)
    except RuntimeError as problem:
        from apps.tenants.backend.base import OutsideClinicError

        if not isinstance(problem, OutsideClinicError) or "--traceback" in sys.argv:
            raise
        sys.exit(
            f"“{sys.argv[1]}” works in no clinic. “manage.py help” lists HPMS's own commands. (--traceback: where)"
        )


if __name__ == "__main__":
    main()
