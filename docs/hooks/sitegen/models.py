"""Models: a page for each fidelity card, and who does what in the table of minds."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import equinox as eqx

from cogmem.lab import minds_run, minds_tables
from cogmem.models.card import Card, read_cards
from cogmem.models.parameters import Parameter
from cogmem.models.parameters import table as parameter_table
from cogmem.participants.protocol import PARADIGMS, Participant
from cogmem.participants.roster import Mind, minds
from cogmem.plots.mind_scores import (
    EN_DASH,
    MINUS,
    NULL,
    Cell,
    cells,
    checked,
    no_bits,
    two_digits,
)
from sitegen.experiments import row, using
from sitegen.links import ROOT

__all__ = ["by_paradigm", "by_question", "nav", "pages", "table", "without_paradigm"]

_FOLDER = ROOT / "cogmem" / "models"


def nav() -> list[Any]:
    """The entries of the site's menu."""
    return ["models/index.md", *({_title(card): f"models/{name}.md"} for name, card in _cards())]


def pages() -> Iterator[tuple[str, str]]:
    """Place and text of every page."""
    yield "models/index.md", _index()
    for name, card in _cards():
        yield f"models/{name}.md", _page(card)


# ---- which model should I use? -------------------------------------------------------------------


def by_paradigm() -> str:
    """For each paradigm: who sits it, how, and how well; and why the others do not."""
    return "\n\n".join(_paradigm(name) for name in PARADIGMS)


def by_question() -> str:
    """For each model: the experiments that put it to a question."""
    parts = []
    for name, card in _cards():
        rows = [row(one, "experiments/") for one in using(name)]
        if rows:
            head = "| question | models | quick preset takes |\n|---|---|---|"
            parts.append("\n".join([f"### [{_title(card)}](models/{name}.md)", "", head, *rows]))
    return "\n\n".join(parts)


def without_paradigm() -> str:
    """The models that sit none of the paradigms: what they are for."""
    sitting = {card for mind in _minds().values() for card in _cards_of(*mind.participants)}
    rows = [
        f"| [`{name}`](models/{name}.md) | {_cell(_title(card))} | {_cell(card.paper)} |"
        for name, card in _cards()
        if name not in sitting
    ]
    return "\n".join(["| model | what it is | paper |", "|---|---|---|", *rows])


def table() -> str:
    """The table of minds as it was measured."""
    return minds_tables.markdown(_measured())


def _paradigm(name: str) -> str:
    sits = {mind: one for mind, one in _minds().items() if mind != NULL and one.sitting(name)}
    ranked = sorted(sits, key=lambda mind: _order(mind, name))
    rows = [_row(mind, sits[mind], name) for mind in ranked]
    why = [
        f"    - {mind}: {one.how(name)}"
        for mind, one in _minds().items()
        if mind != NULL and not one.sitting(name)
    ]
    unit = _unit(name)
    head = [
        f"### {name[:1].upper()}{name[1:]}",
        "",
        f"| model | {unit} | how it sits |",
        "|---|--:|---|",
    ]
    folded = [f'??? note "Who does not sit {name}, and why"', "", *why] if why else []
    return "\n".join([*head, *rows, "", *folded])


def _unit(paradigm: str) -> str:
    scores = checked(_measured())
    if paradigm not in scores["paradigm"].values:
        return "not measured"
    if no_bits(scores, paradigm):
        return "RMSD, share of the null's"
    return "gain, bits per response"


def _row(name: str, mind: Mind, paradigm: str) -> str:
    who = mind.sitting(paradigm)
    cards = _cards_of(who) if who else []
    known = ", ".join(f"[`{card}`](models/{card}.md)" for card in cards)
    how = " ".join(mind.how(paradigm).split())
    return f"| {name}{f' ({known})' if known else ''} | {_score(name, paradigm)} | {_cell(how)} |"


def _score(mind: str, paradigm: str) -> str:
    """With its interval; a dash for a model that was not measured."""
    cell = _cells().get((mind, paradigm))
    if cell is None or cell.why or cell.value != cell.value:
        return EN_DASH
    shown = two_digits(cell.value)
    known = cell.low == cell.low and cell.high == cell.high
    interval = f" [{two_digits(cell.low)}, {two_digits(cell.high)}]" if known else ""
    return (shown + interval).replace(" ", "\N{NO-BREAK SPACE}")


def _order(mind: str, paradigm: str) -> float:
    scores = checked(_measured())
    cell = _cells().get((mind, paradigm))
    if cell is None or cell.value != cell.value:
        return float("inf")
    return cell.value if no_bits(scores, paradigm) else -cell.value


@cache
def _measured() -> Any:
    return minds_run.measured()


@cache
def _cells() -> Mapping[tuple[str, str], Cell]:
    return cells(checked(_measured()))


@cache
def _minds() -> Mapping[str, Mind]:
    return minds()


def _cards() -> list[tuple[str, Card]]:
    return list(read_cards().items())


def _cards_of(*participants: Participant) -> list[str]:
    """Cards of the files that offer a class which some participants are made of, or make."""
    used = {each for one in participants for each in _classes(one)}
    return [name for name, offered in _offered().items() if used & offered]


def _classes(part: Any) -> Iterator[type]:
    """A part's class and its bases, those that their methods name, and those of all it holds."""
    for each in type(part).__mro__:
        yield each
        if each.__module__.startswith("cogmem.participants"):
            yield from _named_in(each)
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from _classes(getattr(part, field.name))


def _named_in(cls: type) -> Iterator[type]:
    """Classes of models that the methods of a class name."""
    for method in filter(inspect.isfunction, vars(cls).values()):
        for name in method.__code__.co_names:
            found = method.__globals__.get(name)
            if isinstance(found, type) and found.__module__.startswith("cogmem.models"):
                yield found


