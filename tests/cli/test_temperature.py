"""generate, trace, tree: what is typed, and what comes of it."""

import json
import re

import pytest


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("generate The -t 0,1 -n 2 --max-tokens 3 MODEL", b"", ["The\n", "length", "seed "]),
        ("generate --max-tokens 2 MODEL", b"", ["Question: What is the capital of France?↵Answer:"]),
        (
            "generate The -n 3 -t 0,1 --expect cat MODEL",
            b"",
            ["dist-2", "seen", "right: answers that begin with 'cat'"],
        ),
        ("generate The --sweep 0:1:0.5 --max-tokens 1 MODEL", b"", ["\n0.5 ", "\n  1 "]),
        ("generate Où --preset qa -t 0 --max-tokens 1 MODEL", b"", ["Question: Où↵Answer:"]),
        ("generate --prompts - --max-tokens 1 MODEL", b"The\n\ncat\r\n", ["The\n", "\ncat\n"]),
        ("generate - --seed 7 MODEL", b"The cat", ["The cat\n", "seed 7"]),
        ("tree The --depth 2 --branch 2 MODEL", b"", ["├", "4 paths hold"]),
        ("trace The -t 2 --max-tokens 2 --seed 1 MODEL", b"", ["P at T=2", "(length)"]),
    ],
)
def test_a_command_prints_what_was_asked(tells, line, stdin, expected):
    tells(line, stdin, expected)


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("generate ''", b"", "the text is empty"),
        ("generate -", b"\n", "no text is given"),
        ("generate a -t -0.5", b"", "temperature -0.5 is not a number from 0 up; 0 is argmax"),
        ("generate a -t 1,hot", b"", "temperature '1,hot' is not a list of numbers"),
        ("generate a -t inf", b"", "temperature inf is not a number"),
        ("generate a -t 1,1", b"", "a temperature is given twice"),
        ("generate a --sweep 0:1", b"", "sweep '0:1' is not from:to:step, upwards; for example 0:2:0.25"),
        ("generate a --sweep 0:1:0", b"", "is not from:to:step"),
        ("generate a --sweep 1:0:0.1", b"", "is not from:to:step, upwards"),
        ("generate a --sweep 2:0:0.5", b"", "is not from:to:step, upwards"),
        ("generate a --sweep 0:1:1e-9", b"", "is not from:to:step"),
        ("generate a --sweep 0:1:nan", b"", "is not from:to:step"),
        ("generate a --sweep 0:1:1 -t 1", b"", "two ways to say the same"),
        ("generate a --raw --preset qa", b"", "--raw and --preset are two ways"),
        ("generate a --prompts x", b"", "PROMPT and --prompts are two ways"),
        ("generate --prompts -", b"\n", "stdin holds no prompts"),
        ("generate --prompts /no/file", b"", "cannot read /no/file"),
        ("generate a --stream -f json", b"", "--stream writes plain text"),
        ("generate a --stream -t 0,1", b"", "--stream is of one temperature"),
        ("generate a --stream -n 2", b"", "--samples does not go with --stream"),
        ("generate a --stream --expect b", b"", "--expect does not go with --stream"),
        ("generate a --preset qq", b"", "no preset is called 'qq'; one of: qa, zh, qa-zh"),
        ("generate a --expect ''", b"", "an expected text is empty"),
        ("generate a --anywhere", b"", "--anywhere is of an expected text; give --expect TEXT"),
        ("generate a --stream --all", b"", "--all does not go with --stream"),
        ("generate a --expect-regex '('", b"", "'(' is no pattern"),
        ("generate a --repetition-penalty 0", b"", "repetition penalty 0 is not above 0"),
        ("generate a --out /no/folder/x", b"", "cannot write /no/folder/x: No such file"),
        ("generate a -n 0", b"", "nothing to draw"),
        ("generate a --seed -1", b"", "seed -1 is negative"),
        ("generate a --top-p 2", b"", "top-p 2 is outside (0, 1]"),
        ("generate a --stop ''", b"", "a stop text is empty"),
        ("generate a --max-tokens 999 MODEL", b"", "reads at most 256"),
        ("tree a --depth 0", b"", "a tree 0 deep with 3 branches has no nodes"),
        ("tree a --depth 40", b"", "a tree 40 deep with 3 branches has no nodes or too many"),
        ("tree a -t 0,1", b"", "tree is of one temperature"),
        ("trace a -t 0,1", b"", "trace is of one temperature"),
        ("trace ''", b"", "the text is empty"),
    ],
)
def test_misuse_is_one_line_on_stderr(refuses, line, stdin, expected):
    refuses(line, stdin, expected)


