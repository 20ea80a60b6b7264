"""What callers of clients that nobody here wrote get from the real server: `make clients`.

Of an agent the caller is its model, which is scripted: it calls a tool, and what it sees of the answer in its next
turn is what is looked at.
"""

import base64
import re
from collections.abc import Generator
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from harness import picture
from media.drawing import tone, wav
from PIL import Image, ImageChops, ImageStat
from thirdparty.clients import CLIENTS
from thirdparty.driving import Answer
from thirdparty.sessions import TRANSPORTS, Session, code_in, connected, data_uri

from server.tools import build_tools

pytestmark = pytest.mark.clients


@pytest.fixture(
    scope="module",
    params=product(CLIENTS, TRANSPORTS),
    ids=lambda one: f"{one[0].name}-{one[1]}",
)
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Session]:
    client, transport = request.param
    client.install()
    with connected(client, transport, tmp_path_factory.mktemp(client.name)) as session:
        yield session


def test_the_three_tools_are_offered_with_their_words_and_arguments(session: Session) -> None:
    offered = session.offered()

    assert offered.keys() == {"remember", "recall", "forget"}
    for tool in build_tools():
        description, arguments = offered[tool.name]
        assert tool.description in description
        assert set(arguments) == set(tool.parameters["properties"])


def test_a_note_is_found_by_its_words_and_comes_with_its_id(session: Session) -> None:
    id_ = remembered(session, text="The kettle whistles in the kitchen", title="Kettle", tags=["kitchen"])

    answer = session.call("recall", query="whistles", tags=["kitchen"])

    assert answer.error == ""
    assert id_ in answer.text
    assert "The kettle whistles in the kitchen" in answer.text


def test_the_caller_reads_the_channels_that_are_known_of_its_client(session: Session) -> None:
    remembered(session, text="The lantern hangs on the porch")

    answer = session.call("recall", query="lantern")

    assert ("> The lantern hangs" in answer.text) == ("text" in session.client.channels)
    assert ('"passage"' in answer.text) == ("facts" in session.client.channels)
    assert ("sensorium/gallery" in answer.text) == ("_meta" in session.client.channels)
    assert (answer.facts is not None) == session.client.gives_facts
    if answer.facts:
        assert answer.facts["hits"][0]["passage"] == "The lantern hangs on the porch"


def test_calls_made_at_once_are_all_answered(session: Session) -> None:
    notes = [f"The {colour} buoy lies {far} miles out" for far, colour in enumerate(("red", "green", "white"), 2)]

    kept = session.calls(*({"tool": "remember", "arguments": {"text": note}} for note in notes))
    found = session.calls(*({"tool": "recall", "arguments": {"query": f'"{note}"'}} for note in notes))

    assert [answer.error for answer in kept] == [""] * 3
    assert [note in answer.text for note, answer in zip(notes, found, strict=True)] == [True] * 3


def test_a_file_is_found_by_words_in_it_and_named(session: Session) -> None:
    file = session.give("harvest.md", b"# Orchard\n\nThe quinces are ripe in late October.\n")
    id_ = remembered(session, files=[file])

    answer = session.call("recall", query="quinces")

    assert id_ in answer.text
    assert "The quinces are ripe in late October." in answer.text
    assert "harvest.md" in answer.text


def test_a_picture_is_seen_or_else_its_base64_is_in_the_text(session: Session) -> None:
    sent = picture("teal", "harbour")
    remembered(session, text="The harbour at dawn", files=[data_uri(sent, "image/png")])

    answer = session.call("recall", query="harbour")

    in_text = re.findall(r'"data": "([A-Za-z0-9+/=]+)"', answer.text)
    images, others = (answer.images, in_text) if session.client.sees_pictures else (in_text, answer.images)
    assert [difference(image, sent) < 2 for image in images] == [True]
    assert not others
    assert answer.facts is None