@cache
def _offered() -> Mapping[str, frozenset[type]]:
    """What the file of each card offers: the classes in its `__all__`."""
    found = {}
    for name, path in _card_files().items():
        module = importlib.import_module(f"cogmem.models.{path.stem}")
        public = (getattr(module, each) for each in module.__all__)
        found[name] = frozenset(each for each in public if isinstance(each, type))
    return found


@cache
def _card_files() -> Mapping[str, Path]:
    """The file of each card: the one that states its name."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.py"))}
    return {
        name: path
        for name, _ in _cards()
        for path, text in texts.items()
        if f'CARD = Card(\n    name="{name}"' in text
    }


# ---- cards ---------------------------------------------------------------------------------------


def _index() -> str:
    rows = [
        f"| [`{name}`]({name}.md) | {_cell(_title(card))} | {_cell(card.paper)} |"
        for name, card in _cards()
    ]
    told = (
        "A card says whose equations a model follows, what is left out, what it was checked "
        "against, and which published numbers\ncame out or did not. `cogmem list MODEL` prints the "
        "same, `cogmem cite MODEL` its BibTeX."
    )
    head = "| card | what it is | paper |\n|---|---|---|"
    return "\n".join(["# Models", "", told, "", head, *rows, ""])


def _page(card: Card) -> str:
    file = _card_files()[card.name]
    facts = {
        "Paper": card.paper,
        "Equations followed": card.equations,
        "Left out": card.left_out,
        "Checked against": card.vectors,
    }
    rows = [f"| {name} | {_cell(fact)} |" for name, fact in facts.items()]
    code = f"[`cogmem.models.{file.stem}`](../reference/models/{file.stem}.md)"
    parts = [
        f"# {_title(card)}",
        f"The card of `{card.name}`. The code: {code}.",
        "\n".join(["| | |", "|---|---|", *rows]),
        *_listed("Published numbers that came out here", card.reproduced),
        *_listed("That did not, or were not tried", card.not_reproduced),
        *_parameters(card.name),
        *_sits(card.name),
        *_experiments(card.name),
        f"## To cite it\n\n```bibtex\n{card.bibtex}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _listed(title: str, entries: tuple[str, ...]) -> list[str]:
    told = "\n".join(f"- {_line(entry)}" for entry in entries) or "None."
    return [f"## {title}\n\n{told}"]


def _parameters(name: str) -> list[str]:
    """The numbers that can be fitted and swept, of the classes that the file states itself."""
    found: dict[tuple[str, Parameter], list[str]] = {}
    for cls in _stated(name):
        for each in parameter_table(cls).items():
            found.setdefault(each, []).append(cls.__name__)
    if not found:
        return []
    owners = {tuple(each) for each in found.values()}
    columns = {
        "name": [f"`{each}`" for each, _ in found],
        "of": [", ".join(f"`{one}`" for one in each) for each in found.values()]
        if len(owners) > 1
        else [],
        "default": [f"{one.default:g}" for _, one in found],
        "bounds": [_bounds(one) for _, one in found],
        "meaning": [_cell(one.meaning) for _, one in found],
    }
    sources = [_cell(one.source) for _, one in found]
    alike = len(set(sources)) == 1
    columns |= {} if alike else {"source": sources}
    told = [f"Source: {sources[0]}."] if alike else []
    return ["## Parameters", *told, _table({k: v for k, v in columns.items() if v})]


def _stated(name: str) -> list[type]:
    """The classes of modules that the file of a card states itself, in order of their names."""
    own = f"cogmem.models.{_card_files()[name].stem}"
    stated = [each for each in _offered()[name] if each.__module__ == own]
    modules = (each for each in stated if issubclass(each, eqx.Module))
    return sorted(modules, key=lambda each: each.__name__)


def _table(columns: Mapping[str, list[str]]) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [[*columns], ["---"] * len(columns), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bounds(one: Parameter) -> str:
    """The interval, with the unit if there is one."""
    low, high = (f"{end:g}".replace("-", MINUS).replace("inf", "∞") for end in one.bounds)
    unit = "" if one.unit == "1" else f" {one.unit}"
    return f"{low} to {high}{unit}".replace(" ", "\N{NO-BREAK SPACE}")


def _sits(name: str) -> list[str]:
    """What the minds that use the model do in each paradigm."""
    who = [mind for mind in _minds().values() if name in _cards_of(*mind.participants)]
    if not who:
        return []
    rows = [
        f"| {mind.name} | {paradigm} | {_score(mind.name, paradigm)} | "
        f"{_cell(mind.how(paradigm))} |"
        for mind in who
        for paradigm in PARADIGMS
        if (one := mind.sitting(paradigm)) is None or name in _cards_of(one)
    ]
    head = "| participant | paradigm | score | how it sits, or why it does not |\n|---|---|--:|---|"
    told = (
        "Bits per response over the null with a 95 % interval; of fact verification, RMSD as a "
        "share of the null's. See [the protocol](../protocol.md)."
    )
    return ["\n".join(["## In the table of minds", "", told, "", head, *rows])]


def _experiments(name: str) -> list[str]:
    rows = [row(one, "../experiments/") for one in using(name)]
    head = "| experiment | models | quick preset takes |\n|---|---|---|"
    return ["\n".join(["## Experiments", "", head, *rows])] if rows else []


def _title(card: Card) -> str:
    return card.title[:1].upper() + card.title[1:]


def _line(text: str) -> str:
    escaped = " ".join(text.split())
    for mark in ("*", "_", "[", "<"):
        escaped = escaped.replace(mark, "\\" + mark)
    return escaped


def _cell(text: str) -> str:
    return _line(text).replace("|", r"\|")
