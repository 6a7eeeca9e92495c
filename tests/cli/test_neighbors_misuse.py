"""What llmlab neighbors refuses, before it opens anything where it can."""

import pytest


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def spaces(run, tmp_path):
    """The cache has the spaces mine and others."""
    (tmp_path / "v.vec").write_text("love 3 1\nhate -1 2\ncat 0.5 -2\n", encoding="utf-8")
    for name in ("mine", "others"):
        assert run("space", "import", name, str(tmp_path / "v.vec")).code == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("love --space glov", "did you mean glove?"),
        ("love --metric lp", "'lp' is not one of 'cosine'"),
        ("-", "no word is given; give a word"),
        ("'' -s mine", "the word is empty"),
        ("lovve -s mine", "the space mine has no word 'lovve'; close spellings: love"),
        ("love -k 3 --within 1", "-k, --within and --against are different ways"),
        ("love -k 3 --within 0.5 -s mine", "-k, --within and --against are different"),
        ("love -k 3 --against cat -s mine", "-k, --within and --against"),
        ("love --within 1 --against cat -s mine", "-k, --within and --against"),
        ("love --space mine --spaces mine,others", "--space and --spaces are two ways"),
        ("love --spaces mine,,others", "--spaces 'mine,,others' holds an empty name"),
        ("love --spaces ''", "--spaces '' holds an empty name"),
        ("love --space ''", "--space is empty; give a space's name"),
        ("love --spaces mine", "--spaces mine is one space; give two or more, or use --space"),
        ("love --spaces mine,mine", "--spaces mine,mine is one space"),
        ("love --spaces mine --sort word", "--spaces mine is one space"),  # whatever else is wrong
        ("love --space mine --space others --spaces mine,others", "--space and --spaces are two ways"),
        ("love --space mine --space others --sort word", "--sort word does not go with several spaces"),
        ("love --sort word --spaces mine,others", "--sort word does not go with several spaces"),
        ("love --sort frequency --spaces mine,others", "--sort frequency does not go with several spaces"),
        ("love --spaces mine,nowhere", "no space is called 'nowhere'"),
        ("love --against - -s mine", "--against holds no candidates"),
        ("love --against ' ' -s mine", "--against holds no candidates"),
        ("love --words '(' -s mine", "--words '(' is no regular expression"),
        ("love --sort size -s mine", "'size' is not one of"),
        ("love --within nan -s mine", "nan is no distance"),
        ("love -k 0 -s mine", "k = 0 asks for no neighbour"),
        ("love --standardize -s mine", "the space mine is made already"),
        ("'a - b' --method mul --metric l2", "--method mul ranks all words by cosines"),
        ("'love - cat' --method mul --within 1 -s mine", "--method mul ranks all words"),
        ("love --method mul --against cat -s mine", "--method mul ranks all words"),
    ],
)
def test_misuse_is_one_line_on_stderr(refuses, line, expected):
    refuses(f"neighbors {line}", b"", expected)
