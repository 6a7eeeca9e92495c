"""The command line as tables of arguments and what comes of them."""

import csv
import fcntl
import io
import json
import os
import subprocess
import sys

import pytest
from sentence_transformers import SentenceTransformer

MODEL = "MODEL"  # stands for the tiny folder, on the torch engine
ENCODER = "ENCODER"
GGUF = "GGUF"


@pytest.fixture
def lab(run, lm_folder, encoder_folder, gguf_file):
    """`run` with the tiny models filled in."""
    options = {
        MODEL: ["--model", str(lm_folder), "--engine", "torch"],
        ENCODER: ["--model", str(encoder_folder)],
        GGUF: ["--model", str(gguf_file)],
    }
    return lambda *arguments, stdin=b"": run(
        *(word for argument in arguments for word in options.get(argument, [argument])), stdin=stdin
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (["--version"], b"", ["llmlab 0."]),
        (["--help"], b"", ["prob", "generate", "embed", "neighbors", "models", "llmlab neighbors love"]),
        ([], b"", ["Usage: llmlab"]),
        (["prob", "--help"], b"", ["--next", "The probability of text under a language model."]),
        (["prob", "The cat", MODEL], b"", ["P(The cat)", "log P = ", "perplexity = ", "torch, float32, after <s>"]),
        (["prob", "The cat", GGUF], b"", ["P(The cat)", "llama.cpp, F32, after <s>"]),
        (["prob", "a", "b", MODEL], b"", ["x next"]),
        (["prob", "-", MODEL], b"cat\r\ndog\n", ["x next", "cat", "dog"]),
        (["prob", "The cat", "--by", "word", "--word-correction", "--unit", "bits", MODEL], b"", ["corrected (bits)"]),
        (["prob", "今天天气很好", "--by", "char", "--formula", MODEL], b"", ["p(今天天气很好) = p("]),
        (["prob", "The cat", "--strip", MODEL], b"", ["\nThe cat\n", "█ 16 or more"]),
        (["prob", "--diff", "The cat", "A cat", MODEL], b"", ["A - B", "as likely as the other"]),
        (["prob", "--next", "3", "The", "--at", "0.5", MODEL], b"", ["under the temperature 0.5"]),
        (
            ["prob", "--context", "The", "--choice", " cat", "--choice", r" a\nb", MODEL],
            b"",
            ["␣cat", "␣a↵b", "share"],
        ),
        (["prob", "--cloze", "The [?] sat", MODEL], b"", ["word | left", "proposed from the left context alone"]),
        (["prob", "--cloze", "The [?] sat", "--candidate", "cat", MODEL], b"", ["right | word", "1.0000"]),
        (["prob", "--cloze", "The [?] sat", "--candidate", r"a\nb", MODEL], b"", [" a↵b "]),
        (["prob", "--orders", "The cat sat.", MODEL], b"", ["the original is number", "all orders"]),
        (["prob", "--pairs", "-", MODEL], b'{"sentence_good": "a b", "sentence_bad": "b a"}\n', ["all", "95 %"]),
        (["prob", "--choices", "-", MODEL], b'{"context": "a", "choices": [" b", " c"], "answer": " c"}', ["acc_norm"]),
        (["prob", "--file", "-", MODEL], b"the cat\n", ["bits per byte", "windows: 1"]),
        (["prob", "-", MODEL], "天气\u2028很好".encode(), ["P(天气<2028>很好)"]),  # one line
        (["prob", r"a\nb\\n", MODEL], b"", [r"P(a↵b\n)"]),
        (["prob", r"a\nb", "--no-escapes", MODEL], b"", [r"P(a\nb)"]),
        (["prob", "-", MODEL], rb"a\nb", [r"P(a\nb)"]),  # stdin is taken as it is
        (["prob", "<s>", MODEL], b"", ["P(<s>)", "\n<"]),
        (["prob", "--next", "3", "今天", MODEL], b"", ["今天 ...", "these 3 hold", "entropy"]),
        (["prob", "\x1b[31m[red]", MODEL], b"", ["P(<1B>[31m[red])"]),
        (["generate", "The", "-t", "0,1", "-n", "2", "--max-tokens", "3", MODEL], b"", ["The\n", "length", "seed "]),
        (["generate", "--max-tokens", "2", MODEL], b"", ["Question: What is the capital of France?↵Answer:"]),
        (["generate", "The", "-n", "3", "-t", "0,1", "--expect", "cat", MODEL], b"", ["dist-2", "seen", "right: the"]),
        (["generate", "The", "--sweep", "0:1:0.5", "--max-tokens", "1", MODEL], b"", ["\n0.5 ", "\n  1 "]),
        (["generate", "The", "--distribution", "-t", "0,0.5,2", MODEL], b"", ["T=0.5", "exp(H)", "top-k 50"]),
        (["generate", "The", "--tree", "2", "--branch", "2", MODEL], b"", ["├", "4 paths hold"]),
        (["generate", "The", "--trace", "--max-tokens", "2", "--seed", "1", MODEL], b"", ["P at T=1", "(length)"]),
        (["generate", "Où", "--preset", "qa", "-t", "0", "--max-tokens", "1", MODEL], b"", ["Question: Où↵Answer:"]),
        (["generate", "--prompts", "-", "--max-tokens", "1", MODEL], b"The\n\ncat\r\n", ["The\n", "\ncat\n"]),
        (["generate", "-", "--seed", "7", MODEL], b"The cat", ["The cat\n", "seed 7"]),
        (["embed", "cat", "dog", ENCODER], b"", ["cosine", "dog", "ctranslate2, float32"]),
        (["embed", "-", ENCODER], b"cat\ndog\n", ["cosine", "dog"]),
        (["embed", "The cat", "--tokens", ENCODER], b"", ["a matrix of", "[CLS]"]),
        (
            ["embed", "The cat", "--tokens", MODEL],
            b"",
            ["a matrix of 3 tokens x 64 dimensions", "␣c", "its input embedding table"],
        ),
        (["embed", "--odd", "cat", "dog", "The cat", ENCODER], b"", ["does not belong", "cosine to the mean"]),
        (["models", "list"], b"", ["gemma-3-270m", "MiB", "Gemma Terms of Use"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_command_prints_what_was_asked(lab, arguments, stdin, expected):
    done = lab(*arguments, stdin=stdin)
    assert done.code == 0, done.err
    for text in expected:
        assert text in done.out
    assert "\x1b" not in done.out


LONG = "the cat " * 300


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "expected"),
    [
        (["prob", ""], b"", 2, "the text is empty; give at least one character"),
        (["prob", "a", ""], b"", 2, "text 2 is empty"),
        (["prob", "-"], b"", 2, "no text is given"),
        (["prob", "-"], b"a\n\nb\n", 2, "text 2 is empty"),
        (["prob", "-"], b"good\nb\xffad\n", 2, "stdin is not UTF-8 (line 2); convert it"),
        (["prob", "b\udcffad"], b"", 2, r"the argument 'b\udcffad' is not UTF-8"),
        (["prob"], b"", 2, "no text is given; see `llmlab prob --help`"),
        (["prob", "a", "b", "--next", "3"], b"", 2, "--next takes one text; see `llmlab prob --help`"),
        (["prob", "--orders"], b"", 2, "--orders takes one text"),
        (["prob", "--diff", "a"], b"", 2, "--diff takes two texts"),
        (["prob", "a", "--pairs", "x.jsonl"], b"", 2, "TEXT does not go with --pairs"),
        (["prob", "a", "--next", "3", "--orders"], b"", 2, "--orders and --next are different questions"),
        (["prob", "a", "--stride", "3"], b"", 2, "--stride goes with --file"),
        (["prob", "a", "--choice", "b"], b"", 2, "--choice goes with --context"),
        (["prob", "a", "b", "--strip"], b"", 2, "--strip is for one text"),
        (["prob", "a", "--next", "3", "--by", "word"], b"", 2, "--by does not go with --next"),
        (["prob", "--context", "a"], b"", 2, "--context needs a --choice"),
        (["prob", "--context", "", "--choice", "a", MODEL], b"", 2, "a choice needs a context and a text"),
        (["prob", "--cloze", "a b"], b"", 2, "'a b' has no blank; mark it with [?]"),
        (["prob", "--orders", "cat"], b"", 2, "'cat' has one word; part its words by |"),
        (["prob", "a", "--word-correction", MODEL], b"", 2, "use it with --by word"),
        (["prob", "a", "--next", "3", "--at", "-1"], b"", 2, "temperature -1 is not a number from 0 up"),
        (["prob", "--file", "/no/file"], b"", 2, "cannot read /no/file: No such file"),
        (["prob", "--file", "-", MODEL], b"", 2, "stdin is empty; give at least one character"),
        (["prob", "--file", "-", "--window", "999", MODEL], b"a", 2, "a window of 999 tokens is not possible"),
        (["prob", "--pairs", "/no/file"], b"", 2, "cannot read /no/file"),
        (["prob", "--pairs", "-"], b"", 2, "- holds no pairs; one pair a line"),
        (["prob", "--pairs", "-"], b'{"sentence_good": "a"}\n', 2, "- line 1 is no pair; like {"),
        (["prob", "--pairs", "-"], b'\n{"sentence_good": "a", "sentence_bad": ""}\n', 2, "- line 2 is no pair"),
        (["prob", "--choices", "-"], b'{"context": "a", "choices": ["b"], "answer": 1}', 2, "- line 1 is no question"),
        (["prob", "--choices", "-"], b"[1]", 2, "- line 1 is no question"),
        (
            ["prob", "--choices", "-"],
            b'{"context": "a", "choices": ["b", "b"], "answer": 0}',
            2,
            "line 1 is no question",
        ),
        (["prob", "a", "--next", "-1"], b"", 2, "Invalid value for '--next'"),
        (["prob", "a", "--format", "foo"], b"", 2, "'foo' is not one of 'table', 'json', 'jsonl', 'csv', 'tsv'"),
        (["prob", "a", "--engine", "abacus"], b"", 2, "'abacus' is not one of"),
        (["prob", "a", "--dtype", "int3"], b"", 2, "'int3' is not one of"),
        (["prob", "a", "--nonsense"], b"", 2, "No such option: --nonsense"),
        (["prob", "--next", "3", LONG, MODEL], b"", 2, "tokens; lm0 reads at most 256; shorten it"),
        (["prob", "--next", "3", LONG, GGUF], b"", 2, "tokens; tiny-f32.gguf reads at most 256; shorten it"),
        (["prob", "a", "--model", "nonsense"], b"", 2, "no model is called 'nonsense'; give one of: gemma-3-270m"),
        (["prob", "a", "--model", "/no/folder"], b"", 2, "no model is called '/no/folder'"),
        (["prob", "a", ENCODER], b"", 2, "is a sentence encoder; this needs a causal language model"),
        (["prob", "a", "--model", "glove-6b-50d"], b"", 2, "glove-6b-50d is word vectors; this needs"),
        (["prob", "a", MODEL, "--engine", "llama.cpp"], b"", 2, "is not a GGUF file, which the engine llama.cpp needs"),
        (["prob", "a", MODEL, "--engine", "ctranslate2"], b"", 2, "the engine ctranslate2 cannot score"),
        (["generate", ""], b"", 2, "the prompt is empty"),
        (["generate", "-"], b"", 2, "the prompt is empty"),
        (["generate", "a", "-t", "-0.5"], b"", 2, "temperature -0.5 is not a number from 0 up; 0 is argmax"),
        (["generate", "a", "-t", "1,hot"], b"", 2, "temperature '1,hot' is not a list of numbers"),
        (["generate", "a", "-t", "inf"], b"", 2, "temperature inf is not a number"),
        (["generate", "a", "-t", "1,1"], b"", 2, "a temperature is given twice"),
        (["generate", "a", "--sweep", "0:1"], b"", 2, "sweep '0:1' is not from:to:step, upwards; for example 0:2:0.25"),
        (["generate", "a", "--sweep", "0:1:0"], b"", 2, "is not from:to:step"),
        (["generate", "a", "--sweep", "1:0:0.1"], b"", 2, "is not from:to:step, upwards"),
        (["generate", "a", "--sweep", "2:0:0.5"], b"", 2, "is not from:to:step, upwards"),
        (["generate", "a", "--tree", "0"], b"", 2, "a tree 0 deep with 3 branches has no nodes"),
        (["generate", "a", "--raw", "--preset", "qa"], b"", 2, "--raw and --preset are two ways"),
        (["generate", "a", "--sweep", "0:1:1e-9"], b"", 2, "is not from:to:step"),
        (["generate", "a", "--sweep", "0:1:nan"], b"", 2, "is not from:to:step"),
        (["generate", "a", "--sweep", "0:1:1", "-t", "1"], b"", 2, "two ways to say the same"),
        (["generate", "a", "--prompts", "x"], b"", 2, "PROMPT and --prompts are two ways"),
        (["generate", "--prompts", "-"], b"\n", 2, "- holds no prompts"),
        (["generate", "--prompts", "/no/file"], b"", 2, "cannot read /no/file"),
        (["generate", "a", "--tree", "2", "--trace"], b"", 2, "--tree and --trace are different questions"),
        (["generate", "a", "--tree", "2", "-n", "3"], b"", 2, "--samples does not go with --tree"),
        (["generate", "a", "--branch", "2"], b"", 2, "--branch goes with --tree"),
        (["generate", "a", "--tree", "40"], b"", 2, "a tree 40 deep with 3 branches has no nodes or too many"),
        (["generate", "a", "--trace", "-t", "0,1"], b"", 2, "--trace is of one temperature"),
        (["generate", "a", "--stream", "-f", "json"], b"", 2, "--stream writes plain text"),
        (["generate", "a", "--preset", "qq"], b"", 2, "no preset is called 'qq'; one of: qa, zh"),
        (["generate", "a", "--expect", ""], b"", 2, "an expected text is empty"),
        (["generate", "a", "--expect-regex", "("], b"", 2, "'(' is no pattern"),
        (["generate", "a", "--repetition-penalty", "0"], b"", 2, "repetition penalty 0 is not above 0"),
        (["generate", "a", "--out", "/no/folder/x"], b"", 2, "cannot write /no/folder/x: No such file"),
        (["generate", "a", "-n", "0"], b"", 2, "nothing to draw"),
        (["generate", "a", "--seed", "-1"], b"", 2, "seed -1 is negative"),
        (["generate", "a", "--top-p", "2"], b"", 2, "top-p 2 is outside (0, 1]"),
        (["generate", "a", "--stop", ""], b"", 2, "a stop text is empty"),
        (["generate", "a", "--max-tokens", "999", MODEL], b"", 2, "reads at most 256"),
        (["embed", ""], b"", 2, "the text is empty"),
        (["embed", " "], b"", 2, "the text is empty"),
        (["embed", "a", "b", "--tokens"], b"", 2, "takes one text and a model"),
        (["embed", "a", MODEL], b"", 2, "gives a vector to each token, not to a text"),
        (["embed", "a", ENCODER, "--engine", "llama.cpp"], b"", 2, "the engine llama.cpp cannot run sentence encoders"),
        (["embed", "a", "--space", "nowhere"], b"", 2, "no space is called 'nowhere'; give one of: minilm"),
        (["neighbors", "love", "--space", "glov"], b"", 2, "did you mean glove?"),
        (["neighbors", "love", "--metric", "lp"], b"", 2, "'lp' is not one of 'cosine'"),
        (["neighbors", "-"], b"", 2, "no word is given; give a word"),
        (["neighbors", "love", "-k", "3", "--within", "1"], b"", 2, "-k, --within and --against are different ways"),
        (
            ["neighbors", "a - b", "--method", "mul", "--metric", "l2"],
            b"",
            2,
            "--method mul ranks all words by cosines",
        ),
        (["embed", "a", "b", "--odd"], b"", 2, "--odd takes three words or more"),
        (["models"], b"", 2, "Missing command."),
        (["models", "show", "nonsense"], b"", 2, "no model is called 'nonsense'"),
        (["models", "prepare", "nonsense"], b"", 2, "no model is called 'nonsense'"),
        (["models", "remove", "glove-6b-50d"], b"", 2, "nothing of glove-6b-50d is in the cache"),
        (["generate", "a", "--out", "/dev/full", MODEL], b"", 1, "cannot write /dev/full: No space left on"),
        (["nonsense"], b"", 2, "No such command 'nonsense'."),
        (["--config", "/no/file.toml", "models", "list"], b"", 2, "cannot read /no/file.toml: No such file"),
    ],
    ids=lambda value: " ".join(value)[:60].encode("ascii", "replace").decode() if isinstance(value, list) else None,
)
def test_misuse_is_one_line_on_stderr(lab, arguments, stdin, code, expected):
    done = lab(*arguments, stdin=stdin)
    assert expected in done.err
    assert done.err.startswith("llmlab: ")
    assert done.err.count("\n") == 1
    assert (done.code, done.out) == (code, "")


def test_a_traceback_is_shown_only_when_asked_for(lab):
    done = lab("--debug", "prob", "")
    assert done.code == 2
    assert "Traceback" in done.err
    assert done.err.endswith("llmlab: the text is empty; give at least one character\n")


def test_a_setting_from_the_environment_is_named_when_it_is_wrong(lab, monkeypatch):
    monkeypatch.setenv("LLMLAB_ENGINE", "abacus")
    done = lab("models", "list")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "LLMLAB_ENGINE" in done.err


def test_a_setting_for_one_text_does_not_forbid_several(lab, monkeypatch):
    monkeypatch.setenv("LLMLAB_PROB_NEXT", "3")
    assert "these 3 hold" in lab("prob", "a", GGUF).out
    assert "x next" in lab("prob", "a", "b", GGUF).out


RECORDS = [
    (["prob", "The cat sat", MODEL], "ledger"),
    (["prob", "a", 'b "x", y', "今天", MODEL], "ranking"),
    (["prob", "a", "--next", "4", MODEL], "next"),
    (["generate", "The", "-t", "0,1", "-n", "2", "--max-tokens", "4", "--seed", "1", "--top-k", "5", MODEL], "samples"),
    (["embed", "cat", "dog", "car", ENCODER], "embeddings"),
    (["embed", "The cat", "--tokens", ENCODER], "embeddings"),
    (["models", "show", "FOLDER"], "tensors"),
    (["models", "list"], "models"),
]


@pytest.mark.parametrize(("arguments", "key"), RECORDS, ids=lambda value: " ".join(value) if value else None)
def test_every_format_tells_the_same_records(lab, lm_folder, arguments, key):
    arguments = [str(lm_folder) if argument == "FOLDER" else argument for argument in arguments]
    found = {form: lab(*arguments, "--format", form) for form in ("json", "jsonl", "csv", "tsv")}
    assert {done.code for done in found.values()} == {0}
    document = json.loads(found["json"].out)
    lines = [json.loads(line) for line in found["jsonl"].out.splitlines()]
    assert len(lines) == len(document[key]) > 1
    for own, line in zip(document[key], lines, strict=True):
        if key != "models":
            assert line == {**line, **own}  # the document states once what the lines repeat
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(found[form].out), delimiter=delimiter))
        assert len(found[form].out.splitlines()) == len(rows) + 1 == len(lines) + 1
        for row, line in zip(rows, lines, strict=True):
            assert list(row) == list(line)
            for name, value in line.items():
                if isinstance(value, float):
                    assert float(row[name]) == value
                elif isinstance(value, list):
                    assert json.loads(row[name]) == value
                elif isinstance(value, str):
                    assert row[name] == value


