"""The fault table: what goes wrong, how it is made to, the command that meets it, and what must happen.

In a line GGUF, LM and ENCODER stand for tiny models, VEC, TEXT and WORDS for files, `mine`, `story` and `table` for
what the cache holds. `then` is what is asked after the fault; it answers as if nothing had been.
"""

import gzip
import io
import json
import signal
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faults.how import (
    How,
    bounded,
    copied,
    fed,
    flipped,
    full,
    holding,
    killed,
    read_only,
    replaced,
    shell,
    signalled,
    together,
    told,
    told_here,
    typed,
    without,
)
from safetensors.numpy import load_file, save_file

MINE = ("neighbors king --space mine -f jsonl",)
STORY = ("prob 'the cat' --model story -q",)
GGUF = ("prob 'the cat' --model GGUF -q",)
WIDE = ("prob 'the cat' --model GGUF --dtype float16 -q",)
PROB = "prob 'the cat' --model GGUF -q"
OUT = "generate The -n 8 -t 1 --max-tokens 4 --seed 1 --model GGUF --out out.jsonl"
KILL, HUP = -signal.SIGKILL, -signal.SIGHUP
MODEL = "prob 'the cat' --model m -q"
HOSTILE = "hostile files are refused elsewhere"


@dataclass(frozen=True)
class Fault:
    """`said` stands in the one line of complaint; without it there is none."""

    name: str
    how: How
    line: str
    code: int
    said: str = ""
    then: tuple[str, ...] = MINE
    damaged: str = ""  # the file that `cache check` names
    silent: bool = True  # nothing is on stdout
    pending: str = ""


def npy(header: str) -> bytes:
    """An .npy file of this header and no more."""
    text = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}, {"b": 2}], dtype=object))
    return file.getvalue()


def packed(size: int) -> bytes:
    """One line of so many bytes, packed."""
    return gzip.compress(b"x" * size)


def weights(change: Any) -> Any:
    """Change the arrays of a folder's safetensors."""

    def how(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        save_file(change(found), folder / "model.safetensors", metadata={"format": "pt"})

    return how


def cut(name: str, size: int) -> Any:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def config(**more: Any) -> Any:
    def how(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | more))

    return how


def templated(template: str) -> Any:
    return lambda folder: (folder / "chat_template.jinja").write_text(template)


def gone(*patterns: str) -> Any:
    def how(folder: Path) -> None:
        for pattern in patterns:
            for path in folder.glob(pattern):
                path.unlink()

    return how


