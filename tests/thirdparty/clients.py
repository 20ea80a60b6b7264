"""The clients that nobody here wrote, and what is known of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from node import Packages
from thirdparty.environments import Environment

Channel = Literal["text", "facts", "_meta"]
Sound = Literal["heard", "in text", "refused"]
Revision = Literal["2025-11-25", "2026-07-28"]
_AGENTS = Environment("agents")
_LANGCHAIN = Environment("langchain")
_TYPESCRIPT = Packages(
    "clients/typescript",
    (
        "@modelcontextprotocol/sdk@1.32.2",
        "@modelcontextprotocol/client@2.4.0",
        "@modelcontextprotocol/core@2.4.0",
        "zod@4.6.7",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """A client, and where it differs from others.

    Attributes:
        name: of its script, `drive_….py` or `drive_….cjs`.
        failure: by what its caller knows that a tool failed; empty where only the words say so.
        revision: of the protocol, that it speaks with a server that knows them all.
        refusal: by what it tells that a token is not valid, as a pattern in what it writes.
        channels: what of a result its caller reads as text.
        gives_facts: whether its caller gets the structured content apart from the text.
        sees_pictures: whether its caller gets them as pictures; else their base64 is in the text.
        sound: what becomes of sound that was asked for.
        opens_any: whether it reads the resources of templates, and not only those that are listed.
    """

    name: str
    home: Environment | Packages
    failure: str
    revision: Revision = "2026-07-28"
    refusal: str = "Server returned an error response"
    channels: frozenset[Channel] = frozenset[Channel]({"text"})
    gives_facts: bool = False
    sees_pictures: bool = True
    sound: Sound = "heard"
    opens_any: bool = True

    def install(self) -> None:
        """See that its packages are there."""
        self.home.install()

    @property
    def command(self) -> Sequence[str | Path]:
        """What starts it."""
        if isinstance(self.home, Packages):
            return (self.home.node, Path(__file__).with_name(f"drive_{self.name}.cjs"))
        return (self.home.python, Path(__file__).with_name(f"drive_{self.name}.py"))

    @property
    def variables(self) -> Mapping[str, str]:
        """What it needs in its environment."""
        return {"NODE_PATH": str(self.home.modules)} if isinstance(self.home, Packages) else {}


CLIENTS = (
    ThirdParty(
        name="typescript_v1",
        home=_TYPESCRIPT,
        failure="isError is true",
        revision="2025-11-25",
        refusal='"error": "invalid_token"',
        gives_facts=True,
    ),
    ThirdParty(
        name="typescript_v2",
        home=_TYPESCRIPT,
        failure="isError is true",
        refusal=r"requires authorization \(HTTP 401\)",
        gives_facts=True,
    ),
    ThirdParty(name="fastmcp", home=_AGENTS, failure="ToolError is raised", gives_facts=True),
    ThirdParty(
        name="langchain",
        home=_LANGCHAIN,
        failure="its status is 'error'",
        revision="2025-11-25",
        refusal="401 Unauthorized",
        gives_facts=True,
        sound="refused",
    ),
    ThirdParty(
        name="pydantic_ai",
        home=_AGENTS,
        failure="its outcome is 'retried'",
        channels=frozenset[Channel]({"facts"}),
    ),
    ThirdParty(name="openai_agents", home=_AGENTS, failure="", sound="in text"),
    ThirdParty(
        name="google_adk",
        home=_AGENTS,
        failure="isError is true",
        revision="2025-11-25",
        channels=frozenset[Channel]({"text", "facts", "_meta"}),
        sees_pictures=False,
        sound="in text",
        opens_any=False,
    ),
)
