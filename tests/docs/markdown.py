"""The code blocks of a Markdown page, as tests see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<tag>[\w-]*)\s*$")
_COMMENT = re.compile(r"^\s*<!--\s*(?P<word>skip|file)\b:?\s*(?P<rest>.*?)\s*-->\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its tag, its text, the line it begins at, and what a comment right above it says.

    ``<!-- skip: why -->`` keeps a program from being run; ``<!-- file: name -->`` puts the block into a file of this
    name, for the commands that follow.
    """

    tag: str
    text: str
    line: int
    skip: str | None = None
    file: str | None = None
    follows: bool = False
    """Whether nothing but prose stands between it and the block before."""


def blocks(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page, in order."""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), start=1))
    comments: dict[str, str] = {}
    follows = False
    for number, line in lines:
        comment, fence = _COMMENT.match(line), _FENCE.match(line)
        if comment is not None:
            comments[comment["word"]] = comment["rest"]
        elif fence is not None:
            indent = len(fence["indent"])
            body = []
            for _, inner in lines:
                if inner.strip() == "```":
                    break
                body.append(inner[indent:])
            text = "".join(f"{each}\n" for each in body)
            yield Block(fence["tag"], text, number, comments.get("skip"), comments.get("file"), follows)
            comments, follows = {}, True
        elif line.startswith("#"):
            follows = False


def pattern(expected: str) -> re.Pattern[str]:
    """What matches an expected output, in which ``...`` stands for anything; trailing blanks do not count."""
    lines = [line.rstrip() for line in expected.strip().splitlines()]
    return re.compile(".*?".join(re.escape(part) for part in "\n".join(lines).split("...")), re.DOTALL)


def tidy(output: str) -> str:
    """An output without trailing blanks."""
    return "\n".join(line.rstrip() for line in output.strip().splitlines())


_HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"^ *```.*?^ *```\s*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """Where a page links to, code left out."""
    return [match["target"] for match in _LINK.finditer(_CODE.sub("", page.read_text(encoding="utf-8")))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```\s*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}
