"""Running text, for models that predict the next byte: nobody's behaviour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import Repository
from cogmem.errors import InvalidValue

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["read_text"]

_CHAR_RNN = Repository(
    "karpathy/char-rnn",
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e",
    "public domain (the text); MIT (karpathy/char-rnn)",
    "allowed, as the text is in the public domain; fetched by URL, not shipped",
)


def read_text(path: Path) -> xr.Dataset:
    """The bytes of a file: the first nine tenths to learn, the rest to be tested with.

    Args:
        path: of the file, in any encoding.

    Returns:
        Dataset: `text` uint8 [byte], read-only, and the coordinate `split` [byte], "train" for the
        first 90 % (rounded down) or "valid".

    Raises:
        InvalidValue: if the file has fewer than 2 bytes, of which none would be left for a part.
    """
    import numpy as np
    import xarray as xr

    text = np.frombuffer(path.read_bytes(), np.uint8)
    if len(text) < 2:
        raise InvalidValue(f"{path} has {len(text)} bytes, expected 2 or more, for both parts.")
    n_train = len(text) * 9 // 10
    split = np.repeat(["train", "valid"], [n_train, len(text) - n_train])
    about = {"long_name": "Byte of the text", "units": "1 (0 to 255)"}
    return xr.Dataset(
        {"text": ("byte", text, about)},
        coords={"split": ("byte", split, {"long_name": "To learn or to be tested with"})},
    )


@data_set(
    Entry(
        name="tinyshakespeare",
        title="Tiny Shakespeare: 1.1 million bytes of plays",
        path="text/tinyshakespeare.txt",
        paradigm="running text",
        n_subjects=0,
        n_lists=0,
        licence=_CHAR_RNN.licence,
        redistribution=_CHAR_RNN.redistribution,
        citation=(
            "Shakespeare, W., plays, as collected in Karpathy, A. (2015). char-rnn. "
            "https://github.com/karpathy/char-rnn"
        ),
        doi="",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        url=_CHAR_RNN.url("data/tinyshakespeare/input.txt"),
        note=(
            "1,115,394 bytes, all of them ASCII. The first 1,003,854 are to learn, the others to "
            "be tested with: the parts of the training script published with BDH (Kosowski et "
            "al., 2025, arXiv 2509.26507)."
        ),
    )
)
def _tinyshakespeare(path: Path) -> xr.Dataset:
    return read_text(path)
