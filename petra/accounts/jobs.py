"""What the worker does for accounts: renew tokens long before they run out, and read targets after connecting.

Jobs take ids, are safe to repeat and may be lost: the next sweep, or a person, asks again.
"""

from __future__ import annotations

import logging
from uuid import UUID

from petra.accounts import finding, targets, tokens
from petra.accounts.models import Account
from petra.lib import queue
from petra.networks.contract import NeedsReconnect, NetworkError
from petra.tenancy import scope
from petra.webhooks import events

log = logging.getLogger(__name__)

RENEW = "accounts.renew_tokens"
SWEEP = "accounts.sweep_tokens"
SYNC_TARGETS = targets.JOB

# So early that a network that is out of order for days costs no account its sign-in.
_RENEW_BEFORE_S = 7 * 24 * 3600.0


def sweep_tokens() -> None:
    """Have the tokens renewed that run out within 7 days: one job an account. Run it at least daily."""
    for workspace_id, account_id in finding.accounts_expiring(within_s=_RENEW_BEFORE_S):
        queue.enqueue(
            RENEW, only_once_as=f"renew-{account_id}", workspace_id=str(workspace_id), account_id=str(account_id)
        )


def renew_tokens(workspace_id: str, account_id: str) -> None:
    """Renew one account's tokens, unless they have more than 7 days left."""
    try:
        tokens.refresh(UUID(workspace_id), UUID(account_id), early_s=_RENEW_BEFORE_S)
    except NetworkError as failure:  # revoked: the account is marked; else: the next sweep tries again
        log.info("tokens not renewed account=%s cause=%s status=%s", account_id, failure.cause, failure.status)


def sync_targets(workspace_id: str, account_id: str) -> None:
    """Read one account's targets; where that fails, say so on its page."""
    try:
        targets.sync_targets(UUID(workspace_id), UUID(account_id))
    except NeedsReconnect as failure:  # the account is marked, its page says why
        log.info("targets not read account=%s cause=%s status=%s", account_id, failure.cause, failure.status)
    except NetworkError as failure:
        log.info("targets not read account=%s cause=%s status=%s", account_id, failure.cause, failure.status)
        with scope.workspace(UUID(workspace_id)):
            account = Account.objects.get(pk=account_id)
            events.record("account.targets_failed", subject=account, reason=failure.for_person)
