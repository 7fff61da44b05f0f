"""`python -m petra.worker`: the worker without the command line, as supervisors and benchmarks start it."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")


def main() -> None:
    """Set Django up and work. A setting that makes no sense ends it with its sentence and code 3."""
    try:
        django.setup()

        from petra.worker.main import run  # noqa: PLC0415  needs Django set up

        run()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(3)


if __name__ == "__main__":
    main()
