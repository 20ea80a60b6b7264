"""What the suite calls, reads and gets that needs no answer from the client."""

import io
import json
import wave
from collections.abc import Callable
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Audio, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp_types import Completion, EmbeddedResource, TextContent, TextResourceContents
from PIL import Image as Picture
from pydantic import Field

from server.resources import MemoryServer
from server.tools import ServerContext

_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def test_simple_text() -> str:
    """Answer with text."""
    return "This is a simple text response for testing."


def test_image_content() -> Image:
    """Answer with a picture."""
    return Image(data=_png(), format="png")


def test_audio_content() -> Audio:
    """Answer with a sound."""
    return Audio(data=_wav(), format="wav")


def test_embedded_resource() -> EmbeddedResource:
    """Answer with a resource."""
    return _embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")


def test_multiple_content_types() -> list[Any]:
    """Answer with a text, a picture and a resource."""
    data = json.dumps({"test": "data", "value": 123})
    mixed = _embedded("test://mixed-content-resource", "application/json", data)
    return ["Multiple content types test:", test_image_content(), mixed]


def test_error_handling() -> str:
    """Fail."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_progress(ctx: ServerContext) -> str:
    """Tell three times how far the work is."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return "done"


async def test_tool_with_logging(ctx: ServerContext) -> str:
    """Log three lines to the client."""
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(line)  # pyright: ignore[reportDeprecated]  # the scenario is of the eras that had it
        await anyio.sleep(0.05)
    return "done"


async def test_trigger_tool_change(ctx: ServerContext) -> str:
    """Say that the tools have changed."""
    await ctx.notify_tools_changed()
    return "said"


async def test_trigger_prompt_change(ctx: ServerContext) -> str:
    """Say that the prompts have changed."""
    await ctx.notify_prompts_changed()
    return "said"


def test_custom_headers(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Take an argument that clients repeat in a header."""
    return region


def json_schema_2020_12_tool() -> str:
    """Show a schema with words that no Python signature makes."""
    return "ok"


TOOLS: tuple[Callable[..., Any], ...] = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_tool_with_progress,
    test_tool_with_logging,
    test_trigger_tool_change,
    test_trigger_prompt_change,
    test_custom_headers,
    json_schema_2020_12_tool,
)


def add_contents(server: MemoryServer) -> None:
    """The tools, resources and prompts, and completion without suggestions."""
    for tool in TOOLS:
        server.add_tool(tool, structured_output=False)
    server.add_tool(test_tool_with_logging, name="test_logging_tool", structured_output=False)
    if shown := server._tool_manager.get_tool("json_schema_2020_12_tool"):  # pyright: ignore[reportPrivateUsage]
        shown.parameters = _SCHEMA  # which no public way takes as it is
    _add_resources(server)
    _add_prompts(server)

    @server.completion()
    async def nothing(*_: object) -> Completion:
        return Completion(values=[])


def _add_resources(server: MemoryServer) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return _png()

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        return "Nothing changes here."

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def of_template(id: str) -> str:  # noqa: A002  # the name in the address
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(server: MemoryServer) -> None:
    @server.prompt(description="A prompt.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="A prompt with arguments.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1={arg1!r}, arg2={arg2!r}"

    @server.prompt(description="A prompt with a resource.")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:  # noqa: N803  # the suite's name
        given = _embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
        return [UserMessage(given), UserMessage(_text("Please process the embedded resource above."))]

    @server.prompt(description="A prompt with a picture.")
    def test_prompt_with_image() -> list[Message]:
        return [UserMessage(test_image_content().to_image_content()), UserMessage(_text("Please analyze the image."))]


def _text(text: str) -> TextContent:
    return TextContent(text=text)


def _embedded(uri: str, mime: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime, text=text))


def _png() -> bytes:
    file = io.BytesIO()
    Picture.new("RGB", (1, 1), "red").save(file, "PNG")
    return file.getvalue()


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", "not compressed"))
        sound.writeframes(bytes(1_600))
    return file.getvalue()
