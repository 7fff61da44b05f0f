"""Video uploads: registration, the storage that takes the bytes, and the walk of the status."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from petra.simulator.http11 import Request, Response
from petra.simulator.pinterest import refusals
from petra.simulator.pinterest.state import State, Upload

UPLOAD_PATH: Final = "/_upload/pinterest/"
_PARAMETERS: Final = (
    "x-amz-date",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-algorithm",
    "key",
    "policy",
    "x-amz-credential",
    "Content-Type",
)


def registration(upload: Upload, base: str) -> dict[str, object]:
    return {
        "media_id": upload.id,
        "media_type": "video",
        "upload_url": f"{base}{UPLOAD_PATH}",
        "upload_parameters": _parameters(upload),
    }


def _parameters(upload: Upload) -> dict[str, str]:
    values = ("20261122T000000Z", "simulated", "simulated", "AWS4-HMAC-SHA256")
    return dict(
        zip(
            _PARAMETERS,
            (*values, f"uploads/video:{upload.id}", "simulated", "simulated/us-east-1/s3", "multipart/form-data"),
            strict=True,
        )
    )


def status(state: State, upload: Upload) -> str:
    """Say where the upload stands: registered, processing, succeeded or failed."""
    if upload.uploaded_at is None:
        return "registered"
    if state.now() < datetime.fromisoformat(upload.uploaded_at) + timedelta(seconds=upload.ready_s):
        return "processing"
    return "failed" if upload.will_fail else "succeeded"


def upload_json(state: State, upload: Upload) -> dict[str, object]:
    return {"media_id": upload.id, "media_type": "video", "status": status(state, upload)}


def require_ready(state: State, upload_id: str) -> None:
    """Refuse a Pin whose video is not ready. Raises Refusal."""
    if status(state, state.uploads[upload_id]) != "succeeded":
        raise refusals.content("The media is not ready to be used in a Pin.")


def receive(state: State, request: Request) -> Response:
    """Take the bytes as the storage does: every parameter a field, verbatim, `file` last, no bearer token."""
    if request.method != "POST":
        return _xml(405, "MethodNotAllowed")
    if "authorization" in request.headers:
        return _xml(400, "InvalidArgument")
    fields = _fields(request)
    names = [name for name, _ in fields]
    given = {name: value for name, value in fields if name != "file"}
    upload = next((one for one in state.uploads.values() if _parameters(one)["key"] == given.get("key", "")), None)
    if not names or names[-1] != "file" or names.count("file") != 1:
        return _xml(400, "InvalidArgument")
    if upload is None or given != _parameters(upload):
        return _xml(403, "AccessDenied")
    upload.uploaded_at = state.at()
    state.world.is_changed = True
    return Response(204)


def _fields(request: Request) -> list[tuple[str, str]]:
    """Return the names and short values of a multipart body, in order; the file's value is empty."""
    _, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not boundary:
        return []
    found = []
    for part in request.body.split(b"--" + boundary.strip('"').encode("latin-1"))[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        _, _, rest = head.decode("utf-8", "replace").partition('name="')
        name = rest.partition('"')[0]
        found.append((name, "" if name == "file" else value.removesuffix(b"\r\n").decode("utf-8", "replace")))
    return found


def _xml(code: int, name: str) -> Response:
    return Response(code, f"<Error><Code>{name}</Code></Error>".encode("ascii"), "application/xml")
