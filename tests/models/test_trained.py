"""Models that the user trained: kept, found by name, refused where a name is taken, removed."""

import json

import pytest

from llmlab.errors import DamagedError, MisuseError, UnsupportedError
from llmlab.lab.training import ngram
from llmlab.models import inventory, trained
from llmlab.models.library import Library
from llmlab.models.sources import locate

LINES = ["The cat sat on the mat.", "The cat ran.", "The dog sat."] * 2


def keep(config, ear, name="story", lines=LINES, replace=False):
    name, _, size = name.partition("@")
    known = trained.check(config, name, replace, int(size) if size else None)
    found = ngram.train(lines, known)
    trained.keep(config, known, found.vocabulary, found.counts, found.facts, ear)
    return found


def test_a_model_is_found_by_its_name_and_says_what_it_said(config, ear, library):
    found = keep(config, ear)
    lm = library.causal_lm("story")
    text = found.lm.encode("The cat ran on 今天")
    assert lm.encode("The cat ran on 今天") == text
    assert (lm.next([text]) == found.lm.next([text])).all()
    assert (lm.info.name, lm.info.revision, lm.info.engine) == ("story", found.revision, "numpy")
    facts, vocabulary, counts = trained.opened(config, "story")
    assert ngram.trained_as(facts, vocabulary, counts).records() == found.records()


def test_a_name_that_is_taken_is_refused_unless_it_is_replaced(config, ear, library):
    keep(config, ear)
    for name in ("story", "Story"):
        with pytest.raises(MisuseError, match="you have a model story already") as refused:
            trained.check(config, name, replace=False)
        assert "--replace" in refused.value.hint
    assert keep(config, ear, lines=LINES[:2], replace=True).revision == library.causal_lm("story").info.revision


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        "..",
        "a b",
        "con",
        "story@",
        "@1000",
        "a@b@c",
        "gemma-3-270m",
        "x.gguf",
        "a@b",
        "story@1000",
        f"{'a' * 195}@100000",
    ],
)
def test_what_is_no_name_is_refused(config, name):
    with pytest.raises(MisuseError):
        trained.check(config, name, replace=True)


def test_a_name_may_carry_a_label(config, ear, library):
    small = keep(config, ear, "story@1000", LINES[:2])
    large = keep(config, ear, "story")
    assert trained.names(config) == ["story", "story@1000"]
    assert library.causal_lm("story@1000").info.revision == small.revision != large.revision


def test_a_repository_of_the_hub_keeps_its_revision(config, ear, monkeypatch):
    keep(config, ear, "b@1")
    asked = []
    monkeypatch.setattr("llmlab.models.sources._hub", lambda wanted, *rest: asked.append(str(wanted)))
    locate(config, "a/b@1", ear)
    assert asked == ["a/b@1"]


def test_the_list_has_it_and_it_is_removed(config, ear, library):
    keep(config, ear)
    (listed,) = [one for one in inventory.listing(config).models if one.name == "story"]
    assert (listed.kind, listed.installed, listed.prepared) == ("causal", True, ("trained",))
    assert listed.description == "3-grams of words, of text"
    assert inventory.remove(library, "story") > 0
    assert trained.names(config) == []
    with pytest.raises(MisuseError, match="no model is called 'story'"):
        Library(config, ear).source("story")


def test_models_of_fewer_sentences_go_with_the_largest(config, ear, library):
    for name in ("story", "story@9", "story@99", "stories"):
        keep(config, ear, name)
    inventory.remove(library, "story@9")
    assert trained.names(config) == ["stories", "story", "story@99"]
    inventory.remove(library, "story")
    assert trained.names(config) == ["stories"]


def test_one_that_is_damaged_is_said_and_can_be_made_again_or_removed(config, ear, library):
    keep(config, ear)
    (config.trained_folder / "story" / "ngram.npz").write_bytes(b"")
    with pytest.raises(DamagedError, match="story is damaged"):
        library.source("story")
    assert "damaged" in [one.description for one in inventory.listing(config).models]
    keep(config, ear, replace=True)
    Library(config, ear).causal_lm("story")
    (config.trained_folder / "story" / "record.json").write_text("{}")
    assert inventory.remove(Library(config, ear), "story") > 0


def test_one_of_another_version_is_said(config, ear, library):
    keep(config, ear)
    path = config.trained_folder / "story" / "record.json"
    record = json.loads(path.read_text())
    record["fingerprint"]["format"] = "0"
    del record["crc"]
    path.write_text(json.dumps(record))
    with pytest.raises(DamagedError, match="another version"):
        library.source("story")


def test_what_counts_cannot_do_is_refused(config, ear, library):
    from msgspec.structs import replace

    keep(config, ear)
    for asked, said in (({"engine": "torch"}, "does not read"), ({"dtype": "float16"}, "float64")):
        with pytest.raises(MisuseError, match=said):
            Library(replace(config, **asked), ear).causal_lm("story")
    for refused in (library.table, library.read_table):
        with pytest.raises(MisuseError, match="has no vectors"):
            refused("story")
    with pytest.raises(UnsupportedError, match="counts and no layers") as error:
        library.causal_lm("story").hidden(library.causal_lm("story").encode("The cat"), 1)
    assert "neural" in error.value.hint
    with pytest.raises(MisuseError, match="this needs a sentence encoder"):
        library.encoder("story")


def test_with_no_bos_asked_for_the_first_token_has_no_probability(config, ear):
    from msgspec.structs import replace

    keep(config, ear)
    assert Library(replace(config, bos=False), ear).causal_lm("story").info.bos is None
    assert Library(replace(config, bos=True), ear).causal_lm("story").info.bos == "<s>"


def test_models_are_kept_beside_other_data_unless_a_cache_is_named(config, monkeypatch, tmp_path):
    from llmlab.config import load

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert config.trained_folder == config.cache_folder / "trained"
    assert "data" in str(load(None, {}).trained_folder)
