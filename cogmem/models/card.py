"""Fidelity cards: what each model is, what it follows, and what it does and does not reproduce.

A model file states its card as a literal, `CARD = Card(...)`. `read_cards` reads those literals
from the source text, so that listing the models imports none of them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Card", "read_cards"]


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
    """The cards of all models by name, read from the files of `folder` (default: this one)."""
    folder = folder or Path(__file__).parent
    found = (_card_in(path) for path in sorted(folder.glob("*.py")))
    return {card.name: card for card in found if card is not None}


def _card_in(path: Path) -> Card | None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD":
            assert isinstance(node.value, ast.Call), f"{path}: CARD must be a literal Card(...)"
            fields = {str(k.arg): ast.literal_eval(k.value) for k in node.value.keywords}
            return Card(**fields)
    return None
