"""WHO: people, workspaces and who belongs to which. `TenantModel` is the base of every table that has an owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from petra.lib.ids import new_id
from petra.tenancy import scope

ModelT = TypeVar("ModelT", bound=models.Model)


class Role(models.TextChoices):
    """What a member may do, each including the ones below it."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


ROLE_RANK = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}


class UserManager(BaseUserManager["User"]):
    """Makes people by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in. Belongs to no workspace by itself: see Member."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    theme = models.CharField(max_length=5, default="auto")
    has_letter_shortcuts = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]


class Workspace(models.Model):
    """The tenant: everything belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, default="en")
    is_demo = models.BooleanField(default=False)
    onboarding_step = models.CharField(max_length=20, default="address")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The IANA zone in which slots and times are read."""
        return ZoneInfo(self.time_zone)


class TenantManager(models.Manager[ModelT]):
    """Gives only rows of the open workspace; raises NoWorkspace where none is open."""

    def get_queryset(self) -> models.QuerySet[ModelT]:
        return super().get_queryset().filter(workspace_id=scope.current_workspace_id())

    def create_once(self, pk: UUID, *, is_same: Callable[[ModelT], bool], **fields: Any) -> tuple[ModelT, bool]:
        """Create the row that a form has named, and say whether it is new: the same form sent twice makes one.

        An old page may name it for something else; what is not `is_same` becomes a row with another id.
        """
        try:
            with transaction.atomic():
                return self.create(pk=pk, **fields), True
        except IntegrityError:
            known = self.filter(pk=pk).first()
        if known is not None and is_same(known):
            return known, False
        return self.create(**fields), True


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A link between two rows of the same workspace.

    `petra migrate` adds the constraint (workspace, link) → (workspace, id), so the database refuses a link into another
    workspace; Django's single-column constraint and index would only repeat it.
    """

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options.setdefault("db_constraint", False)
        options.setdefault("db_index", False)
        super().__init__(to, on_delete, **options)


class TenantModel(models.Model):
    """Base of every table whose rows belong to a workspace."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, default=scope.current_workspace_id, related_name="+", db_index=False
    )

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        abstract = True

    @property
    def own_workspace_id(self) -> UUID:
        """Say `workspace_id`, which is never None; django-stubs reads its default as "may be None"."""
        return cast("UUID", self.workspace_id)


class Member(TenantModel):
    """A person in a workspace."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once"),
        ]
