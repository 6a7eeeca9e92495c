"""Every causal engine in turn, and what plain torch says of the same weights."""

from functools import cache

import numpy as np
import pytest
import tiny
from backends.engines import KINDS, opened, plain_counts


@pytest.fixture(scope="module", params=KINDS, ids=str)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def folder(kind, lm_folder, lm_folder_without_bos):
    return lm_folder if kind.bos else lm_folder_without_bos


@pytest.fixture(scope="module")
def engine(kind, folder, gguf_file, gguf_file_without_bos):
    return opened(kind, folder, gguf_file if kind.bos else gguf_file_without_bos)


@pytest.fixture(scope="module")
def tokens(engine, texts):
    return [engine.encode(text) for text in texts]


@cache
def remembered(folder):
    """Plain torch on a model, or for none the counts of n-grams, asked once for each text whatever the engine."""
    return cache(plain_counts() if folder is None else tiny.plain_torch(folder))


@pytest.fixture(scope="module")
def plain(kind, folder):
    """Log-probabilities [T, V] of the token after each of T."""
    return remembered(None if kind.counts else folder)


@pytest.fixture(scope="module")
def followed(kind, engine, plain):
    """Log-probabilities [T, V] of what may stand at each place of a text; nan where nothing stands before."""

    def rows(ids):
        before = kind.bos + ids[:-1]
        unknown = np.full((1 - len(kind.bos), engine.info.vocabulary), np.nan)
        return np.concatenate([unknown, *([plain(before)] if before else [])])[: len(ids)]

    return rows
