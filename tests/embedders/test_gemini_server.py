"""The stand-in is as strict as the service: otherwise the tests against it prove nothing."""

import base64
import io
from typing import Any

import httpx2
import pytest
from fakes.gemini_server import GeminiServer, gemini_server
from PIL import Image

PATH = "/v1/models/gemini-embedding-2:batchEmbedContents"


def png() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((32, 32), 90).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def request(*parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    good = {
        "model": "models/gemini-embedding-2",
        "outputDimensionality": 768,
        "content": {"parts": list(parts)},
    }
    return good | changes


def inline(data: str, mime_type: str = "image/png") -> dict[str, Any]:
    return {"inline_data": {"mime_type": mime_type, "data": data}}


TEXT = {"text": "title: none | text: hello"}
SAFE = base64.urlsafe_b64encode(png()).decode()


def post(server: GeminiServer, *requests: dict[str, Any], key: str = "", path: str = PATH) -> httpx2.Response:
    headers = {"x-goog-api-key": key or server.key}
    return httpx2.post(server.base_url + path, json={"requests": list(requests)}, headers=headers)


def test_a_right_request_is_answered_with_a_vector_each_and_recorded() -> None:
    with gemini_server() as server:
        answer = post(server, request(TEXT), request(TEXT, inline(SAFE)), request(inline(SAFE)))
        assert answer.status_code == 200
        assert [len(embedding["values"]) for embedding in answer.json()["embeddings"]] == [768] * 3
        assert [received.path for received in server.received] == [PATH]


WRONG: dict[str, list[dict[str, Any]]] = {
    "an empty text part": [request({"text": ""})],
    "no parts": [request()],
    "a text without its task": [request({"text": "hello"})],
    "base64 that is not URL-safe": [request(inline(base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\xff\xef" * 9).decode()))],
    "broken base64": [request(inline("abcde"))],
    "a type that is not taken": [request(inline(SAFE, "image/webp"))],
    "bytes of another type": [request(inline(SAFE, "image/jpeg"))],
    "seven pictures": [request(*[inline(SAFE)] * 7)],
    "no width": [{"model": "models/gemini-embedding-2", "content": {"parts": [TEXT]}}],
    "a task type": [request(TEXT, taskType="RETRIEVAL_DOCUMENT")],
    "another model": [request(TEXT, model="models/gemini-embedding-001")],
    "101 requests": [request(TEXT)] * 101,
    "no requests": [],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_is_refused(name: str) -> None:
    with gemini_server() as server:
        assert post(server, *WRONG[name]).status_code == 400


def test_a_wrong_key_and_a_wrong_path_are_refused() -> None:
    with gemini_server() as server:
        assert post(server, request(TEXT), key="other").status_code == 403
        assert post(server, request(TEXT), path="/v1/models/gemini-embedding-001:embedContent").status_code == 404
