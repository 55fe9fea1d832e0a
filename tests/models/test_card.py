"""Fidelity cards: read from the source text, without importing a model."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest

import cogmem.models
from cogmem.errors import InvalidValue
from cogmem.models.card import choose_cards, read_cards

FOLDER = Path(cogmem.models.__file__).parent
CARDS = read_cards()


def test_cards_are_read_without_importing_jax() -> None:
    code = (
        "import sys; from cogmem.models.card import read_cards; names = read_cards();"
        "assert names; print(sorted({'jax', 'equinox', 'brian2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_model_file_with_a_card_is_found() -> None:
    stating = [p.stem for p in FOLDER.glob("*.py") if "\nCARD = Card(" in p.read_text()]
    assert len(CARDS) == len(stating) >= 3


@pytest.mark.parametrize("name", CARDS)
def test_card_read_is_the_card_that_the_model_states(name: str) -> None:
    stated = [import_module(f"cogmem.models.{p.stem}") for p in FOLDER.glob("*.py")]
    assert CARDS[name] in [getattr(module, "CARD", None) for module in stated]


@pytest.mark.parametrize("name", CARDS)
def test_card_is_complete(name: str) -> None:
    """Nothing is blank, and what was not reproduced is stated as well as what was."""
    assert [key for key, value in asdict(CARDS[name]).items() if not value] == []
    assert CARDS[name].bibtex.startswith("@")
    assert CARDS[name].bibtex.count("{") == CARDS[name].bibtex.count("}")


def test_names_are_unique(tmp_path: Path) -> None:
    stating = [p for p in FOLDER.glob("*.py") if "\nCARD = Card(" in p.read_text()]
    assert len({card.name for card in CARDS.values()}) == len(stating)


def test_folder_without_cards_has_none(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("X = 1\n")
    assert read_cards(tmp_path) == {}


@pytest.mark.parametrize("typed", ["CMR", "support-cmr", "Tensor Brain"])
def test_a_card_is_found_however_its_name_is_spaced(typed: str) -> None:
    (card,) = choose_cards(typed)
    assert card.name.replace("_", "") == typed.replace("-", "").replace(" ", "").lower()


def test_cards_are_looked_for_in_a_folder() -> None:
    with pytest.raises(InvalidValue, match="nowhere is no folder"):
        read_cards(Path("nowhere"))
