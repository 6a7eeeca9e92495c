"""What is told where no server runs a model as it is asked for, but another one does."""

import msgspec
import pytest
from standing_servers import state

from llmlab.errors import MissingError
from llmlab.models.serving import registry


@pytest.mark.parametrize(
    ("asked", "runs", "message", "hint"),
    [
        (
            *("float16", {"dtype": "native"}),
            "no server runs for tiny-f32.gguf in float16, one does in native",
            "add --dtype native, or start one: {start} --dtype float16",
        ),
        (
            *("auto", {"dtype": "float16"}),
            "no server runs for tiny-f32.gguf in native, one does in float16",
            "add --dtype float16, or start one: {start}",
        ),
        ("auto", {"model": "other"}, "no server runs for tiny-f32.gguf, only for other", "{start}"),
        ("float32", {"model": "other"}, "no server runs for tiny-f32.gguf, only for other", "{start} --dtype float32"),
    ],
)
def test_who_needs_a_server_is_told_which_run(config, library, gguf_file, ear, asked, runs, message, hint):
    source = library.source(str(gguf_file))
    state(config.cache_folder, runs.pop("model", source.slug), **runs)
    config = msgspec.structs.replace(config, dtype=asked)
    with pytest.raises(MissingError) as error:
        registry.demand(config, source, ear)
    assert error.value.message == message
    assert error.value.hint == hint.format(start=f"llmlab serve {source.path}")
