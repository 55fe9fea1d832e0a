"""Notebooks as they were stored: links made to lead to pages, and nothing loaded from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sitegen.links import ROOT, Links

__all__ = ["index", "paths", "plain_html", "prepared", "title"]

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NOTHING = re.compile(r"<pre[^>]*>\s*</pre>\s*")
_DROPPED = (
    re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL),
    re.compile(r'<div class="zeroclipboard-container">.*?</clipboard-copy>\s*</div>', re.DOTALL),
    re.compile(r'<div[^>]*class="clipboard-copy-txt"[^>]*>.*?</div>', re.DOTALL),
)
_HIGHLIGHTED = re.compile(
    r'<div class="highlight-ipynb[^"]*"><pre>(<span></span>)?(.*?)</pre></div>', re.DOTALL
)


def paths() -> list[Path]:
    """The notebooks, in order of their names."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def title(path: Path) -> str:
    """The first heading of a notebook; its name if it has none."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("# "):
            return source.partition("\n")[0].removeprefix("# ").strip()
    return path.stem


def index() -> str:
    """The page that lists them."""
    rows = [f"| [{path.stem}]({path.name}) | {title(path)} |" for path in paths()]
    told = (
        "Each runs from top to bottom in minutes, and is shown here with the outputs that are "
        "stored in it. Sliders move only\nin a running notebook, which `cogmem lab` opens."
    )
    return "\n".join(["# Notebooks", "", told, "", "| notebook | |", "|---|---|", *rows, ""])


def prepared(path: Path, text: str, links: Links) -> str:
    """A notebook for the site, as JSON.

    Args:
        path: of the notebook.
        text: what is in it.
        links: see `Links.rewritten`.
    """
    book = json.loads(text)
    place = path.relative_to(ROOT).as_posix()
    book["metadata"].pop("widgets", None)
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = links.rewritten("".join(cell["source"]), place, place, built=True)
        elif cell["cell_type"] == "code":
            outputs = [_without_widget(output) for output in cell["outputs"]]
            cell["outputs"] = [output for output in outputs if _shows(output)]
    return json.dumps(book, ensure_ascii=False)


def plain_html(html: str) -> str:
    """A converted notebook without scripts and styles of its own: the site's own are used.

    Args:
        html: of mkdocs-jupyter.
    """
    for dropped in _DROPPED:
        html = dropped.sub("", html)
    html = html.replace('class="anchor-link"', 'class="headerlink"')
    return _HIGHLIGHTED.sub(
        r'<div class="highlight"><pre><span></span><code>\2</code></pre></div>', html
    )


def _without_widget(output: Mapping[str, Any]) -> dict[str, Any]:
    """What a slider looked like, not the slider: it would ask the network for its script."""
    data = dict(output.get("data", {}))
    is_widget = data.pop(_WIDGET, None) is not None
    if is_widget and set(data) == {"text/plain"}:
        data = {}
    return {**output, "data": data} if "data" in output else dict(output)


def _shows(output: Mapping[str, Any]) -> bool:
    if "data" not in output:
        return True
    html = "".join(output["data"].get("text/html", ""))
    return bool(output["data"]) and not (html and _NOTHING.fullmatch(html))
