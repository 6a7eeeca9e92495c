"""In one run a model is looked for once and opened once, and so is a space, whatever the verb."""

from collections import Counter
from pathlib import Path

import pytest

from llmlab.backends.ct2 import CTranslate2Encoder
from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.tokenizer_file import TokenizerFile
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.cli import ROOMS
from llmlab.models import library
from llmlab.spaces.space import Space

OPENED = (HuggingFaceLM, LlamaCpp, CTranslate2Encoder, SentenceTransformerEncoder, Space, TokenizerFile)
SPACE = '[spaces.{name}]\nmodel = "{model}"\nvectors = "{vectors}"\nvocabulary = "{vocabulary}"\nlanguages = ["*"]\n'
PAIR = b'{"sentence_good": "a b", "sentence_bad": "b a"}\n'
QUESTION = b'{"context": "a", "choices": [" b", " c"], "answer": " c"}\n'


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of its own for this module, warm after the first run of a line."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def here(lab, tmp_path_factory, encoder_folder, lm_folder, monkeypatch, lessons):
    """Settings with the spaces tiny, of an encoder, and rows, of a language model; and two files of vectors."""
    folder = tmp_path_factory.getbasetemp() / "opening"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    files = {
        "story": "The cat sat on the mat. The dog sat on the mat.\n",
        "words": "cat\ndog\nthe\n",
        "fewer": "dog\nthe\n",
        "v.vec": "love 3 1\nhate -1 2\ncat 0.5 -2\n",
        "table.csv": "word,warm,big\nlove,3,1\nhate,0,1\ncat,2,2\n",
        "pairs": "love hate 1\nlove cat 2\nhate cat 3\n",
        "questions": "love hate cat love\n",
        "settings.toml": (
            f'encoder = "{encoder_folder}"\nspace = "tiny"\n'
            + SPACE.format(name="tiny", model=encoder_folder, vectors="encoder", vocabulary="words")
            + SPACE.format(name="few", model=encoder_folder, vectors="encoder", vocabulary="fewer")
            + SPACE.format(name="rows", model=lm_folder, vectors="table", vocabulary="model")
        ),
    }
    for name, text in files.items():
        if not (folder / name).exists():  # another time would be another file
            (folder / name).write_text(text, encoding="utf-8")
    if lab("space show mine").code:
        assert lab("space import mine v.vec").code == 0


@pytest.fixture
def counted(monkeypatch):
    """How often a model was looked for, and each model or space opened, by what it is."""
    found = Counter()

    def of(owner, name, key):
        real = getattr(owner, name)

        def call(*arguments, **options):
            found[key(*arguments)] += 1
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    of(library, "locate", lambda config, name, reporter: f"look for {name.rpartition('/')[2]}")
    for kind in OPENED:
        of(kind, "__init__", lambda self, *given: f"{type(self).__name__} {Path(given[0]).name}")
    return found


