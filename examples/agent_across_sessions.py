"""An agent that remembers across sessions: what one conversation was told, the next one knows.

The agents are Pydantic AI's, with its `FunctionModel` where a language model would be, so that the example runs without
a key: it calls `remember` when it is told a preference, `recall` when it is asked, and answers from what came back.
Give `Agent` the name of a real model instead, and the rest stays as it is.

Run it: `python examples/agent_across_sessions.py`. It needs `pip install 'pydantic-ai-slim[mcp]'`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from answers import Recalled
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from session import server_command

TOLD = "Please remember: my daughter Mia is allergic to hazelnuts, so no pesto from the shop."
ASKED = "Which nuts must the cake for Mia be without?"


def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Stands for a language model: chooses a tool by what the user says, and answers by what the tool gave."""
    tools = {tool.name for tool in info.function_tools}
    assert tools == {"remember", "recall", "forget"}, f"the agent has the tools {tools}"
    last = messages[-1].parts[-1]
    if isinstance(last, ToolReturnPart):
        return ModelResponse(parts=[TextPart(_answer(last))])
    assert isinstance(last, UserPromptPart), f"the conversation ends with {last}"
    said = str(last.content)
    if said.startswith("Please remember"):
        return ModelResponse(parts=[ToolCallPart("remember", {"text": said, "tags": ["family"]})])
    return ModelResponse(parts=[ToolCallPart("recall", {"query": said, "tags": ["family"]})])


def _answer(returned: ToolReturnPart) -> str:
    if returned.tool_name == "remember":
        return "I will keep that in mind."
    hits = Recalled.model_validate(returned.content).hits
    return f"You told me: {hits[0].passage}" if hits else "I do not know."


async def converse(home: Path, *sentences: str) -> list[str]:
    """A session in which the user says something: a new agent, and a new server on the same store; its answers."""
    environment = {"SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none"}  # here words are enough
    memory = MCPToolset(StdioTransport(server_command(), [], env=environment, keep_alive=False))
    answers: list[str] = []
    async with Agent(FunctionModel(model), toolsets=[memory]) as agent:
        for said in sentences:
            answers.append((await agent.run(said)).output)
            print(f"user:  {said}\nagent: {answers[-1]}")
    return answers


async def main() -> None:
    """Two sessions: the second knows what the first was told."""
    with TemporaryDirectory() as home:
        print("First session")
        before, _ = await converse(Path(home), ASKED, TOLD)
        assert "hazelnuts" not in before, "the agent knows what nobody told it"
        print("Second session")
        [after] = await converse(Path(home), ASKED)
        assert "hazelnuts" in after, f"the agent was told of hazelnuts, and says: {after}"


if __name__ == "__main__":
    anyio.run(main)
