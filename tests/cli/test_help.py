"""--help: every verb stands in its section, has a page of its own that fits a terminal, and says what it needs."""

from importlib import import_module

import pytest
from rich.cells import cell_len

from llmlab.cli import ROOMS, SECTIONS

NOUNS = {
    "train": ["ngram", "vectors", "corpus"],
    "space": ["build", "import", "list", "show", "remove", "export", "check", "eval"],
    "models": ["list", "show", "prepare", "remove", "probe"],
    "cache": ["list", "check", "repair", "clean"],
    "completion": ["install", "show"],
}
VERBS = [verb for verbs in SECTIONS.values() for verb in verbs]
OF_NOUNS = [f"{noun} {verb}" for noun, verbs in NOUNS.items() for verb in verbs]
LONG = [
    "prob",
    "next",
    "choose",
    "perplexity",
    "generate",
    "trace",
    "tree",
    "embed",
    "neighbors",
    "train ngram",
]  # more than 30 lines
NEEDS = {  # what a verb cannot do without, as its line names it
    "prob": "TEXT...",
    "next": "TEXT",
    "compare": "A B",
    "orders": "TEXT",
    "cloze": "TEXT",
    "choose": "CONTEXT|FILE",
    "pairs": "FILE",
    "perplexity": "FILE",
    "layers": "TEXT",
    "attention": "TEXT",
    "tokens": "TEXT...",
    "calibration": "FILE",
    "embed": "TEXT...",
    "neighbors": "WORD...",
    "odd": "WORD WORD WORD...",
    "why": "A B",
    "merge": "PART...",
    "train ngram": "NAME",
    "train vectors": "NAME",
    "train corpus": "NAME",
    "space build": "NAME",
    "space import": "NAME",
    "space show": "NAME",
    "space remove": "NAME",
    "space export": "NAME",
    "space check": "NAME",
    "space eval": "NAME",
    "models show": "NAME",
    "models remove": "NAME",
    "models probe": "NAME",
    "completion show": "SHELL",
}
NEEDS_NOTHING = [
    "lesson",
    "generate",
    "trace",
    "tree",
    "explore",
    "guess",
    "secret",
    "space list",
    "models list",
    "models prepare",
    *(f"cache {verb}" for verb in ("list", "check", "repair", "clean")),
    "serve",
    "doctor",
    "completion install",
]


@pytest.fixture
def page(lab, environ):
    """The lines of a verb's --help on a terminal of 80 cells."""

    def page(verb, width=80):
        environ["COLUMNS"] = str(width)
        done = lab(f"{verb} --help")
        assert (done.code, done.err) == (0, "")
        return done.out.splitlines()

    return page


def test_the_first_page_names_every_verb_in_its_section(page):
    lines = page("")
    places = [lines.index(f"{section}:") for section in SECTIONS]
    assert places == sorted(places)
    for verbs, start, end in zip(SECTIONS.values(), places, [*places[1:], lines.index("Options:")], strict=True):
        listed = dict(line.split(maxsplit=1) for line in lines[start + 1 : end])
        assert listed == verbs  # each in one line


def test_all_that_can_be_typed_is_here(page):
    assert sorted(VERBS) == sorted(ROOMS)
    for noun, verbs in NOUNS.items():
        lines = page(noun)
        listed = lines[lines.index("Verbs:") + 1 : lines.index("Examples:")]
        assert [line.split()[0] for line in listed if line[2:3].strip()] == verbs
    assert sorted([*NEEDS, *NEEDS_NOTHING, *NOUNS]) == sorted([*VERBS, *OF_NOUNS])


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_lives_in_the_room_of_its_section(verb):
    room = import_module(f"llmlab.cli.{ROOMS[verb]}")
    assert hasattr(room, verb) or hasattr(room, f"{verb}_")
    section = next(section for section, verbs in SECTIONS.items() if verb in verbs)
    assert ROOMS[verb] == {"space": "spaces"}.get(verb, verb) if section == "Things" else section.lower()


