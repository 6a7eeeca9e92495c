"""The reference engine on the tiny model."""

import pytest

from llmlab.backends.torch.causal import HuggingFaceLM


@pytest.fixture(scope="session")
def lm(lm_folder):
    return HuggingFaceLM(lm_folder, "tiny", threads=1)


@pytest.fixture(scope="session")
def tokens(lm, texts):
    return [lm.encode(text) for text in texts]
