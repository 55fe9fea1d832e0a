"""What to cite: BibTeX of cogmem, and of the models, people and papers of what was run.

Names that stand in a file of their own, those of cards, data sets and published tables, are looked
up first, as that imports nothing heavy.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cogmem
from cogmem.data import catalogue, entry, published_catalogue
from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.bibliography import Work, matches, merged, of_reference, parse, rendered
from cogmem.models.card import Card, read_cards

if TYPE_CHECKING:
    from cogmem.lab.experiment import Experiment

__all__ = ["cite", "cited", "itself"]

TITLE = "cogmem: a simulation workbench for the science of memory"
AUTHORS = "The cogmem developers"

_PAPERS = Path(__file__).with_name("papers.bib")
_MODELS = "cogmem.models."

Citation = Work | str
"""A work, or a remark about what has none."""


def cite(*names: str, figure: Path | None = None) -> str:
    """BibTeX: cogmem itself first, then every work once, under keys that are all different.

    Args:
        *names: of models, of participants as in `cogmem compare`, of experiments (their models,
            their people and their sources), of data sets and of published tables; capitals do not
            matter, but for telling apart two names that are spelt alike. All models if there is
            neither a name nor a figure.
        figure: the .json of a figure, or a store: what ran in it.

    Returns:
        Entries; what cannot be cited is said between them, after a percent sign.

    Raises:
        UnknownName: with the nearest name.
        InvalidValue: if `figure` says nothing of what ran.
    """
    about = _about(figure) if figure is not None else {}
    found: list[Citation] = [itself(about)]
    for name in names or (_cards() if figure is None else ()):
        found += cited(name)
    if figure is not None:
        found += _ran(about, figure)
    works = merged(each for each in found if isinstance(each, Work))
    remarks = dict.fromkeys(f"% {each}" for each in found if isinstance(each, str))
    return "\n\n".join([*map(rendered, works), *remarks])


def itself(about: Mapping[str, Any]) -> Work:
    """cogmem.

    Args:
        about: provenance of what it made, if there is any.
    """
    version = about.get("versions", {}).get("cogmem", cogmem.__version__)
    commit = about.get("commit", "unknown")
    note = f"Version {version}" + ("" if commit == "unknown" else f", commit {commit}")
    fields = {"author": f"{{{AUTHORS}}}", "title": f"{{{TITLE}}}", "note": note}
    return Work("misc", "cogmem", fields)


def cited(name: str) -> list[Citation]:
    """What to cite for one name.

    Args:
        name: as it is spelt or, if nothing is spelt so, in other capitals; of two things that this
            can mean, the one that `cite` names first.

    Raises:
        UnknownName: with the nearest name.
    """
    light: dict[str, Callable[[str], list[Citation]]] = {
        **dict.fromkeys(_cards(), _card),
        **dict.fromkeys(_data_sets(), _data),
        **dict.fromkeys(_tables(), _table),
    }
    if name in light:
        return light[name](name)
    from cogmem.lab.experiment import find_experiment, list_experiments

    experiments = list_experiments()
    if name in experiments:
        return _experiment(find_experiment(name))
    participants = _participants()
    if name in participants:
        return _participant(name)
    known = [*light, *participants, *experiments]
    folded = {each.casefold(): each for each in reversed(known)}
    if (spelt := folded.get(str(name).casefold())) is not None:
        return cited(spelt)
    raise UnknownName("model, participant, experiment or data set", name, known)


# ---- models and data -----------------------------------------------------------------------------


@cache
def _cards() -> dict[str, Card]:
    return read_cards()


def _card(name: str) -> list[Citation]:
    return [*parse(_cards()[name].bibtex)]


def _data(name: str) -> list[Citation]:
    one = entry(name)
    return [of_reference(one.citation, one.name, one.title, one.doi)]


def _table(name: str) -> list[Citation]:
    """The papers of a table; where it gives none in full, its own words."""
    works = [of_reference(told, name) for told in _tables()[name].split(" | ")]
    return [*([work for work in works if "year" in work.fields] or works)]


@cache
def _data_sets() -> tuple[str, ...]:
    return tuple(row["name"] for row in catalogue())


@cache
def _tables() -> dict[str, str]:
    """Sources of the published tables, by name."""
    return {row["name"]: row["source"] for row in published_catalogue()}


# ---- participants --------------------------------------------------------------------------------


def _participants() -> dict[str, tuple[str, ...]]:
    """The cards of every participant, by both of its names where it has two."""
    from cogmem.participants.roster import family, minds, roster

    cards = {
        name: tuple(dict.fromkeys(card for one in mind.participants for card in _cards_of(one)))
        for name, mind in minds().items()
    }
    return cards | {name: cards[family(name)] for name in roster(None) if family(name) in cards}


def _participant(name: str) -> list[Citation]:
    cards = _participants()[name]
    works = [work for card in cards for work in _card(card)]
    return works or [f"{name}: follows no paper that a card names."]


def _cards_of(participant: Any) -> list[str]:
    """Cards of the models that a participant holds or, if it holds none, that its file imports."""
    held = {type(value).__module__ for value in vars(participant).values()}
    here = {module for module in held if module.startswith(_MODELS)}
    return _cards_in(here or _imported(type(participant).__module__))


def _cards_in(modules: set[str]) -> list[str]:
    """Cards in some modules; for a module without one, of those with one that import it."""
    with_card = _modules_with_cards()
    found = [card for module, card in with_card.items() if module in modules]
    bare = modules - set(with_card)
    found += [card for module, card in with_card.items() if not found and bare & _imported(module)]
    return found


@cache
def _modules_with_cards() -> dict[str, str]:
    """Name of the card by the module that it stands in."""
    folder, found = Path(cogmem.__file__).parent / "models", {}
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if (card := re.search(r'^CARD = Card\(\s*name="(.+)"', text, re.M)) is not None:
            found[_MODELS + path.stem] = card[1]
    return found


@cache
def _imported(module: str) -> set[str]:
    """The modules of `cogmem.models` that a module names in its imports."""
    import inspect
    from importlib import import_module

    try:
        text = inspect.getsource(import_module(module))
    except OSError:  # typed in at a prompt or in a notebook: there is no file to read
        return set()
    named = re.findall(r"^from cogmem\.models\.(\w+) import", text, re.M)
    return {_MODELS + name for name in named}


# ---- experiments ---------------------------------------------------------------------------------


def _experiment(experiment: Experiment) -> list[Citation]:
    """Its models, the people it is laid beside, and its sources."""
    found = [work for name in (*experiment.models, *experiment.people) for work in cited(name)]
    return found + [work for told in experiment.sources for work in _source(told)]


def _source(told: str) -> list[Citation]:
    """The works that "Family, Family & Family (year, year), remark" can mean."""
    named = re.match(r"(?P<families>.+?) \((?P<years>\d{4}(?:, \d{4})*)\)", told)
    if named is None:
        return [f"{told}: no full reference is known here."]
    others = named["families"].endswith(" et al.")
    families = re.split(r", | & ", named["families"].removesuffix(" et al."))
    found: list[Citation] = []
    for year in named["years"].split(", "):
        means = [work for work in _all_works() if matches(work, families, year, others)]
        found += means or [f"{told}: no full reference is known here."]
    return found


@cache
def _all_works() -> list[Work]:
    """All that cards, data sets, published tables and `papers.bib` cite."""
    everything = [
        *(work for name in _cards() for work in _card(name)),
        *(work for name in _data_sets() for work in _data(name)),
        *(work for name in _tables() for work in _table(name)),
        *parse(_PAPERS.read_text(encoding="utf-8")),
    ]
    return merged(work for work in everything if isinstance(work, Work))


# ---- what ran ------------------------------------------------------------------------------------


def _about(path: Path) -> dict[str, Any]:
    """The provenance of a figure or of a store."""
    if path.suffix == ".json":
        if not path.is_file():
            raise InvalidValue(
                f"{path} is no file; expected the .json beside a figure, or a store."
            )
        about = dict(json.loads(path.read_text(encoding="utf-8")))
    else:
        from cogmem.lab.store import Store

        about = dict(Store.existing(path).root.attrs)
    if "config" not in about:
        raise InvalidValue(f"{path} does not say what ran: it has no config.")
    return about


def _ran(about: Mapping[str, Any], path: Path) -> list[Citation]:
    """Models, people and sources of one run, without people who were not there."""
    name, config = about.get("experiment", "fit"), about["config"]
    if name == "fit":
        told = about.get("citation", "")
        people = [of_reference(told, "people")] if "(" in told else []
        return [*cited(config["model"]), *people]
    from cogmem.lab.experiment import find_experiment

    experiment, seen = find_experiment(name), _seen(path)
    of_whom = {each: cards for each, cards in _participants().items() if each in seen}
    models = [] if of_whom and path.suffix != ".json" else list(experiment.models)
    names = [*models, *of_whom, *_people(experiment, config, _absent(path))]
    found = [work for each in dict.fromkeys(names) for work in cited(each)]
    return found + [work for told in experiment.sources for work in _source(told)]


def _people(experiment: Experiment, config: Any, absent: set[str]) -> list[str]:
    """Whose data: those that the configuration names, and those that no configuration chooses."""
    chosen = {text for preset in experiment.presets.values() for text in _texts(asdict(preset))}
    here = set(_texts(config))
    fixed = [name for name in experiment.people if name in here or name not in chosen]
    named = [name for name in _data_sets() if name in here]
    return [name for name in dict.fromkeys([*fixed, *named]) if name not in absent]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a configuration."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))


def _seen(path: Path) -> set[str]:
    """Names in the numbers of a figure, or of the groups of a store: "NAME 0123abcd ..."."""
    if path.suffix == ".json":
        return {cell for row in _numbers(path) for cell in row}
    from cogmem.lab.store import Store

    groups = (name for name, _ in Store.existing(path).root.groups())
    return {re.sub(r" [0-9a-f]{8} .*$", "", name) for name in groups}


def _absent(path: Path) -> set[str]:
    """What had no data where the figure was made: its row says so."""
    return {row[0] for row in _numbers(path) if "not here" in row}


def _numbers(path: Path) -> list[list[str]]:
    kept = path.with_suffix(".csv")
    if path.suffix != ".json" or not kept.is_file():
        return []
    with kept.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if row]
