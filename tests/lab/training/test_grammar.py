"""Sentences by rule: what the notation means, that all of it is obeyed, and that every machine makes the same."""

import hashlib
import itertools
from collections import Counter
from pathlib import Path

import pytest
from recogniser import Recogniser
from scipy import stats

from llmlab.errors import MisuseError
from llmlab.lab.training.grammar import Symbol, read

CORPORA = Path(__file__).parents[3] / "configs" / "corpora"
SHIPPED = ("english", "chinese")
PINNED = {  # sha256 of the first 1,000 sentences of seed 1, a line each
    "english": "ca560fbab2778ad877c2984f92716260e431cdd6129f0b92e7c33069bee95763",
    "chinese": "35feaea56de05fd06436b34b1d98c82b1883c5fd825ddb813d367b38a84cd0b2",
}
START = Symbol("S")
SMALL = """
# a grammar of three words and two numbers
feature num = sg*3 pl
S -> NP[num] VP[num] .
NP[sg] -> 3 a Noun[sg] | "It"   # the first is drawn three times of four
NP[pl] -> Noun[pl]
VP[num] -> Verb[num]
Noun[num] = cat/+s ox/oxen
Verb[num] = runs/run
write a as an before a e i o u
"""


def drawn(grammar, count, seed=1):
    return list(itertools.islice(grammar.sentences(seed), count))


@pytest.fixture(scope="module", params=SHIPPED)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def shipped(name):
    return read((CORPORA / f"{name}.grammar").read_text(encoding="utf-8"), name)


def language(grammar, symbol=START):
    """Every sentence of a finite grammar with its probability, by all ways of making it."""
    choices = grammar.choices(symbol)
    found = Counter()
    for share, parts in zip(choices.shares, choices.parts, strict=True):
        each = [{(part,): 1.0} if isinstance(part, str) else language(grammar, part) for part in parts]
        for words in itertools.product(*(one.items() for one in each)):
            probability = share
            for _, own in words:
                probability *= own
            found[tuple(word for part, _ in words for word in part)] += probability
    return found


def test_a_rule_holds_for_every_value_of_its_features_and_weighs_them():
    grammar = read(SMALL, "small")
    found = {grammar.written(words): probability for words, probability in language(grammar).items()}
    assert found == pytest.approx(
        {
            "A cat runs.": 0.75 * 0.75 / 2,  # sg 3 of 4, a noun 3 of 4, one of two nouns
            "An ox runs.": 0.75 * 0.75 / 2,
            "It runs.": 0.75 * 0.25,
            "Cats run.": 0.25 / 2,
            "Oxen run.": 0.25 / 2,
        }
    )


def test_sentences_are_drawn_as_the_weights_say():
    grammar = read(SMALL, "small")
    expected = {grammar.written(words): probability for words, probability in language(grammar).items()}
    seen = Counter(drawn(grammar, 4000))
    assert set(seen) == set(expected)
    assert stats.chisquare([seen[one] for one in expected], [4000 * p for p in expected.values()]).pvalue > 1e-3


def test_the_alternatives_of_the_shipped_rules_are_drawn_as_the_weights_say(shipped):
    choices = shipped.choices(Symbol("S"))
    seen = Counter()
    for i in range(3000):
        tree = shipped.tree(3, i)
        seen[tuple(part if isinstance(part, str) else part.symbol for part in tree.parts)] += 1
    by_parts = Counter()
    for share, parts in zip(choices.shares, choices.parts, strict=True):
        by_parts[parts] += share
    assert set(seen) <= set(by_parts)
    expected = [3000 * share for share in by_parts.values()]
    assert stats.chisquare([seen[parts] for parts in by_parts], expected).pvalue > 1e-3


def test_an_open_feature_has_as_many_shares_as_words():
    text = (
        "feature cl = 只 匹\nno spaces\nS -> 一 Cl[cl] Noun[cl]\nCl[cl] = 只/匹\nNoun[只] = 猫 狗 羊\nNoun[匹] = 马\n"
    )
    grammar = read(text, "measure")
    found = {grammar.written(words): probability for words, probability in language(grammar).items()}
    assert found == pytest.approx({"一只猫": 0.25, "一只狗": 0.25, "一只羊": 0.25, "一匹马": 0.25})


