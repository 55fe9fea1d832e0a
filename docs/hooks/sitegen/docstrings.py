"""Docstrings as they are written here, in the form that mkdocstrings reads.

An entry of `Args:` may describe several names at once, "low, high: ends of the interval"; here each
gets an entry of its own. Axes are written `[subject][list]`, which Markdown would take for a link.
A dotted name in backticks becomes a link to its page.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["HouseStyle", "entries_apart", "links", "without_links"]

_SEVERAL = re.compile(
    r"^(?P<indent> {4,8})(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)+)"
    r"(?P<rest>: .*(?:\n(?P=indent) +.*)*)",
    re.MULTILINE,
)
_SECTION = re.compile(r"^(Args|Attributes):\n((?:[ ]{4}.*\n?|\n(?=[ ]{4}))+)", re.MULTILINE)
_NAME = re.compile(r"(?<![\[`\w])`(cogmem(?:\.\w+)+)`(?![\]`])")
_BRACKETS = re.compile(r"(`[^`]*`)|\](?=[\[(])")


def entries_apart(text: str) -> str:
    """A docstring in which every name of `Args:` and `Attributes:` has an entry of its own."""

    def apart(found: re.Match[str]) -> str:
        names = found["names"].split(", ")
        return "\n".join(f"{found['indent']}{name}{found['rest']}" for name in names)

    return _SECTION.sub(lambda s: f"{s[1]}:\n{_SEVERAL.sub(apart, s[2])}", text)


def links(text: str) -> str:
    """A docstring whose dotted names are links, and whose brackets are none."""
    return _NAME.sub(r"[`\1`][\1]", without_links(text))


def without_links(text: str) -> str:
    """A text in which `[subject][list]`, outside code, is no link."""
    return _BRACKETS.sub(lambda found: found[1] or "]\\", text)


class HouseStyle(griffe.Extension):
    """Rewrites every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Called once for every module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = links(entries_apart(obj.docstring.value))
