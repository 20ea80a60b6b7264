"""The window of an invented deployment console, showing a roll-out that failed."""

from pathlib import Path

from drawing.canvas import FONTS, Canvas
from PIL import Image

WIDTH, HEIGHT = 1280, 800
SIDE = 220
INK, SOFT, FAINT = "#1d2433", "#5b6577", "#98a1b2"
RULE, PALE, BLUE, RED, GREEN, AMBER = "#e3e6ec", "#f6f7fa", "#2f6fed", "#d43b3b", "#2c9a5f", "#f0c36a"

MENU = {
    "Overview": "0,6 6,0 12,6|2,5 2,12 10,12 10,5",
    "Pipelines": "0,2 4,2 4,10 8,10 8,2 12,2",
    "Environments": "0,4 6,0 12,4 6,8 0,4|0,8 6,12 12,8",
    "Releases": "0,4 6,1 12,4 12,9 6,12 0,9 0,4 6,7 12,4|6,7 6,12",
    "Incidents": "6,0 12,11 0,11 6,0|6,4 6,8",
    "Secrets": "1,6 11,6 11,12 1,12 1,6|3,6 3,2 5,0 7,0 9,2 9,6",
    "Settings": "0,3 12,3|0,9 12,9|4,1 4,5|8,7 8,11",
}
"""Each item's sign: strokes of x,y points in a square of 12."""
PROJECTS = (("ledger-api", RED), ("web-checkout", GREEN), ("mail-worker", GREEN), ("search-index", AMBER))
STEPS = (
    ("Checkout", "4 s", "done"),
    ("Build image", "1 m 52 s", "done"),
    ("Unit tests", "2 m 08 s", "done"),
    ("Migrate database", "11 s", "done"),
    ("Roll out", "2 m 26 s", "failed"),
    ("Smoke tests", "skipped", "skipped"),
    ("Notify team", "skipped", "skipped"),
)
LOG = (
    ("14:02:11", "Rolling out ledger-api:2.14.0 to eu-west-1, 3 replicas", "info"),
    ("14:02:12", "  WORKERS_PER_REPLICA 16 -> 48", "info"),
    ("14:02:19", "replica 1/3 started, waiting for health check", "info"),
    ("14:02:27", "replica 1/3 healthy after 8.1 s", "good"),
    ("14:02:28", "replica 2/3 started, waiting for health check", "info"),
    ("14:02:41", "replica 2/3 GET /healthz returned 503", "warn"),
    ("14:02:41", "Traceback (most recent call last):", "bad"),
    ("14:02:41", '  File "/app/ledger/db.py", line 88, in acquire', "bad"),
    ("14:02:41", "    conn = await pool.getconn(timeout=5)", "bad"),
    ("14:02:41", "psycopg.OperationalError: connection failed:", "bad"),
    ("14:02:41", "  FATAL: sorry, too many clients already", "loud"),
    ("14:02:58", "replica 2/3 restarted 4 times, CrashLoopBackOff", "warn"),
    ("14:03:30", "replica 3/3 GET /healthz returned 503", "warn"),
    ("14:04:31", "error: progress deadline of 120 s exceeded", "loud"),
    ("14:04:32", "Rolling back to ledger-api:2.13.6", "info"),
    ("14:04:37", "rollback complete, 3/3 replicas healthy", "good"),
)
LOG_INK = {"info": "#c3cad8", "good": "#6fd29b", "warn": "#f0c36a", "bad": "#e79a9a", "loud": "#ff8686"}


def draw(target: Path) -> None:
    """Write the screenshot as a PNG of 1280 x 800 pixels."""
    canvas = Canvas(WIDTH, HEIGHT, "#ffffff", FONTS)
    _title_bar(canvas)
    _sidebar(canvas)
    _header(canvas)
    _alert(canvas)
    _steps(canvas)
    _log(canvas)
    _status_bar(canvas)
    canvas.finished().quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


def _title_bar(canvas: Canvas) -> None:
    canvas.box((0, 0, WIDTH, 40), "#e9ebf0")
    canvas.line([(0, 40), (WIDTH, 40)], "#cfd4dd")
    for x, colour in ((22, RED), (42, AMBER), (62, GREEN)):
        canvas.dot(x, 20, 6, colour)
    canvas.text(WIDTH / 2, 20, "Quayside  -  ledger-api  -  Pipeline #4187", SOFT, face="medium", anchor="mm")
    canvas.box((1052, 8, 1264, 32), "#ffffff", radius=6, outline="#cfd4dd")
    canvas.dot(1067, 19, 4, FAINT)
    canvas.dot(1067, 19, 2.6, "#ffffff")
    canvas.line([(1070, 22), (1073, 25)], FAINT, width=1.5)
    canvas.text(1082, 20, "Search pipelines", FAINT, size=12)


def _sidebar(canvas: Canvas) -> None:
    canvas.box((0, 41, SIDE, HEIGHT), PALE)
    canvas.line([(SIDE, 41), (SIDE, HEIGHT)], RULE)
    canvas.box((20, 58, 44, 82), BLUE, radius=6)
    canvas.line([(26, 74), (30, 66), (34, 74), (38, 66)], "#ffffff", width=2)
    canvas.text(54, 70, "Quayside", INK, size=16, face="bold")
    for row, name in enumerate(MENU):
        _menu_item(canvas, 112 + row * 34, name)
    canvas.text(20, 372, "PROJECTS", FAINT, size=11, face="bold")
    for row, (name, colour) in enumerate(PROJECTS):
        canvas.dot(26, 400 + row * 30, 4, colour)
        canvas.text(40, 400 + row * 30, name, INK if row == 0 else SOFT, face="medium" if row == 0 else "text")
    canvas.line([(0, 720), (SIDE, 720)], RULE)
    canvas.dot(34, 746, 14, BLUE)
    canvas.text(34, 746, "JW", "#ffffff", size=11, face="bold", anchor="mm")
    canvas.text(58, 739, "Jonas Weber", INK, size=12, face="medium")
    canvas.text(58, 754, "Platform team", FAINT, size=11)


