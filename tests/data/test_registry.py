"""Where a file is looked for, and what is said when it is not there."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from cogmem.data import registry
from cogmem.data.registry import Entry, locate, sha256_of, where
from cogmem.errors import DataCorrupted, DataNotFound

WORDS = b"subject,list\n1,1\n"

ENTRY = Entry(
    name="toy",
    title="Toy lists",
    path="recall/toy.csv",
    paradigm="immediate free recall",
    n_subjects=1,
    n_lists=1,
    licence="CC0",
    redistribution="free",
    citation="Toy, A. (2020). Lists.",
    doi="10.0/toy",
    sha256=hashlib.sha256(WORDS).hexdigest(),
    url="https://example.org/pinned/toy.csv",
    package=("toypackage", "data/toy.csv"),
)


@pytest.fixture
def places(tmp_path, monkeypatch) -> dict[str, Path]:
    """The three local places of the toy file, all empty; the network is forbidden."""
    package = tmp_path / "site" / "toypackage"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("COGMEM_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("COGMEM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COGMEM_OFFLINE", "1")
    return {
        "COGMEM_DATA": tmp_path / "mirror" / ENTRY.path,
        "package toypackage": package / "data/toy.csv",
        "cache": tmp_path / "cache" / ENTRY.path,
    }


def put(path: Path, content: bytes = WORDS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_places_are_tried_in_order(places):
    """From the last place to the first: each newly filled one wins over those after it."""
    assert where(ENTRY) is None
    for name in ("cache", "package toypackage", "COGMEM_DATA"):
        path = put(places[name])
        assert where(ENTRY) == name
        assert locate(ENTRY) == path


def test_a_flat_data_folder_will_do(places, tmp_path):
    flat = put(tmp_path / "mirror" / "toy.csv")
    assert locate(ENTRY) == flat


@pytest.mark.parametrize("name", ["COGMEM_DATA", "package toypackage", "cache"])
def test_a_corrupted_file_is_refused_wherever_it_lies(places, name):
    path = put(places[name], WORDS + b"1,2\n")
    with pytest.raises(DataCorrupted) as error:
        locate(ENTRY)
    for part in (str(path), ENTRY.sha256, sha256_of(path)):
        assert part in str(error.value)


def test_a_file_without_a_pinned_hash_is_taken(places):
    path = put(places["COGMEM_DATA"], b"a later release\n")
    assert locate(replace(ENTRY, sha256=None)) == path


def test_a_missing_file_is_told_in_full(places):
    with pytest.raises(DataNotFound) as error:
        locate(ENTRY)
    message = str(error.value)
    for part in ("toy.csv", "Toy lists", ENTRY.url, ENTRY.citation, "COGMEM_OFFLINE is set"):
        assert part in message
    for name, path in places.items():
        assert f"{name}: {path}" in message
    assert f"Put it at {places['cache']}" in message


def test_unset_folder_and_absent_package_are_told(places, monkeypatch):
    monkeypatch.delenv("COGMEM_DATA")
    with pytest.raises(DataNotFound) as error:
        locate(replace(ENTRY, package=("nosuchpackage", "toy.csv"), url=None))
    for part in ("COGMEM_DATA: not set", "nosuchpackage: not installed", "no public address"):
        assert part in str(error.value)


def test_offline_never_downloads(places, monkeypatch):
    monkeypatch.setattr(registry, "_download", lambda *_: pytest.fail("went to the network"))
    with pytest.raises(DataNotFound):
        locate(ENTRY)


def fetch_as(monkeypatch, act) -> None:
    import pooch

    monkeypatch.delenv("COGMEM_OFFLINE")
    monkeypatch.setattr(pooch, "retrieve", act)


def test_download_goes_to_the_cache_with_the_pinned_hash(places, monkeypatch):
    def retrieve(url, known_hash, fname, path):
        assert (url, known_hash) == (ENTRY.url, f"sha256:{ENTRY.sha256}")
        put(Path(path) / fname)

    fetch_as(monkeypatch, retrieve)
    assert locate(ENTRY) == places["cache"]
    assert where(ENTRY) == "cache"


def test_a_failed_download_is_told_with_its_reason(places, monkeypatch):
    def retrieve(*_, **__):
        raise ConnectionError("no route to host")

    fetch_as(monkeypatch, retrieve)
    with pytest.raises(DataNotFound, match=r"(?s)failed: no route to host.*Please cite"):
        locate(ENTRY)


def test_a_download_with_another_hash_is_refused(places, monkeypatch):
    """pooch itself, its network part replaced: it leaves no wrong file in the cache."""
    import pooch

    def wrong_file(url, output_file, downloader):
        put(Path(output_file), b"wrong")

    fetch_as(monkeypatch, partial(pooch.retrieve, downloader=wrong_file))
    with pytest.raises(DataCorrupted, match="does not give the published toy"):
        locate(ENTRY)
    assert not places["cache"].exists()


def test_listing_needs_nothing_heavy():
    """In a fresh interpreter: no pandas, xarray, psifr or jax for `catalogue()`."""
    heavy = "{'jax', 'pandas', 'xarray', 'scipy', 'psifr', 'matplotlib'}"
    code = f"import sys, cogmem.data as d; d.catalogue(); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_finding_a_data_set_never_imports_psifr_or_jax():
    code = (
        "import sys, cogmem.data as d; d.load('peers'); print({'psifr', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
