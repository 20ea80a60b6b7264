"""An agent of langchain with the tools of langchain-mcp-adapters, whose model is ours."""
# pyright: basic, reportMissingImports=false
# Runs in an environment of its own: .cache/clients.

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from driving import Answer, Offered, Place, drive, schema_of
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.resources import load_mcp_resources
from langchain_mcp_adapters.tools import load_mcp_tools
from mcp import ClientSession
from pydantic import Field


class Scripted(BaseChatModel):
    """Calls what it was told to, and keeps what it sees of the answer."""

    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    offered: Offered = Field(default_factory=dict)
    seen: Answer = Answer()

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[BaseTool], **_: Any) -> "Scripted":
        declared = [convert_to_openai_tool(tool)["function"] for tool in tools]
        self.offered = {one["name"]: schema_of(one["description"], one["parameters"]) for one in declared}
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        said = messages[-1]
        if self.tool and isinstance(said, HumanMessage):
            call = {"name": self.tool, "args": self.arguments, "id": "1"}
            return _result(AIMessage(content="", tool_calls=[call]))
        if isinstance(said, ToolMessage):
            self.seen = _answer(said)
        return _result(AIMessage(content="done"))


def _result(message: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=message)])


def _answer(message: ToolMessage) -> Answer:
    blocks = message.content_blocks
    return Answer(
        text="\n".join(block["text"] for block in blocks if block["type"] == "text"),
        images=tuple(block["base64"] for block in blocks if block["type"] == "image"),
        facts=(message.artifact or {}).get("structured_content"),
        error="its status is 'error'" if message.status == "error" else "",
    )


class LangChain:
    def __init__(self, session: ClientSession, tools: list[BaseTool]) -> None:
        self._session = session
        self._tools = tools

    async def offered(self) -> Offered:
        return (await self._run(Scripted())).offered

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        try:
            return (await self._run(Scripted(tool=tool, arguments=arguments))).seen
        except NotImplementedError as error:
            return Answer(text=str(error), error="NotImplementedError is raised")

    async def read(self, uri: str) -> Answer:
        try:
            blobs = await load_mcp_resources(self._session, uris=uri)
        except RuntimeError as error:
            return Answer(text=str(error), error="RuntimeError is raised")
        texts = [blob.data for blob in blobs if isinstance(blob.data, str)]
        others = [base64.b64encode(blob.data).decode() for blob in blobs if isinstance(blob.data, bytes)]
        return Answer(text="\n".join(texts), images=tuple(others))

    async def _run(self, model: Scripted) -> Scripted:
        await create_agent(model, self._tools).ainvoke({"messages": [HumanMessage(content="go on")]})
        return model


@asynccontextmanager
async def connect(place: Place) -> AsyncGenerator[LangChain]:
    over_stdio = {"transport": "stdio", "command": place.command, "args": [], "env": dict(place.env)}
    over_http = {"transport": "http", "url": place.url, "headers": dict(place.headers)}
    client = MultiServerMCPClient({"memory": over_stdio if place.command else over_http})
    async with client.session("memory") as session:
        yield LangChain(session, await load_mcp_tools(session))


if __name__ == "__main__":
    drive(connect)
