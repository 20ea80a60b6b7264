from hypothesis import given
from hypothesis import strategies as st

from memory.media.pictures.regions import Words, grouped, matched_box, region_of
from memory.media.text.passages import MAX_CHARS

PAGE = [(0, 100 * row, 500, 100 * row + 60) for row in range(10)]
SIZE = (1_000, 1_000)
LINES = st.lists(st.integers(1, 400).map(lambda length: "a" * length), max_size=40)


def words(texts: list[str]) -> list[Words]:
    return [(text, (0, 20 * row, 100, 20 * row + 10)) for row, text in enumerate(texts)]


@given(LINES)
def test_groups_keep_every_line_in_order_and_fit_a_passage(texts: list[str]) -> None:
    full, rest = grouped(words(texts))
    regions = [*full, *([region_of(rest)] if rest else [])]
    assert [line for region in regions for line in region.text.split("\n")] == texts
    for region in regions:
        assert len(region.boxes) == len(region.text.split("\n"))
        assert len(region.text) <= MAX_CHARS


@given(LINES, st.integers(0, 40))
def test_lines_that_come_later_do_not_change_the_groups_before(texts: list[str], cut: int) -> None:
    begun, rest = grouped(words(texts)[:cut])
    later, last = grouped([*rest, *words(texts)[cut:]])
    assert (*begun, *later) == grouped(words(texts))[0]
    assert last == grouped(words(texts))[1]


def test_lines_that_fit_one_passage_stay_together() -> None:
    assert grouped(words(["a" * 399] * 3))[0] == ()
    assert len(grouped(words(["a" * 400] * 3))[0]) == 1


def test_a_line_longer_than_a_passage_becomes_several_in_the_same_place() -> None:
    full, rest = grouped([("many words " * 200, (1, 2, 3, 4))])
    assert {box for region in (*full, region_of(rest)) for box in region.boxes} == {(1, 2, 3, 4)}
    assert all(len(region.text) <= MAX_CHARS for region in full)


def test_what_is_shown_is_the_line_that_matches_with_its_neighbours() -> None:
    assert matched_box(PAGE, [row == 5 for row in range(10)], SIZE) == (0, 400, 500, 660)
    assert matched_box(PAGE, [row == 0 for row in range(10)], SIZE) == (0, 0, 500, 160)
    assert matched_box(PAGE, [row in {4, 6} for row in range(10)], SIZE) == (0, 300, 500, 760)


def test_the_whole_is_shown_where_the_matches_are_most_of_it_or_none() -> None:
    assert matched_box(PAGE, [False] * 10, SIZE) is None
    assert matched_box([], [], SIZE) is None
    assert matched_box(PAGE, [True] * 10, (500, 960)) is None
