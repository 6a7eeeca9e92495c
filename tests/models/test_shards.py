"""A GGUF model in several files is the model that it is in one."""

import numpy as np
import pytest
import tiny
from msgspec.structs import replace

from llmlab.backends import shards
from llmlab.errors import DamagedError, MisuseError, UnsupportedError
from llmlab.models import card, prepare
from llmlab.models.library import Library


@pytest.fixture(scope="session")
def split(tmp_path_factory, lm_folder):
    """The weights of `lm_folder` in four files; gguf's own writer cuts them."""
    folder = tmp_path_factory.mktemp("split")
    tiny.gguf_of(lm_folder, folder / "tiny.gguf", tensors=8)
    assert sorted(path.name for path in folder.iterdir()) == [f"tiny-0000{n}-of-00004.gguf" for n in (1, 2, 3, 4)]
    return folder


def log_probabilities(library, path):
    lm = library.causal_lm(str(path))
    return lm.next([lm.encode("The cat")])


def test_a_folder_of_one_model_in_several_files_is_that_model(library, split, gguf_file):
    assert library.source(str(split)).path == split / "tiny-00001-of-00004.gguf"
    assert np.array_equal(log_probabilities(library, split), log_probabilities(library, gguf_file))


def test_any_of_the_files_is_the_model(library, split):
    sources = [library.source(str(path)) for path in split.iterdir()]
    assert {source.path for source in sources} == {split / "tiny-00001-of-00004.gguf"}


def test_links_to_the_files_are_the_model_as_in_the_hub_s_cache(library, split, gguf_file, tmp_path):
    (tmp_path / "blobs").mkdir()
    for number, path in enumerate(sorted(split.iterdir())):
        (tmp_path / "blobs" / f"blob{number}").write_bytes(path.read_bytes())
        (tmp_path / path.name).symlink_to(f"blobs/blob{number}")
    one = tmp_path / "tiny-00002-of-00004.gguf"
    assert np.array_equal(log_probabilities(library, one), log_probabilities(library, gguf_file))


def test_a_model_under_another_name_than_gguf_is_told_by_how_it_begins(library, gguf_file, tmp_path):
    (tmp_path / "sha256-abc").write_bytes(gguf_file.read_bytes())
    assert np.array_equal(log_probabilities(library, tmp_path / "sha256-abc"), log_probabilities(library, gguf_file))


def test_its_card_is_that_of_the_one_file(library, split, gguf_file):
    found, expected = (card.read(library.shop, library.source(str(path))) for path in (split, gguf_file))
    assert {one.name: one for one in found.tensors} == {one.name: one for one in expected.tensors}
    facts = {key: value for key, value in expected.facts.items() if key not in ("source", "file_mib")}
    assert {key: found.facts[key] for key in facts} == facts
    size = sum(path.stat().st_size for path in split.iterdir())
    assert found.facts["file_mib"] == round(size / 2**20, 1)


def test_its_table_is_found_in_whichever_file_it_is(library, split, gguf_file):
    assert np.array_equal(library.table(str(split)), library.table(str(gguf_file)))


def test_it_is_widened_into_one_file(config, ear, split, gguf_file):
    library = Library(replace(config, dtype="float16"), ear)
    assert np.array_equal(log_probabilities(library, split), log_probabilities(library, gguf_file))
    made = prepare.gguf_to_run(library.shop, library.source(str(split)), "float16")
    assert shards.paths(made) == (made,)


def test_the_torch_engine_names_the_one_that_reads_it(config, ear, split):
    library = Library(replace(config, engine="torch"), ear)
    with pytest.raises(UnsupportedError, match="torch cannot read a GGUF model in several files") as caught:
        library.causal_lm(str(split))
    assert "llama.cpp" in caught.value.hint


def test_a_change_of_any_file_is_seen(config, ear, split, tmp_path):
    for path in split.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = Library(config, ear).source(str(tmp_path)).fingerprint
    (tmp_path / "tiny-00003-of-00004.gguf").write_bytes(b"x")
    assert Library(config, ear).source(str(tmp_path)).fingerprint != before


def test_a_file_that_is_missing_is_named(library, split, tmp_path):
    for path in sorted(split.iterdir())[1:]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DamagedError, match=r"tiny-00001-of-00004\.gguf is not in") as caught:
        library.source(str(tmp_path))
    assert caught.value.hint == "fetch it too"


def test_two_models_in_several_files_are_two(library, split, tmp_path):
    for path in split.iterdir():
        for name in (path.name, f"other-{path.name}"):
            (tmp_path / name).write_bytes(path.read_bytes())
    with pytest.raises(MisuseError, match=r"several GGUF files: other-tiny-00001-of-00004\.gguf, tiny-00001"):
        library.source(str(tmp_path))
