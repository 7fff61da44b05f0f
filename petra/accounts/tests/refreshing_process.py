"""One of many processes that renew one account's tokens at the same instant.

    python -m petra.accounts.tests.refreshing_process WORKSPACE ACCOUNT REFUSED

Waits for a line on standard input, renews what was refused, and prints a digest of the token it got.
"""

from __future__ import annotations

import hashlib
import os
import sys
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")
django.setup()

from petra.accounts import tokens  # noqa: E402  needs Django set up


def main() -> None:
    workspace_id, account_id, refused = UUID(sys.argv[1]), UUID(sys.argv[2]), sys.argv[3]
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    token = tokens.refresh(workspace_id, account_id, force_if=refused)
    print(hashlib.sha256(token.encode()).hexdigest(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
