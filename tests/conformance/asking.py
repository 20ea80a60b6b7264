"""What the suite calls that asks something of the client before it answers."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Elicit, Resolve, Sample
from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel, Field, JsonValue

from server.resources import MemoryServer
from server.tools import ServerContext

Answer = str | InputRequiredResult


class Person(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


def _titled(*titles: str) -> list[JsonValue]:
    return [{"const": f"value{number}", "title": title} for number, title in enumerate(titles, 1)]


_OPTIONS: list[JsonValue] = ["option1", "option2", "option3"]
_OPT: list[JsonValue] = ["opt1", "opt2", "opt3"]


class Enums(BaseModel):
    untitledSingle: str = Field(json_schema_extra={"enum": _OPTIONS})  # noqa: N815  # names and forms are the suite's
    titledSingle: str = Field(json_schema_extra={"oneOf": _titled("First", "Second", "Third")})  # noqa: N815
    legacyEnum: str = Field(json_schema_extra={"enum": _OPT, "enumNames": ["One", "Two", "Three"]})  # noqa: N815
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": _OPTIONS}})  # noqa: N815
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": _titled("First", "Second", "Third")}})  # noqa: N815


def _sampled(prompt: str) -> Sample:
    return Sample([_said(prompt)], max_tokens=100)


def _capability() -> Sample:
    return Sample([_said("Are you there?")], max_tokens=10)


def _person(message: str) -> Elicit[Person]:
    return Elicit(message, Person)


def _somebody() -> Elicit[Person]:
    return Elicit("Who are you?", Person)


def _defaults() -> Elicit[Defaults]:
    return Elicit("Please review.", Defaults)


def _enums() -> Elicit[Enums]:
    return Elicit("Please choose.", Enums)


def test_sampling(prompt: str, said: Annotated[CreateMessageResult, Resolve(_sampled)]) -> str:
    """Ask the client's model."""
    return f"LLM response to {prompt!r}: {said.content}"


def test_missing_capability(said: Annotated[CreateMessageResult, Resolve(_capability)]) -> str:
    """Need a capability that the client may lack."""
    return f"LLM response: {said.content}"


def test_elicitation(message: str, person: Annotated[Person, Resolve(_person)]) -> str:
    """Ask the user."""
    return f"User response to {message!r}: {person}"


def test_streaming_elicitation(person: Annotated[Person, Resolve(_somebody)]) -> str:
    """Ask the user, without an argument."""
    return f"User response: {person}"


def test_elicitation_sep1034_defaults(chosen: Annotated[Defaults, Resolve(_defaults)]) -> str:
    """Ask with defaults."""
    return f"Elicitation completed: {chosen}"


def test_elicitation_sep1330_enums(chosen: Annotated[Enums, Resolve(_enums)]) -> str:
    """Ask with choices."""
    return f"Elicitation completed: {chosen}"


def test_input_required_result_elicitation(ctx: ServerContext) -> Answer:
    """Ask for a name."""
    told = _told(ctx, "user_name")
    return f"Hello, {told['name']}!" if told else _asking(user_name=_form("What is your name?", "name"))


def test_input_required_result_sampling(ctx: ServerContext) -> Answer:
    """Ask the client's model."""
    answer = (ctx.input_responses or {}).get("capital_question")
    if isinstance(answer, CreateMessageResult):
        return str(answer.content)
    return _asking(capital_question=_sample("What is the capital of France?"))


def test_input_required_result_list_roots(ctx: ServerContext) -> Answer:
    """Ask for the client's roots."""
    answer = (ctx.input_responses or {}).get("client_roots")
    if isinstance(answer, ListRootsResult):
        return ", ".join(str(root.uri) for root in answer.roots)
    return _asking(client_roots=ListRootsRequest())


def test_input_required_result_request_state(ctx: ServerContext) -> Answer:
    """Ask, and have the client keep a state."""
    if ctx.request_state == "asked" and _told(ctx, "confirm"):
        return "state-ok"
    return _asking("asked", confirm=_form("Please confirm", "ok", "boolean"))


def test_input_required_result_tampered_state(ctx: ServerContext) -> Answer:
    """Likewise; the suite changes the state."""
    return test_input_required_result_request_state(ctx)


def test_input_required_result_multiple_inputs(ctx: ServerContext) -> Answer:
    """Ask three things at once."""
    requests: dict[str, InputRequest] = {
        "user_name": _form("What is your name?", "name"),
        "greeting": _sample("Generate a greeting"),
        "client_roots": ListRootsRequest(),
    }
    if ctx.request_state == "asked" and requests.keys() <= (ctx.input_responses or {}).keys():
        return "all answered"
    return _asking("asked", **requests)


def test_input_required_result_multi_round(ctx: ServerContext) -> Answer:
    """Ask twice, one after the other."""
    if ctx.request_state == "second" and _told(ctx, "step2"):
        return "both answered"
    if ctx.request_state == "first" and _told(ctx, "step1"):
        return _asking("second", step2=_form("Step 2: What is your favorite color?", "color"))
    return _asking("first", step1=_form("Step 1: What is your name?", "name"))


def test_input_required_result_capabilities(ctx: ServerContext) -> Answer:
    """Ask only what the client can answer."""
    can = ctx.client_capabilities
    requests: dict[str, InputRequest] = {}
    if can and can.sampling:
        requests["greeting"] = _sample("Generate a greeting")
    if can and can.elicitation:
        requests["user_name"] = _form("What is your name?", "name")
    return _asking(**requests) if requests and not ctx.input_responses else "nothing to ask"


TOOLS: tuple[Callable[..., Any], ...] = (
    test_sampling,
    test_missing_capability,
    test_elicitation,
    test_streaming_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
)


def add_asking(server: MemoryServer) -> None:
    """The tools, and a prompt that asks."""
    for tool in TOOLS:
        server.add_tool(tool, structured_output=False)

    @server.prompt(description="A prompt that asks for its context.")
    def test_input_required_result_prompt(ctx: ServerContext) -> Answer:
        told = _told(ctx, "user_context")
        return str(told) if told else _asking(user_context=_form("What context should the prompt use?", "context"))


def _asking(state: str | None = None, /, **requests: InputRequest) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def _told(ctx: ServerContext, key: str) -> dict[str, Any] | None:
    """What the user has entered in the form of this key."""
    answer = (ctx.input_responses or {}).get(key)
    return answer.content if isinstance(answer, ElicitResult) and answer.action == "accept" else None


def _form(message: str, field: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(question: str) -> CreateMessageRequest:
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[_said(question)], max_tokens=100))


def _said(text: str) -> SamplingMessage:
    return SamplingMessage(role="user", content=TextContent(text=text))
