"""How often each word has come up so far, told each time it comes.

python examples/word_count.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import levada as lv

TEXT = [
    "One, two! One, two! And through and through",
    "The vorpal blade went snicker-snack!",
    "He left it dead, and with its head",
    "He went galumphing back.",
]


def words(line: str) -> Iterator[tuple[str, int]]:
    for word in re.findall(r"[a-z]+", line.lower()):
        yield word, 1


def main() -> None:
    env = lv.environment()
    env.from_collection(TEXT).flat_map(words).key_by(lambda pair: pair[0]).sum(1).print()
    env.execute("word count")


if __name__ == "__main__":
    main()
