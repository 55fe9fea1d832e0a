"""Images with labels, for models that see: nobody's behaviour, so neither people nor lists."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from cogmem.data.registry import Entry, Part
from cogmem.data.sets.collection import data_set
from cogmem.data.sets.repositories import Repository
from cogmem.errors import DataCorrupted

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

__all__ = ["read_idx"]

_MIRROR = Repository(
    "fgnt/mnist",
    "68014a4df3a2820a5953f5c144aa731ce752e7de",
    "CC BY-SA 3.0 as commonly stated (Y. LeCun & C. Cortes)",
    "allowed with attribution and under the same licence; fetched by URL, not shipped",
)
# MD5 of the uncompressed bytes of LeCun's originals: training images and labels, then the test's.
# One file's bytes may be compressed in many ways, so this says more than a hash of the .gz.
_CONTENT = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
_UNSIGNED_BYTES = b"\0\0\x08"


def _part(name: str, sha256: str) -> Part:
    return Part(f"mnist/{name}", sha256, _MIRROR.url(name))


@data_set(
    Entry(
        name="mnist",
        title="MNIST: 60,000 handwritten digits to learn and 10,000 to be tested with",
        path="mnist/train-images-idx3-ubyte.gz",
        paradigm="images of digits",
        n_subjects=0,
        n_lists=0,
        licence=_MIRROR.licence,
        redistribution=_MIRROR.redistribution,
        citation=(
            "LeCun, Y., Bottou, L., Bengio, Y. & Haffner, P. (1998). Gradient-based learning "
            "applied to document recognition. Proceedings of the IEEE 86, 2278-2324. (Data: "
            "Y. LeCun, C. Cortes & C. J. C. Burges, The MNIST database of handwritten digits.)"
        ),
        doi="10.1109/5.726791",
        sha256=None,  # any compression of the original bytes will do: `_CONTENT` is checked
        url=_MIRROR.url("train-images-idx3-ubyte.gz"),
        others=(
            _part(
                "train-labels-idx1-ubyte.gz",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            _part(
                "t10k-images-idx3-ubyte.gz",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            _part(
                "t10k-labels-idx1-ubyte.gz",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        note=(
            "28 x 28 pixels, white ink on black. The images with split 'train' come first. The "
            "uncompressed bytes of all four files are checked against LeCun's originals."
        ),
    )
)
def _mnist(*paths: Path) -> xr.Dataset:
    import numpy as np
    import xarray as xr

    files = [read_idx(path, md5=md5) for path, md5 in zip(paths, _CONTENT, strict=True)]
    split = np.repeat(["train", "test"], [len(files[1]), len(files[3])])
    image = {"long_name": "Brightness of a pixel", "units": "1 (0 = background, 255 = ink)"}
    return xr.Dataset(
        {
            "image": (("item", "row", "column"), np.concatenate(files[::2]), image),
            "label": ("item", np.concatenate(files[1::2]), {"long_name": "Digit", "units": "1"}),
        },
        coords={"split": ("item", split, {"long_name": "To learn or to be tested with"})},
    )


def read_idx(path: Path, *, md5: str | None = None) -> np.ndarray:
    """The array of a gzip-compressed idx file of unsigned bytes, the format of MNIST.

    The format: two zeros, 8 for unsigned bytes, the number of axes; the length of each axis as a
    big-endian 32-bit integer; the bytes, last axis fastest.

    Args:
        path: of the .gz file.
        md5: of the uncompressed bytes, in lower-case hexadecimal digits; None checks the form only.

    Returns:
        ndarray of uint8, read-only, of the shape that the file states.

    Raises:
        DataCorrupted: if the file is cut short, is not of this format, or has another MD5.
    """
    import numpy as np

    content = _decompressed(path)
    if len(content) < 4 or content[:3] != _UNSIGNED_BYTES:
        raise _corrupted(path, f"it starts with {content[:4].hex(' ')}, not with 00 00 08")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise _corrupted(path, f"it ends in its header, after {len(content)} of {start} bytes")
    shape = tuple(map(int, np.frombuffer(content[4:start], ">u4")))
    if len(content) != start + prod(shape):
        expected = f"expected {start + prod(shape)} for the shape {shape}"
        raise _corrupted(path, f"it holds {len(content)} bytes uncompressed, {expected}")
    if md5 and (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != md5:
        raise _corrupted(path, f"the MD5 of its uncompressed bytes is {found}, expected {md5}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _decompressed(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _corrupted(path, f"it cannot be decompressed ({error})") from error


def _corrupted(path: Path, fault: str) -> DataCorrupted:
    remedy = "Delete the file, or put the original in its place."
    return DataCorrupted(f"{path} is not a sound idx file: {fault}. {remedy}")
