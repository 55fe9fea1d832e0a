"""Experiments are found by name and by path, and none is taken for another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cogmem.errors import InvalidValue, UnknownName
from cogmem.lab.experiment import find_experiment, list_experiments, script_hash

SCRIPT = """
from cogmem.lab.experiment import Experiment

{before}
EXPERIMENT = Experiment("{name}", "{title}", {{}}, plot=print, numbers=print)
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COGMEM_EXPERIMENTS", "")
    monkeypatch.setattr(sys, "path", [*sys.path])


def a_script(folder: Path, stem: str = "one", **words: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{stem}.py"
    path.write_text(SCRIPT.format(**{"name": stem, "title": "", "before": ""} | words))
    return path


def test_files_that_hold_no_experiment_are_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = list_experiments()
    a_script(tmp_path)
    (tmp_path / "beside.py").write_text("from one import EXPERIMENT\n")
    monkeypatch.setenv("COGMEM_EXPERIMENTS", str(tmp_path))
    assert set(list_experiments()) - set(own) == {"one"}


def test_scripts_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    first = a_script(tmp_path / "a", title="first")
    second = a_script(tmp_path / "b", title="second")
    assert find_experiment(str(first)).title == "first"
    assert find_experiment(str(second)).title == "second"
    assert find_experiment(str(first)).title == "first"


def test_what_was_found_by_path_is_found_by_name_here_and_by_workers(tmp_path: Path) -> None:
    a_script(tmp_path / "a", title="first")
    os.environ["COGMEM_EXPERIMENTS"] = str(tmp_path / "a")
    found = find_experiment(str(a_script(tmp_path / "b", title="second")))
    assert find_experiment("one") is found
    assert os.environ["COGMEM_EXPERIMENTS"].split(os.pathsep)[0] == str(tmp_path / "b")


def test_relative_paths_and_a_module_beside_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_it.py").write_text("TITLE = 'beside'")
    monkeypatch.delitem(sys.modules, "beside_it", raising=False)
    a_script(tmp_path, before="import beside_it", title="it")
    monkeypatch.chdir(tmp_path)
    assert find_experiment("one.py") is find_experiment("./one.py")


def test_an_experiment_of_another_name_is_refused(tmp_path: Path) -> None:
    """A copy of a script would otherwise write into the results of the original."""
    with pytest.raises(InvalidValue, match="called 'one', expected 'copy'"):
        find_experiment(str(a_script(tmp_path, "copy", name="one")))


def test_a_script_that_fails_fails_again_with_its_line(tmp_path: Path) -> None:
    path = a_script(tmp_path, before="raise ArithmeticError('broken')")
    for _ in range(2):
        with pytest.raises(InvalidValue, match=r"one\.py, line 4: ArithmeticError: broken") as told:
            find_experiment(str(path))
        assert isinstance(told.value.__cause__, ArithmeticError)
        assert "\n" not in str(told.value)


def test_an_experiment_of_cogmem_that_fails_is_not_the_users_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogmem.lab.experiment._own_folder", lambda: tmp_path)
    a_script(tmp_path, before="raise ArithmeticError('broken')")
    with pytest.raises(ArithmeticError, match="broken"):
        find_experiment("one")


def test_what_cannot_be_read_beside_a_script_holds_no_experiment(tmp_path: Path) -> None:
    path = a_script(tmp_path, title="read")
    (tmp_path / "letters.py").write_bytes("# of\nEXPERIMENT = 'é'\n".encode("latin-1"))
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    assert find_experiment(str(path)).title == "read"
    assert "one" in list_experiments()
    assert not {"letters", "folder", "gone"} & set(list_experiments())


@pytest.mark.parametrize("before", ["# café", "TITLE = 'café'"])
def test_a_script_in_other_letters_is_refused_with_its_line(tmp_path: Path, before: str) -> None:
    """In a comment, Python itself lets them pass; the script would not be found by its name."""
    path = a_script(tmp_path, before=before)
    path.write_bytes(path.read_text().encode("latin-1"))
    with pytest.raises(InvalidValue, match=r"one\.py, line 4: .* UTF-8: save it so") as told:
        find_experiment(str(path))
    assert isinstance(told.value.__cause__, UnicodeDecodeError)
    assert "\n" not in str(told.value)


def test_a_script_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    path = a_script(tmp_path)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InvalidValue, match=r"one\.py cannot be read: Permission denied\."):
        find_experiment(str(path))


def test_a_script_that_is_no_python_is_refused_with_its_line(tmp_path: Path) -> None:
    path = a_script(tmp_path, before="1 +")
    with pytest.raises(InvalidValue, match=r"one\.py: SyntaxError: .*line 4\)"):
        find_experiment(str(path))


def test_a_folder_that_the_variable_cannot_name_is_refused(tmp_path: Path) -> None:
    path = a_script(tmp_path / f"a{os.pathsep}b")
    with pytest.raises(InvalidValue, match=f"one.py is in a folder with '{os.pathsep}'") as told:
        find_experiment(str(path))
    assert str(path) in str(told.value)
    assert os.environ["COGMEM_EXPERIMENTS"] == ""
    assert "one" not in list_experiments()


def test_what_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidValue, match="is no file"):
        find_experiment(str(tmp_path / "none.py"))
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(InvalidValue, match="holds no experiment"):
        find_experiment(str(tmp_path / "empty.py"))
    with pytest.raises(UnknownName, match="Did you mean 'fan_effect'"):
        find_experiment("fan_efect")
    monkeypatch.setenv("COGMEM_EXPERIMENTS", str(tmp_path / "nowhere"))
    with pytest.raises(InvalidValue, match="nowhere, expected a folder"):
        list_experiments()


WITH_WORDS = """"What it shows."
from cogmem.lab.experiment import Experiment


def run(config, session):
    "Runs."
    return 1


def plot(results):
    return [2]


EXPERIMENT = Experiment(name="a", title="A", presets={}, plot=plot, numbers=None)
"""


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("What it shows.", "What it was found to show.", True),
        ("    return 1", "    return 1  # one", True),
        ('"Runs."', '"Runs it."', True),
        ('title="A"', 'title="B"', True),
        ("return [2]", "return [3]", True),  # what draws
        ("return 1", "return 2", False),
        ('name="a"', 'name="a", cell=lambda config, *, key: {}', False),
    ],
)
def test_the_hash_of_a_script_changes_with_its_code_alone(
    was: str, now: str, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COGMEM_EXPERIMENTS", str(tmp_path))
    path = tmp_path / "a.py"
    path.write_text(WITH_WORDS)
    before = script_hash("a")
    path.write_text(WITH_WORDS.replace(was, now))
    assert path.read_text() != WITH_WORDS
    assert (script_hash("a") == before) is same


def test_what_is_in_no_script_has_no_hash() -> None:
    assert script_hash("nowhere") == ""
