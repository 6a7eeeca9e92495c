"""The minimal pairs that the shipped grammars make."""

from collections import Counter

import grammar_pairs
import pytest
from recogniser import Recogniser

from llmlab.files import Files
from llmlab.lab.probability.pairs import PAIRS


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request):
    return request.param


@pytest.fixture(scope="module")
def pairs(language):
    return Files(None, print).records(grammar_pairs.path(language), PAIRS)


def test_the_file_is_what_the_rules_make_and_no_text_to_learn_from_holds_it(language, pairs):
    learned = grammar_pairs.learned_from(language)
    assert not {pair.good for pair in pairs} & learned
    made = grammar_pairs.written(grammar_pairs.made(language, learned))
    assert grammar_pairs.path(language).read_text(encoding="utf-8") == made


def test_the_rules_make_the_good_sentences_and_none_of_the_bad(language, pairs):
    recogniser = Recogniser(grammar_pairs.grammar(language))
    assert [pair.good for pair in pairs if not recogniser.accepts(pair.good)] == []
    assert [pair.bad for pair in pairs if recogniser.accepts(pair.bad)] == []


def test_a_kind_has_25_pairs_and_no_sentence_is_there_twice(language, pairs):
    assert Counter(pair.group for pair in pairs) == dict.fromkeys(grammar_pairs.KINDS[language], 25)
    assert len({pair.good for pair in pairs}) == len({pair.bad for pair in pairs}) == len(pairs)
