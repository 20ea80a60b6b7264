"""The words of time in Chinese and Japanese, which are written without spaces."""

import re
from collections.abc import Iterator
from functools import cache

from memory.periods.tokens import NOTHING, Token, tags_of

_DIGITS = "一二三四五六七八九十"
_FIGURES = frozenset(f"{_DIGITS}两兩0123456789")
_NUMBER = re.compile(rf"\d{{1,3}}(?!\d)|[{_DIGITS}两兩]{{1,3}}", re.ASCII)
_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:1[89]|20)\d\d)年(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号號])?)?(?!前)"
    rf"|(?<![\d{_DIGITS}])(?P<in_month>\d{{1,2}}|[{_DIGITS}]{{1,3}})月(?:份|(?P<on_day>\d{{1,2}}|[{_DIGITS}]{{1,3}})[日号號])?"
    r"(?![间間革])",
    re.ASCII,
)
HAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")

_WORDS = {
    "day:-2": "前天 一昨日 おととい 大前天",
    "day:-1": "昨天 昨日 きのう",
    "day:0": "今天 今日 きょう 本日",
    "day:1": "明天 明日 あした",
    "day:2": "后天 後天 明後日 あさって",
    "day:-1 part:2": "昨晚 昨夜 昨晩 昨天晚上",
    "day:0 part:0": "今早 今朝 今天早上",
    "day:0 part:2": "今晚 今夜 今晩",
    "part:0": "早上 上午 の朝",
    "part:1": "下午 の午後",
    "part:2": "晚上 の夜",
    "shift:-1 unit-month": "上个月 上個月 上月 先月",
    "shift:0 unit-month": "这个月 這個月 本月 今月",
    "shift:1 unit-month": "下个月 下個月 来月",
    "shift:-1 unit-year": "去年 昨年",
    "shift:-2 unit-year": "前年 一昨年",
    "shift:0 unit-year": "今年",
    "shift:1 unit-year": "明年 来年",
    "shift:-1 unit-quarter": "上季度 上个季度",
    "shift:-1 unit-week": "先週",
    "shift:0 unit-week": "今週",
    "shift:1 unit-week": "来週",
    "shift:-1 unit-weekend": "上周末 上週末 上个周末 先週末 先週の週末",
    "shift:0 unit-weekend": "这周末 這週末 这个周末 今週末",
    "on unit-weekend": "周末 週末",
    "units-day": "天 日間 日",
    "units-week": "周 週 週間 星期 个星期 個星期 礼拜 个礼拜",
    "units-month": "个月 個月 か月 ヶ月 カ月 ヵ月 ケ月",
    "units-year": "年 年間",
    "units-hour": "小时 小時 个小时 時間",
    "season:0": "春天 春季 の春",
    "season:1": "夏天 夏季 の夏",
    "season:2": "秋天 秋季 の秋",
    "season:3": "冬天 冬季 の冬",
    "few": "几 幾 数",
    "recent": "过去 過去 过去的 最近 近 この",
    "ago": "前 以前 之前",
    "since-after": "以来 以來 以降 以后 之后",
    "until-after": "まで",
    "between": "从",
    "join": "到 至 から",
    "genitive": "的 の に は",
    "in": "在 于 於",
    "always": "每 毎 每个 每個",
}
_WEEKS = {-1: "上 上个 上個", 0: "这 這 这个 這個 本", 1: "下 下个 下個"}
_WEEKS_JA = ((-1, "先週"), (0, "今週"), (1, "来週"))
_WEEKDAYS_ZH = ("一", "二", "三", "四", "五", "六", "日天")
_WEEKDAYS_JA = "月火水木金土日"
_WEEK_ZH = "周 週 星期 礼拜 禮拜"


def tokens(query: str) -> Iterator[Token]:
    """The words of time in a text of these scripts, and what stands between them."""
    at = 0
    while at < len(query):
        end, found = _meaning_at(query, at)
        if not found:
            end = _next_start(query, end)
            if not query[at:end].isspace():
                yield NOTHING
        for tag, value in found:
            yield Token(tag=tag, value=value, start=at, end=end)
        at = end


def _next_start(query: str, at: int) -> int:
    """Where the next word of time may begin."""
    _, lengths = _vocabulary()
    return next((end for end in range(at, len(query)) if query[end] in lengths or query[end] in _FIGURES), len(query))


def _meaning_at(query: str, at: int) -> tuple[int, list[tuple[str, int]]]:
    meanings, lengths = _vocabulary()
    for length in lengths.get(query[at], ()):
        meaning = meanings.get(query[at : at + length])
        if meaning and not (meaning.startswith("on weekday") and query[at - 1 : at] in _FIGURES):  # 一周三次
            return at + length, tags_of(meaning)
    if query[at] in _FIGURES:
        if match := _DATE.match(query, at):
            return match.end(), _dated(match)
        if match := _NUMBER.match(query, at):
            return match.end(), [("number", _number(match[0]))]
    return at + 1, []


def _dated(match: re.Match[str]) -> list[tuple[str, int]]:
    parts = [("in", 0)] if not (match["day"] or match["on_day"]) else []
    if match["year"]:
        parts.append(("year", int(match["year"])))
    if month := match["month"] or match["in_month"]:
        parts.append(("month-first", _number(month)))
    if day := match["day"] or match["on_day"]:
        parts.append(("number", _number(day)))
    return parts


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    values = [2 if digit in "两兩" else _DIGITS.index(digit) + 1 for digit in text]
    if 10 not in values:
        return values[0] if len(values) == 1 else 0
    tens = values.index(10)
    return (values[tens - 1] if tens else 1) * 10 + (values[tens + 1] if tens + 1 < len(values) else 0)


@cache
def _vocabulary() -> tuple[dict[str, str], dict[str, list[int]]]:
    """Each phrase with its meaning; and the lengths of phrases, by their first character, the longest first."""
    meanings = {phrase: tag for tag, phrases in _WORDS.items() for phrase in phrases.split()}
    meanings |= dict(_chinese_weeks()) | dict(_japanese_weekdays())
    lengths: dict[str, list[int]] = {}
    for first, length in sorted({(phrase[0], len(phrase)) for phrase in meanings}, reverse=True):
        lengths.setdefault(first, []).append(length)
    return meanings, lengths


def _chinese_weeks() -> Iterator[tuple[str, str]]:
    for week in _WEEK_ZH.split():
        days = [(week + name, f"weekday:{number}") for number, names in enumerate(_WEEKDAYS_ZH) for name in names]
        yield from ((day, f"on {meaning}") for day, meaning in days)
        for shift, words in _WEEKS.items():
            for word in words.split():
                yield word + week, f"shift:{shift} unit-week"
                yield from ((word + day, f"shift:{shift} unit-week {meaning}") for day, meaning in days)


def _japanese_weekdays() -> Iterator[tuple[str, str]]:
    for number, name in enumerate(_WEEKDAYS_JA):
        for day in (f"{name}曜", f"{name}曜日"):
            yield day, f"on weekday:{number}"
            yield from ((f"{week}の{day}", f"shift:{shift} unit-week weekday:{number}") for shift, week in _WEEKS_JA)
