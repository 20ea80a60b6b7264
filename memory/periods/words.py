"""What a language of time words is; and English, German and Dutch."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """Words of one language, without accents and in lower case.

    Attributes:
        months: January to December, alternatives joined by `/`.
        weekdays: Monday to Sunday.
        numbers: one to twelve.
        words: a tag, or several in turn, each perhaps with a value, and the phrases that mean it.
        month: the tag of a month's name.
        frail: months that are common words too; written small they need a preposition.
        doubtful: phrases that are words of other languages too, and count beside one of `marks` only.
        marks: words that tell the language.
    """

    months: str
    weekdays: str
    numbers: str
    words: dict[str, str]
    month: str = "month"
    frail: str = ""
    doubtful: dict[str, str] = field(default_factory=dict[str, str])
    marks: str = ""


_UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")
_SHORT = ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept, sep", "oct", "nov", "dec")

ENGLISH = Language(
    months="january february march april may june july august september october november december",
    weekdays="monday tuesday wednesday thursday friday saturday sunday",
    numbers="one two three four five six seven eight nine ten eleven twelve",
    month="month-first",
    frail="march may",
    words={
        **{f"short:{n}": name for n, name in zip((*range(1, 5), *range(6, 13)), _SHORT, strict=True)},
        "always": "even, still, every, each",
        "day:-2": "the day before yesterday, day before yesterday",
        "day:-1": "yesterday",
        "day:0": "today",
        "day:1": "tomorrow",
        "day:2": "the day after tomorrow, day after tomorrow",
        "day:-1 part:3": "last night",
        "day:0 part:0": "this morning",
        "day:0 part:1": "this afternoon",
        "day:0 part:2": "this evening, tonight",
        "part:0": "morning",
        "part:1": "afternoon",
        "part:2": "evening",
        "part:3": "night",
        "shift:-1": "last, this past",
        "shift:0": "this",
        "shift:1": "next",
        "recent": "past, in the last, over the last, within the last, during the last, in the past, over the past",
        "the-last": "the last",
        "earlier:-1": "earlier",
        "earlier:1": "later",
        "portion:0": "early, at the beginning of, at the start of",
        "portion:1": "mid, in the middle of",
        "portion:2": "late, at the end of",
        **{f"unit-{unit}": unit for unit in (*_UNITS, "weekend")},
        **{f"units-{unit}": f"{unit}s" for unit in _UNITS},
        "season:0": "spring",
        "season:1": "summer",
        "season:2": "autumn, fall",
        "season:3": "winter",
        "holiday:4": "christmas, xmas",
        **{f"nth:{n}": f"{word} quarter" for n, word in enumerate(("first", "second", "third", "fourth"), 1)},
        "one:1": "a, an",
        "number:2": "a couple of, couple of, a couple",
        "few": "a few, few, several, some",
        "ago": "ago",
        "of": "of",
        "the": "the",
        "in": "in, during, throughout, in the year, in the month of",
        "on": "on, over, at",
        "from": "from",
        "since": "since, ever since",
        "before": "before, prior to",
        "after": "after",
        "until": "until, till, up to",
        "between": "between",
        "join": "and, to, through",
        "habit": "mornings, afternoons, evenings, nights, school",
    },
)

GERMAN = Language(
    months="januar/janner februar/feber marz april mai juni juli august september oktober november dezember",
    weekdays="montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
    numbers="eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
    words={
        "always": "noch, auch, jeden, jede, jedes",
        "day:-2": "vorgestern",
        "day:-1": "gestern",
        "day:0": "heute",
        "day:1": "ubermorgen",
        "part:0": "morgen, fruh, vormittag",
        "part:1": "nachmittag",
        "part:2": "abend",
        "part:3": "nacht",
        "day:-1 part:3": "letzte nacht",
        "shift:-1": "letzte, letzten, letzter, letztes, letztem, vergangene, vergangenen, vergangener, vergangenes, "
        "vorige, vorigen, voriger, voriges",
        "shift:0": "diese, diesen, dieser, dieses, diesem",
        "shift:1": "nachste, nachsten, nachster, nachstes, kommende, kommenden, kommendes",
        "portion:0": "anfang",
        "portion:1": "mitte",
        "portion:2": "ende",
        "unit-week": "woche",
        "units-week": "wochen",
        "unit-weekend": "wochenende",
        "unit-month": "monat, monats",
        "units-month": "monate, monaten",
        "unit-quarter": "quartal, quartals",
        "unit-year": "jahr, jahres",
        "units-year": "jahre, jahren",
        "units-day": "tag, tage, tagen",
        "units-hour": "stunde, stunden",
        "season:0": "fruhling, fruhjahr",
        "season:1": "sommer",
        "season:2": "herbst",
        "season:3": "winter",
        "holiday:4": "weihnachten",
        **{
            f"nth:{n}": f"{word} quartal"
            for n, word in enumerate(("erstes, ersten", "zweiten", "dritten", "vierten"), 1)
        },
        "one:1": "einer, einem",
        "few": "einigen, wenigen, ein paar",
        "ago-before": "vor",
        "the": "der, die, das, den, dem, des",
        "dot": ".",
        "in": "im, in, im jahr, im jahre, in den jahren",
        "on": "am, an, zu",
        "from": "vom, von",
        "since": "seit, seit dem",
        "after": "nach",
        "until": "bis, bis zum",
        "between": "zwischen",
        "join": "und",
    },
)

DUTCH = Language(
    months="januari februari maart april mei juni juli augustus september oktober november december",
    weekdays="maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    numbers="een twee drie vier vijf zes zeven acht negen tien elf twaalf",
    words={
        "always": "nog, ook, elke",
        "day:-2": "eergisteren",
        "day:-1": "gisteren",
        "day:0": "vandaag",
        "day:1": "overmorgen",
        "day:-1 part:2": "gisteravond",
        "day:-1 part:3": "vannacht",
        "day:0 part:0": "vanmorgen, vanochtend",
        "day:0 part:2": "vanavond",
        "part:0": "ochtend",
        "part:1": "middag",
        "part:2": "avond",
        "shift:-1": "vorige, vorig, afgelopen",
        "shift:0": "deze, dit",
        "shift:1": "volgende, volgend, komende",
        "portion:0": "begin",
        "portion:1": "half, medio",
        "portion:2": "eind",
        "unit-week": "week",
        "units-week": "weken",
        "unit-weekend": "weekend",
        "unit-month": "maand",
        "units-month": "maanden",
        "unit-quarter": "kwartaal",
        "unit-year": "jaar",
        "units-day": "dag, dagen",
        "units-hour": "uur",
        "season:0": "lente, voorjaar",
        "season:1": "zomer",
        "season:2": "herfst, najaar",
        "season:3": "winter",
        "holiday:4": "kerst, kerstmis",
        "few": "enkele, paar, een paar",
        "ago": "geleden",
        "the": "de, het",
        "in": "in, tijdens",
        "on": "op, met",
        "from": "van",
        "since": "sinds, vanaf",
        "before": "voor",
        "after": "na",
        "until": "tot",
        "between": "tussen",
        "join": "en",
    },
)
