"""The measures of a long text, against windows cut by hand and scored by plain torch."""

import math
import re
import shutil

import pytest
import tiny
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.errors import MisuseError
from llmlab.lab.probability import blocks
from llmlab.lab.probability.perplexity import measure
from llmlab.lab.probability.scored import score
from llmlab.lab.probability.windows import Windows


def conclusion(found):
    (view,) = found.views()
    return view.conclusion


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_the_measures_of_a_long_text_are_those_of_its_windows(request, lm, by_hand, long, engine):
    text = long + "\n" + long
    half = len(long) + 1
    found = measure(request.getfixturevalue(engine), "it", [text[:half], text[half:]], len(text), window=100, stride=30)
    ids = lm.encode(text).ids
    expected = by_hand(ids, 99, 30)
    total = sum(expected)
    record = found.document()
    assert record["logprob_nats"] == pytest.approx(total, abs=1e-3 * len(ids))
    assert record["perplexity"] == pytest.approx(math.exp(-total / len(ids)), rel=1e-3)
    assert record["bits_per_byte"] == pytest.approx(-total / math.log(2) / len(text.encode()), rel=1e-4)
    assert record["bits_per_character"] == pytest.approx(-total / math.log(2) / len(text), rel=1e-4)
    assert record["bits_per_token"] == pytest.approx(-total / math.log(2) / len(ids), rel=1e-4)
    assert (record["tokens"], record["scored_tokens"]) == (len(ids), len(ids))
    assert record["windows"] == Windows(99, 30).count(len(ids))
    said = re.fullmatch(r"At each token the model is as uncertain as (\S+) equal choices\.", conclusion(found))
    assert float(said[1].replace(",", "")) == pytest.approx(math.exp(-total / len(ids)), rel=1e-3)


def test_without_bos_a_long_text_lacks_one_tokens_probability(lm_without_bos, long):
    record = measure(lm_without_bos, "it", [long], len(long)).document()
    assert record["scored_tokens"] == record["tokens"] - 1


def test_no_more_than_a_window_and_a_block_is_held(lm, monkeypatch):
    """The blocks are asked for one by one, as the windows need them."""
    monkeypatch.setattr(blocks, "ENOUGH", 400)
    monkeypatch.setattr(blocks, "OVERLAP", 200)
    asked = []

    def read():
        for number in range(50):
            asked.append(number)
            yield "the cat sat on the mat\n" * 5

    seen = []
    measure(lm, "it", read(), 5750, window=64, progress=lambda done, total: seen.append((len(asked), done)))
    assert seen[0][0] < 10
    assert seen[-1][1] == 5750
    assert [done for _, done in seen] == sorted(done for _, done in seen)


@pytest.fixture(scope="module")
def spaced(lm_folder, texts, tmp_path_factory):
    """The tiny model with a tokenizer that puts a space before every text, and EOS after it."""
    folder = tmp_path_factory.mktemp("spaced")
    shutil.copytree(lm_folder, folder, dirs_exist_ok=True)
    tokenizer = Tokenizer(models.BPE(unk_token=tiny.BOS, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    marks = [tiny.BOS, tiny.EOS, *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=marks, show_progress=False)
    tokenizer.train_from_iterator([text for text in texts if text.isascii()], trainer)
    ends = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[(tiny.BOS, 0), (tiny.EOS, 1)])
    tokenizer.post_processor = ends
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=tiny.BOS, eos_token=tiny.EOS).save_pretrained(folder)
    return HuggingFaceLM(folder, "spaced", "r1")


@pytest.mark.parametrize("text", ["He likes movies", "He likes movies.\nand she likes cats", " two  spaces\r\n", "\n"])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("engine", ["spaced", "lm", "lm_without_bos", "llama"])
def test_a_file_of_one_window_is_as_likely_as_prob_says_of_its_text(request, engine, text, end):
    model, content = request.getfixturevalue(engine), text + end
    parts = re.split(r"(?<=\n)|(?= )", content)  # where blocks may end
    found = measure(model, "it", parts, len(content))
    (scored,) = score(model, [content])
    assert found.tokens == len(scored.tokens)
    if found.scored:
        assert found.logprob == pytest.approx(scored.total, abs=1e-6)
        assert found.perplexity == pytest.approx(scored.perplexity, rel=1e-6)


def test_an_empty_text_has_no_measure(lm):
    with pytest.raises(MisuseError, match="it is empty"):
        measure(lm, "it", [], 0)
