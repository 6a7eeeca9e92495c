"""Two tiny models of one vocabulary, of which one has a BOS, a third of another, and what plain torch says of each."""

import numpy as np
import pytest
import tiny

from llmlab.backends.torch.causal import HuggingFaceLM


@pytest.fixture(scope="session")
def of_other_tokens(tmp_path_factory) -> HuggingFaceLM:
    """A model whose tokenizer was trained on other texts."""
    folder = tmp_path_factory.mktemp("lm-other")
    return HuggingFaceLM(tiny.language_model(folder, ["zebra quartz", "The cat sat", "zebra"]), "other", "r1")


@pytest.fixture(scope="session")
def after(lm, lm_without_bos, lm_folder, lm_folder_without_bos):
    """(model, text, first token) -> log P of the text's tokens from that one on, nats, by plain torch."""
    folders = {id(lm): lm_folder, id(lm_without_bos): lm_folder_without_bos}

    def after(model, text: str, first: int = 0) -> float:
        ids, bos = model.encode(text).ids, (0,) if model is lm else ()
        rows = tiny.plain_torch(folders[id(model)])((*bos, *ids))
        return float(np.sum([rows[len(bos) + i - 1][ids[i]] for i in range(first, len(ids))]))

    return after
