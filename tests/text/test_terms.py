# ruff: noqa: RUF001  # scripts of all kinds are the point
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.terms import MAX_QUERY_TERMS, MAX_TERM_CHARS, document_terms, query_terms, query_words, terms

texts = st.one_of(
    st.text(max_size=300),
    st.text(
        st.sampled_from("aB1_.-+@#' é\u0301İßſﬁ猫犬カ한\u0e01\u0e31न\u093f\u00a8\ufdfa\u00ad\u2003"),
        max_size=80,
    ),
)


def finds(query: str, text: str) -> bool:
    """Whether a document has every word of a query, each by any of its terms."""
    document = set(document_terms(text).split())
    return all(document.intersection(word) for word in query_words(query))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTPServerError", ["httpservererror", "http", "server", "error"]),
        ("ERR_CONN_RESET", ["err_conn_reset", "err", "conn", "reset"]),
        ("PROJ-1234", ["proj-1234", "proj", "1234"]),
        ("report_final_v2.docx", ["report_final_v2.docx", "report", "final", "v2", "docx"]),
        ("src/shop/cart.py", ["src", "shop", "cart.py", "cart", "py"]),
        ("iPhone手机", ["iphone", "i", "phone", "手机"]),
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
def test_every_word_of_a_document_finds_it_whatever_else_it_says(text: str) -> None:
    assert all(finds(word, text) for word in text.split())


@given(texts)
def test_a_query_asks_first_for_what_rows_of_earlier_versions_hold(text: str) -> None:
    first = [word[0] for word in query_words(text)]
    assert set(first) <= set(terms(text))
    assert query_terms(text) == list(dict.fromkeys(term for word in query_words(text) for term in word))


@given(texts)
def test_a_term_is_never_empty_nor_long_and_holds_no_white_space(text: str) -> None:
    found = [*terms(text), *document_terms(text).split(" "), *query_terms(text)]
    assert all(len(term) <= MAX_TERM_CHARS and term.split() == [term] for term in found if found != [""])


@given(texts)
def test_the_same_text_always_gives_the_same_terms(text: str) -> None:
    assert document_terms(text) == document_terms(text)


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


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("get user name", "calls getUserName() twice"),
        ("getUserName", "calls get_user_name() twice"),
        ("get_user_name", "calls getUserName() twice"),
        ("getusername", "calls getUserName() twice"),
        ("getusername", "calls get_user_name() twice"),
        ("orderid", "the column order_id is unique"),
        ("orderId", "the column order-id is unique"),
        ("order_id", "the column shop.order_id is unique"),
        ("report_final_v2", "see report_final_v2.docx"),
        ("final report", "see report_final_v2.docx"),
        ("reportfinalv2", "see report_final_v2.docx"),
        ("http server error", "raised HTTPServerError"),
        ("HTTP_SERVER_ERROR", "raised HTTPServerError"),
        ("conn reset", "ERR_CONN_RESET on the wire"),
        ("errConnReset", "ERR_CONN_RESET on the wire"),
        ("proj1234", "fixed in PROJ-1234"),
        ("1234", "fixed in PROJ-1234"),
        ("v1.2.3", "since v1.2.3"),
        ("user@example.org", "mail user@example.org"),
        ("example.org", "mail at example.org"),
        ("cart.py", "edit src/shop/cart.py"),
        ("手机", "一部iPhone手机"),
        ("iphone", "一部iPhone手机"),
        ("机", "一部iPhone手机"),
        ("カメラ", "ｶﾒﾗを買う"),
        ("FULL", "ＦＵＬＬ width"),
        ("도서관", "도서관에서 빌린 책"),
        ("책", "도서관에서 빌린 책을 읽었다"),
    ],
)
def test_names_and_scripts_meet_however_they_are_written(query: str, text: str) -> None:
    assert finds(query, text)


def test_a_name_in_a_document_is_not_counted_twice() -> None:
    assert document_terms("order_id") == "orderid order id"


def test_a_word_written_in_two_ways_is_one_word_of_a_query() -> None:
    assert query_words("Cafe café") == [("cafe",)]