def test_embed_gives_the_vectors_of_sentence_transformers_in_full_precision(lab, encoder_folder):
    rows = json.loads(lab("embed", "cat", "The dog", ENCODER, "--format", "json").out)["embeddings"]
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["cat", "The dog"])
    for row, vector in zip(rows, expected, strict=True):
        assert row["vector"] == pytest.approx(vector.tolist(), abs=1e-5)


def test_the_seed_that_was_drawn_gives_the_same_text_again(lab):
    first = json.loads(lab("generate", "The", MODEL, "--format", "json").out)
    again = json.loads(lab("generate", "The", MODEL, "--format", "json", "--seed", str(first["seed"])).out)
    assert again == first


@pytest.mark.parametrize("form", ["table", "jsonl"])
@pytest.mark.parametrize("lines", [0, 1])
def test_a_reader_that_closes_early_gets_no_complaint(gguf_file, tmp_path, form, lines):
    """`| head -n`: the pipe holds less than the command writes; it ends with 0 and a quiet stderr."""
    environment = os.environ | {"LLMLAB_CACHE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "llmlab", "prob", "a", "--next", "600", "--model", str(gguf_file), "-f", form]
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    writer = subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE, env=environment)
    os.close(write)
    with os.fdopen(read, "rb") as reader:
        for _ in range(lines):
            assert reader.readline()
    assert (writer.communicate(timeout=120)[1], writer.returncode) == (b"", 0)