NAN = {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}
KILLS = (
    Fault(
        "killed in an import",
        killed("open", r"\.new\.begun/"),
        "space import new VEC",
        KILL,
        then=("space import new VEC", "neighbors king --space new -f jsonl"),
    ),
    Fault(
        "killed as an import is named",
        killed("os.rename", r"\.new\.begun"),
        "space import new VEC",
        KILL,
        then=("space import new VEC", "neighbors king --space new -f jsonl"),
    ),
    Fault(
        "killed in an import's record",
        killed("open", r"record\.json"),
        "space import new VEC",
        KILL,
        then=("space import new VEC", "neighbors king --space new -f jsonl"),
    ),
    Fault(
        "killed as a file's space is made",
        killed("open", r"spaces/\.files/"),
        "neighbors king --space VEC",
        KILL,
        then=("neighbors king --space VEC -f jsonl",),
    ),
    Fault(
        "killed in a build",
        killed("open", r"\.new\.begun/", 2),
        "space build new --model GGUF --vocab model",
        KILL,
        then=("space build new --model GGUF --vocab model", "neighbors the --space new -f jsonl"),
    ),
    Fault(
        "killed in a preparation",
        killed("open", r"gguf-bfloat16.*tmp"),
        "prob a --model GGUF --dtype bfloat16",
        KILL,
        then=("prob a --model GGUF --dtype bfloat16 -q",),
    ),
    Fault(
        "killed as a preparation is named",
        killed("os.rename", r"gguf-bfloat16"),
        "prob a --model GGUF --dtype bfloat16",
        KILL,
        then=("prob a --model GGUF --dtype bfloat16 -q",),
    ),
    Fault(
        "killed in a conversion",
        killed("open", r"ctranslate2.*tmp"),
        "embed cat --model ENCODER -q",
        KILL,
        then=("embed cat --model ENCODER -q",),
    ),
    Fault(
        "killed in the training of an n-gram model",
        killed("open", r"trained/\.new"),
        "train ngram new --text TEXT",
        KILL,
        then=("train ngram new --text TEXT", "prob the --model new -q"),
    ),
    Fault(
        "killed as a training is named",
        killed("os.rename", r"trained/\.new"),
        "train ngram new --text TEXT",
        KILL,
        then=("train ngram new --text TEXT", "prob the --model new -q"),
    ),
    Fault(
        "killed in the training of vectors",
        killed("open", r"spaces/\.new"),
        "train vectors new --text TEXT",
        KILL,
        then=("train vectors new --text TEXT --seed 1", "neighbors cat --space new -q"),
    ),
    Fault("killed as --out is made", killed("open", r"out\.jsonl"), OUT, KILL, then=(f"{OUT} -f jsonl",)),
    Fault("killed as a space is removed", killed("os.rename", r"spaces/"), "space remove mine", KILL),
    Fault("killed as a cache is cleaned", killed("os.remove", r"cache"), "cache clean --yes", 0, silent=False),
)
FULL = "No space left on device"
DISK = (
    Fault(
        "an import on a full disk",
        full(64),
        "space import new VEC",
        1,
        "cannot write",
        silent=True,
        then=("space import new VEC", "neighbors king --space new -f jsonl"),
    ),
    Fault(
        "a build on a full disk",
        full(4096),
        "space build new --model GGUF --vocab model",
        1,
        "cannot write",
        then=("space build new --model GGUF --vocab model", "neighbors the --space new -f jsonl"),
    ),
    Fault(
        "a preparation on a full disk",
        full(4096),
        "prob a --model GGUF --dtype bfloat16",
        1,
        "cannot convert",
        then=("prob a --model GGUF --dtype bfloat16 -q",),
    ),
    Fault(
        "a training on a full disk",
        full(256),
        "train ngram new --text TEXT",
        1,
        "cannot write",
        then=("train ngram new --text TEXT", "prob the --model new -q"),
    ),
    Fault(
        "vectors trained on a full disk",
        full(256),
        "train vectors new --text TEXT",
        1,
        "cannot write",
        then=("train vectors new --text TEXT --seed 1", "neighbors cat --space new -q"),
    ),
    Fault("--out on a full disk", full(500), OUT, 1, "cannot write", then=(f"{OUT} -f jsonl",)),
    Fault("--out to a full device", typed, OUT.replace("out.jsonl", "/dev/full"), 1, "cannot write /dev/full: " + FULL),
    Fault("stdout is full", shell, f"$LLMLAB {PROB} > /dev/full", 1, f"stdout cannot be written: {FULL}"),
    Fault(
        "a picture on a full disk",
        full(500),
        "next The --model GGUF --plot p.svg",
        1,
        "cannot write p.svg",
        silent=False,
    ),
)
PLACES = (
    Fault("a cache that may not be written", read_only("ro", "ro"), "space import new VEC", 1, "Permission denied"),
    Fault(
        "HOME that may not be written",
        read_only("home", "home/.cache/llmlab"),
        "space import new VEC",
        1,
        "Permission denied",
    ),
    Fault("no HOME", without("HOME"), PROB, 0, silent=False),
    Fault("the cache is a file", holding("file", b"x", told(LLMLAB_CACHE="./file")), "space import new VEC", 1, "file"),
    Fault(
        "the cache is below a file",
        holding("file", b"x", told(LLMLAB_CACHE="./file/below")),
        "prob a --model GGUF --dtype float16",
        1,
        "Not a directory",
    ),
    Fault("an empty name of the cache", told(LLMLAB_CACHE=""), PROB, 0, silent=False),
    Fault("--out in no folder", typed, OUT.replace("out.jsonl", "no/out.jsonl"), 2, "No such file or directory"),
    Fault("--out is a folder", typed, OUT.replace("out.jsonl", "."), 2, "Is a directory"),
    Fault("2 processes on a cold cache", together(2), "neighbors king --space VEC -f jsonl", 0, silent=False),
    Fault("8 processes on a cold cache", together(8), "prob a --model GGUF --dtype float16 -q", 0, silent=False),
)
ASKED = "neighbors king --space mine"
DAMAGE = "the space mine is damaged"
FLIPS = (
    Fault(
        "a bit of a space's record", flipped("spaces/mine/record.json", 400), ASKED, 1, DAMAGE, damaged="record.json"
    ),
    Fault("a bit of a space's words", flipped("spaces/mine/words.txt", 9), ASKED, 1, DAMAGE, damaged="words.txt"),
    Fault(
        "a bit of an index's header",
        flipped("spaces/mine/vectors.faiss", 40),
        ASKED,
        1,
        DAMAGE,
        damaged="vectors.faiss",
    ),
    Fault(
        "a lost line of words",
        replaced("spaces/mine/words.txt", lambda raw: raw.replace(b"man\n", b"", 1)),
        ASKED,
        1,
        DAMAGE,
        damaged="words.txt",
    ),
    Fault(
        "an index that is cut",
        replaced("spaces/mine/vectors.faiss", lambda raw: raw[:-9]),
        ASKED,
        1,
        DAMAGE,
        damaged="vectors.faiss",
    ),
    Fault(
        "an index of another FAISS version",
        replaced("spaces/mine/vectors.faiss", lambda raw: b"IxZ9" + raw[4:]),
        ASKED,
        1,
        DAMAGE,
        damaged="vectors.faiss",
    ),
    Fault(
        "a record that is no JSON",
        replaced("spaces/mine/record.json", lambda raw: b"{"),
        ASKED,
        1,
        DAMAGE,
        damaged="mine",
    ),
    Fault(
        "a bit of an n-gram model's counts",
        flipped("trained/story/ngram.npz", 900),
        "prob the --model story",
        1,
        "story",
        damaged="ngram.npz",
    ),
    Fault(
        "a bit of an n-gram model's record",
        flipped("trained/story/record.json", 300),
        "prob the --model story",
        1,
        "story",
        damaged="record.json",
    ),
    Fault(
        "a bit of a prepared model's header",
        flipped("models/*/gguf-float16/model.gguf", 70),
        WIDE[0],
        0,
        "it is made anew",
        then=WIDE,
        silent=False,
    ),
    Fault(
        "a prepared model's record is gone",
        replaced("models/*/gguf-float16/record.json", lambda raw: b""),
        WIDE[0],
        0,
        "made anew",
        then=WIDE,
        silent=False,
    ),
)
MODELS = (
    Fault("a model without a tokenizer", copied("LM", gone("tokenizer*", "special*")), MODEL, 1, "tokenizer"),
    Fault("a model without weights", copied("LM", gone("*.safetensors")), MODEL, 2, "holds no model weights"),
    Fault("a model without a config", copied("LM", gone("config.json")), MODEL, 1, "config.json"),
    Fault("a folder that holds nothing", holding("m/x", b""), MODEL, 2, "holds no model weights"),
    Fault(
        "NaN weights",
        copied("LM", weights(lambda all_: {n: one * np.nan for n, one in all_.items()})),
        MODEL,
        1,
        "number",
        pending=HOSTILE,
    ),
    Fault("pickled weights alone", copied("LM", pickled), MODEL, 1, "safetensors"),
    Fault("auto_map", copied("LM", config(model_type="evil", **NAN)), MODEL, 1, "m"),
    Fault(
        "truncated safetensors",
        copied("LM", cut("model.safetensors", 9000)),
        MODEL,
        1,
        "model.safetensors",
        pending=HOSTILE,
    ),
    Fault(
        "a safetensors header of 2^60 bytes",
        copied("LM", lambda m: (m / "model.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")),
        MODEL,
        1,
        "model.safetensors",
        pending=HOSTILE,
    ),
    Fault("a config that is no JSON", copied("LM", cut("config.json", 30)), MODEL, 1, "config.json"),
    Fault("a tokenizer that is no JSON", copied("LM", cut("tokenizer.json", 300)), MODEL, 1, "tokenizer"),
    Fault(
        "a truncated GGUF file",
        holding("x.gguf", b"GGUF\x03\x00\x00\x00" + bytes(16)),
        "prob a --model x.gguf",
        1,
        "x.gguf",
    ),
    Fault(
        "a GGUF header of 10^12 tensors",
        holding("x.gguf", b"GGUF" + struct.pack("<IQQ", 3, 10**12, 10**12)),
        "prob a --model x.gguf",
        1,
        "x.gguf",
    ),
    Fault("what is called GGUF and is none", holding("x.gguf", b"not at all"), "prob a --model x.gguf", 1, "x.gguf"),
    Fault("an empty GGUF file", holding("x.gguf", b""), "prob a --model x.gguf", 1, "x.gguf"),
    Fault(
        "a chat template that loops",
        copied(
            "LM", templated("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"), bounded
        ),
        "generate hi --model m -n 1 --max-tokens 1",
        1,
        "template",
        pending=HOSTILE,
    ),
    Fault(
        "a chat template that reaches for attributes",
        copied("LM", templated("{{ ''.__class__.__mro__ }}")),
        "generate hi --model m -n 1 --max-tokens 1",
        1,
        "template",
    ),
    Fault(
        "a chat template that is wrong",
        copied("LM", templated("{% if %}")),
        "generate hi --model m -n 1 --max-tokens 1",
        1,
        "template",
    ),
)
HUB = "prob a --model organisation/none -q"
NETWORK = (
    Fault("HF_HUB_OFFLINE", told(HF_HUB_OFFLINE="1"), HUB, 1, "HF_HUB_OFFLINE is set"),
    Fault("no network", told(HF_ENDPOINT="http://127.0.0.1:9"), HUB, 1, "cannot fetch organisation/none"),
    Fault("a name that is none", typed, "prob a --model gema-3-270m", 2, "gemma-3-270m"),
    Fault("an address that is none", typed, "prob a --model openai:m --base-url nowhere", 2, "nowhere"),
)
LINES = "prob - --model GGUF -q"
TEXTS = (
    Fault(
        "a text of 10 MB",
        holding("t.txt", b"the cat sat on the mat\n" * 450_000),
        "perplexity t.txt --model story",
        0,
        silent=False,
        then=STORY,
    ),
    Fault("an empty text", typed, "prob '' --model GGUF", 2, "the text is empty"),
    Fault("an empty stdin", fed(b""), LINES, 2, "no text is given"),
    Fault("blank lines alone", fed(b"\n  \n\t\n"), LINES, 2, "no text is given"),
    Fault("NUL", fed(b"a\0b\n"), LINES, 0, silent=False),
    Fault("invalid UTF-8", fed(b"the \xff cat\n"), LINES, 2, "stdin is not UTF-8 (line 1)"),
    Fault(
        "invalid UTF-8 after good lines",
        fed(b"a\nb\nc\n\xc3(\n"),
        LINES,
        2,
        "stdin is not UTF-8 (line 4)",
        silent=False,
    ),
    Fault("UTF-16", fed("the cat".encode("utf-16")), LINES, 2, "UTF-16"),
    Fault("a lone surrogate", typed, "prob 'a\udc80b' --model GGUF -q", 2, "UTF-8"),
    Fault("CRLF", fed(b"the cat\r\n"), LINES, 0, silent=False),
    Fault("BOM", fed(b"\xef\xbb\xbfthe cat\n"), LINES, 0, silent=False),
    Fault("a prompt beyond the context", typed, f"generate '{'the cat ' * 300}' --model GGUF -n 1", 2, "256"),
    Fault("a text beyond the context", typed, f"prob '{'the cat ' * 300}' --model GGUF -q", 0, silent=False),
    Fault("a file that is not there", typed, "pairs none.jsonl --model GGUF", 2, "No such file or directory"),
    Fault("a file without records", holding("p.jsonl", b""), "pairs p.jsonl --model GGUF", 2, "p.jsonl"),
    Fault("records that are no JSON", holding("p.jsonl", b'{"good": \n'), "pairs p.jsonl --model GGUF", 2, "p.jsonl"),
    Fault("records deep in each other", holding("p.jsonl", b"[" * 100_000), "pairs p.jsonl --model GGUF", 2, "p.jsonl"),
    Fault(
        "a gzip file that is cut",
        holding("v.vec.gz", gzip.compress(b"king 1 2\n" * 9000)[:-20]),
        "neighbors king --space v.vec.gz",
        1,
        "no whole gzip file",
    ),
)
NUMBERS = (
    Fault("K above the vocabulary", typed, "next The -k 100000 --model GGUF -f jsonl", 0, silent=False),
    Fault("K of neighbours above the vocabulary", typed, "neighbors king -k 100000 --space mine", 0, silent=False),
    Fault("K of 0", typed, "next The -k 0 --model GGUF", 2, "-k"),
    Fault("T of nan", typed, "generate The -t nan --model GGUF", 2, "nan"),
    Fault("T of inf", typed, "generate The -t inf --model GGUF", 2, "inf"),
    Fault("T below 0", typed, "generate The -t -1 --model GGUF", 2, "-1"),
    Fault("T of 1e-300", typed, "generate The -t 1e-300 -n 1 --max-tokens 2 --seed 1 --model GGUF", 0, silent=False),
    Fault("a seed below 0", typed, "generate The --seed -1 --model GGUF", 2, "seed -1"),
    Fault("a seed of 2^200", typed, f"generate The --seed {2**200} --model GGUF -n 1", 0, silent=False),
    Fault("samples of 10^12", typed, "generate The -n 1000000000000 --model GGUF", 1, "MiB"),
    Fault("tokens of 10^9", typed, "generate The --max-tokens 1000000000 --model GGUF", 2, "256"),
    Fault("top-p of 0", typed, "generate The --top-p 0 --model GGUF", 2, "top-p 0"),
)
WRONG = tuple(
    Fault(f"settings {name}", holding("s.toml", content), f"--config s.toml {ASKED}", 2, said)
    for name, content, said in (
        ("with an unknown key", b"colour = 1\n", "colour"),
        ("of a wrong type", b'threads = "many"\n', "threads"),
        ("that are broken", b"threads = \n", "s.toml"),
        ("that are no UTF-8", b"space = '\xff'\n", "s.toml"),
        ("with a number out of range", b"threads = -3\n", "threads"),
        ("of a NUL", b"\0", "s.toml"),
    )
)
SETTINGS = (
    *WRONG,
    Fault("settings that are not there", typed, f"--config none.toml {ASKED}", 2, "none.toml"),
    Fault("settings that are a folder", typed, f"--config . {ASKED}", 2, "Is a directory"),
    Fault("a variable of a wrong type", told_here(LLMLAB_THREADS="many"), PROB, 2, "LLMLAB_THREADS"),
)
MANY = "generate The -n 100000 -f jsonl --model GGUF"
STREAMS = (
    Fault("SIGINT", signalled("SIGINT"), MANY, 130, "interrupted"),
    Fault("SIGTERM", signalled("SIGTERM"), MANY, 143, "interrupted"),
    Fault("SIGHUP", signalled("SIGHUP"), MANY, HUP),
    Fault("stdout is closed", shell, f"$LLMLAB {PROB} >&-", 1, "stdout is closed"),
    Fault("stdin is closed and asked for", shell, f"$LLMLAB {LINES} <&-", 2, "stdin is closed"),
    Fault("stdin is closed", shell, f"$LLMLAB {PROB} <&-", 0, silent=False),
    Fault("stderr is closed", shell, f"$LLMLAB {PROB} 2>&-", 0, silent=False),
    Fault("the reader goes", shell, f"yes the | $LLMLAB {LINES} | head -2", 0, silent=False),
    Fault("LANG=C", told(LANG="C", LC_ALL="C"), "prob 好 --model GGUF", 0, silent=False),
    Fault("TERM=dumb", told(TERM="dumb"), PROB, 0, silent=False),
    Fault("20 columns", told_here(COLUMNS="20"), "neighbors king --space mine", 0, silent=False),
    Fault("0 columns", told_here(COLUMNS="0"), "neighbors king --space mine", 0, silent=False),
    Fault("a language that is none", told_here(LLMLAB_LANG="tlh"), PROB, 2, "tlh"),
)
FILES = (
    Fault(
        "a word2vec header of 10^12 rows",
        holding("v.vec", b"1000000000000 3\nking 1 2 3\n"),
        "neighbors king --space v.vec",
        1,
        "v.vec",
    ),
    Fault(
        "a binary header of 10^12 rows",
        holding("v.bin", b"1000000000000 3\nking " + bytes(12)),
        "space import new v.bin",
        1,
        "v.bin",
    ),
    Fault(
        "an npy header of 10^12 rows",
        holding("v.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 3), }")),
        "space import new v.npy --words WORDS",
        1,
        "v.npy",
    ),
    Fault(
        "an array of objects",
        holding("v.npy", objects()),
        "space import new v.npy --words WORDS",
        1,
        "v.npy",
    ),
    Fault(
        "a gz bomb in a table",
        holding("v.csv.gz", packed(2**28), bounded),
        "neighbors king --space v.csv.gz",
        1,
        "v.csv.gz",
        pending=HOSTILE,
    ),
    Fault(
        "a gz bomb in vectors",
        holding("v.vec.gz", packed(2**28), bounded),
        "neighbors king --space v.vec.gz",
        1,
        "v.vec.gz",
    ),
    Fault(
        "rows of other lengths",
        holding("v.vec", b"king 1 2 3\nqueen 1 2\n"),
        "neighbors king --space v.vec",
        1,
        "v.vec",
    ),
    Fault(
        "numbers that are none",
        holding("v.vec", b"king 1 nan\nqueen 1 2\n"),
        "neighbors king --space v.vec",
        1,
        "v.vec",
    ),
    Fault("an empty file of vectors", holding("v.vec", b""), "neighbors king --space v.vec", 1, "v.vec"),
    Fault(
        "an endless regular expression",
        holding("v.vec", b"king 1 2\n" + b"a" * 40 + b"! 2 1\n", bounded),
        "neighbors king --space v.vec --words '(a|aa)+$'",
        2,
        "does not end",
        pending=HOSTILE,
    ),
    Fault("a regular expression that is none", typed, "neighbors king --space mine --words '('", 2, "--words"),
    Fault("a name that leaves the cache", typed, "space import ../../new VEC", 2, "../../new"),
)
TABLE = (*KILLS, *DISK, *PLACES, *FLIPS, *MODELS, *NETWORK, *TEXTS, *NUMBERS, *SETTINGS, *STREAMS, *FILES)