@pytest.mark.parametrize("verb", ["", *VERBS, *OF_NOUNS])
def test_help_is_one_page_with_an_example(page, verb):
    lines = page(verb)
    assert len(lines) <= (53 if verb in ("", *LONG) else 31)
    assert [line for line in lines if cell_len(line) > 80] == []
    examples = lines[lines.index("Examples:") + 1 :]
    assert examples[0].startswith(f"  llmlab {verb}".rstrip())
    text = "\n".join(lines)
    for odd in ("<int range>", "[x>=", "[default", "[required]", "INTEGER", "\x1b"):
        assert odd not in text


@pytest.mark.parametrize("verb", ["", *NOUNS, *VERBS, *OF_NOUNS])
def test_no_terminal_breaks_a_word_of_help(page, verb):
    whole = set(" ".join(page(verb, 80)).split())
    for width in (40, 60, 120):
        lines = page(verb, width)
        assert max(map(cell_len, lines)) <= width
        assert set(" ".join(lines).split()) == whole


@pytest.mark.parametrize("verb", NEEDS)
def test_a_verb_without_what_it_needs_says_so_with_an_example(refuses, page, verb):
    examples = page(verb)
    example = examples[examples.index("Examples:") + 1].strip()
    piped = "" if " " in verb or verb == "merge" else ", typed or from a pipe"
    refuses(verb, b"", f"llmlab: {verb} needs {NEEDS[verb]}{piped}; for example: {example}\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("neighbor love", "no verb is called 'neighbor'; did you mean neighbors? see `llmlab --help`"),
        ("genrate", "no verb is called 'genrate'; did you mean generate?"),
        ("perplexty a", "did you mean perplexity?"),
        ("prob a --nonsense", "prob has no option --nonsense; see `llmlab prob --help`"),
        ("prob a --strp", "prob has no option --strp; did you mean --strip? see `llmlab prob --help`"),
        ("cloze a --candidates b", "cloze has no option --candidates; did you mean --candidate?"),
        (
            "generate --temp 3",
            "generate has no option --temp; did you mean --temperature?",
        ),
        ("pairs a b", "Got unexpected extra argument(s) (b); see `llmlab pairs --help`"),
        ("--hlp", "llmlab itself has no option --hlp; see `llmlab --help`"),
        ("tree --dept 2", "tree has no option --dept; did you mean --depth?"),
        ("space build --vocabulary x", "space build has no option --vocabulary"),
        ("--confg x prob a", "did you mean --config? see `llmlab --help`"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest(refuses, line, expected):
    refuses(line, b"", expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("prob a --next 3", "prob has no option --next; did you mean the verb: llmlab next? see `llmlab prob --help`"),
        ("prob a --next 3 --orders", "prob has no option --next; did you mean the verb: llmlab next?"),
        ("prob a b --orders", "prob has no option --orders; did you mean the verb: llmlab orders?"),
        ("prob --cloze 'a [?]'", "prob has no option --cloze; did you mean the verb: llmlab cloze?"),
        ("prob a --pairs x.jsonl", "prob has no option --pairs; did you mean the verb: llmlab pairs?"),
        ("generate a --tree 2 --trace", "generate has no option --tree; did you mean the verb: llmlab tree?"),
        ("generate a --trace", "generate has no option --trace; did you mean the verb: llmlab trace?"),
        ("embed a b c --odd", "embed has no option --odd; did you mean the verb: llmlab odd?"),
        ("prob a --stride 3", "prob has no option --stride"),
        ("prob a --choice b", "prob has no option --choice"),
        ("prob --diff a b", "prob has no option --diff"),
        ("prob --file x", "prob has no option --file"),
        ("next a --by-word", "next has no option --by-word"),
        ("generate a --branch 2", "generate has no option --branch"),
        ("generate a --distribution", "generate has no option --distribution"),
        ("tree a -n 3", "tree has no option -n"),
        ("embed a b --where", "embed has no option --where"),
    ],
)
def test_an_option_that_has_become_a_verb_names_it(refuses, line, expected):
    refuses(line, b"", expected)
