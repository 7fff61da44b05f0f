"""Pictures of a workspace to its members, and signed addresses to networks."""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from petra.media import addresses, renditions
from petra.media.access import StoredFile, file_of
from petra.media.models import Asset
from petra.media.pictures import BadPicture
from petra.tenancy import access, scope
from petra.tenancy.access import MemberRequest, member_page

_A_YEAR_S = 31_536_000  # an asset never changes its bytes


@require_safe
@member_page(in_scope=False)
def file(request: MemberRequest, asset_id: UUID, shape: str) -> FileResponse:
    """Answer a picture in one shape, made now where it is not there yet; the original where it can't be made."""
    if shape not in renditions.SHAPES:
        raise Http404
    with scope.workspace(request.actor.workspace.pk):
        asset = access.get(Asset, asset_id)
    try:
        stored = file_of(renditions.rendition(asset, shape))  # type: ignore[arg-type]  # checked above
    except BadPicture:
        stored = file_of(asset)
    return _answer(stored, f"private, max-age={_A_YEAR_S}, immutable")


@require_safe
def public_file(request: HttpRequest, token: str) -> FileResponse:
    """Answer a file to whoever holds a signed address: the networks."""
    name = addresses.file_of(token)
    if name is None or not default_storage.exists(name):
        raise Http404
    return _answer(StoredFile(name, "", default_storage.size(name)), "public, max-age=3600")


def _answer(stored: StoredFile, cache: str) -> FileResponse:
    try:
        response = FileResponse(stored.open(), content_type=stored.content_type or None)
    except FileNotFoundError as error:
        raise Http404 from error
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    return response
