"""`cogmem new-experiment NAME`: an experiment that works, and its test, for a user to change.

Nothing of cogmem needs to be edited: the file is named on the command line, `cogmem run ./NAME.py`,
or lies in the folder that the environment variable COGMEM_EXPERIMENTS names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cogmem.lab.new_model import filled, words_of

__all__ = ["files_of", "next_steps"]

_TEMPLATES = {"{name}.py": "experiment.txt", "test_{name}.py": "experiment_test.txt"}


def files_of(name: str, taken: Iterable[str] = ()) -> dict[str, str]:
    """The files of a new experiment, by name: text of its script and of its test.

    Args:
        name: of the script, e.g. "slow_drift"; also of its figure.
        taken: names of other experiments.

    Raises:
        InvalidValue: for a name that no module can have, or that is taken.
    """
    return filled(_TEMPLATES, words_of(name, taken, "an experiment"))


def next_steps(paths: Iterable[Path]) -> str:
    """What can be done with the files, as commands.

    Args:
        paths: of the script and of its test.
    """
    script, test = paths
    folder = script.absolute().parent
    return "\n".join(
        [
            f"Change {script} into your experiment. Then:",
            f"  cogmem run {script}",
            f"  cogmem sweep {script} --over model.encoding_drift=0.1:0.9:9",
            f"  pytest {test}",
            f"To call it {script.stem}, without the path: export COGMEM_EXPERIMENTS={folder}",
        ]
    )
