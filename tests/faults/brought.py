"""Faults of what users bring: models, networks, texts, numbers, settings, streams, files."""

import gzip
import struct

import numpy as np
from faults.fault import (
    ASKED,
    HUP,
    MODEL,
    NAN,
    PROB,
    STORY,
    Fault,
    config,
    cut,
    gone,
    npy,
    objects,
    packed,
    pickled,
    templated,
    weights,
)
from faults.how import at_a_hub, bounded, copied, fed, holding, shell, signalled, told, told_here, typed

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
    ),
    Fault("pickled weights alone", copied("LM", pickled), MODEL, 1, "safetensors"),
    Fault("auto_map", copied("LM", config(model_type="evil", **NAN)), MODEL, 1, "m"),
    Fault(
        "truncated safetensors",
        copied("LM", cut("model.safetensors", 9000)),
        MODEL,
        1,
        "a .safetensors file that is not whole",
    ),
    Fault(
        "a safetensors header of 2^60 bytes",
        copied("LM", lambda m: (m / "model.safetensors").write_bytes(struct.pack("<Q", 2**60) + b"{}")),
        MODEL,
        1,
        "a .safetensors file that is not whole",
    ),
    Fault("a config that is no JSON", copied("LM", cut("config.json", 30)), MODEL, 1, "config.json"),
    Fault(
        "a config that is a list", copied("LM", lambda m: (m / "config.json").write_text("[]")), MODEL, 1, "no readable"
    ),
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
    Fault("an empty GGUF file", holding("x.gguf", b""), "prob a --model x.gguf", 1, "x.gguf is no whole GGUF"),
    Fault(
        "a chat template that loops",
        copied(
            "LM", templated("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"), bounded
        ),
        "generate hi --model m -n 1 --max-tokens 1",
        1,
        "template",
    ),
    Fault(
        "a chat template that reaches for attributes",
        copied("LM", templated("{{ ''.__class__.__mro__ }}")),
        "generate hi --model m -n 1 --max-tokens 1",
        1,
        "is unsafe; use --raw",
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
SERVED = "prob a --model openai:m"
NETWORK = (
    Fault("HF_HUB_OFFLINE", told(HF_HUB_OFFLINE="1"), HUB, 1, "HF_HUB_OFFLINE is set"),
    Fault("no network", told(HF_ENDPOINT="http://127.0.0.1:9"), HUB, 1, "cannot fetch organisation/none"),
    Fault("a gated model", at_a_hub(401, "GatedRepo"), HUB, 1, "organisation/none is gated"),
    Fault("a model that no hub shows", at_a_hub(404, "RepoNotFound"), HUB, 2, "shows no model organisation/none"),
    Fault("a hub out of order", at_a_hub(503, ""), HUB, 1, "cannot fetch organisation/none"),
    Fault("a server that is not there", typed, f"{SERVED} --base-url http://127.0.0.1:9/v1", 1, "gives no answer"),
    Fault("no server of one's own", typed, "prob a --model GGUF --engine server", 1, "llmlab serve"),
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
    Fault("a line of 1 MB", fed(b"a" * 10**6), "prob - --model story -q", 0, silent=False, then=STORY),
    Fault(
        "the rows of a line of 20 kB, each of which holds it",
        holding("t.txt", b"a" * 20_000, shell),
        "ulimit -v 1000000; $LLMLAB prob - --model story -f jsonl < t.txt | tail -n 1",
        0,
        silent=False,
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
    Fault("a prompt beyond the context", typed, f"generate '{'the cat ' * 300}' --model GGUF -n 1", 2, "shorten it"),
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
    Fault("T of 1e-300 in a table", typed, "next The -t 1e-300 --model GGUF", 0, silent=False),
    Fault("a seed below 0", typed, "generate The --seed -1 --model GGUF", 2, "seed -1"),
    Fault("a seed of 2^200", typed, f"generate The --seed {2**200} --model GGUF -n 1", 0, silent=False),
    Fault("samples of 10^12", typed, "generate The -n 1000000000000 --model GGUF", 1, "MiB"),
    Fault("tokens of 10^9", typed, "generate The --max-tokens 1000000000 --model GGUF", 2, "use --max-tokens 25"),
    Fault("top-p of 0", typed, "generate The --top-p 0 --model GGUF", 2, "top-p 0"),
)
WRONG = tuple(
    Fault(f"settings {name}", holding("s.toml", content), f"--config s.toml {ASKED}", 2, said)
    for name, content, said in (
        ("with an unknown key", b"colour = 1\n", "colour"),
        ("of a wrong type", b'threads = "many"\n', "threads"),
        ("that are broken", b"threads = \n", "s.toml"),
        ("that are no UTF-8", b"threads = 1\nspace = '\xff'\n", "TOML: line 2 is not UTF-8; save it as UTF-8"),
        ("nested without end", b"a = " + b"[" * 9999, "it is nested too deeply"),
        ("with a number out of range", b"threads = -3\n", "threads"),
        ("of a NUL", b"\0", "s.toml"),
    )
)
SETTINGS = (
    *WRONG,
    Fault(
        "a damaged list of lessons",
        holding("state/lessons.json", b"{"),
        "lesson",
        0,
        "lessons.json is damaged",
        silent=False,
    ),
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
        "holds 1 words, not the 1,000,000,000,000",
    ),
    Fault(
        "a word2vec header of 10^12 dimensions",
        holding("v.vec", b"2 1000000000000\nking 1 2 3\n"),
        "neighbors king --space v.vec",
        1,
        "says 2 words x 1,000,000,000,000, and the first word has 3 numbers",
    ),
    Fault(
        "a binary header of 10^12 rows",
        holding("v.bin", b"1000000000000 3\nking " + bytes(12)),
        "space import new v.bin",
        1,
        "ends within word 2 of 1,000,000,000,000",
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
        2,
        "v.csv.gz",
    ),
    Fault(
        "a gz bomb in vectors",
        holding("v.vec.gz", packed(2**28), bounded),
        "neighbors king --space v.vec.gz",
        2,
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
    ),
    Fault("a regular expression that is none", typed, "neighbors king --space mine --words '('", 2, "--words"),
    Fault("a name that leaves the cache", typed, "space import ../../new VEC", 2, "../../new"),
)
