"""What a new user types wrongly on the command line, and the words that it is answered with.

Every mistake ends with exit code 2 and one error, before anything is computed: no traceback.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cogmem import cli

GOOD = (
    "subject,list,trial_type,position,item\n1,1,study,1,PIE\n1,1,study,2,CAKE\n1,1,recall,1,PIE\n"
)
FILES = {
    "mine.csv": GOOD.encode(),
    "empty.csv": b"",
    "semicolons.csv": GOOD.replace(",", ";").encode(),
    "capitals.csv": GOOD.replace("recall,1,PIE", "recall,1,pie").encode(),
    "strangers.csv": GOOD.replace("recall,1,PIE", "recall,1,TREE").encode(),
    "latin.csv": GOOD.replace("CAKE", "CAF\xc9").encode("latin-1"),
    "book.xlsx": b"PK\x03\x04\x14\x00",
    "other.json": b'{"a": 1}',
    "broken.json": b"{",
    "no_import.py": b"import math\nimport nonexistent_package\n",
    "no_python.py": b"def f(:\n",
    "nobody.py": b"X = 1\n",
    "late.py": b"from math import log\n\nX = log(\n    -1\n)\n",
}

MISTAKES = {
    # names
    "run CMR": "unknown experiment 'CMR'. Did you mean 'cmr_sweep'",
    "run zzzz": "All {experiments} are listed by `cogmem list experiments`",
    "run cmr_sweep --preset quik": "Did you mean 'quick'?",
    "list cmrr": "Did you mean 'cmr'?",
    "list experimentz": "Did you mean 'experiments'?",
    "list experiments cmr_swep": "unknown experiment 'cmr_swep'. Did you mean 'cmr_sweep'",
    "list GRU": "GRU is a participant without a card of its name",
    "cite cmrr": "Did you mean 'cmr' or 'cmr2'?",
    "data PERS --csv new.csv": "unknown data set 'PERS'. Did you mean 'peers'",
    "where lag_cpr": "Did you mean 'lag_crp'",
    # settings
    "run cmr_sweep --set model.lerning_rate=0.3": "Did you mean 'model.learning_rate'?",
    "run cmr_sweep --set learning_rate=0.3": "Did you mean 'model.learning_rate'?",
    "run merging --set learning_rate=0.1": "Did you mean 'rate'",
    "run permuted_digits --set batch=8": "Did you mean 'batch_size'",
    "compare --set n_subjects=3": "Did you mean 'n_people'",
    # data
    "fit CMR --data peer": "unknown data set 'peer'. Did you mean 'peers'?",
    "fit CMR --data nope.csv": "there is no file nope.csv, looked for in",
    "fit CMR --data nope.mat": "there is no file nope.mat, looked for in",
    "fit CMR --data empty.csv": "empty.csv is empty, expected a table",
    "fit CMR --data semicolons.csv": "parted by semicolons, expected commas",
    "fit CMR --data latin.csv": "line 3 of latin.csv, '1,1,study,2,CAF\xc9', is not UTF-8 text",
    "fit CMR --data capitals.csv": "line 4: 'pie', list 1 of subject 1 has 'PIE'; write them alike",
    "compare --data capitals.csv": "line 4: 'pie', list 1 of subject 1 has 'PIE'; write them alike",
    "fit CMR --data strangers.csv": "of the 1 recall in 1 list, none is of a word of its list",
    "fit CMR --data book.xlsx": "Save a spreadsheet as CSV UTF-8, with commas",
    "fit CMR --data .": ". is not a Psych-DS folder of free recall",
    "fit CMR --data adam2015": "adam2015 is a set of change detection",
    "compare --data nope.csv": "there is no file nope.csv, looked for in",
    "compare --data empty.csv": "empty.csv is empty, expected a table",
    "compare --data semicolons.csv": "parted by semicolons, expected commas",
    "compare --data book.xlsx": "book.xlsx is an Excel workbook",
    "compare --data .": ". is a folder, expected a table (.csv)",
    # fits
    "fit CMRR --data mine.csv": "unknown model 'CMRR'. Did you mean 'CMR'?",
    "fit HLOP --data mine.csv": "HLOP does not sit free recall: no candidates without a cue",
    "fit null --data mine.csv": "null has no free parameter",
    "fit CMR --data nope.csv --level 95": "level is 95.0, expected above 0 and below 1, e.g. 0.95",
    "fit CMR --data nope.csv --starts 0": "starts is 0, expected 1 or more",
    "fit CMR --data nope.csv --steps -3": "steps is -3, expected 1 or more",
    "fit CMR --data nope.csv --by person": "by is 'person', expected 'subject' or 'group'",
    # participants of one's own
    "compare --model nope.py": "nope.py is no file; expected one that registers a participant",
    "compare --model nobody.py": "nobody registers in nobody.py",
    "compare --model mine.csv": "mine.csv is no Python file",
    "compare --model no_import.py": "no_import.py, line 2: ModuleNotFoundError: No module named",
    "compare --model no_python.py": "no_python.py: SyntaxError: invalid syntax (no_python.py, li",
    "compare --model late.py": "late.py, line 3: ValueError: math domain error",
    # what was made
    "show nope.json": "there is no file nope.json, looked for in",
    "show broken.json": "broken.json is no JSON",
    "show other.json": "other.json does not say what ran",
    "show nope.zarr": "nope.zarr is not a store of results (nothing is there)",
    "show .": ". is not a store of results; expected one (NAME.zarr)",
    # where it goes
    "run cmr_sweep --out mine.csv": "mine.csv is a file, or is below one; expected a folder",
    "run cmr_sweep --out mine.csv/x": "mine.csv/x is a file, or is below one",
    "fit CMR --data peers --out mine.csv": "mine.csv is a file, or is below one",
    "sweep cmr_sweep --store mine.csv": "mine.csv is a file, or is below one",
    "data peers --csv mine.csv/new.csv": "mine.csv is a file, or is below one",
    "data peers --csv mine.csv": "mine.csv would be overwritten",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with files right and wrong; results go below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COGMEM_RESULTS", str(tmp_path / "results"))
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("typed", MISTAKES)
def test_a_mistake_is_answered_in_words(typed: str, folder: Path) -> None:
    from cogmem.lab.experiment import list_experiments

    answered = CliRunner().invoke(cli.app, typed.split())
    told = MISTAKES[typed].format(experiments=len(list_experiments()))
    assert isinstance(answered.exception, SystemExit), answered.exc_info
    assert answered.exit_code == 2
    assert told in answered.output
    assert len(answered.output) < 1000
    assert {path.name for path in folder.iterdir()} - {"results", "figures"} == {*FILES}


@pytest.mark.parametrize("typed", ["list CMR", "list tensor-brain", "list experiments cmr_sweep"])
def test_what_is_near_enough_is_understood(typed: str, folder: Path) -> None:
    answered = CliRunner().invoke(cli.app, typed.split())
    assert answered.exit_code == 0
    assert answered.output
