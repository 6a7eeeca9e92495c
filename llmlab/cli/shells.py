"""The shells whose Tab completes: the script of each, where it goes, and how a candidate is written for it.

The scripts are in configs/completion. They hand over the line up to the cursor, and are answered a candidate a line;
none at all means a file's name.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.packaged import packaged

Shell = Literal["bash", "zsh", "fish", "powershell"]
SHELLS: tuple[Shell, ...] = get_args(Shell)
ENDING: dict[Shell, str] = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}
SETTINGS: dict[Shell, str] = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "powershell": "$PROFILE"}  # fish needs no line
PLAIN = re.compile(r"[^\w@%+=:,./-]")  # what bash may read otherwise than as itself
ACTIVE = re.compile(r'["$`\\]')  # the same between double quotation marks
MARKS = re.compile("['\u2018-\u201b]")  # what ends a text between single quotation marks in PowerShell


def script(shell: Shell) -> str:
    """The script that makes a shell ask llmlab what may follow."""
    return (packaged() / "completion" / f"llmlab.{ENDING[shell]}").read_text(encoding="utf-8")


def place(shell: Shell, environ: Mapping[str, str]) -> Path:
    """Where the script goes: to where the shell looks for it, or beside our own data."""
    data = _folder(environ, "XDG_DATA_HOME", ".local/share")
    if shell == "bash":  # https://github.com/scop/bash-completion: looked for there when it is installed
        return data / "bash-completion/completions/llmlab"
    if shell == "fish":  # https://fishshell.com/docs/current/completions.html#where-to-put-completions
        return _folder(environ, "XDG_CONFIG_HOME", ".config") / "fish/completions/llmlab.fish"
    return data / "llmlab/completion" / f"llmlab.{ENDING[shell]}"


def line(shell: Shell, path: Path) -> str:
    """What a shell's settings need to say, so that each new shell reads the script; "" where it does by itself."""
    name = str(path)
    inside = _for_powershell(name) if shell == "powershell" else _for_bash(name, "'")
    return "" if shell == "fish" else f". '{inside}'"


def has_line(shell: Shell, wanted: str, environ: Mapping[str, str]) -> bool:
    """Whether the shell's settings say so already, as far as we can find them."""
    folder = environ.get("ZDOTDIR") if shell == "zsh" else None
    path = Path(folder or _home(environ)) / SETTINGS[shell].removeprefix("~/")
    try:
        return wanted in path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def running(environ: Mapping[str, str]) -> Shell:
    """The shell that has started us. Raises MisuseError where that is none of ours."""
    import shellingham

    try:
        name = str(shellingham.detect_shell()[0])
    except (shellingham.ShellDetectionFailure, OSError):
        name = Path(environ.get("SHELL", "")).name
    for shell in SHELLS:
        if shell == name or (shell, name) == ("powershell", "pwsh"):
            return shell
    known = tr(", ").join(SHELLS)
    raise MisuseError(
        tr("the shell {name!r} has no completion of ours", name=name), tr("name one of: {known}", known=known)
    )


def written(shell: str, value: str, meaning: str, mark: str) -> str:
    """A candidate as the shell's script reads it, after an open quotation mark or none."""
    if shell == "bash":
        return _for_bash(value, mark)
    if shell == "zsh":
        value = re.sub(r"[\\:]", r"\\\g<0>", value)
        return f"{value}:{meaning}" if meaning else value
    if shell == "powershell" and not re.fullmatch(r"[\w./-]+", value):
        value = f"'{_for_powershell(value)}'"
    return f"{value}\t{meaning}" if meaning else value


def _for_bash(value: str, mark: str) -> str:
    """bash puts a candidate into the line as it is: nothing of it may be read as a command."""
    if mark == "'":
        return value.replace("'", "'\\''")
    if mark:
        return ACTIVE.sub(r"\\\g<0>", value).replace("!", "\"'!'\"")  # no backslash keeps ! from the history there
    return PLAIN.sub(r"\\\g<0>", value)


def _for_powershell(value: str) -> str:
    """A text between single quotation marks; typographic ones are such marks too."""
    return MARKS.sub(r"\g<0>\g<0>", value)


def _folder(environ: Mapping[str, str], name: str, usual: str) -> Path:
    """A folder that XDG names, else the usual one: https://specifications.freedesktop.org/basedir-spec/latest/."""
    asked = Path(environ.get(name, ""))
    return asked if asked.is_absolute() else _home(environ) / usual  # "all paths must be absolute", others be ignored


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())
