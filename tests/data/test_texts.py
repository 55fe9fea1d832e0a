"""Running text: bytes and their parts, and Tiny Shakespeare where its file is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.data import entry, load_images, load_text
from cogmem.data.registry import where
from cogmem.data.sets.texts import read_text
from cogmem.errors import DataCorrupted, InvalidValue


def shakespeare() -> xr.Dataset:
    """Skips the test where the file is not; tests never fetch."""
    if where(entry("tinyshakespeare")) is None:
        pytest.skip("the file of tinyshakespeare is not here; set COGMEM_DATA")
    return load_text("tinyshakespeare")


# ---- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "n_train"), [(2, 1), (10, 9), (19, 17), (25, 22)])
def test_nine_tenths_are_to_learn_rounded_down(tmp_path: Path, n: int, n_train: int) -> None:
    """The bytes as they are: no encoding is read into them."""
    path = tmp_path / "text"
    path.write_bytes(bytes(range(256 - n, 256)))
    found = read_text(path)
    assert found.text.dtype == "uint8"
    assert found.text.values.tolist() == list(range(256 - n, 256))
    assert found.split.values.tolist() == ["train"] * n_train + ["valid"] * (n - n_train)


def test_a_text_without_a_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"a")
    with pytest.raises(InvalidValue, match="has 1 bytes, expected 2 or more"):
        read_text(path)


# ---- Tiny Shakespeare ---------------------------------------------------------------------------


def test_shakespeare_has_its_known_counts() -> None:
    """1,115,394 bytes of 65 kinds; 1,003,854 to learn and 111,540 to be tested with."""
    found = shakespeare()
    assert found.text.dtype == "uint8"
    assert found.sizes == {"byte": 1_115_394}
    assert len(np.unique(found.text)) == 65
    assert int(found.text.max()) < 128
    split = found.split.values
    assert (split[:1_003_854] == "train").all()
    assert (split[1_003_854:] == "valid").all()
    first = found.text.values[:60].tobytes()
    assert first == b"First Citizen:\nBefore we proceed any further, hear me speak."


def test_shakespeare_is_held_once_and_cannot_be_spoilt() -> None:
    first, second = shakespeare(), shakespeare()
    assert np.shares_memory(first.text.values, second.text.values)
    for name in ("text", "split"):
        with pytest.raises(ValueError, match="read-only"):
            first[name].values[0] = first[name].values[1]
    assert "Shakespeare" in first.attrs["citation"]


def test_a_text_has_its_reader() -> None:
    shakespeare()
    with pytest.raises(InvalidValue, match=r"running text: read it with load_text\('tinysh"):
        load_images("tinyshakespeare")
    if where(entry("umls")):
        with pytest.raises(InvalidValue, match="read it with load_graph"):
            load_text("umls")


def test_another_text_is_not_shakespeare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tinyshakespeare.txt").write_bytes(b"To be, or not to be")
    monkeypatch.setenv("COGMEM_DATA", str(tmp_path))
    with pytest.raises(DataCorrupted, match="SHA-256"):
        load_text("tinyshakespeare")
