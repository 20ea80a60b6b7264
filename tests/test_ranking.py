import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embedders.protocol import Unrelated
from memory.model import Match, SegmentKey
from memory.ranking import Evidence, ideal_words, rank

FLOOR = Unrelated(mean=0.72, std=0.03)
keys = st.tuples(st.sampled_from(["ma", "mb", "mc"]), st.integers(0, 3))
cosines = st.floats(-1, 1)


def _order(evidence: Evidence) -> list[SegmentKey]:
    return [one.key for one in rank(evidence, FLOOR)]


@given(st.dictionaries(keys, cosines), st.dictionaries(keys, st.floats(0, 30)), st.randoms())
def test_the_order_of_the_evidence_does_not_matter(
    near: dict[SegmentKey, float], words: dict[SegmentKey, float], chance: random.Random
) -> None:
    nearest = [Match(key=key, cosine=cosine) for key, cosine in near.items()]
    matching = [Match(key=key, words=score) for key, score in words.items()]
    first = _order(Evidence(nearest=nearest, matching=matching, best_words=30.0))
    chance.shuffle(nearest)
    chance.shuffle(matching)
    assert _order(Evidence(nearest=nearest, matching=matching, best_words=30.0)) == first


@given(st.dictionaries(keys, cosines, min_size=1), st.dictionaries(keys, st.floats(0, 30)))
def test_every_score_lies_between_zero_and_one_and_falls(
    near: dict[SegmentKey, float], words: dict[SegmentKey, float]
) -> None:
    evidence = Evidence(
        nearest=[Match(key=key, cosine=cosine) for key, cosine in near.items()],
        matching=[Match(key=key, words=score) for key, score in words.items()],
        best_words=20.0,
    )
    scores = [one.score for one in rank(evidence, FLOOR)]
    assert all(0 <= score < 1 for score in scores)
    assert scores == sorted(scores, reverse=True)


def test_junk_found_by_words_does_not_outvote_meaning() -> None:
    """A question in another language: the keyword search finds only names of months and the like."""
    right = ("right", 0)
    nearest = [Match(key=right, cosine=0.88), *(Match(key=(f"near{n}", 0), cosine=0.76) for n in range(50))]
    junk = [Match(key=(f"junk{n}", 0), cosine=0.73, words=1.2 - n / 100) for n in range(20)]
    assert _order(Evidence(nearest=nearest, matching=junk, best_words=40.0))[0] == right


def test_an_exact_identifier_outvotes_vague_meaning() -> None:
    exact = ("exact", 0)
    nearest = [Match(key=(f"near{n}", 0), cosine=0.80 - n / 1000) for n in range(50)]
    matching = [Match(key=exact, cosine=0.78, words=9.0), Match(key=("near0", 0), cosine=0.80, words=1.0)]
    assert _order(Evidence(nearest=nearest, matching=matching, best_words=10.0))[0] == exact


def test_a_row_without_a_vector_is_found_by_its_words() -> None:
    waiting = ("waiting", 0)
    evidence = Evidence(
        nearest=[Match(key=("near", 0), cosine=0.74)], matching=[Match(key=waiting, words=8.0)], best_words=10.0
    )
    assert _order(evidence)[0] == waiting


def test_a_true_copy_outranks_a_picture_with_the_same_words() -> None:
    copy, text = ("copy", 0), ("text", 0)
    evidence = Evidence(
        nearest=[Match(key=text, cosine=0.95), Match(key=copy, cosine=0.75)],
        matching=[Match(key=text, cosine=0.95, words=10.0)],
        best_words=10.0,
        looks={copy: 0.95},
    )
    assert _order(evidence)[0] == copy


def test_a_word_that_no_row_has_makes_every_match_less_than_perfect() -> None:
    assert ideal_words([3.0, None], rows=100) > ideal_words([3.0], rows=100) == pytest.approx(3.0)
