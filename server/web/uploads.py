"""`POST /upload`: a file comes first, and a tool call names it by its ticket."""

import base64
import binascii
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from memory.errors import InvalidInputError, SensoriumError, TooLargeError
from memory.model import Quota
from server.principals import asking
from server.warming import Warming
from server.web.refusals import refusal

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_DIGEST = re.compile(r"\bsha-256=:([A-Za-z0-9+/=]+):")


async def upload(memory: Warming, quota: Quota, request: Request) -> JSONResponse:
    """Take the body in as a file of whoever sends it; answers with its ticket.

    The name may be given as `?name=`, the sha256 as `?sha256=` or in `Content-Digest` (RFC 9530). A
    body that breaks off, is too large or has another digest leaves nothing behind.
    """
    owner = asking("memory:write").owner
    if request.headers.get("content-type", "").startswith("multipart/"):
        error = "send the file itself as the body, not a form: curl --data-binary @photo.jpg"
        return JSONResponse({"error": error}, status_code=415)
    backend = await memory.ready()
    uploads = backend.sources.uploads
    if uploads is None:
        return JSONResponse({"error": "this server takes no uploads"}, status_code=404)
    try:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > uploads.max_bytes:
            raise TooLargeError(f"{int(declared):,} bytes are over the {uploads.max_bytes:,} that one file may have")
        sha256 = _digest_of(request)
        await backend.service.store.accounts.check_room(owner, quota, int(declared) if declared.isdecimal() else 0)
        name = unquote(request.query_params.get("name", ""))
        ticket = await uploads.receive(owner, _blocks(request), name=name, sha256=sha256)
    except ClientDisconnect:
        return JSONResponse({"error": "the connection broke off"}, status_code=400)
    except SensoriumError as error:
        return refusal(error)
    expires = datetime.fromtimestamp(ticket.expires, UTC)
    return JSONResponse(
        {
            "upload": ticket.reference,
            "name": ticket.name,
            "bytes": ticket.bytes,
            "sha256": ticket.sha256,
            "expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
        },
        status_code=201,
    )


async def _blocks(request: Request) -> AsyncIterator[bytes]:
    async for block in request.stream():
        if block:
            yield block


def _digest_of(request: Request) -> str:
    """The sha256 that the sender says, in hexadecimal; empty where none is said.

    Raises:
        InvalidInputError: it cannot be one.
    """
    if told := request.query_params.get("sha256", ""):
        if not _HEX.fullmatch(told):
            raise InvalidInputError("sha256 must be 64 hexadecimal digits")
        return told.lower()
    header = request.headers.get("content-digest", "")
    match = _DIGEST.search(header)
    if not header or match is None:
        return ""
    try:
        digest = base64.b64decode(match[1], validate=True)
    except binascii.Error as error:
        raise InvalidInputError("Content-Digest: sha-256 is not base64 (RFC 9530)") from error
    return digest.hex()