def test_a_recording_that_is_asked_for_is_heard_or_what_else_is_known_of_the_client(session: Session) -> None:
    file = session.give("foghorn.wav", wav(tone(1)))
    remembered(session, text="The foghorn of the lighthouse", files=[file])

    answer = session.call("recall", query="foghorn", media="full")

    in_text = re.findall(r'"data": ?"([A-Za-z0-9+/=]+)"', answer.text)
    heard = {"heard": answer.sounds, "in text": in_text, "refused": ()}[session.client.sound]
    assert [base64.b64decode(one)[:4] for one in heard] == ([] if session.client.sound == "refused" else [b"RIFF"])
    assert bool(answer.error) == (session.client.sound == "refused")
    assert session.call("recall", query="foghorn").error == ""


def test_what_was_forgotten_is_gone(session: Session) -> None:
    id_ = remembered(session, text="The password of the shed is marmalade")

    receipt = session.call("forget", ids=[id_])
    found = session.call("recall", query="marmalade")
    opened = session.call("recall", ids=[id_])

    assert "forgotten" in receipt.text
    assert "marmalade" not in found.text
    assert f"no memory '{id_}'" in opened.text


def test_a_forget_by_filter_shows_what_would_go_and_takes_it_when_its_code_is_repeated(session: Session) -> None:
    remembered(session, text="The ferry leaves at seven", tags=["ferry"])
    remembered(session, text="The ferry costs nine crowns", tags=["ferry"])
    kept = remembered(session, text="The barge is moored by the mill")

    proposal = session.call("forget", tags=["ferry"])
    before = session.call("recall", query="ferry", tags=["ferry"])
    receipt = session.call("forget", tags=["ferry"], confirm=code_in(proposal))
    after = session.call("recall", query="ferry", tags=["ferry"])

    assert "The ferry leaves at seven" in before.text
    assert "off the disk" in receipt.text
    assert "The ferry" not in after.text
    assert kept in session.call("recall", query="barge").text


def test_status_is_a_resource_that_is_read(session: Session) -> None:
    remembered(session, text="The oars lie in the boathouse")

    status = session.read("memory://status")

    assert status.error == ""
    assert "embedder: none" in status.text


def test_a_memory_and_its_file_are_resources_where_the_client_opens_those_of_templates(session: Session) -> None:
    sent = picture("maroon", "anchor")
    id_ = remembered(session, text="The anchor by the pier", files=[session.give("anchor.png", sent)])

    whole, part = session.read(f"memory://{id_}"), session.read(f"memory://{id_}/1")

    assert ("> The anchor by the pier" in whole.text) == session.client.opens_any
    assert [base64.b64decode(one) for one in part.images] == ([sent] if session.client.opens_any else [])


def test_a_resource_that_is_not_there_is_an_error_and_the_session_goes_on(session: Session) -> None:
    missing = session.read("memory://m00000000000000000000")

    assert missing.error
    assert "m00000000000000000000" in missing.text
    assert session.call("recall", query="anything").error == ""


def test_a_tool_that_fails_says_why_in_the_client_s_own_way_and_the_session_goes_on(session: Session) -> None:
    failed = session.call("forget", ids=["m00000000000000000000"])
    after = session.call("recall", query="anything")

    assert failed.error == session.client.failure
    assert "there is no memory 'm00000000000000000000'" in failed.text
    assert after.error == ""


def remembered(session: Session, **arguments: Any) -> str:
    """The id that a remember tells the caller."""
    answer: Answer = session.call("remember", **arguments)
    assert answer.error == "", answer.text
    [id_] = set(re.findall(r"\bm[0-9a-f]{20}\b", answer.text))
    return id_


def difference(encoded: str, sent: bytes) -> float:
    """How far a picture is from what was sent, from 0 to 255, on average."""
    shown, original = (Image.open(BytesIO(one)).convert("RGB") for one in (base64.b64decode(encoded), sent))
    return max(ImageStat.Stat(ImageChops.difference(shown, original.resize(shown.size))).mean)
