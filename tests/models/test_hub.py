"""What a name means on the hub, and which files of a repository are the model."""

import pytest
from hub_server import Hub
from msgspec.structs import replace

from llmlab.backends import shards
from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, MisuseError
from llmlab.models import hub
from llmlab.models.hub import HubFile, HubName, chosen, parse
from llmlab.models.library import Library

SPLIT = [f"Q8/big-0000{number}-of-00003.gguf" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("org/name", HubName("org/name")),
        ("org/name@v1.0", HubName("org/name", "v1.0")),
        ("org/name@refs/pr/3", HubName("org/name", "refs/pr/3")),
        ("org/name:a.gguf", HubName("org/name", "", "a.gguf")),
        ("org/name@main:Q4/a-00001-of-00002.gguf", HubName("org/name", "main", "Q4/a-00001-of-00002.gguf")),
        *((text, None) for text in ("name", "a/b/c", "./a/b", "/a/b", "~/b", "org/it.gguf", "name:a/b.gguf")),
    ],
)
def test_a_text_names_a_repository_a_revision_and_a_file(text, name):
    assert parse(text) == name
    if name is not None:
        assert str(name) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("org/name@../x", "is no revision of org/name"),
        ("org/name@a b", "is no revision of org/name"),
        ("org/name@a/../../x", "is no revision of org/name"),
        ("org/name:model.safetensors", "is no GGUF file of org/name"),
        ("org/name:../../x.gguf", "is no GGUF file of org/name"),
        ("org/name:/etc/x.gguf", "is no GGUF file of org/name"),
        ("org/name:a\\..\\x.gguf", "is no GGUF file of org/name"),
        ("org/name:C:x.gguf", "is no GGUF file of org/name"),
    ],
)
def test_what_is_half_a_name_is_misuse(text, message):
    with pytest.raises(MisuseError, match=message):
        parse(text)


def picked(text, *paths):
    return [one.path for one in chosen(parse(text), [HubFile(path, 3 * 2**20, "0" * 40) for path in paths])]


@pytest.mark.parametrize(
    ("text", "paths", "files"),
    [
        ("org/name", ["a.json", "b.safetensors", "c.gguf", "d.bin", "e.py", "f.md"], ["a.json", "b.safetensors"]),
        ("org/name", ["model.safetensors", "chat_template.jinja", "vocab.txt", "1_Pooling/config.json"], ...),
        ("org/name", ["config.json", "it.gguf", "mmproj-it.gguf"], ["it.gguf"]),
        ("org/name", ["config.json", *SPLIT], SPLIT),
        ("org/name:b.gguf", ["a.gguf", "b.gguf", "c.safetensors"], ["b.gguf"]),
        (f"org/name:{SPLIT[0]}", ["a.gguf", *SPLIT], SPLIT),
        (f"org/name:{SPLIT[2]}", ["a.gguf", *SPLIT], SPLIT),
    ],
)
def test_the_files_of_a_model_are_chosen(text, paths, files):
    assert picked(text, *paths) == (paths if files is ... else files)


@pytest.mark.parametrize(
    ("text", "paths", "error", "message", "hint"),
    [
        (
            "org/name@v1",
            ["a.gguf", *SPLIT],
            MisuseError,
            "org/name holds several GGUF models",
            "give org/name@v1:FILE, where FILE is one of Q8/big-00001-of-00003.gguf (3 MiB), a.gguf (3 MiB)",
        ),
        ("org/name:b.gguf", ["a.gguf"], MisuseError, "holds no GGUF model 'b.gguf'", "FILE is one of a.gguf"),
        ("org/name:*.gguf", ["a.gguf"], MisuseError, "holds no GGUF model '[*].gguf'", "FILE is one of a.gguf"),
        ("org/name:b.gguf", ["a.safetensors"], MisuseError, "holds no GGUF model 'b.gguf'", "it holds none at all"),
        (f"org/name:{SPLIT[0]}", SPLIT[:2], DamagedError, "org/name lacks Q8/big-00003-of-00003.gguf", "another file"),
        ("org/name", ["pytorch_model.bin"], DamagedError, "only pickled weights .pytorch_model.bin.", "safetensors"),
        ("org/name", ["README.md"], MisuseError, "org/name holds no model weights", "safetensors or GGUF"),
    ],
)
def test_what_is_no_one_model_is_refused(text, paths, error, message, hint):
    with pytest.raises(error, match=message) as caught:
        picked(text, *paths)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("a.gguf", ("a.gguf",)),
        ("a-00002-of-00002.gguf", ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf")),
        ("a-00003-of-00002.gguf", ("a-00003-of-00002.gguf",)),
        ("a-00000-of-00000.gguf", ("a-00000-of-00000.gguf",)),
        ("a-1-of-2.gguf", ("a-1-of-2.gguf",)),
    ],
)
def test_the_name_of_a_file_tells_the_others_of_its_model(file, names):
    assert shards.names(file) == names


def test_a_gguf_file_of_the_hub_is_all_that_is_fetched(use, library, hub_cache, gguf_file):
    files = {"a/tiny.gguf": gguf_file.read_bytes(), "other.gguf": b"GGUF", "config.json": b"{}"}
    with Hub(files) as server:
        source = use(server) and library.source("organisation/name@v1:a/tiny.gguf")
        assert [one.path.rpartition("/")[2] for one in server.gets()] == ["tiny.gguf"]
    assert source.is_gguf
    assert source.path.read_bytes() == gguf_file.read_bytes()
    assert (source.name, source.revision) == ("organisation/name:a/tiny.gguf", "c" * 40)
    assert hub.cached(parse("organisation/name:a/tiny.gguf")) is None  # another revision's name, and nobody to ask
    assert library.causal_lm("organisation/name@v1:a/tiny.gguf").info.name == source.name


def test_an_entry_of_the_users_own_that_names_nothing_on_the_hub_is_misuse(config, ear):
    entry = ModelEntry("causal", "mine", "hub", "MIT", path="name")
    with pytest.raises(MisuseError, match="mine: 'name' is no name on the hub"):
        Library(replace(config, models={"mine": entry}), ear).source("mine")


def test_an_entry_of_the_users_own_may_be_of_the_hub(use, config, ear, hub_cache, lm_folder):
    entry = ModelEntry("causal", "mine", "hub", "MIT", path="organisation/name", revision="v1")
    with Hub({path.name: path.read_bytes() for path in lm_folder.iterdir()}) as server:
        use(server)
        source = Library(replace(config, models={"mine": entry}), ear).source("mine")
    assert (source.name, source.slug, source.revision, source.entry) == ("mine", "mine", "c" * 40, entry)
    assert (source.path / "model.safetensors").is_file()
