"""Every notebook runs from top to bottom, is committed with small, clean outputs, and leads on."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cogmem.lab.reading_order import chapters, links, notebook_map, still

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# Of a cell: the client once missed the word that a cell was done, and only looked again after this.
SECONDS, BYTES, LINES = 300, 500_000, 5
A_MACHINE = re.compile(r"/home/|/Users/|/work/|/tmp/|/root/|site-packages|[A-Z]:\\\\")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


@each_notebook
def test_it_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COGMEM_RESULTS", str(tmp_path / "results"))
    copy = Path(shutil.copy(path, tmp_path))
    client = nbclient.NotebookClient(
        _read(copy),
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()  # raises at the first cell that fails, or takes longer than that


@each_notebook
def test_it_is_committed_with_its_outputs(path: Path) -> None:
    cells = [c for c in _read(path).cells if c.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert not [output for output in outputs if output.output_type == "error"]


@each_notebook
def test_without_a_kernel_there_is_a_picture_where_a_widget_was(path: Path) -> None:
    """What `cogmem.lab.reading_order.still` makes of a notebook that was run."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook == still(notebook)


@each_notebook
def test_it_is_small_and_tells_nothing_of_the_machine(path: Path) -> None:
    assert path.stat().st_size < BYTES
    notebook = _read(path)
    readable = [cell.source for cell in notebook.cells]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            told = ("text/plain", "text/html")
            readable += [output.get("text", ""), *(data.get(kind, "") for kind in told)]
    assert not A_MACHINE.search("\n".join(readable))


@each_notebook
def test_its_functions_are_a_few_lines(path: Path) -> None:
    for cell in _read(path).cells:
        if cell.cell_type == "code":
            code = re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    first, last = node.body[0].lineno, node.body[-1].end_lineno
                    assert last is not None
                    assert last - first < LINES, node.name


@each_notebook
def test_its_links_are_to_files_that_are_here(path: Path) -> None:
    for target in links(json.loads(path.read_text(encoding="utf-8"))):
        assert (FOLDER / target).exists(), target


def test_each_says_how_long_it_takes_and_leads_on_to_the_next() -> None:
    order = chapters(FOLDER)
    assert all(each.takes for each in order), [each.file for each in order if not each.takes]
    for each, after in zip(order, [*order[1:], order[0]], strict=True):
        cells = [c for c in _read(FOLDER / each.file).cells if c.cell_type == "markdown"]
        last = cells[-1].source
        assert re.search(r"Where to go next", last), each.file
        ahead = last.partition("Where to go next")[2]
        assert re.findall(r"\((\d\d_\w+\.ipynb)\)", ahead)[0] == after.file


def test_the_first_one_leads_to_all_others() -> None:
    first, *others = chapters(FOLDER)
    found = links(json.loads((FOLDER / first.file).read_text(encoding="utf-8")))
    assert {each.file for each in others} <= set(found)


def test_the_map_is_what_the_notebooks_give() -> None:
    """Made anew by `cogmem.lab.reading_order.write_map`."""
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == notebook_map(FOLDER)