def test_a_full_disk_is_a_failure(refuses):
    refuses("generate a --out /dev/full MODEL", b"", "cannot write /dev/full: No space left on", code=1)


def only(done):
    """The answer of a document of one prompt."""
    (answer,) = json.loads(done.out)["prompts"]
    return answer


def test_the_seed_that_was_drawn_gives_the_same_text_again(lab):
    first = only(lab("generate The MODEL --format json"))
    again = only(lab(f"generate The MODEL --format json --seed {first['seed']}"))
    assert again == first


def test_nothing_is_drawn_at_zero_so_there_is_no_seed(lab):
    assert only(lab("generate The -t 0 MODEL --format json"))["seed"] is None
    assert "seed" not in lab("generate The -t 0 -n 2 MODEL").out
    assert json.loads(lab("trace The -t 0 MODEL --format json").out)["seed"] is None


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_presets_own_question_is_asked_when_no_prompt_is_given(lab, form):
    shown = lab(f"generate --preset zh -n 2 --max-tokens 3 -f {form} MODEL").out
    assert "中国的首都是北京，法国的首都是" in shown
    assert "right" in shown
    assert "中国的首都是北京，日本的首都是" in lab("generate 日本的首都是 --preset zh MODEL").out
    assert "right" not in lab(f"generate 日本的首都是 --preset zh -n 2 -f {form} MODEL").out


def test_a_preset_without_a_question_wants_a_prompt(lab, tmp_path):
    (tmp_path / "own.toml").write_text('[presets.own]\ntemplate = "Q: {prompt}"\n', encoding="utf-8")
    done = lab(f"--config {tmp_path}/own.toml generate --preset own")
    assert (done.code, done.out) == (2, "")
    assert "the preset 'own' has no question of its own; give a PROMPT" in done.err
    assert lab(f"--config {tmp_path}/own.toml generate why --preset own --max-tokens 1 MODEL").out.startswith(
        "Q: why\n"
    )


def test_all_answers_are_shown_on_request(lab):
    line = "generate The -n 9 -t 1,2 --seed 1 --max-tokens 4 MODEL"
    assert "--all" in lab(line).out
    assert len(lab(line).out.splitlines()) <= 24
    assert "--all" not in lab(f"{line} --all").out
    assert len(lab(f"{line} --all").out.splitlines()) > 24


def test_the_same_seed_gives_the_same_text_alone_and_in_a_sweep(lab):
    sweep = only(lab("generate The -t 0.3,0.9,1.5 -n 3 --seed 8 -f json GGUF"))["samples"]
    alone = only(lab("generate The -t 0.9 -n 1 --seed 8 -f json GGUF"))["samples"]
    assert alone[0]["text"] == next(row["text"] for row in sweep if (row["temperature"], row["sample"]) == (0.9, 0))


def test_a_stream_is_the_text_of_the_sample_and_nothing_else(lab):
    line = "generate The --seed 7 --max-tokens 12 -t 1 GGUF"
    (sample,) = only(lab(f"{line} -f json"))["samples"]
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda one: f"<{ord(one[0]):02X}>", sample["text"])
    assert lab(f"{line} --stream").out == shown + "\n"


def test_settings_and_prompt_are_said_on_stderr(lab):
    done = lab("generate The --top-p 0.5 --seed 1 --max-tokens 1 --show-settings --show-prompt GGUF")
    assert "repetition penalty off; temperature 1; top-k off; top-p 0.5; min-p off; max tokens 1; stop none" in done.err
    assert "the model reads <s> and 'The'" in done.err
    assert "repetition" not in done.out