def test_two_of_one_feature_need_not_agree_and_a_dead_end_is_left_out():
    text = "feature num = sg pl mass\nS -> N[num1] and N[num2]\nN[num] -> Noun[num]\nNoun[sg] = cat\nNoun[pl] = cats\n"
    grammar = read(text, "two")
    expected = {f"{one} and {other}" for one in ("Cat", "Cats") for other in ("cat", "cats")}
    assert {grammar.written(words) for words in language(grammar)} == expected


def test_every_sentence_is_recognised(shipped):
    recogniser = Recogniser(shipped)
    assert [line for line in drawn(shipped, 400, seed=2) if not recogniser.accepts(line)] == []


def test_the_sentences_of_the_lecture_are_made_and_their_opposites_are_not():
    made = {name: Recogniser(read((CORPORA / f"{name}.grammar").read_text(encoding="utf-8"), name)) for name in SHIPPED}
    for line in ("He likes movies.", "The happy boy eats ice cream.", "She eats an apple."):
        assert made["english"].accepts(line), line
    for line in ("He movies likes.", "He like movies.", "Happy the boy eats ice cream.", "She eats a apple."):
        assert not made["english"].accepts(line), line
    for line in ("今天天气很好。", "我喜欢看电影。"):
        assert made["chinese"].accepts(line), line
    for line in ("今天天气好很。", "我喜欢电影看。", "我看了一张书。"):
        assert not made["chinese"].accepts(line), line


def test_all_machines_make_the_same(name, shipped):
    text = "".join(f"{line}\n" for line in drawn(shipped, 1000))
    assert hashlib.sha256(text.encode()).hexdigest() == PINNED[name]


def test_a_sentence_does_not_depend_on_where_one_starts(shipped):
    later = list(itertools.islice(shipped.sentences(1, start=90), 10))
    assert drawn(shipped, 100)[90:] == later
    assert drawn(shipped, 100, seed=2) != drawn(shipped, 100)


def test_the_default_text_is_2_mb(shipped):
    part = "".join(f"{line}\n" for line in drawn(shipped, 6000))
    assert 10 * len(part.encode()) > 2e6


def test_trees_come_again_as_often_as_chance_has_it(shipped):
    """Two trees are the same with a probability that the rules say: the sum of the squares of all probabilities."""
    known = {}

    def twice(symbol):
        if symbol not in known:
            choices = shipped.choices(symbol)
            known[symbol] = 0.0
            for share, parts in zip(choices.shares, choices.parts, strict=True):
                same = share**2
                for part in parts:
                    same *= 1 if isinstance(part, str) else twice(part)
                known[symbol] += same
        return known[symbol]

    count = 4000
    seen = Counter(shipped.tree(5, i) for i in range(count))
    pairs = sum(times * (times - 1) // 2 for times in seen.values())
    expected = count * (count - 1) / 2 * twice(Symbol("S"))
    assert 0.7 * expected < pairs < 1.4 * expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S ->", "bad line 1 is no rule: nothing stands on its right"),
        ("S -> a\nfine", "bad line 2 is no rule: it has no -> or = after a symbol"),
        ("S -> a |", "bad line 1 is no rule: an alternative is empty; write ε for nothing"),
        ("S -> 3", "bad line 1 is no rule: an alternative is empty; write ε for nothing"),
        ("feature num = sg*x", "bad line 1 is no rule: could not convert string to float: 'x'"),
        ("feature num", "bad line 1 is no rule: it has no -> or = after a symbol"),
    ],
)
def test_a_line_that_is_no_rule_is_named(text, expected):
    with pytest.raises(MisuseError) as error:
        read(text, "bad")
    assert error.value.message == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S -> Other", "the grammar has no rule for S"),
        ("A -> b", "the grammar has no rule for S"),
        ("S -> a S", "the grammar's rules never end at S"),
    ],
)
def test_rules_that_make_no_sentence_say_so(text, expected):
    with pytest.raises(MisuseError) as error:
        drawn(read(text, "bad"), 1)
    assert error.value.message == expected