TEXTS = [  # asked of one causal language model
    ("prob 'The cat'", b""),
    ("prob a b", b""),
    ("prob 'The cat' --by word --word-correction", b""),
    ("next The -t 0,1", b""),
    ("next The --preset qa", b""),
    ("compare 'The cat' 'A cat'", b""),
    ("orders 'The cat sat.'", b""),
    ("cloze 'The [?] sat' -c cat", b""),
    ("choose The -c ' cat' -c ' dog'", b""),
    ("choose -", QUESTION),
    ("pairs -", PAIR),
    ("perplexity -", b"the cat\n"),
    ("choose - --template 'Q: {prompt}'", QUESTION),
    ("calibration - --bins 1", b"the cat\n"),
    ("guess story --seed 1 --length 1", b"x\n"),
    ("layers The", b""),
    ("attention The", b""),
    ("generate The -t 0,1 -n 2 --max-tokens 2", b""),
    ("generate The --stream --max-tokens 2", b""),
    ("generate --prompts - --max-tokens 1 --show-prompt", b"The\ncat\n"),
    ("trace The --max-tokens 2", b""),
    ("tree The --depth 2 --branch 2", b""),
]
VECTORS = [  # asked of one model
    ("embed 'The cat' --tokens MODEL", "HuggingFaceLM"),
    ("embed 'The cat' --layer last MODEL", "HuggingFaceLM"),
    ("embed 'The cat' --layer input MODEL", "HuggingFaceLM"),
    ("embed 'a cat' 'the cat' --word cat MODEL", "HuggingFaceLM"),
    ("embed 'a cat' 'the cat' --word cat --layer input MODEL", "HuggingFaceLM"),
    ("odd 'a cat' 'the cat' 'my cat' --word cat MODEL", "HuggingFaceLM"),
    ("why 'a cat' 'the cat' --word cat MODEL", "HuggingFaceLM"),
    ("embed 'The cat' --tokens GGUF", "LlamaCpp"),
    ("embed 'The cat' --tokens --engine torch GGUF", "HuggingFaceLM"),
    ("embed cat dog", "CTranslate2Encoder"),
    ("embed cat dog ENCODER", "CTranslate2Encoder"),
    ("embed cat dog ENCODER --engine torch", "SentenceTransformerEncoder"),
    ("embed 'The cat' --tokens ENCODER", "CTranslate2Encoder"),
    ("odd cat dog the ENCODER", "CTranslate2Encoder"),
    ("why cat dog ENCODER", "CTranslate2Encoder"),
]
SPACES = [  # how many models are looked for, and what is opened
    ("lesson", 0, []),
    ("lesson 6 --check 2", 0, []),
    ("neighbors cat", 1, ["Space"]),
    ("neighbors cat dog the", 1, ["Space"]),
    ("neighbors love", 1, ["CTranslate2Encoder", "Space"]),  # not in the vocabulary
    ("neighbors love zebra 'cat - love' --against dog --against zoo", 1, ["CTranslate2Encoder", "Space"]),
    ("neighbors the --space rows", 1, ["Space"]),
    ("neighbors cat --space mine", 0, ["Space"]),
    ("neighbors love hate --space v.vec", 0, ["Space"]),
    ("neighbors cat --spaces tiny,v.vec,mine", 1, ["Space", "Space", "Space"]),
    ("neighbors the --spaces tiny,rows", 2, ["Space", "Space"]),  # of two models
    ("neighbors love zebra --spaces tiny,few", 1, ["CTranslate2Encoder", "Space", "Space"]),
    ("embed cat dog --space tiny", 1, ["Space"]),
    ("embed cat love --space tiny", 1, ["CTranslate2Encoder", "Space"]),
    ("odd cat love dog --space tiny", 1, ["CTranslate2Encoder", "Space"]),
    ("why cat dog --space tiny", 1, ["Space"]),
    ("why love cat --space table.csv --standardize", 0, ["Space"]),
    ("cache list", 0, []),
    ("cache check", 0, []),
    ("space show tiny", 1, ["Space"]),
    ("space show mine", 0, ["Space"]),
    ("space check tiny", 1, ["Space"]),
    ("space check mine", 0, ["Space"]),
    ("space eval mine --similarity pairs", 0, ["Space"]),
    ("space eval mine --analogies questions", 0, ["Space"]),
    ("space export mine out.vec --force", 0, ["Space"]),
    ("space import mine v.vec", 0, ["Space"]),
    ("space build own ENCODER --vocab words", 1, ["Space"]),
    ("space build own-rows MODEL --vocab model", 1, ["Space"]),
    ("tokens 'The cat' LM", 1, ["TokenizerFile"]),  # no model
    ("secret --space mine --seed 1", 0, ["Space"]),
    ("train ngram counted --text story --replace", 0, []),
    ("tokens 'The cat' a GGUF LM", 2, ["TokenizerFile"]),
    ("models list", 0, []),
    ("serve --list", 0, []),
    ("doctor", 0, []),
    ("models show LM_FOLDER", 1, []),
    ("models show GGUF_FILE", 1, []),
    ("models prepare ENCODER_FOLDER", 1, ["CTranslate2Encoder"]),
    ("models prepare GGUF_FILE", 1, ["LlamaCpp"]),
    ("models prepare tiny", 1, ["Space"]),
]


@pytest.fixture
def opens(lab, counted):
    """What a line opens when all that is made once is there, none of it twice; and how many models it looks for."""

    def opens(line, stdin=b"", times=2):
        line = f"--config settings.toml {line}"
        for _ in range(times):
            counted.clear()
            done = lab(line, stdin)
            assert done.code == 0, done.err
        assert set(counted.values()) <= {1}, counted
        looked_for = sum(key.startswith("look for") for key in counted)
        return looked_for, sorted(key.partition(" ")[0] for key in counted if not key.startswith("look for"))

    return opens


@pytest.mark.parametrize(("model", "engine"), [("MODEL", "HuggingFaceLM"), ("GGUF", "LlamaCpp")])
@pytest.mark.parametrize(("line", "stdin"), TEXTS)
def test_a_text_is_asked_of_a_model_that_is_found_once_and_opened_once(opens, line, stdin, model, engine):
    assert opens(f"{line} {model}", stdin, times=1) == (1, [engine])  # nothing is made once


@pytest.mark.parametrize(("line", "engine"), VECTORS)
def test_vectors_are_asked_of_a_model_that_is_found_once_and_opened_once(opens, line, engine):
    assert opens(line) == (1, [engine])


@pytest.mark.parametrize(("line", "looked_for", "opened"), SPACES)
def test_spaces_and_their_models_are_found_once_and_opened_once(opens, line, looked_for, opened):
    assert opens(line) == (looked_for, opened)


def test_every_verb_is_asked_here():
    verbs = {line.split()[0] for line, *_ in (*TEXTS, *VECTORS, *SPACES)}
    assert verbs == set(ROOMS) - {"explore", "completion", "merge"}  # a screen, in tests/explore; what opens nothing


def test_the_list_of_spaces_reads_each_record_once_and_looks_for_no_model(lab, counted):
    assert lab("--config settings.toml space list").code == 0
    assert set(counted.values()) <= {1}
    assert not [key for key in counted if key.startswith("look for")]


@pytest.mark.parametrize("line", ["space remove mine", "models remove tiny"])
def test_what_is_removed_is_not_opened(lab, counted, line):
    assert lab("--config settings.toml space show tiny").code == 0
    counted.clear()
    done = lab(f"--config settings.toml {line}")
    assert done.code == 0, done.err
    assert counted == {}
