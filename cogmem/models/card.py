"""Fidelity cards: what each model is, what it follows, and what it does and does not reproduce.

A model file states its card as a literal, `CARD = Card(...)`. `read_cards` reads those literals
from the source text, so that listing the models imports none of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cogmem.errors import InvalidValue, UnknownName

__all__ = ["Card", "choose_cards", "markdown_table", "read_cards"]


@dataclass(frozen=True)
class Card:
    """The fidelity card of one model.

    Attributes:
        name: short name, as in `cogmem cite NAME`.
        title: what it is, in one line.
        paper: author and year.
        equations: which equations are followed, and the conventions chosen.
        left_out: what the paper has and this does not.
        vectors: which reference vectors it passes, and to what tolerance.
        reproduced: published numbers that came out here.
        not_reproduced: published numbers that did not, or were not tried.
        bibtex: the citation.
    """

    name: str
    title: str
    paper: str
    equations: str
    left_out: str
    vectors: str
    reproduced: tuple[str, ...]
    not_reproduced: tuple[str, ...]
    bibtex: str


def read_cards(folder: Path | None = None) -> dict[str, Card]:
    """The cards of all models by name, read from the files of `folder` (default: this one).

    Raises:
        InvalidValue: if there is no such folder.
    """
    folder = Path(__file__).parent if folder is None else Path(folder)
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is no folder, expected one with the files of models.")
    found = (_card_in(path) for path in sorted(folder.glob("*.py")))
    return {card.name: card for card in found if card is not None}


def choose_cards(*names: str) -> list[Card]:
    """Some cards, or all.

    Args:
        *names: of cards; capitals, spaces, hyphens and underscores do not matter.

    Raises:
        UnknownName: with the nearest name.
    """
    cards = read_cards()
    spelt = {_letters(name): name for name in cards}
    for name in names:
        if _letters(name) not in spelt:
            raise UnknownName("model", name, cards)
    return [cards[spelt[_letters(name)]] for name in names or cards]


def _letters(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def markdown_table(cards: Sequence[Card]) -> str:
    """The table of the README."""
    head = "| model | what it is | follows | left out | checked against |\n|---|---|---|---|---|"
    rows = [
        f"| `{card.name}` | {card.title} | {card.paper} | {card.left_out} | {card.vectors} |"
        for card in cards
    ]
    return "\n".join([head, *rows])


def _card_in(path: Path) -> Card | None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD":
            assert isinstance(node.value, ast.Call), f"{path}: CARD must be a literal Card(...)"
            fields = {str(k.arg): ast.literal_eval(k.value) for k in node.value.keywords}
            return Card(**fields)
    return None
