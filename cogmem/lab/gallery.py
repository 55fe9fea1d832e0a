"""The gallery: a page with every figure, what it shows, what agrees with people or a paper, or not.

It is written from the experiments themselves and the figures' provenance: `figures/README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from cogmem.lab.experiment import Experiment, find_experiment, list_experiments
from cogmem.models.card import read_cards

__all__ = ["gallery", "write_gallery"]

_HEAD = """# Gallery

Every figure of cogmem: what it shows, what it is laid beside, what agrees and what does not. This
page is written by `make figures`; do not edit it. A figure shows the paper preset where that was
run, else the quick one (`quick/`). Beside each: the numbers in it, how it was made (date, versions,
settings, commit), and its script, whose first lines are its method section. Seconds are those of
the command that wrote the figure: results that a store held already took theirs before.
"""


def gallery(folder: Path, experiments: Iterable[Experiment] | None = None) -> str:
    """The page, as Markdown.

    Args:
        folder: of the figures; those of the quick preset are in `quick/` below it.
        experiments: which; None: all, by kind and name.

    Returns:
        Markdown with links relative to `folder`.
    """
    chosen = list(experiments) if experiments is not None else _all()
    groups = groupby(sorted(chosen, key=_order), key=_kind)
    parts = [_HEAD]
    for kind, members in groups:
        parts += [f"## {kind}\n", *(_entry(each, folder) for each in members)]
    return "\n".join(parts)


def write_gallery(folder: Path) -> Path | None:
    """Write the page into a folder of figures; gives its path, or None if another is there."""
    path = folder / "README.md"
    if path.exists() and not path.read_text(encoding="utf-8").startswith(_HEAD[:60]):
        return None
    path.write_text(gallery(folder), encoding="utf-8", newline="\n")
    return path


def _all() -> list[Experiment]:
    return [find_experiment(name) for name in list_experiments()]


def _order(experiment: Experiment) -> tuple[int, str, str]:
    """People first, then what lays many models side by side, then model by model."""
    first = 0 if not experiment.models else 1 if _many(experiment) else 2
    return first, _kind(experiment), experiment.name


def _many(experiment: Experiment) -> bool:
    return len(experiment.models) > 3


def _kind(experiment: Experiment) -> str:
    if not experiment.models:
        return "People and tasks"
    if _many(experiment):
        return "Models side by side"
    card = read_cards()[experiment.models[0]]
    return card.title[:1].upper() + card.title[1:]


def _entry(experiment: Experiment, folder: Path) -> str:
    """One figure. One that was never made is told, with the command that makes it."""
    name = experiment.name
    title = f"### {experiment.title}\n"
    place = next((p for p in ("", "quick/") if (folder / f"{p}{name}.json").exists()), None)
    if place is None:
        return f"{title}\nNot made yet: `cogmem figure {name}`.\n"
    how = json.loads((folder / f"{place}{name}.json").read_text(encoding="utf-8"))
    lines = [
        f"![{experiment.title}]({place}{name}.png)\n",
        *_findings(experiment),
        _links(experiment, place, folder),
        _made(experiment, how),
    ]
    return "\n".join([title, *lines, ""])


def _findings(experiment: Experiment) -> list[str]:
    told = {
        "Answers": experiment.answers or "; ".join(experiment.sources),
        "Agrees": experiment.agrees,
        "Does not": experiment.disagrees,
    }
    return [f"- **{what}.** {_escaped(text)}" for what, text in told.items() if text]


def _links(experiment: Experiment, place: str, folder: Path) -> str:
    """The numbers, the provenance, the other preset if there is one, and the script."""
    name = experiment.name
    links = {"numbers": f"{place}{name}.csv", "how it was made": f"{place}{name}.json"}
    if not place and (folder / f"quick/{name}.png").exists():
        links["quick preset"] = f"quick/{name}.png"
    if (folder / f"../experiments/{name}.py").exists():
        links["script"] = f"../experiments/{name}.py"
    return f"- `{name}`: " + ", ".join(f"[{what}]({path})" for what, path in links.items())


def _made(experiment: Experiment, how: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {how['versions'][name]}" for name in ("cogmem", "jax", "numpy"))
    cost = experiment.cost.get(how["preset"], "")
    from_nothing = f"; from nothing: {cost}" if cost else ""
    return (
        f"- {how['preset']} preset, {how['measured']}, {how['seconds']} s{from_nothing}; {versions}"
    )


def _escaped(text: str) -> str:
    """Signs that Markdown would take for its own: products and ranges, not emphasis."""
    for sign in "*_<|":
        text = text.replace(sign, f"\\{sign}")
    return text
