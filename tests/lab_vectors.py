"""What tests of the vector lab's pictures share: vectors with labels, and texts that would be more than text."""

import json

import numpy as np
import vega

from llmlab.lab.provenance import Provenance
from llmlab.lab.vectors.embed import Embeddings
from llmlab.render.safe import visible

TEST = Provenance({"model": "m"}, "of a test")
HOSTILE = (
    "<script>alert(1)</script>",
    "datum.x",
    "'\"&quot;",
    "two\nlines",
    "\u202eturned",
    "{'expr': '1'}",
    "\x1b[1m",
)


def embeddings(labels, dimension=4, seed=0, **more):
    """Random vectors, one for each label."""
    vectors = np.random.default_rng(seed).normal(size=(len(labels), dimension)).astype(np.float32)
    return Embeddings(tuple(labels), vectors, TEST, **more)


def check_harmless(result, texts=HOSTILE):
    """Texts are drawn as text, with what would steer a reader made visible; nothing of them is an expression."""
    spec = vega.check(result)
    drawn = vega.drawn(result)
    for text in texts:
        assert visible(text) in drawn
    assert not {character for line in drawn for character in line} & {"\n", "\u202e", "\x1b"}
    assert '"expr"' not in json.dumps(spec)
    return spec
