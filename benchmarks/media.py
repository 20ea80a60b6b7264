"""How fast each medium is read, and in how much memory: `make bench-media`.

    .venv/bin/python benchmarks/media.py [--data DIR] [--json FILE] [--long]

One process reads some files of each kind. `--long` instead gives the real server a PDF of 1,000
pages, a recording of three hours and 50 MB of text. How well media are found: `recall.py`.
"""

import argparse
import sys
from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the evaluation data")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--long", action="store_true", help="only how the longest files fare")
    options = parser.parse_args()
    # Processes that read files load this module, as they load the product's command: it must cost nothing.
    if options.long:
        import medialong  # noqa: PLC0415  # as above

        return medialong.run(options.data.resolve())
    import mediareport  # noqa: PLC0415  # as above

    return mediareport.run(options.data.resolve(), options.json)


if __name__ == "__main__":
    sys.exit(main())
