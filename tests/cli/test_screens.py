"""Every table of every verb on terminals of 40, 80 and 120 cells: no word and no number is broken, nothing is lost."""

import io
import re
from gettext import NullTranslations
from pathlib import Path

import pytest
import standing_servers
import training_texts
from boxes import KEY
from rich.cells import cell_len
from typer.main import get_command

from llmlab.cli import ROOMS, SECTIONS, app, world
from llmlab.cli.verbs import Noun
from llmlab.lab.tally import RecordTally
from llmlab.language import LANGUAGES
from llmlab.render import Screen, table
from llmlab.view import View

WIDTHS = (40, 80, 120)
ENGLISH, CHINESE = "'He likes to watch movies with his friends.'", "'今天天气很好，我们一起去看一场很长的电影吧。'"
PAIRS = '{"sentence_good": "The cat sat on the mat today.", "sentence_bad": "on mat the sat cat The", "UID": "order"}\n'
PAIRS += '{"sentence_good": "电影我很喜欢看。", "sentence_bad": "我很喜欢看电影。", "UID": "语序_很长的组名"}\n'
QUESTIONS = '{"context": "今天天气很", "choices": ["好", "他"], "answer": 0, "group": "中文"}\n'
QUESTIONS += (
    '{"context": "The capital of France is", "choices": [" Paris", " London"], "answer": 0, "group": "english"}'
)
SIMILARITY, ANALOGIES = "king queen 9\nking man 4\nking zebra 1\n", ": people\nman woman king queen\na b c d\n"
STORY = "He likes to watch movies.\nHe likes to read books.\n今天天气很好。\n今天天气不好。\n他喜欢看电影。\n"
WORDS = "man\nwoman\nking\nqueen\nparis\nfrance\n"
VECTORS = "man 4 1 0\nwoman 4 -1 0\nking 4 1 3\nqueen 4 -1 3\nparis -5 1 0\nfrance 0 0 0\n"
CHOICES = ("-c 一部很有意思的电影 -c 书", "-c ' a very long and winding story' -c ' books'")
DRAW = "--seed 1 --max-tokens 9 MODEL"
BOTH = f"{ENGLISH} {CHINESE}"
CASES: dict[str, list[tuple[str, str]]] = {  # verb: what stands after it, stdin
    "lesson": [("", ""), ("next --check 2", ""), ("6 --check -", "2\n")],
    "prob": [
        *((f"{text} --formula MODEL", "") for text in (ENGLISH, CHINESE)),
        *((f"{text} --strip MODEL", "") for text in (ENGLISH, CHINESE)),
        (f"{CHINESE} --by character MODEL", ""),
        (f"{ENGLISH} --by word --word-correction --unit bits MODEL", ""),
        (f"{BOTH} cat MODEL", ""),
        ("a b MODEL", ""),
        ("- MODEL --out /dev/null", "The cat\nsat\n"),
    ],
    "next": [
        (f"{text} {how} MODEL", "")
        for text in (ENGLISH, CHINESE)
        for how in ("", "-t 0.2,1,2 --top-k 3", "--by character", "--by word")
    ]
    + [(f"{text} --counts --model counted", "") for text in (ENGLISH, CHINESE)]
    + [(f"{text} -m SERVED", "") for text in (ENGLISH, CHINESE)],
    "compare": [(f"{BOTH} MODEL", ""), ("'He likes movies.' 'He movies likes.' MODEL", "")],
    "orders": [("'He likes movies.' MODEL", ""), ("'我|喜欢|看|电影' MODEL", "")],
    "cloze": [("'He likes [?] a lot.' MODEL", ""), ("今天[?]很好。 -c 天气 -c 一部很有意思的电影 MODEL", "")],
    "choose": [(f"{text} {choice} MODEL", "") for text in (ENGLISH, CHINESE) for choice in CHOICES]
    + [
        ("- MODEL", QUESTIONS),
        ("- --shots 0,1 --draws 2 MODEL", QUESTIONS),
        ("- --shots 0,1 --template 'Question: {prompt}\\nAnswer:' --template 问题：{prompt}答案： MODEL", QUESTIONS),
        ("- --template '{prompt} ...' MODEL", QUESTIONS),
    ],
    "pairs": [("- MODEL", PAIRS)],
    "perplexity": [(f"- MODEL{out}", "今天天气很好。\nThe cat sat on the mat.\n") for out in ("", " --out /dev/null")],
    "calibration": [("- --bins 4 MODEL", 9 * "今天天气很好。\nThe cat sat on the mat.\n")],
    "generate": [(f"{text} -t 0,1.5 -n {n} --expect cat {DRAW}", "") for text in (ENGLISH, CHINESE) for n in (3, 20)]
    + [(f"{ENGLISH} -t 1,1.5 -n 20 {DRAW}", "")],
    "trace": [(f"{text} -t {t} {DRAW}", "") for text in (ENGLISH, CHINESE) for t in (0, 1, 2)],
    "tree": [(f"{text} --depth 2 MODEL", "") for text in (ENGLISH, CHINESE)],
    "embed": [
        (f"{BOTH} cat ENCODER", ""),
        ("cat ENCODER", ""),
        ("cat dog 猫 --strip --full ENCODER", ""),
        (f"{CHINESE} --tokens ENCODER", ""),
        ("小明 小红 --space configs/exercises/people.csv", ""),
        ("'The cat sat' 'a cat' --word cat MODEL", ""),
    ],
    "neighbors": [
        ("king queen --space mine", ""),
        ("'king - man + woman' --space mine --method mul", ""),
        ("king --space mine --min-frequency 1 --sort frequency", ""),
        ("king --space mine --metric l2 --within 9", ""),
        ("at --spaces encoded,table --metric dot", ""),
        ("小明 --space configs/exercises/people.csv", ""),
    ],
    "odd": [("king queen paris --space mine", ""), (f"{BOTH} cat ENCODER", "")],
    "why": [("king queen --space mine", ""), ("小明 小陈 --space configs/exercises/people.csv --standardize", "")],
    "layers": [
        *((f"{text} MODEL", "") for text in (ENGLISH, CHINESE)),
        (f"{ENGLISH} --track ' the' --track t -k 5 GGUF", ""),
    ],
    "attention": [(f"{text} {how} MODEL", "") for text in (ENGLISH, CHINESE) for how in ("", "--layer 2")],
    "tokens": [
        *((f"{text} LM", "") for text in (ENGLISH, CHINESE, "'é 👩‍👩‍👧 爱'")),
        (f"{BOTH} cat LM", ""),
        (f"{CHINESE} LM GGUF", ""),
        (f"{BOTH} LM GGUF", ""),
    ],
    "train ngram": [
        (f"mine --text - --replace {how}", STORY) for how in ("", "--by character --order 5", "--order 1 --min-count 1")
    ]
    + [(f"mine --text {text} --replace --sizes 9,30,90", "") for text in ("english", "chinese")],
    "train vectors": [
        ("moved --text LEARNED --dimension 4 --steps 0,1000", ""),
        ("bigrams --text LEARNED --from bigram --dimension 4 --watch 小猫,火车", ""),
    ],
    "guess": [
        (f"configs/exercises/guess.{file} --seed 1 --length 9 {by} MODEL", "x\n\n\nq\n\nz\n\n")
        for file in ("en.txt", "zh.txt")
        for by in ("", "--by character", "--by word")
    ],
    "secret": [("--space mine --seed 1", "queen\n?\nzebra\nking\n"), ("--space mine --seed 1", "")],
    "space list": [("", "")],
    "space show": [("mine", ""), ("encoded", "")],
    "space eval": [
        ("mine --similarity -", SIMILARITY),
        *((f"mine --{task} -", ANALOGIES) for task in ("analogies", "odd", "translations")),
    ],
    "models list": [("", "")],
    "models show": [(name, "") for name in ("LM_FOLDER", "GGUF_FILE", "ENCODER_FOLDER", "counted", "SERVED")],
    "models probe": [("SERVED", "")],
    **{f"cache {verb}": [("", "")] for verb in ("list", "check", "repair")},
    "cache clean": [("--yes", "")],
    "serve": [("--list", "")],
    "doctor": [("", "")],
}
BESIDE = [  # several models
    *((f"prob {text} TWO", "") for text in (ENGLISH, CHINESE, f"{BOTH} cat")),
    (f"compare {BOTH} TWO", ""),
    *((f"next {text} {how} TWO", "") for text in (ENGLISH, CHINESE) for how in ("", "--by character")),
    ("pairs - TWO", PAIRS),
    ("perplexity - TWO", "今天天气很好。\nThe cat sat on the mat.\n"),
    *((f"generate {CHINESE} -t 0,1.5 -n {n} --expect cat --seed 1 --max-tokens 9 TWO", "") for n in (1, 20)),
]
LINES = [(f"{verb} {rest}", stdin) for verb, cases in CASES.items() for rest, stdin in cases] + BESIDE
NAMES = {
    "log",
    "exp",
    "sqrt",
    "sum",
    "min",
    "count",
    "softmax",
    "cosine",
    "dist",
    "jaccard",
    "pearson",
    "spearman",
    "zipf",
}
NAMES |= {"negative", "passes", "rate", "sample", "seed", "shift", "weight", "window"}  # gensim's, or options
NAMES |= {*ROOMS, "temperature", "top", "tiny", "openai"}  # verbs, and what follows them
NAMES |= {"BOS", "MiB", "llmlab"}  # symbols and names, the same in every language
EXERCISES = Path(__file__).parents[2] / "configs" / "exercises"
GIVEN = f"{WORDS} mine.vec learned.txt {(EXERCISES / 'guess.en.txt').read_text('utf-8')}"
LETTERS = re.compile(r"\{[^}]*\}|[A-Za-z]")  # of a template, beside its places
SHOWN = {}  # line, stdin: what it handed to render; run once for all that is asked of it
DRAWN = re.compile(r"[─█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]+")  # rules, bars, shades
WORD = re.compile(r"[\u2e80-\u9fff\uff01-\uff60]|[^\s↵\u2e80-\u9fff\uff01-\uff60]+")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of this module's own: it holds spaces."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def environ(environ):
    """With the key of a server."""
    return {**environ, "LLMLAB_API_KEY": KEY}


