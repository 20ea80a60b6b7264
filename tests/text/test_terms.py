# ruff: noqa: RUF001  # scripts of all kinds are the point
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.terms import MAX_QUERY_TERMS, MAX_TERM_CHARS, document_terms, query_terms, terms

texts = st.one_of(
    st.text(max_size=300),
    st.text(
        st.sampled_from("aB1_.-+@#' é\u0301İßſﬁ猫犬カ한\u0e01\u0e31न\u093f\u00a8\ufdfa\u00ad\u2003"),
        max_size=80,
    ),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("XMLHttpRequest", ["xmlhttprequest", "xml", "http", "request"]),
        ("order_id", ["order_id", "order", "id"]),
        ("__init__", ["__init__", "init"]),
        ("v1.2.3", ["v1.2.3", "v1", "2", "3"]),
        ("2024-05-01", ["2024-05-01", "2024", "05", "01"]),
        ("ann@mail.org", ["ann@mail.org", "ann", "mail", "org"]),
        ("/home/ann/notes.txt", ["home", "ann", "notes.txt", "note", "txt"]),
        (r"C:\Ann\plan_b.md", ["c", "ann", "plan_b.md", "plan", "b", "md"]),
        ("https://example.com/a?b=1", ["https", "example.com", "exampl", "com", "a", "b", "1"]),
        ("C++ and C#", ["c++", "c", "and", "c#", "c"]),
        ("Running, ran; runs!", ["run", "ran", "run"]),
        ("Café CAFE\u0301 cafes", ["cafe", "cafe", "cafe"]),
        ("Straße Łódź Ærø", ["strass", "lodz", "aero"]),
        ("ＦＵＬＬ ﬁle", ["full", "file"]),
        ("co\u00adoperate", ["cooper"]),
        ("猫", ["猫"]),
        ("東京都", ["東京", "京都"]),
        ("ｶﾀｶﾅ", ["カタ", "タカ", "カナ"]),
        ("한국어 책", ["한국", "국어", "책"]),
        ("iPhone15を買う", ["iphone15", "i", "phone15", "を買", "買う"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("й Ελλάδα", ["й", "ελλάδα"]),
        ("... ___ !?", []),
    ],
)
def test_a_text_gives_these_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_terms_are_repeated_as_often_as_they_occur() -> None:
    assert terms("tax Tax taxes") == ["tax"] * 3


@given(texts)
def test_every_query_term_of_a_word_is_among_the_terms_of_its_document(text: str) -> None:
    document = set(document_terms(text).split())
    for word in text.split():
        assert set(query_terms(word)) <= document


@given(texts)
def test_a_term_is_never_empty_nor_long_and_holds_no_white_space(text: str) -> None:
    found = terms(text)
    assert all(term and len(term) <= MAX_TERM_CHARS and term.split() == [term] for term in found)
    assert set(found) <= set(document_terms(text).split(" "))


def test_one_character_is_found_inside_a_longer_run() -> None:
    assert query_terms("猫") == ["猫"]
    assert "猫" in document_terms("黒猫が好き").split()


def test_a_question_is_searched_by_its_telling_words() -> None:
    assert query_terms("What is the name of the user?") == ["name", "user"]


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert query_terms("Who are you?") == ["who", "are", "you"]


def test_documents_keep_their_stop_words() -> None:
    assert document_terms("To be or not to be") == "to be or not to be"


def test_of_too_many_terms_the_longest_stay_in_order() -> None:
    short = [f"n{n}" for n in range(100)]
    query = " ".join([*short[:50], "extraordinari", *short[50:], "hippopotamus"])
    found = query_terms(query)
    assert len(found) == MAX_QUERY_TERMS
    assert found[-1] == "hippopotamus"
    assert "extraordinari" in found
    assert found[:20] == short[10:30]


def test_long_terms_that_differ_only_at_the_end_stay_different() -> None:
    one, other = terms("x" * 500 + "1"), terms("x" * 500 + "2")
    assert one != other
    assert {len(term) for term in one + other} == {MAX_TERM_CHARS}


def test_encoded_data_is_not_taken_apart_as_a_name() -> None:
    assert len(terms("aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0IGRhdGE")) == 1
