"""How well recall finds it, for every set, mode and medium: `make bench-recall`.

    .venv/bin/python benchmarks/recall.py [--data DIR] [--sets a,b] [--full] [--embedder local] [--half test]

The real server remembers all sets in one store and is asked through its tools, in each mode; words
alone (BM25) are one of them. Each set's questions are split once, by a hash: parameters were chosen
on the half `dev`, and the half `test` is what is printed. Of the larger sets
a part is taken, always the same, so that it takes under 20 minutes on two cores. Every answer is written to a file.
"""

import argparse
import os
import sys
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the evaluation data")
    parser.add_argument("--sets", default="", help="names of sets, with commas between; all by default")
    parser.add_argument("--half", choices=("dev", "test"), default="test", help="which questions are asked")
    parser.add_argument("--full", action="store_true", help="take all of the larger sets, which takes twice as long")
    parser.add_argument(
        "--embedder",
        choices=("auto", "local", "gemini", "openai", "gemma"),
        default="auto" if os.environ.get("GEMINI_API_KEY") else "local",
        help="as SENSORIUM_EMBEDDER; by default Gemini where its key is set",
    )
    parser.add_argument("--store", type=Path, help="keep the store here, or ask the one that is here")
    parser.add_argument("--answers", type=Path, default=Path("recall-answers.jsonl"), help="where every answer goes")
    options = parser.parse_args()
    # Processes that read files load this module, as they load the product's command: it must cost nothing.
    import recallreport  # noqa: PLC0415  # as above

    names = tuple(name for name in options.sets.split(",") if name)
    order = recallreport.Order(
        data=options.data.resolve(),
        sets=names,
        half=options.half,
        is_full=options.full,
        embedder=options.embedder,
        store=options.store,
        answers=options.answers,
    )
    return recallreport.run(order)


if __name__ == "__main__":
    sys.exit(main())