@pytest.fixture(autouse=True)
def spaces(lab, cache, models, monkeypatch, checkout, lessons, box):
    """Spaces of a file, of an encoder and of a language model's table."""
    words, vectors = cache / "words.txt", cache / "mine.vec"
    learned = cache / "learned.txt"
    models |= {"LEARNED": [str(learned)], "SERVED": ["openai:tiny", "--base-url", box.url]}
    models |= {"WORDS": [str(words)], "VECTORS": [str(vectors)]}
    models |= {"WORDS": [str(words)], "VECTORS": [str(vectors)], "TWO": [*models["LM"], *models["GGUF"]]}
    (cache / "spaces" / ".gone.tmp-1").mkdir(parents=True, exist_ok=True)  # which a killed run left
    standing_servers.state(cache, "gemma-3-270m", detached=False)
    standing_servers.state(cache, "mine-with-a-long-name", dtype="float16")
    if not words.exists():
        words.write_text(WORDS, encoding="utf-8")
        vectors.write_text(VECTORS, encoding="utf-8")
        learned.write_text(training_texts.english(400) + training_texts.chinese(400), encoding="utf-8")
        made = ("import mine VECTORS", "build encoded ENCODER --vocab WORDS", "build table LM --vocab model")
        assert [lab(f"space {line}").code for line in made] == [0, 0, 0]
        assert lab("train ngram counted --text -", STORY.encode()).code == 0


