"""`python -m petra.worker`: the worker without the command line, as supervisors and benchmarks start it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")
django.setup()

from petra.worker.main import run  # noqa: E402  needs Django set up

if __name__ == "__main__":
    run()
