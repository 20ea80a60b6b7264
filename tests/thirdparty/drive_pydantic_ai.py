"""An agent of pydantic-ai, whose model is a function."""
# pyright: basic, reportMissingImports=false
# Runs in an environment of its own: .cache/clients.

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from driving import Answer, Offered, Place, drive, schema_of
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPError, MCPToolset
from pydantic_ai.messages import BinaryContent, ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel


class Model:
    """Calls what it was told to, and keeps what it sees of the answer."""

    def __init__(self, tool: str = "", arguments: dict[str, Any] | None = None) -> None:
        self._call = ToolCallPart(tool_name=tool, args=arguments) if tool else None
        self.offered: Offered = {}
        self.seen = Answer()

    def respond(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.offered = {
            tool.name: schema_of(tool.description, tool.parameters_json_schema) for tool in info.function_tools
        }
        if self._call and len(messages) == 1:
            return ModelResponse(parts=[self._call])
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                self.seen = _answer(part)
        return ModelResponse(parts=[TextPart(content="done")])


def _answer(part: ToolReturnPart) -> Answer:
    files = [file for file in part.files if isinstance(file, BinaryContent)]
    images = [base64.b64encode(file.data).decode() for file in files if file.is_image]
    sounds = [base64.b64encode(file.data).decode() for file in files if file.is_audio]
    error = "" if part.outcome == "success" else f"its outcome is {part.outcome!r}"
    return Answer(text=part.model_response_str(), images=tuple(images), sounds=tuple(sounds), error=error)


class PydanticAI:
    def __init__(self, toolset: MCPToolset) -> None:
        self._toolset = toolset

    async def offered(self) -> Offered:
        return (await self._run(Model())).offered

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        return (await self._run(Model(tool, arguments))).seen

    async def read(self, uri: str) -> Answer:
        try:
            contents = await self._toolset.read_resource(uri)
        except MCPError as error:
            return Answer(text=str(error), error="MCPError is raised")
        if isinstance(contents, BinaryContent):
            return Answer(images=(base64.b64encode(contents.data).decode(),))
        return Answer(text=str(contents))

    async def _run(self, model: Model) -> Model:
        await Agent(FunctionModel(model.respond), toolsets=[self._toolset]).run("go on")
        return model


@asynccontextmanager
async def connect(place: Place) -> AsyncGenerator[PydanticAI]:
    over_stdio = MCPToolset(StdioTransport(place.command, [], env=dict(place.env))) if place.command else None
    async with over_stdio or MCPToolset(place.url, headers=dict(place.headers)) as toolset:
        yield PydanticAI(toolset)


if __name__ == "__main__":
    drive(connect)
