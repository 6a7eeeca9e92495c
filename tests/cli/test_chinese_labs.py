"""The temperature and the vector lab in Chinese: sentences that have several forms."""

import numpy as np
import pytest
from lab_spaces import make

from llmlab.lab.provenance import Provenance
from llmlab.lab.temperature.expected import Expected
from llmlab.lab.vectors.embed import Embeddings
from llmlab.lab.vectors.secret import SecretGame, hide, played
from llmlab.lab.vectors.why import explain
from llmlab.language import speak


def test_the_chinese_question_knows_its_answer(lab):
    done = lab("generate --lang zh -n 2 -t 0,1 --seed 1 --max-tokens 1 MODEL")
    assert "正确：以 '巴黎' 开头的答案" in done.out
    assert "随机种子 1" in done.out


@pytest.mark.parametrize(
    ("texts", "patterns", "anywhere", "aim"),
    [
        (("Paris", "Lyon"), (), False, "以 'Paris' 或 'Lyon' 开头"),
        (("Paris",), (), True, "包含 'Paris'"),
        ((), ("^P", "^L"), False, "与 /^P/ 或 /^L/ 匹配"),
        (("Paris",), ("^L",), False, "以 'Paris' 开头或与 /^L/ 匹配"),
    ],
)
def test_what_is_right_is_told_in_chinese_order(texts, patterns, anywhere, aim):
    speak("zh")
    assert Expected.of(texts, patterns, anywhere).aim == aim


@pytest.mark.parametrize(
    ("metric", "one", "other", "said"),
    [
        ("l2", [3, 0], [0, 4], "a 和 b 的 l2：5.0000；贡献最大：第 1 维，占距离的 64.0%"),
        ("dot", [3, 1], [2, 1], "a 和 b 的 dot：7.0000；贡献最大：第 0 维，占 85.7%"),
        ("dot", [1, -3], [1, 1], "a 和 b 的 dot：-2.0000；影响最大：第 1 维，贡献 -3.0000"),
    ],
)
def test_why_says_what_makes_most(metric, one, other, said):
    speak("zh")
    pair = Embeddings(("a", "b"), np.array([one, other], np.float32), Provenance({}, "")).by(metric)
    assert explain(pair).views()[0].conclusion == said


def test_a_hidden_word_found_or_not_is_told_with_its_hints(tmp_path):
    speak("zh")
    words = ["house", "river", "garden", "bread", "winter", "doctor"]
    hidden = hide(make(tmp_path, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32), words), 3)
    word, other = hidden.word, hidden.space.words[hidden.at(5)]
    for answers, said in (
        ([word], "猜了 1 次猜中。"),
        (["?", word], "猜了 2 次猜中，其中提示 1 次。"),
        (["!"], "猜了 0 次没猜中。"),
        ([other, "!"], "猜了 1 次没猜中；最近的一次猜到第 5 位。"),
    ):
        game = played(SecretGame(hidden), answers)
        assert game.views()[0].conclusion == f'谜底是 "{word}"：{said}'
