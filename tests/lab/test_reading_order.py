"""The map of the notebooks says what their first cells say, and refuses a gap in the order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cogmem.errors import InvalidValue
from cogmem.lab.reading_order import chapters, links, notebook_map, still, write_map

_FIRST = "# On forgetting\n\nYou will see a curve; it takes about a minute of computing.\n\nMore."
_CODE = 'people = load("peers")\nsitting("CMR")'


def _cell(kind: str, source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(True), **more}


def _write(folder: Path, name: str, first: str = _FIRST) -> None:
    book = {"cells": [_cell("markdown", first), _cell("code", _CODE, outputs=[])], "metadata": {}}
    (folder / name).write_text(json.dumps(book))


def test_a_chapter_is_what_the_first_cell_and_the_code_say(tmp_path: Path) -> None:
    _write(tmp_path, "01_forgetting.ipynb")
    (chapter,) = chapters(tmp_path)
    assert chapter.title == "On forgetting"
    assert chapter.learnt == "You will see a curve; it takes about a minute of computing."
    assert chapter.takes == "about a minute"
    assert (chapter.models, chapter.data) == (("CMR",), ("peers",))


def test_the_map_is_in_order_links_each_and_says_the_time_once(tmp_path: Path) -> None:
    _write(tmp_path, "02_later.ipynb", _FIRST.replace("forgetting", "relearning"))
    _write(tmp_path, "01_forgetting.ipynb")
    text = notebook_map(tmp_path)
    assert text.index("[On forgetting](01_forgetting.ipynb)") < text.index("(02_later.ipynb)")
    assert text.count("about a minute") == 2
    assert "cogmem lab" in text
    assert write_map(tmp_path).read_text() == text


@pytest.mark.parametrize("names", [("01_a.ipynb", "03_b.ipynb"), ("01_a.ipynb", "01_b.ipynb"), ()])
def test_a_gap_in_the_order_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        _write(tmp_path, name)
    with pytest.raises(InvalidValue, match="1, 2, 3"):
        chapters(tmp_path)


@pytest.mark.parametrize("first", ["# Only a heading", "No heading\n\nYou will see."])
def test_a_first_cell_without_heading_or_paragraph_is_refused(tmp_path: Path, first: str) -> None:
    _write(tmp_path, "01_a.ipynb", first)
    with pytest.raises(InvalidValue, match=r"01_a\.ipynb"):
        chapters(tmp_path)


def test_links_are_those_to_files() -> None:
    text = "[a](b.ipynb#there) [c](https://example.org) [d](#here) ![e](../f.png)"
    assert links({"cells": [_cell("markdown", text), _cell("code", "x[0](y)")]}) == [
        "b.ipynb",
        "../f.png",
    ]


def test_a_still_page_has_pictures_and_no_widgets() -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    outputs = [{"data": widget | {"image/png": "abc"}}, {"data": widget}, {"text": "said"}]
    cell = _cell("code", "explore()", outputs=outputs)
    made = still({"cells": [cell], "metadata": {"widgets": {"state": {}}}})
    assert made["cells"][0]["outputs"] == [{"data": {"image/png": "abc"}}, {"text": "said"}]
    assert made["metadata"] == {}
    assert cell["outputs"] is outputs
    assert outputs[1] == {"data": widget}
