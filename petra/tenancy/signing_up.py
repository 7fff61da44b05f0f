"""What happens beside the account when a person signs up: the first sign-up makes a workspace."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from petra.tenancy import workspaces
from petra.tenancy.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Joins allauth's sign-up to workspaces."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the person and, in the same transaction, their workspace."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit=commit)
            if commit:
                workspaces.create_workspace(owner=saved, name=workspaces.first_name_for(saved))
        return saved
