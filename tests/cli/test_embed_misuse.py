"""What embed, odd and why refuse: all that contradicts itself before any model is looked for."""

import pytest

from llmlab.models import library


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def mine(run, tmp_path):
    """The cache has the space mine."""
    (tmp_path / "v.vec").write_text("love 3 1\ncat 0.5 -2\nthe 1 1\n", encoding="utf-8")
    assert run("space", "import", "mine", str(tmp_path / "v.vec")).code == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("embed ''", "the text is empty"),
        ("embed ' '", "the text is empty"),
        ("embed cat ''", "the text is empty"),
        ("embed -", "the text is empty"),
        ("odd cat dog ''", "the text is empty"),
        ("why cat ''", "the text is empty"),
        ("embed cat --space mine --tokens", "--space does not go with --tokens"),
        ("embed 'a b' --tokens --metric l2", "--metric does not go with --tokens"),
        ("embed 'a b' --tokens --strip", "--strip does not go with --tokens"),
        ("embed a --tokens --word a", "--word does not go with --tokens"),
        ("why a b --columns ''", "--columns '' holds an empty name; for example --columns 身高,体重"),
        ("why a b --columns x,", "--columns 'x,' holds an empty name"),
        ("embed cat --standardize", "--standardize goes with a table's file"),
        ("odd a b c --standardize", "--standardize goes with a table's file"),
        ("why a b --standardize", "--standardize goes with a table's file"),
        ("embed cat --layer 1 --space mine", "--layer"),
        ("embed cat --word cat --space mine", "--word"),
        ("embed cat --word cat --layer 1 --space mine", "--word"),
        ("embed cat --space mine LM", "--space"),
        ("embed cat --space ''", "--space is empty"),
        ("embed 'The cat' LM --word ''", "--word"),
        ("odd a b", "one of two is never odd; give three words or more"),
        ("odd cat the --space mine", "one of two is never odd; give three words or more"),
        ("why cat --space mine", "why explains the similarity of two; give two words or texts"),
        ("why a --space mine", "why explains the similarity of two"),
        ("why a b c", "why explains the similarity of two"),
        ("why a b --full", "why has no option --full"),
        ("odd a b c --tokens", "odd has no option --tokens"),
        ("odd a b c --metric l2", "odd has no option --metric"),
        ("embed 'a b' --tokens --odd LM", "embed has no option --odd; did you mean the verb: llmlab odd?"),
        ("embed a b c --odd --where", "embed has no option --odd"),
    ],
)
def test_misuse_is_told_before_a_model_is_looked_for(refuses, monkeypatch, line, expected):
    located = []
    monkeypatch.setattr(library, "locate", lambda *given: located.append(given))
    refuses(line, b"", expected)
    assert located == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("embed a MODEL --metric l2", "--metric does not go with a look-up in a model's table"),
        ("embed a MODEL --strip", "--strip does not go with a look-up in a model's table"),
        ("why cat the --space mine --columns 2", "no column is called '2'; there are: 0 to 1"),
        ("odd a b c MODEL", "gives a vector to each token, not to a text"),
        ("why a b MODEL", "gives a vector to each token, not to a text"),
        ("embed a ENCODER --engine llama.cpp", "the engine llama.cpp cannot run sentence encoders"),
        ("embed a --space nowhere", "no space is called 'nowhere'; give one of: minilm"),
        ("why a the --space mine", "the space mine has no word 'a'"),
        ("embed cat --standardize --space mine", "the space mine is made already"),
        ("embed cat --layer 1 ENCODER", "is no language model, which --layer, --word and --bos ask"),
        ("embed cat --word cat ENCODER", "is no language model, which --layer, --word and --bos ask"),
        ("embed cat LM --layer 9", "has no layer '9'; give input, last, or 1 to 2"),
        ("embed cat LM --layer 0", "has no layer '0'"),
        ("embed cat LM --layer first", "has no layer 'first'"),
        ("embed 'The cat' LM --word dog", "'The cat' does not hold 'dog'"),
        ("embed 'The cat' GGUF --layer 1", "use --engine torch"),
        ("embed 'The cat' GGUF --layer last", "use --engine torch"),
        ("embed 'The cat' GGUF --word cat", "use --engine torch"),
    ],
)
def test_what_a_model_or_a_space_cannot_do_is_one_line_on_stderr(refuses, line, expected):
    refuses(line, b"", expected)
