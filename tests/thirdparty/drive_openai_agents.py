"""An agent of openai-agents, whose model is ours."""
# pyright: basic, reportMissingImports=false
# Runs in an environment of its own: .cache/clients.

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage
from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp
from driving import TIMEOUT_S, Answer, Offered, Place, contents_of, drive, schema_of
from mcp.shared.exceptions import MCPError
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText


class Scripted(Model):
    """Calls what it was told to, and keeps what it sees of the answer."""

    def __init__(self, tool: str = "", arguments: dict[str, Any] | None = None) -> None:
        self._tool = tool
        self._arguments = json.dumps(arguments)
        self.offered: Offered = {}
        self.seen = Answer()

    async def get_response(
        self,
        system_instructions: Any,  # noqa: ARG002  # the interface's
        input: Any,  # noqa: A002  # likewise
        model_settings: Any,  # noqa: ARG002
        tools: list[Any],
        *_: Any,
        **__: Any,
    ) -> ModelResponse:
        self.offered = {tool.name: schema_of(tool.description, tool.params_json_schema) for tool in tools}
        outputs = [item["output"] for item in input if item.get("type") == "function_call_output"]
        if self._tool and not outputs:
            return self._said(
                ResponseFunctionToolCall(type="function_call", call_id="1", name=self._tool, arguments=self._arguments)
            )
        self.seen = _answer(outputs[0]) if outputs else Answer()
        text = ResponseOutputText(type="output_text", text="done", annotations=[])
        return self._said(
            ResponseOutputMessage(id="1", type="message", role="assistant", status="completed", content=[text])
        )

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError

    @staticmethod
    def _said(item: Any) -> ModelResponse:
        return ModelResponse(output=[item], usage=Usage(), response_id=None)


def _answer(output: Any) -> Answer:
    blocks = [{"type": "input_text", "text": output}] if isinstance(output, str) else output
    texts = [block["text"] for block in blocks if block["type"] == "input_text"]
    images = [block["image_url"].partition(";base64,")[2] for block in blocks if block["type"] == "input_image"]
    return Answer(text="\n".join(texts), images=tuple(images))


class OpenAIAgents:
    def __init__(self, server: MCPServer) -> None:
        self._server = server

    async def offered(self) -> Offered:
        return (await self._run(Scripted())).offered

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        return (await self._run(Scripted(tool, arguments))).seen

    async def read(self, uri: str) -> Answer:
        try:
            return contents_of((await self._server.read_resource(uri)).contents)
        except MCPError as error:
            return Answer(text=str(error), error="MCPError is raised")

    async def _run(self, model: Scripted) -> Scripted:
        agent = Agent(name="tester", model=model, mcp_servers=[self._server])
        await Runner.run(agent, "go on", run_config=RunConfig(tracing_disabled=True))
        return model


@asynccontextmanager
async def connect(place: Place) -> AsyncGenerator[OpenAIAgents]:
    if place.command:
        server: MCPServer = MCPServerStdio(
            {"command": place.command, "env": dict(place.env)}, client_session_timeout_seconds=TIMEOUT_S
        )
    else:
        server = MCPServerStreamableHttp(
            {"url": place.url, "headers": dict(place.headers), "timeout": TIMEOUT_S},
            client_session_timeout_seconds=TIMEOUT_S,
        )
    async with server:
        yield OpenAIAgents(server)


if __name__ == "__main__":
    drive(connect)
