"""Whose data these are: the data sets and the published tables, from the registry."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from cogmem.data import catalogue, entry, published_catalogue

__all__ = ["published_tables", "sets"]


def sets() -> str:
    """Every data set, by paradigm: whose it is, and where it is taken from."""
    rows = sorted(catalogue(), key=lambda row: str(row["paradigm"]))
    parts = []
    for paradigm, found in groupby(rows, key=lambda row: row["paradigm"]):
        parts.append(f"### {str(paradigm)[:1].upper()}{str(paradigm)[1:]}")
        parts += [_set(row) for row in found]
    return "\n\n".join(parts)


def published_tables() -> str:
    """The tables of published numbers, and how many of them were read at their source."""
    rows = [
        f"| `{row['name']}` | {row['verified']} of {row['numbers']} | {_cell(row['source'])} |"
        for row in published_catalogue()
    ]
    return "\n".join(["| table | read at the source | source |", "|---|---|---|", *rows])


def _set(row: dict[str, Any]) -> str:
    what = entry(row["name"])
    counts = {"people": what.n_subjects, "lists or trials": what.n_lists}
    places = [what.url] if what.url else []
    facts = {
        "How much": ", ".join(f"{n:,} {each}" for each, n in counts.items() if n),
        "Cite": what.citation + (f" doi:{what.doi}" if what.doi else ""),
        "Licence": what.licence,
        "May it be passed on?": what.redistribution,
        "From": "; ".join([*(f"package {name}" for name, _ in _packages(what)), *places]),
        "File": f"`{what.path}` below `COGMEM_DATA`",
        "SHA-256": _hash(what),
        "Note": what.note,
    }
    shown = [f"- {name}: {_line(str(fact))}" for name, fact in facts.items() if fact]
    return "\n".join([f"**`{what.name}`** {_line(what.title)}", "", *shown])


def _packages(what: Any) -> list[tuple[str, str]]:
    return [what.package] if what.package else []


def _hash(what: Any) -> str:
    if len(what.files) == 1:
        return f"`{what.sha256}`" if what.sha256 else ""
    return "; ".join(f"{file.path}: `{file.sha256}`" for file in what.files if file.sha256)


def _line(text: str) -> str:
    return " ".join(text.split()).replace("[", r"\[").replace("<", "&lt;").replace("*", r"\*")


def _cell(text: str) -> str:
    return _line(text).replace("|", r"\|")
