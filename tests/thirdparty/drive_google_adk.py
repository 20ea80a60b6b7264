"""An agent of google-adk, whose model is ours."""
# pyright: basic, reportMissingImports=false
# Runs in an environment of its own: .cache/clients.

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from driving import TIMEOUT_S, Answer, Offered, Place, contents_of, drive, schema_of
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams, StreamableHTTPConnectionParams
from google.genai import types
from mcp import StdioServerParameters
from pydantic import Field


class Scripted(BaseLlm):
    """Calls what it was told to, and keeps what it sees of the answer."""

    model: str = "scripted"
    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    offered: Offered = Field(default_factory=dict)
    seen: Answer = Answer()

    async def generate_content_async(
        self,
        llm_request: LlmRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002  # the interface's
    ) -> AsyncGenerator[LlmResponse]:
        declared = [one for tool in llm_request.config.tools or [] for one in tool.function_declarations]
        self.offered = {one.name: schema_of(one.description, one.parameters_json_schema) for one in declared}
        parts = llm_request.contents[-1].parts or []
        responses = [part.function_response for part in parts if part.function_response]
        if self.tool and not responses:
            part = types.Part.from_function_call(name=self.tool, args=self.arguments)
        else:
            self.seen = _answer(responses[0]) if responses else Answer()
            part = types.Part.from_text(text="done")
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


def _answer(response: types.FunctionResponse) -> Answer:
    said = response.response or {}
    shown = [part.inline_data.data for part in response.parts or [] if part.inline_data]
    images = [base64.b64encode(data).decode() for data in shown if data]
    error = "isError is true" if said.get("isError") else ""
    return Answer(text=json.dumps(said), images=tuple(images), error=error)


class GoogleADK:
    def __init__(self, toolset: McpToolset) -> None:
        self._toolset = toolset

    async def offered(self) -> Offered:
        return (await self._run(Scripted())).offered

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        return (await self._run(Scripted(tool=tool, arguments=arguments))).seen

    async def read(self, uri: str) -> Answer:
        for name in await self._toolset.list_resources():
            if (await self._toolset.get_resource_info(name))["uri"] == uri:
                return contents_of(await self._toolset.read_resource(name))
        return Answer(text=f"no resource of a name is {uri}", error="it is not listed")

    async def _run(self, model: Scripted) -> Scripted:
        runner = InMemoryRunner(LlmAgent(name="tester", model=model, tools=[self._toolset]), app_name="tests")
        session = await runner.session_service.create_session(app_name="tests", user_id="somebody")
        words = types.Content(role="user", parts=[types.Part.from_text(text="go on")])
        async for _ in runner.run_async(user_id="somebody", session_id=session.id, new_message=words):
            pass
        return model


@asynccontextmanager
async def connect(place: Place) -> AsyncGenerator[GoogleADK]:
    command = StdioServerParameters(command=place.command, args=[], env=dict(place.env))
    over_stdio = StdioConnectionParams(server_params=command, timeout=TIMEOUT_S) if place.command else None
    over_http = StreamableHTTPConnectionParams(url=place.url, headers=dict(place.headers), timeout=TIMEOUT_S)
    toolset = McpToolset(connection_params=over_stdio or over_http)
    try:
        yield GoogleADK(toolset)
    finally:
        await toolset.close()


if __name__ == "__main__":
    drive(connect)
