"""The gallery beside a recall: an MCP App that hosts may show, and that others never notice."""

import re
from pathlib import Path
from typing import Any

from harness import Tools, picture, written
from mcp_types import CallToolResult, ImageContent, TextContent, TextResourceContents

from server.gallery import GALLERY_URI, document

_NAMES = re.compile(r"^(?:const|let|function|async function|class) (\w+)", re.MULTILINE)


async def _recalled(tools: Tools, **arguments: Any) -> tuple[CallToolResult, dict[str, Any]]:
    result = await tools.call("recall", **arguments)
    assert not result.is_error, result.content
    return result, (result.meta or {})["sensorium/gallery"]


async def test_recall_names_a_document_that_the_server_has_and_hosts_show(tools: Tools) -> None:
    listed = {tool.name: tool.meta for tool in (await tools.client.list_tools()).tools}
    assert listed == {"remember": None, "recall": {"ui": {"resourceUri": GALLERY_URI}}, "forget": None}
    [shown] = (await tools.client.read_resource(GALLERY_URI)).contents
    assert isinstance(shown, TextResourceContents)
    assert shown.mime_type == "text/html;profile=mcp-app"
    assert shown.text.startswith("<!doctype html>")


def test_the_document_is_whole_and_asks_for_nothing() -> None:
    html = document()
    script = html.partition('<script type="module">')[2].partition("</script>")[0]
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    names = _NAMES.findall(script)
    assert sorted(names) == sorted(set(names)), "two modules use a name"
    assert not re.search(r'(src|href)="|url\(|@import|https?://(?!www\.w3\.org/2000/svg)\w', html)
    assert "innerHTML" not in html
    assert len(html) < 60_000


async def test_facts_that_pictures_keep_out_are_there_for_the_gallery(tools: Tools, tmp_path: Path) -> None:
    id_ = await tools.remember("the harbour at dusk", files=[written(tmp_path, "harbour.png", picture("red"))])
    result, shown = await _recalled(tools, query="harbour")
    text, image = result.content
    assert isinstance(text, TextContent)
    assert isinstance(image, ImageContent)
    assert result.structured_content is None
    assert [hit["id"] for hit in shown["facts"]["hits"]] == [id_]
    assert shown["sights"] == [f"memory://{id_}/1/1"] == [(image.meta or {})["sensorium/sight"]]
    [seen] = (await tools.client.read_resource(shown["sights"][0])).contents
    assert (seen.mime_type or "").startswith("image/")


async def test_facts_are_not_sent_twice(tools: Tools) -> None:
    id_ = await tools.remember("the kettle is blue")
    result, shown = await _recalled(tools, query="kettle")
    assert shown == {"sights": [""]}
    assert result.structured_content is not None
    assert [hit["id"] for hit in result.structured_content["hits"]] == [id_]


async def test_an_opened_memory_says_what_is_seen_of_it(tools: Tools, tmp_path: Path) -> None:
    id_ = await tools.remember("a note", files=[written(tmp_path, "sea.png", picture("blue"))])
    _, shown = await _recalled(tools, ids=[id_])
    assert shown["sights"] == [f"memory://{id_}/1/1"]
    assert shown["facts"]["memories"][0]["id"] == id_
