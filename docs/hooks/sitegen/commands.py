"""The command line, as the program itself tells it."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from cogmem.cli import app

__all__ = ["page"]


def page() -> str:
    """Every command with its arguments and options."""
    commands = dict(sorted(get_command(app).commands.items()))  # type: ignore[attr-defined]
    told = (
        "Every command says the same with `--help`. A wrong name or value is refused before "
        "anything is computed, and the\nmessage says what was expected."
    )
    return "\n\n".join(["# Commands", told, *(_command(*each) for each in commands.items())]) + "\n"


def _command(name: str, command: Any) -> str:
    shown = [_row(one) for one in command.params if one.name != "help"]
    table = "\n".join(["| | | if not said |", "|---|---|---|", *shown])
    return f"## cogmem {name}\n\n{' '.join((command.help or '').split())}" + (
        f"\n\n{table}" if shown else ""
    )


def _row(one: Any) -> str:
    is_option = one.param_type_name == "option"
    name = ", ".join(one.opts) if is_option else str(one.metavar or one.name).upper()
    about = " ".join((getattr(one, "help", "") or "").split()).replace("|", r"\|")
    flag = is_option and one.is_flag
    told = "" if flag or one.default in (None, "", ()) or callable(one.default) else one.default
    needed = "needed" if one.required else told
    return f"| `{name}` | {about} | {needed} |"