@pytest.fixture
def shown(lab, monkeypatch):
    """What a line, run in a language, hands to render, as [(result, its views)]."""

    def shown(line, stdin, language):
        if (line, stdin, language) in SHOWN:
            return SHOWN[line, stdin, language]
        seen = SHOWN[line, stdin, language] = []
        with monkeypatch.context() as patch:
            patch.setenv("LLMLAB_LANG", "en" if language == "en" else "zh")
            if language == "none":
                patch.setattr("llmlab.language._read", lambda _: Unreadable())
            patch.setattr(
                world, "show", lambda result, *_, views, **__: seen.append((result, (views or result.views)()))
            )
            done = lab(line, stdin.encode())
        assert done.code == 0, done.err
        assert seen
        return seen

    return shown


class Unreadable(NullTranslations):
    """A language that has every sentence, in no letters: what is still read was never handed to `tr`, or is data."""

    def gettext(self, message):
        return LETTERS.sub(lambda found: found[0] if found[0].startswith("{") else "¿", message)

    def ngettext(self, one, several, count):
        return self.gettext(several)


def drawn(pictures, width=0):
    """All that a line shows as text, on a terminal or unfolded."""
    out = io.StringIO()
    screen = Screen(bool(width), width)
    for views in pictures:
        table.draw(views, out, screen)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


