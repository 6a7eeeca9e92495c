"""--plot: the picture beside the result, or in its place; what can be no picture is known before a model is opened."""

import json

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_picture_is_written_beside_the_table(lab, here):
    plain = lab("prob 'the cat' LM")
    done = lab("prob 'the cat' LM --plot x.vl.json")
    assert (done.code, done.out) == (0, plain.out)
    assert done.err.endswith("llmlab: the picture is x.vl.json\n")
    assert json.loads((here / "x.vl.json").read_text("utf-8"))["$schema"].endswith("v6.json")


def test_a_dash_is_the_json_alone(lab, here):
    done = lab("prob 'the cat' LM --plot -")
    records = json.loads(lab("prob 'the cat' LM --format json").out)["texts"][0]["ledger"]
    found = json.loads(done.out)
    bars = next(part for part in found["vconcat"] if "height" in part and part["height"] == 220)
    said = [row["surprisal_bits"] for row in bars["data"]["values"]]
    assert said == [record["surprisal_bits"] for record in records]
    assert list(here.iterdir()) == []


def test_several_pictures_of_one_result(lab, here):
    done = lab("prob 'the cat' LM --plot a.vl.json --plot b.svg --plot - --theme dark")
    assert done.code == 0
    assert json.loads((here / "a.vl.json").read_text("utf-8")) == json.loads(done.out)
    assert (here / "b.svg").read_text("utf-8").startswith("<svg")
    assert json.loads(done.out)["config"]["background"] == "#16181d"


def test_records_and_values_are_written_as_ever(lab, here):
    for form in ("--format csv", "--quiet"):
        for texts in ("'the cat'", "'the cat' 'a dog'"):
            done = lab(f"prob {texts} LM {form} --plot x.vl.json")
            assert done.out == lab(f"prob {texts} LM {form}").out
    assert (here / "x.vl.json").exists()


def test_records_of_stdin_wait_for_the_picture_of_all(lab, here):
    done = lab("prob - LM --format jsonl --plot x.vl.json", b"the cat\nthe dog\nthe bird\n")
    assert [json.loads(line)["rank"] for line in done.out.splitlines()] == [1, 2, 3]
    assert (here / "x.vl.json").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("prob a --plot x.gif", "x.gif names no kind of picture; end it with one of .png, .svg, .pdf, .html, .vl.json"),
        ("prob a --plot no/x.png", "cannot write no/x.png: there is no such folder; name a file in a folder"),
        ("prob a --theme dark", "--theme is of a picture; add --plot FILE"),
        ("prob a --plot - -f csv", "--plot - writes to stdout, where the result would stand; name a file"),
        ("prob a --plot - -q", "--plot - writes to stdout, where the result would stand; name a file"),
        ("prob a --plot x.svg --theme blue", "Invalid value for '--theme': 'blue' is not one of 'light', 'dark'"),
        ("models list --plot x.svg", "models list has no option --plot"),
        ("space list --plot x.svg", "space list has no option --plot"),
    ],
)
def test_what_can_be_no_picture_is_misuse_before_a_model_is_opened(refuses, line, said):
    refuses(f"{line} --model absent" if line.startswith("prob") else line, b"", said)


def test_a_picture_without_the_library_says_what_to_install(refuses, lab, monkeypatch, here):
    monkeypatch.setattr("llmlab.render.plot.find_spec", lambda name: None)
    said = '.png needs vl-convert-python and pillow and fonttools; pip install "llmlab[plot]", or end the name with .vl'
    refuses("prob a --model absent --plot x.png", b"", said, 1)
    assert lab("prob 'the cat' LM --plot x.vl.json").code == 0
