"""What is made from the code: docstrings, notebooks and commands, in the form the site needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
import griffe

from tests.docs.pages import HOOKS, ROOT

sys.path.insert(0, str(HOOKS))
from sitegen import commands, datasets, docstrings, notebooks
from sitegen.links import Links


def documented(parent: griffe.Object) -> Iterator[griffe.Object]:
    """An object and all inside it, but for names that are only imported."""
    yield parent
    for member in parent.members.values():
        if not member.is_alias:
            yield from documented(member)


def test_every_docstring_is_understood(caplog: pytest.LogCaptureFixture) -> None:
    extensions = griffe.load_extensions(str(HOOKS / "sitegen" / "docstrings.py"))
    package = griffe.load("cogmem", search_paths=[ROOT], extensions=extensions)
    texts = [each.docstring for each in documented(package) if each.docstring]
    assert len(texts) > 2000
    for text in texts:
        text.parse("google", returns_multiple_items=False)
    assert [record.getMessage() for record in caplog.records if "griffe" in record.name] == []


def test_names_described_together_get_an_entry_each() -> None:
    text = "Args:\n    low, high: ends\n        of it.\n    x: other.\n"
    apart = "Args:\n    low: ends\n        of it.\n    high: ends\n        of it.\n    x: other.\n"
    assert docstrings.entries_apart(text) == apart


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rows [task][layer]", r"rows [task]\[layer]"),
        ("`a[i](j)`", "`a[i](j)`"),
        ("see `cogmem.fit`", "see [`cogmem.fit`][cogmem.fit]"),
        ("`cogmem list`", "`cogmem list`"),
    ],
)
def test_brackets_are_no_links_and_dotted_names_are(text: str, expected: str) -> None:
    assert docstrings.links(text) == expected


def test_a_slider_is_shown_as_its_picture(tmp_path: Path) -> None:
    widget = "application/vnd.jupyter.widget-view+json"
    outputs = [
        {"output_type": "execute_result", "data": {widget: {}, "image/png": "x", "text/plain": ""}},
        {"output_type": "display_data", "data": {widget: {}, "text/plain": "Output()"}},
        {"output_type": "display_data", "data": {"text/html": "<pre></pre>", "text/plain": ""}},
        {"output_type": "stream", "text": "done"},
    ]
    book = {"metadata": {"widgets": {}}, "cells": [{"cell_type": "code", "outputs": outputs}]}
    path = ROOT / "notebooks" / "made_up.ipynb"  # a place, not a file
    ready = json.loads(notebooks.prepared(path, json.dumps(book), Links()))
    assert "widgets" not in ready["metadata"]
    kept = ready["cells"][0]["outputs"]
    assert [each["output_type"] for each in kept] == ["execute_result", "stream"]
    assert set(kept[0]["data"]) == {"image/png", "text/plain"}


def test_a_converted_notebook_keeps_no_script_and_shows_code_once() -> None:
    html = (
        "<style>a{}</style><script src='https://x'></script>"
        '<div class="zeroclipboard-container"><clipboard-copy>c</clipboard-copy></div>'
        '<div class="highlight-ipynb hl-python"><pre><span></span>x = 1</pre></div>'
        '<div class="clipboard-copy-txt" id="cell-1">x = 1</div>'
    )
    assert notebooks.plain_html(html) == (
        '<div class="highlight"><pre><span></span><code>x = 1</code></pre></div>'
    )


def test_the_page_of_commands_has_every_option() -> None:
    page = commands.page()
    assert "## cogmem sweep" in page
    assert "| `--over` | An axis:" in page
    assert "| `NAME` |" in page


def test_every_data_set_says_whose_it_is() -> None:
    from cogmem.data import catalogue, published_catalogue

    sets, tables = datasets.sets(), datasets.published_tables()
    assert [row["name"] for row in catalogue() if f"**`{row['name']}`**" not in sets] == []
    assert sets.count("- Licence: ") == len(catalogue())
    assert sets.count("- Cite: ") == len(catalogue())
    assert tables.count("\n| `") == len(published_catalogue())
