"""Reading idx files, and MNIST where its files are."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cogmem.data import entry, load, load_images, load_trials
from cogmem.data.registry import locate, where
from cogmem.data.sets.images import read_idx
from cogmem.errors import DataCorrupted, InvalidValue

# Two images of 2 rows and 3 columns, written by hand.
TWO = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(244, 256)])


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "images.gz"


# ---- the format ---------------------------------------------------------------------------------


def test_idx_is_read_row_by_row(path: Path) -> None:
    found = read_idx(written(path, TWO), md5=hashlib.md5(TWO).hexdigest())
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found[0], [[244, 245, 246], [247, 248, 249]])
    np.testing.assert_array_equal(found[1], [[250, 251, 252], [253, 254, 255]])


def test_labels_have_one_axis_and_lengths_are_big_endian(path: Path) -> None:
    found = read_idx(written(path, bytes([0, 0, 8, 1, 0, 0, 1, 1]) + bytes(257)))
    assert found.shape == (257,)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\0\0\x0d" + TWO[3:], r"starts with 00 00 0d 03, not with 00 00 08"),
        (b"\0\0\x08", r"starts with 00 00 08"),
        (TWO[:7], r"ends in its header"),
        (TWO[:-1], r"holds 27 bytes uncompressed, expected 28 for the shape \(2, 2, 3\)"),
        (TWO + b"\0", r"holds 29 bytes uncompressed, expected 28"),
    ],
    ids=["floats", "three bytes", "half a header", "a byte short", "a byte long"],
)
def test_a_file_of_another_form_is_refused(path: Path, content: bytes, told: str) -> None:
    with pytest.raises(DataCorrupted, match=told):
        read_idx(written(path, content))


def test_other_content_of_the_same_form_is_refused(path: Path) -> None:
    changed = TWO[:-1] + b"\0"
    with pytest.raises(DataCorrupted, match=r"the MD5 of its uncompressed bytes is .*Delete"):
        read_idx(written(path, changed), md5=hashlib.md5(TWO).hexdigest())


def test_a_damaged_gz_is_refused(path: Path) -> None:
    whole = gzip.compress(TWO)
    flipped = bytes([whole[12] ^ 255])
    for damaged in (whole[:-9], whole[:12] + flipped + whole[13:], TWO, whole[:3]):
        path.write_bytes(damaged)
        with pytest.raises(DataCorrupted, match="cannot be decompressed"):
            read_idx(path)


# ---- MNIST --------------------------------------------------------------------------------------


def mnist() -> xr.Dataset:
    """Skips the test where the files are not; tests never fetch."""
    if any(where(file) is None for file in entry("mnist").files):
        pytest.skip("the files of mnist are not here; set COGMEM_DATA")
    return load_images("mnist")


def test_mnist_has_its_published_counts() -> None:
    """60,000 and 10,000 images of 28 x 28; of the digits, the counts that LeCun's labels have."""
    found = mnist()
    assert dict(found.sizes) == {"item": 70_000, "row": 28, "column": 28}
    assert (found.image.dtype, found.label.dtype) == ("uint8", "uint8")
    assert (found.split.values[:60_000] == "train").all()
    assert (found.split.values[60_000:] == "test").all()
    np.testing.assert_array_equal(
        np.bincount(found.label[:60_000]),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    )
    np.testing.assert_array_equal(
        np.bincount(found.label[60_000:]),
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    )
    assert found.label.values[:5].tolist() == [5, 0, 4, 1, 9]


def test_mnist_pixels_have_their_known_mean_and_deviation() -> None:
    """The figures that everybody standardises by: .1307 and .3081, of the training images."""
    pixels = mnist().image.values[:60_000]
    assert pixels.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std(dtype="float32") / 255 == pytest.approx(0.3081, abs=1e-4)


def test_mnist_is_held_once_and_cannot_be_spoilt() -> None:
    first, second = mnist(), mnist()
    assert np.shares_memory(first.image.values, second.image.values)
    for name in ("image", "label", "split"):
        with pytest.raises(ValueError, match="read-only"):
            first[name].values[0] = 0
    first.attrs["name"] = "other"
    assert second.attrs["name"] == "mnist"
    assert second.attrs["citation"].startswith("LeCun")


def test_every_kind_of_set_has_its_reader() -> None:
    mnist()
    for other in (load, load_trials):
        with pytest.raises(InvalidValue, match=r"images of digits: read it with load_images"):
            other("mnist")
    if where(entry("peers")):
        with pytest.raises(InvalidValue, match=r"free recall: read it with load\('peers'\)"):
            load_images("peers")


def test_other_pixels_in_a_sound_file_are_not_mnist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The .gz of the training images has no pinned hash; what is in it has."""
    mnist()
    for file in entry("mnist").files[1:]:
        (tmp_path / Path(file.path).name).symlink_to(locate(file))
    written(tmp_path / "train-images-idx3-ubyte.gz", TWO)
    monkeypatch.setenv("COGMEM_DATA", str(tmp_path))
    with pytest.raises(DataCorrupted, match="MD5"):
        load_images("mnist")