def _menu_item(canvas: Canvas, y: float, name: str) -> None:
    chosen = name == "Pipelines"
    if chosen:
        canvas.box((10, y - 15, SIDE - 10, y + 15), "#e2ebfd", radius=6)
        canvas.box((SIDE - 42, y - 9, SIDE - 20, y + 9), RED, radius=9)
        canvas.text(SIDE - 31, y, "1", "#ffffff", size=11, face="bold", anchor="mm")
    for stroke in MENU[name].split("|"):
        points = [tuple(map(float, point.split(","))) for point in stroke.split()]
        canvas.line([(20 + x, y - 6 + down) for x, down in points], BLUE if chosen else FAINT, width=1.3)
    canvas.text(44, y, name, BLUE if chosen else SOFT, face="medium")


def _header(canvas: Canvas) -> None:
    canvas.text(248, 66, "Pipelines  /  ledger-api  /  #4187", FAINT, size=12)
    width = canvas.text(248, 96, "Deploy to production", INK, size=22, face="bold")
    left = 248 + width + 14
    canvas.box((left, 85, left + 66, 107), "#fbe3e3", radius=11)
    canvas.text(left + 33, 96, "Failed", RED, size=12, face="bold", anchor="mm")
    canvas.text(248, 124, "main  9f3c2ab  Raise workers per replica to 48", SOFT)
    canvas.text(248, 144, "Started by Jonas Weber, 14 October, 13:57, took 6 m 41 s", FAINT, size=12)
    canvas.box((1066, 82, 1154, 112), "#ffffff", radius=6, outline="#cfd4dd")
    canvas.text(1110, 97, "View diff", INK, face="medium", anchor="mm")
    canvas.box((1166, 82, 1256, 112), BLUE, radius=6)
    canvas.text(1211, 97, "Run again", "#ffffff", face="medium", anchor="mm")


def _alert(canvas: Canvas) -> None:
    canvas.box((248, 166, 1256, 230), "#fdf0f0", radius=8, outline="#f0c2c2")
    canvas.dot(274, 198, 11, RED)
    canvas.text(274, 198, "!", "#ffffff", size=15, face="bold", anchor="mm")
    canvas.text(298, 188, "Roll-out stopped: 2 of 3 replicas failed their health check", INK, size=14, face="bold")
    canvas.text(298, 209, "All traffic is back on release 2.13.6. No customer request was lost.", SOFT)
    canvas.text(1236, 198, "Open incident", BLUE, face="medium", anchor="rm")


def _steps(canvas: Canvas) -> None:
    canvas.text(248, 258, "Steps", INK, size=14, face="bold")
    for row, (name, took, state) in enumerate(STEPS):
        y = 292 + row * 42
        if state == "failed":
            canvas.box((242, y - 18, 494, y + 18), "#fdf0f0", radius=6)
        _mark(canvas, 262, y, state)
        canvas.text(284, y, name, FAINT if state == "skipped" else INK, face="medium")
        canvas.text(484, y, took, FAINT, size=12, anchor="rm")
        if row:
            canvas.line([(262, y - 32), (262, y - 11)], RULE, width=2)


def _mark(canvas: Canvas, x: float, y: float, state: str) -> None:
    if state == "skipped":
        canvas.dot(x, y, 8.5, RULE)
        canvas.line([(x - 4, y), (x + 4, y)], FAINT, width=1.6)
        return
    canvas.dot(x, y, 8.5, GREEN if state == "done" else RED)
    if state == "done":
        canvas.line([(x - 4, y), (x - 1, y + 3), (x + 4, y - 3)], "#ffffff", width=1.6)
    else:
        canvas.line([(x - 3, y - 3), (x + 3, y + 3)], "#ffffff", width=1.6)
        canvas.line([(x - 3, y + 3), (x + 3, y - 3)], "#ffffff", width=1.6)


def _log(canvas: Canvas) -> None:
    canvas.box((512, 248, 1256, 756), "#141924", radius=8)
    canvas.box((512, 248, 1256, 288), "#1d2432", radius=8)
    canvas.box((512, 276, 1256, 288), "#1d2432")
    canvas.text(530, 268, "Roll out", "#ffffff", face="bold")
    canvas.text(1238, 268, "Wrap   Download   Full screen", "#8b95a8", size=12, anchor="rm")
    for row, (when, words, level) in enumerate(LOG):
        y = 310 + row * 27
        if level == "loud":
            canvas.box((512, y - 13, 1256, y + 13), "#3a1d24")
            canvas.box((512, y - 13, 515, y + 13), RED)
        canvas.text(554, y, str(211 + row), "#5a6478", size=12, face="mono", anchor="rm")
        canvas.text(570, y, when, "#7c869a", size=13, face="mono")
        canvas.text(648, y, words, LOG_INK[level], size=13, face="mono")


def _status_bar(canvas: Canvas) -> None:
    canvas.box((0, 776, WIDTH, HEIGHT), "#eef0f4")
    canvas.line([(0, 776), (WIDTH, 776)], RULE)
    canvas.dot(20, 788, 4, GREEN)
    canvas.text(32, 788, "Connected to eu-west-1", SOFT, size=11)
    canvas.text(1260, 788, "Agent 7.3.1    UTC+2    14:06", SOFT, size=11, anchor="rm")
