"""Real shells on a terminal of their own: a line is typed, Tab pressed, and the shell says which words it has then."""

import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmlab.cli.shells import SHELLS, script

pty = pytest.importorskip("pty")
START = {"bash": ["bash", "--norc", "--noprofile"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}
WAIT_S = 20
LINES = {  # what is typed before Tab, and the words that the shell has then
    "llmlab neigh": ["neighbors"],
    "llmlab completion inst": ["completion", "install"],
    "llmlab generate --max": ["generate", "--max-tokens"],
    "llmlab prob a -f ts": ["prob", "a", "-f", "tsv"],
    "llmlab prob a --model gem": ["prob", "a", "--model", "gemma-3-270m"],
    "llmlab prob a --model=gem": ["prob", "a", "--model=gemma-3-270m"],
    "llmlab neighbors a --spaces minilm,bil": ["neighbors", "a", "--spaces", "minilm,bilingual"],
    "llmlab neighbors --space mine quee": ["neighbors", "--space", "mine", "queen"],
    "llmlab neighbors --space mine 皇后": ["neighbors", "--space", "mine", "皇后娘娘"],
    "llmlab neighbors --space mine d\\'": ["neighbors", "--space", "mine", "d'or"],
    "llmlab neighbors --space mine co:": ["neighbors", "--space", "mine", "co:op"],
    "llmlab neighbors --space mine at@h": ["neighbors", "--space", "mine", "at@home"],
    'llmlab neighbors --space mine "king - man + wom': ["neighbors", "--space", "mine", "king - man + woman"],
    'llmlab neighbors --space mine "co:': ["neighbors", "--space", "mine", "co:op"],
    'llmlab neighbors a --space="minil': ["neighbors", "a", "--space=minilm"],
    "llmlab neighbors --space mine king' - man + wom": ["neighbors", "--space", "mine", "king - man + woman"],
    "llmlab neighbors --space mine 'don": ["neighbors", "--space", "mine", "don't"],
    'llmlab neighbors --space mine "lo': ["neighbors", "--space", "mine", "lo$(id)ve"],
    "llmlab neighbors --space mine 'lo": ["neighbors", "--space", "mine", "lo$(id)ve"],
    "llmlab neighbors --space mine lo": ["neighbors", "--space", "mine", "lo$(id)ve"],
    'llmlab neighbors --space mine "ti': ["neighbors", "--space", "mine", "ti`id`ck"],
    'llmlab neighbors --space mine "sa': ["neighbors", "--space", "mine", 'sa"y'],
    'llmlab neighbors --space mine "wow': ["neighbors", "--space", "mine", "wow!!x"],
    'llmlab neighbors --space mine "sl': ["neighbors", "--space", "mine", "sl\\\\nash"],
    "llmlab perplexity some": ["perplexity", "some file.txt"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a file in it, and the space mine in a cache; the shell's environment is that of the process."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "LLMLAB_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path), "TERM": "xterm"}
    own |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "LLMLAB_LANG": "en"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    Path("some file.txt").touch()
    rows = {
        "king": "1 2",
        "queen": "2 1",
        "woman": "3 1",
        "皇后娘娘": "1 1",
        "d'or": "1 0",
        "co:op": "0 2",
        "at@home": "1 3",
    }
    rows |= dict.fromkeys(("don't", "lo$(id)ve", "ti`id`ck", 'sa"y', "wow!!x", "sl\\\\nash"), "2 2")
    Path("v.vec").write_text("".join(f"{word} {row}\n" for word, row in rows.items()), encoding="utf-8")
    subprocess.run(["llmlab", "space", "import", "mine", "v.vec"], check=True, capture_output=True)
    return tmp_path


class Terminal:
    """A shell on a terminal."""

    def __init__(self, shell):
        self.child, self.end = pty.fork()
        if self.child == 0:
            os.execvp(START[shell][0], START[shell])

    def type(self, text):
        os.write(self.end, text.encode())

    def until(self, pattern):
        """What the shell has drawn when it says what is waited for."""
        drawn, last = "", time.monotonic() + WAIT_S
        while not (found := re.search(pattern, drawn, re.DOTALL)) and time.monotonic() < last:
            if select.select([self.end], [], [], 0.2)[0]:
                drawn += os.read(self.end, 65536).decode(errors="replace")
        assert found, drawn
        return found

    def close(self):
        os.kill(self.child, 9)
        os.close(self.end)
        os.waitpid(self.child, 0)


@pytest.fixture(params=START)
def terminal(folder, request):
    """Each shell that is here, ready to complete llmlab."""
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param} here")
    (folder / "script").write_text(script(request.param), encoding="utf-8")
    terminal = Terminal(request.param)
    try:
        terminal.type("source ./script\n")
        terminal.type("printf 'rea%s\\n' dy\n")
        terminal.until("ready")
        time.sleep(0.4)
        yield terminal
    finally:
        terminal.close()


def test_tab_completes(terminal):
    found = {}
    for number, line in enumerate(LINES):
        terminal.type(f"{line}\t\x01printf '[%s]' {number} \x05 END\n")  # printf says what stands there
        words = terminal.until(rf"\[{number}\]\[llmlab\]([^\r\n]*?)\[END\]")[1]
        found[line] = re.findall(r"\[([^\]]*)\]", words)
        time.sleep(0.4)  # until it reads keys again
    assert found == LINES


def test_what_may_follow_is_listed_in_its_order(terminal):
    terminal.type("llmlab lesson \t\t")
    assert terminal.until(r"(?<!\d)1\s[^\n]*\n2\s[^\n]*\n3\s")  # by name 10 would stand below 1


@pytest.mark.skipif(not shutil.which("pwsh"), reason="no PowerShell here")
def test_powershell_completes(folder):
    (folder / "script.ps1").write_text(script("powershell"), encoding="utf-8")
    for line, words in {"llmlab neigh": ["neighbors"], "llmlab space sh": ["show"]}.items():
        code = f". ./script.ps1; (TabExpansion2 '{line}' {len(line)}).CompletionMatches.CompletionText"
        done = subprocess.run(["pwsh", "-NoProfile", "-Command", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == words


@pytest.mark.parametrize("shell", SHELLS)
def test_what_install_prints_makes_the_shell_complete(folder, shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    line = subprocess.run(["llmlab", "completion", "install", shell], check=True, capture_output=True, text=True).stdout
    asked = {
        "bash": f"{line}\ncomplete -p llmlab",
        "zsh": f"{line}\nprint $_comps[llmlab]",
        "fish": f"{line}\ncomplete -C 'llmlab space expor'",
        "powershell": f"{line}\n(TabExpansion2 'llmlab space expor' 18).CompletionMatches.CompletionText",
    }[shell]
    done = subprocess.run([shell, "-c", asked], check=True, capture_output=True, text=True)
    assert re.search(r"-F _llmlab_complete llmlab|^_llmlab$|^export\b", done.stdout.strip()), done.stderr
