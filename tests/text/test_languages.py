# ruff: noqa: RUF001  # languages of all kinds are the point
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import Tools

from memory.terms import document_terms, query_languages, query_terms, query_words

PASSAGES = {
    "german": "Die alten Häuser am Hafen wurden verkauft, und wir haben die Schlüssel noch nicht bekommen.",
    "spanish": "Compramos la furgoneta en marzo y todavía no hemos recibido los papeles del seguro.",
    "french": "Les enfants ont mangé chez nous hier, et nous avons parlé des vacances avec leurs parents.",
    "italian": "Abbiamo prenotato le camere per la settimana prossima, ma non sono ancora pagate.",
    "portuguese": "As reuniões da equipe foram canceladas porque não havia salas livres na segunda.",
    "dutch": "De huizen aan het water zijn verkocht en wij hebben nog geen sleutels gekregen.",
    "swedish": "Flickorna har glömt sina böcker hos oss, och jag ska lämna dem i skolan när vi åker.",
    "finnish": "Olemme talossa, joka on järven rannalla, ja lapset ovat metsässä kun me syömme.",
    "hungarian": "A házakat eladták, és a kulcsokat még nem kaptuk meg, mert az ügyvéd nem volt ott.",
    "romanian": "Am cumpărat cărțile pentru școală și le-am lăsat la bunica, care nu este acasă.",
    "turkish": "Evlerimizi sattık ve anahtarları daha almadık, çünkü avukat için bir gün daha var.",
    "catalan": "Les cases del port són molt velles, però amb aquesta ajuda les podem arreglar als estius.",
    "indonesian": "Kami membaca buku itu di rumah dan tidak akan membawa buku yang lain untuk mereka.",
    "polish": "Książki są już w szkole, ale nie wiem, czy pani dyrektor je przeczytała przez weekend.",
    "czech": "Knihy jsou už ve škole, ale nevím, jestli je paní učitelka četla, když byla doma.",
    "english": "The old houses by the harbour were sold, and we have not been given the keys yet.",
}


def finds(query: str, text: str) -> bool:
    document = set(document_terms(text).split())
    return all(document.intersection(word) for word in query_words(query))


@pytest.mark.parametrize("language", PASSAGES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert query_languages(PASSAGES[language])[0] == language


def test_what_cannot_be_told_apart_is_taken_for_both() -> None:
    assert set(query_languages("Jeg har ikke vært på hytta, det er så mange der")) == {"norwegian", "danish"}


@pytest.mark.parametrize(
    "text",
    ["database migration notes", "for i, x in enumerate(y): e = a[i]", "Anna, Berlin, 2024", "你好", "", "MongoDB v7"],
)
def test_names_code_and_single_words_are_taken_for_no_foreign_language(text: str) -> None:
    assert query_languages(text) in ((), ("english",))


def test_a_language_without_a_stemmer_is_not_taken_for_another() -> None:
    assert query_languages("Đội thủ Panthers đã thua bao nhiêu điểm trong trận này?") == ()


@pytest.mark.parametrize(
    ("question", "word", "text"),
    [
        ("Wo ist das Haus, das wir gekauft haben?", "Haus", PASSAGES["german"]),
        ("¿Qué vamos a comprar para los niños?", "comprar", PASSAGES["spanish"]),
        ("Avec qui est-ce que je peux manger?", "manger", PASSAGES["french"]),
        ("Quando è la prenotazione della camera?", "camera", PASSAGES["italian"]),
        ("Em que sala é a reunião da semana?", "sala", PASSAGES["portuguese"]),
        ("Welk huis hebben wij van de buren gekocht?", "huis", PASSAGES["dutch"]),
        ("Vilken av böckerna är min?", "böckerna", PASSAGES["swedish"]),
        ("Mikä on se talo, jossa olemme?", "talo", PASSAGES["finnish"]),
        ("Melyik ház van még a tónál?", "ház", PASSAGES["hungarian"]),
        ("Unde este cartea pe care am cumpărat-o?", "cumpărat", PASSAGES["romanian"]),
        ("Bu ev için ne kadar ödedik?", "ev", PASSAGES["turkish"]),
        ("Aquesta casa del port és per a qui?", "vella", PASSAGES["catalan"]),
        ("Apa yang dibaca oleh mereka?", "dibaca", PASSAGES["indonesian"]),
        ("Gdzie jest książka, którą czyta dyrektor?", "książka", PASSAGES["polish"]),
        ("Kde je ta kniha, kterou četla?", "kniha", PASSAGES["czech"]),
        ("", "книга", "Читал книги о войне и мире"),
        ("", "ёлка", "Купили елку к празднику"),
        ("", "ΕΛΛΑΔΑ", "Ταξίδι στην Ελλάδα"),
        ("", "كتاب", "اشتريت الكتاب أمس"),
        ("", "किताब", "मेरी किताबें कहाँ हैं"),
    ],
)
def test_inflected_words_meet_within_a_language(question: str, word: str, text: str) -> None:
    asked = query_terms(word, query_languages(question))
    assert set(document_terms(text).split()).intersection(asked)


@pytest.mark.parametrize("query", ["Häuser", "hauser", "Häusern", "HAEUSER"])
def test_one_word_finds_a_german_note_as_far_as_it_tells_its_language(query: str) -> None:
    assert finds(query, PASSAGES["german"]) is (query != "HAEUSER")


@pytest.mark.parametrize("query", ["información", "informacion"])
def test_accents_may_be_left_out(query: str) -> None:
    assert finds(query, "La información que nos dieron en el banco es para ellos")


def test_what_an_earlier_version_stored_is_still_asked_for() -> None:
    assert [word[0] for word in query_words("Wo sind die Häuser und die Bücher?")][2:] == [
        "die",
        "hauser",
        "und",
        "bucher",
    ]
    assert query_words("книги") == [("книги", "книг")]


def test_function_words_are_not_stemmed_into_others() -> None:
    assert not finds("como", "El niño no quiere comer la sopa que le hemos hecho")


def test_english_is_stemmed_as_english_alone() -> None:
    assert all(len(word) == 1 for word in query_words(PASSAGES["english"]))


def test_a_word_of_a_query_can_be_read_in_the_language_of_the_whole() -> None:
    query = "¿Qué compramos para la boda de mi hermana?"
    assert "compr" in query_terms("comprar", query_languages(query))


def test_threads_agree() -> None:
    texts = [*PASSAGES.values()] * 8
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(document_terms, texts)) == [document_terms(text) for text in texts]


async def test_a_forget_by_query_takes_every_word_in_any_of_its_forms(tools: Tools) -> None:
    wanted = await tools.remember("Die Schlüssel für die Häuser am Hafen sind bei Anna.")
    await tools.remember("Die Schlüssel für den Keller sind bei Anna.")
    await tools.remember("Die Häuser am Hafen sind verkauft.")
    proposal = await tools.facts("forget", query="Haus Schlüssel Anna")
    assert proposal["memories"] == 1
    assert wanted in proposal["samples"][0]
