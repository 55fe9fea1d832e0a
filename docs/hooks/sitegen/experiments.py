"""Experiments: a page each, from the script's docstring and what it says of itself."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cogmem.lab.experiment import Experiment, find_experiment, list_experiments
from cogmem.models.card import read_cards
from sitegen.docstrings import without_links
from sitegen.links import ROOT, Links

__all__ = ["all_experiments", "nav", "pages", "row", "using"]

_LEAD = re.compile(r"^(Method|Outcome[^.:\n]*|Run|Recovery|Bases?)([.:]) ", re.MULTILINE)
_FILES = ("svg", "csv", "json")


@cache
def all_experiments() -> dict[str, Experiment]:
    """Every experiment, by name."""
    return {name: find_experiment(name) for name in list_experiments()}


def using(card: str) -> list[Experiment]:
    """The experiments that use a model, by the name of its card."""
    return [one for one in all_experiments().values() if card in one.models]


def nav() -> list[Any]:
    """The entries of the site's menu."""
    return [
        "experiments/index.md",
        *({name: f"experiments/{name}.md"} for name in all_experiments()),
    ]


def pages(links: Links) -> Iterator[tuple[str, str]]:
    """Place and text of every page."""
    yield "experiments/index.md", _index()
    for name, one in all_experiments().items():
        yield f"experiments/{name}.md", _page(one, links)


def row(one: Experiment, folder: str = "") -> str:
    """One experiment as a row of a table: what it shows, its models, people, and cost.

    Args:
        one: the experiment.
        folder: from the page of the table to those of experiments, e.g. "experiments/".
    """
    cost = one.cost.get("quick", "")
    cells = [f"[{one.title}]({folder}{one.name}.md)", ", ".join(one.models), cost]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _index() -> str:
    rows = [row(one) for one in all_experiments().values()]
    told = (
        "One script, one experiment, one figure. `cogmem run NAME` carries one out with its quick "
        "preset;\n`cogmem run NAME --preset paper` takes the published setting. "
        "[Commands](../commands.md) lists the options."
    )
    head = "| experiment | models | quick preset takes |\n|---|---|---|"
    return "\n".join(["# Experiments", "", told, "", head, *rows, ""])


def _page(one: Experiment, links: Links) -> str:
    parts = [f"# {one.title}", *_figure(one.name, links), _docstring(one.name), _facts(one)]
    return "\n\n".join([*parts, *_commands(one), *_source(one.name)]) + "\n"


def _docstring(name: str) -> str:
    """What the script says of itself, but for its first line, which is the title or near it."""
    said = inspect.getdoc(sys.modules[f"experiments.{name}"]) or ""
    first, _, rest = said.partition("\n\n")
    body = _LEAD.sub(r"**\1**\2 ", without_links(rest))
    return f"*{' '.join(first.split())}*\n\n{body}"


def _figure(name: str, links: Links) -> list[str]:
    """The figure of the paper preset if it is there, else of the quick one, and how it was made."""
    for folder, preset in (("figures", ""), ("figures/quick", " (quick preset)")):
        if (ROOT / folder / f"{name}.png").is_file():
            shown = links.page_of(f"{folder}/{name}.png")
            also = [path for kind in _FILES if (path := links.page_of(f"{folder}/{name}.{kind}"))]
            files = ", ".join(f"[{Path(path).suffix[1:]}](../{path})" for path in also)
            made = _made(ROOT / folder / f"{name}.json")
            return [f"![Figure of {name}{preset}](../{shown})", f"{made}Files: {files}."]
    return ["No figure is stored. The command below makes it."]


def _made(path: Path) -> str:
    if not path.is_file():
        return ""
    how = json.loads(path.read_text(encoding="utf-8"))
    told = f"Made by `{how['command']}` in {how['seconds']:g} s"
    return f"{told}, {how['measured']}. " if "measured" in how else f"{told}. "


def _facts(one: Experiment) -> str:
    cards = read_cards()
    models = [f"[{m}](../models/{m}.md)" if m in cards else f"`{m}`" for m in one.models]
    facts = {
        "Answers": one.answers,
        "Agrees": one.agrees,
        "Does not agree": one.disagrees,
        "Papers": "; ".join(one.sources),
        "Models": ", ".join(models),
        "People": ", ".join(f"`{name}`" for name in one.people),
        "Cost": "; ".join(f"{preset}: {cost}" for preset, cost in one.cost.items()),
        "Tolerance of a check": f"{one.tolerance:g}",
    }
    rows = [f"| {name} | {' '.join(fact.split())} |" for name, fact in facts.items() if fact]
    return "\n".join(["| | |", "|---|---|", *rows])


def _commands(one: Experiment) -> list[str]:
    name = one.name
    lines = [f"cogmem run {name}", f"cogmem run {name} --preset paper"]
    if over := next((axes for axes in one.over.values() if axes), ()):
        lines.append(f"cogmem sweep {name} --over {over[0]}")
    return ["## Run it", "```sh\n" + "\n".join(lines) + "\n```"]


def _source(name: str) -> list[str]:
    text = (ROOT / "experiments" / f"{name}.py").read_text(encoding="utf-8")
    return [
        f"## Source: experiments/{name}.py",
        f"``` {{ .python data-search-exclude }}\n{text}```",
    ]
