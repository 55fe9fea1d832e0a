"""`cogmem lab`: JupyterLab in the folder of the notebooks, with everything ready.

The notebooks are those of a checkout; an installed cogmem carries its own, of which a copy is made
for the user to change.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import cogmem
from cogmem.errors import CogmemError, InvalidValue, MissingExtra

__all__ = ["Server", "environment", "notebooks_folder", "prepare", "serving", "start"]

WELCOME = "01_welcome.ipynb"
"""What is opened first."""

COPY = "cogmem-notebooks"
"""Folder of the copy, in the working folder, if no other is named."""

SOURCES = "sources"
"""Folder in it, of the files of code that notebooks link to."""

_LINK = re.compile(r"\]\(\.\./(?P<path>[\w./-]+)\)")

SECONDS_TO_START, SECONDS_TO_STOP = 120.0, 15.0

_CACHE = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")
"""JAX's settings that kernels take over from this process, each by a variable of its name."""

_PREFERENCES = {
    # A laboratory asks no questions and calls nobody: neither news nor newer versions.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}
"""JupyterLab's settings where the user has none of their own."""


class NotStarted(CogmemError, RuntimeError):
    """JupyterLab ended before it could be used; the message holds its own last words."""


class Server(NamedTuple):
    """A JupyterLab that runs.

    Attributes:
        process: of it.
        address: where it answers, ending in "/".
        token: which a browser must show; "" if the user's own settings ask for none.
        folder: of the notebooks.
    """

    process: subprocess.Popen[bytes]
    address: str
    token: str
    folder: Path

    def url(self, notebook: str = WELCOME) -> str:
        """The address of a notebook; of JupyterLab if there is none of that name."""
        shown = f"?{urlencode({'token': self.token})}" if self.token else ""
        return f"{self.address}{_page(self.folder, notebook)}{shown}"


def start(folder: Path | None = None, port: int | None = None, browser: bool = True) -> int:
    """Start JupyterLab, say where it runs, and wait for its end or Ctrl-C.

    Args:
        folder: of a copy of the notebooks; see `notebooks_folder`.
        port: where it answers; 8888 or the next free one if None.
        browser: whether to open it in the browser.

    Returns:
        Its exit code, 0 after Ctrl-C.

    Raises:
        MissingExtra: if JupyterLab is not installed.
        InvalidValue: if the folder is a file, or the kernel is of another Python.
        NotStarted: if it ends at once, e.g. as the port is taken.
    """
    try:
        with _ended_by_signal(), serving(folder, port, browser=browser) as server:
            print(f"JupyterLab runs at {server.url()} (Ctrl-C ends it)", flush=True)
            return server.process.wait()
    except KeyboardInterrupt:
        return 0


@contextmanager
def serving(
    folder: Path | None = None, port: int | None = None, *, browser: bool = False
) -> Iterator[Server]:
    """JupyterLab while the block runs; see `start`. It is stopped in the end, whatever happens."""
    for package in ("jupyterlab", "ipywidgets"):
        if find_spec(package) is None:
            raise MissingExtra(package, "notebooks")
    place = prepare(folder)
    with tempfile.TemporaryDirectory(prefix="cogmem-lab-") as scratch:
        settings = Path(scratch)
        # Whoever has a password of their own need not type it; a token of their own comes first.
        variables = environment(settings) | {"JUPYTER_TOKEN": secrets.token_hex(24)}
        _check_kernel(variables)
        _forget_ended()
        with (settings / "log").open("w+b") as log:
            process = subprocess.Popen(
                _command(place, port, browser),
                env=variables,
                # With a terminal to read from, Jupyter would ask whether Ctrl-C was meant.
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                address, token = _answering(process, settings / "log")
                yield Server(process, address, token, place)
            finally:
                _stop(process)


# ---- the notebooks -------------------------------------------------------------------------------


def notebooks_folder(folder: Path | None = None) -> Path:
    """Where `cogmem lab` works, whether or not it is there already.

    Args:
        folder: for a copy of the notebooks; if None, the notebooks of a checkout themselves, and
            without one a copy in `cogmem-notebooks` below the working folder.
    """
    if folder is not None:
        return folder.expanduser().absolute()
    own = _own_notebooks()
    return own if own.parent != _package() else Path.cwd() / COPY


def prepare(folder: Path | None = None) -> Path:
    """The folder of `notebooks_folder`, with the notebooks in it; what is there already stays.

    Raises:
        InvalidValue: if the folder is a file.
    """
    place, own = notebooks_folder(folder), _own_notebooks()
    if place.exists() and not place.is_dir():
        raise InvalidValue(f"{place} is a file, expected a folder for the notebooks.")
    place.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(own.glob("*.ipynb")):
        if not (place / notebook.name).exists():
            text = notebook.read_text(encoding="utf-8")
            (place / notebook.name).write_text(_with_sources(text, place), encoding="utf-8")
    return place


def _with_sources(text: str, place: Path) -> str:
    """A notebook whose links to code lead to copies of it, which a browser can open."""

    def relinked(link: re.Match[str]) -> str:
        original = _behind(link["path"])
        if not original.is_file():
            return link[0]
        copy = place / SOURCES / link["path"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, copy)
        return f"]({SOURCES}/{link['path']})"

    return _LINK.sub(relinked, text)


def _behind(link: str) -> Path:
    """The file of a link to code: of the checkout, or of the installed package."""
    checkout = _package().parent / link
    return checkout if checkout.is_file() else _package() / link


def _own_notebooks() -> Path:
    """`notebooks/` of a checkout, or what an installed cogmem carries."""
    checkout = _package().parent / "notebooks"
    return checkout if (checkout / WELCOME).is_file() else _package() / "notebooks"


def _package() -> Path:
    return Path(cogmem.__file__).parent


def _root(folder: Path) -> Path:
    """What a browser may open: a whole checkout, to which its notebooks link, else their folder."""
    return folder.parent if folder == _package().parent / "notebooks" else folder


def _page(folder: Path, notebook: str) -> str:
    """Where JupyterLab shows a notebook, or itself if there is none of that name."""
    path = folder / notebook
    return f"lab/tree/{path.relative_to(_root(folder)).as_posix()}" if path.is_file() else "lab"


# ---- JupyterLab ----------------------------------------------------------------------------------


def environment(settings: Path) -> dict[str, str]:
    """Variables of the process: those of this one, and what makes notebooks ready.

    Compiled programs are kept from one kernel to the next, figures are shown below their cell, and
    this environment's kernels come before those of the user's home.

    Args:
        settings: an empty folder, which is filled with JupyterLab's settings.
    """
    import jax

    from cogmem.lab.runtime import compilation_cache

    compilation_cache()
    labconfig = settings / "labconfig"
    labconfig.mkdir(parents=True)
    (labconfig / "default_setting_overrides.json").write_text(json.dumps(_PREFERENCES))
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return {
        **os.environ,
        **{name.upper(): str(getattr(jax.config, name)) for name in _CACHE},
        "JUPYTER_CONFIG_PATH": os.pathsep.join([*([others] if others else []), str(settings)]),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def _command(folder: Path, port: int | None, browser: bool) -> list[str]:
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={_root(folder)}"]
    words.append(f"--LabApp.default_url=/{_page(folder, WELCOME)}")
    if port is not None:  # that one or none; else Jupyter looks for a free one
        words += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        words.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    return words


def _check_kernel(variables: Mapping[str, str]) -> None:
    """Notebooks must run in this Python, which has this cogmem.

    Raises:
        InvalidValue: if the kernel "python3" is of another.
    """
    words = [sys.executable, "-m", "jupyter_client.kernelspecapp", "list", "--json"]
    said = subprocess.run(words, env=dict(variables), capture_output=True, check=True).stdout
    specs = json.loads(said)["kernelspecs"]
    python = specs["python3"]["spec"]["argv"][0] if "python3" in specs else "no Python"
    if not _is_this_python(python):
        raise InvalidValue(
            f"the notebooks' kernel, python3, is of {python}, expected {sys.executable}. Run: "
            f"{sys.executable} -m ipykernel install --sys-prefix"
        )


def _is_this_python(python: str) -> bool:
    """Whether a kernel's program is ours. Not resolved: environments share what they link to."""
    major, minor = sys.version_info[:2]
    if python in ("python", f"python{major}", f"python{major}.{minor}"):
        return True  # Jupyter puts its own Python there
    ours = Path(sys.executable).absolute().parent
    return Path(python).parent.is_dir() and Path(python).parent.samefile(ours)


def _forget_ended() -> None:
    """Remove what servers that were killed left of themselves: a new one may get their number."""
    from jupyter_server.serverapp import list_running_servers

    for _ in list_running_servers():  # which removes it
        pass


def _answering(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    """Wait until the server says where it answers, and to which token.

    Raises:
        NotStarted: if it ends before, or takes too long.
    """
    from jupyter_server.serverapp import list_running_servers

    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < SECONDS_TO_START:
        for found in list_running_servers():
            if found["pid"] == process.pid and _listens(str(found["url"])):
                return str(found["url"]), str(found["token"])
        time.sleep(0.1)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-8:]
    raise NotStarted("JupyterLab did not start. It said:\n" + "\n".join(last))


def _listens(url: str) -> bool:
    """Whether somebody takes calls there: a server tells of itself a moment before it does."""
    place = urlsplit(url)
    try:
        with socket.create_connection((place.hostname, place.port or 80), timeout=1):
            return True
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it, with its kernels; by force if it takes too long or Ctrl-C is pressed again."""
    try:
        process.terminate()
        process.wait(SECONDS_TO_STOP)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let the signal that asks a process to end, end it as Ctrl-C does: the server too."""

    def end(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