def words(text, width):
    """The words and numbers of a text, and the characters of Chinese; what is wider than a line may be in pieces."""
    found = set(WORD.findall(DRAWN.sub(" ", text)))
    return {word for word in found if cell_len(word) <= width}


def empty(pictures):
    """The names of columns without a value: a block has no line for them."""
    views = [view for some in pictures for view in some if isinstance(view, View)]
    found = [(column.name, [row[i] for row in view.rows]) for view in views for i, column in enumerate(view.columns)]
    return {name for name, cells in found if not any(cells)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("line", "stdin"), LINES)
def test_no_screen_breaks_a_word_or_a_number_or_loses_one(shown, line, stdin, language):
    seen = [views for _, views in shown(line, stdin, language)]
    whole = drawn(seen)
    assert not re.search(r"-0\.0+(?!\d)", whole)  # zero has no minus sign
    for width in WIDTHS:
        check_width(seen, whole, width)


def check_width(seen, whole, width):
    out = drawn(seen, width)
    assert max(map(cell_len, out.splitlines())) <= width
    lost = words(whole, width // 2) - words(out, width) - empty(seen)
    assert not lost, (width, lost)
    long = {word for word in words(whole, 10**9) if cell_len(word) > width // 2}
    broken = {word for word in words(out, width) - words(whole, width) if not any(word in one for one in long)}
    assert not broken, (width, broken)


@pytest.mark.parametrize(("line", "stdin"), LINES)
def test_a_sentence_says_what_the_figures_show(shown, line, stdin):
    for _, views in shown(line, stdin, "en"):
        assert views[0].conclusion


@pytest.mark.parametrize(("line", "stdin"), LINES)
def test_no_english_is_left_in_another_language(shown, cache, line, stdin):
    results = shown(line, stdin, "none")
    told = drawn([views for _, views in results])
    assert "¿" in told
    values = [(result, [list(one.values()) for one in result.records()]) for result, _ in results]
    held = [vars(result) for result, _ in results if isinstance(result, RecordTally)]  # of records that went by
    data = f"{line} {stdin} {values} {held} {GIVEN} {cache}"
    left = {word for word in re.findall("[A-Za-z]{3,}", told) if word not in data} - NAMES
    assert not left, told


def test_every_verb_that_shows_something_has_a_case():
    root = get_command(app)
    found = []
    for name in (name for verbs in SECTIONS.values() for name in verbs):
        one = root.get_command(None, name)
        verbs = (
            {f"{name} {verb}": one.get_command(None, verb) for verb in one.list_commands(None)}
            if isinstance(one, Noun)
            else {name: one}
        )
        found += [name for name, verb in verbs.items() if any("--format" in option.opts for option in verb.params)]
    assert list(CASES) == found
