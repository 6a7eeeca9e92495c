"""Ollama's models by name. The folders are laid out as Ollama's own tests do (ollama/manifest/manifest_test.go)."""

import hashlib
import json
import os

import numpy as np
import pytest

from llmlab.errors import DamagedError, MissingError, MisuseError
from llmlab.models import ollama

WEIGHTS = "application/vnd.ollama.image.model"
OWN = "manifests/registry.ollama.ai/library"


class Store:
    """A folder as Ollama fills it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "blobs").mkdir(parents=True)

    def blob(self, content):
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs" / f"sha256-{digest}").write_bytes(content)
        return f"sha256:{digest}"

    def layer(self, content, kind=WEIGHTS):
        return {"mediaType": kind, "digest": self.blob(content), "size": len(content)}

    def add(self, place, *layers, **more):
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"schemaVersion": 2, "layers": layers} | more))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    return Store(tmp_path / "models")


@pytest.mark.parametrize(
    ("place", "typed", "shown"),
    [
        (f"{OWN}/tiny/latest", "tiny", "tiny:latest"),
        (f"{OWN}/tiny/1b", "Tiny:1B", "tiny:1b"),
        ("manifests/registry.ollama.ai/user/tiny/latest", "user/tiny", "user/tiny:latest"),
        ("manifests/hf.co/user/tiny/Q8_0", "hf.co/user/tiny:Q8_0", "hf.co/user/tiny:Q8_0"),
        ("manifests-v2/ollama.com/library/tiny/latest", "tiny", "tiny:latest"),
    ],
)
def test_a_name_leads_to_its_weights(library, store, gguf_file, place, typed, shown):
    content = gguf_file.read_bytes()
    store.add(place, store.layer(b"template", "application/vnd.ollama.image.template"), store.layer(content))
    source = library.source(f"ollama:{typed}")
    checksum = hashlib.sha256(content).hexdigest()
    assert source.path == store.folder / "blobs" / f"sha256-{checksum}"
    assert source.is_gguf
    assert (source.name, source.revision) == (f"ollama:{shown}", checksum[:12])
    assert source.fingerprint == {"sha256": checksum}


def test_its_model_is_that_of_the_file(library, store, gguf_file):
    store.add(f"{OWN}/tiny/latest", store.layer(gguf_file.read_bytes()))
    models = [library.causal_lm(name) for name in ("ollama:tiny", str(gguf_file))]
    one, other = (model.next([model.encode("The cat")]) for model in models)
    assert np.array_equal(one, other)
    assert models[0].info.name == "ollama:tiny:latest"
    assert np.array_equal(library.table("ollama:tiny"), library.table(str(gguf_file)))


def test_what_a_newer_ollama_has_written_goes_first_and_may_list_one_manifest_an_engine(library, store):
    store.add(f"{OWN}/tiny/latest", store.layer(b"GGUF old"))
    child = {"layers": [store.layer(b"GGUF new")]}
    listed = [{"runner": "mlx", "digest": store.blob(b'{"layers": [{"mediaType": "other"}]}')}]
    listed += [{"runner": "ollama", "digest": store.blob(json.dumps(child).encode())}]
    store.add("manifests-v2/ollama.com/library/tiny/latest", manifests=listed)
    assert library.source("ollama:tiny").path.read_bytes() == b"GGUF new"


def test_the_folders_are_those_of_the_user_and_of_the_service(library, tmp_path, monkeypatch):
    monkeypatch.delenv("OLLAMA_MODELS", raising=False)
    monkeypatch.setattr(ollama.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(ollama, "SERVICE", tmp_path / "service")
    with pytest.raises(MissingError, match=r"no models of Ollama in .*\.ollama/models, .*service") as caught:
        library.source("ollama:tiny")
    assert "OLLAMA_MODELS" in caught.value.hint
    for folder, content in ((tmp_path / "service", b"GGUF a"), (tmp_path / ".ollama" / "models", b"GGUF b")):
        other = Store(folder)
        other.add(f"{OWN}/tiny/latest", other.layer(content))
        other.add(f"{OWN}/{content[-1:].decode()}/latest", other.layer(content))
    assert library.source("ollama:tiny").path.read_bytes() == b"GGUF b"  # the user's own
    assert library.source("ollama:a").path.read_bytes() == b"GGUF a"


@pytest.mark.parametrize(
    "name", ["none", "", "../../etc/passwd", "tiny:../../x", "/etc/passwd", "hf.co/../tiny", "tiny:1b", "a/b/c/d"]
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(library, store, name):
    store.add(f"{OWN}/tiny/latest", store.layer(b"GGUF"))
    store.add("manifests/hf.co/user/it/Q8_0", store.layer(b"GGUF"))
    store.add(f"{OWN}/tiny/.hidden", store.layer(b"GGUF"))
    with pytest.raises(MisuseError, match=r"Ollama has no model .* in .*models") as caught:
        library.source(f"ollama:{name}")
    assert caught.value.hint.startswith(
        "there is ollama:hf.co/user/it:Q8_0, ollama:tiny:latest; the form is ollama:NAME"
    )


@pytest.mark.parametrize(
    ("manifest", "error", "message"),
    [
        ('{"layers": []}', MisuseError, "in another form than GGUF"),
        (
            '{"layers": [{"mediaType": "application/vnd.ollama.image.tensor"}]}',
            MisuseError,
            "in another form than GGUF",
        ),
        ("[]", DamagedError, "leads to no weights"),
        ("{", DamagedError, "leads to no weights"),
        (f'{{"layers": [{{"mediaType": "{WEIGHTS}"}}]}}', DamagedError, "leads to no weights$"),
        (
            f'{{"layers": [{{"mediaType": "{WEIGHTS}", "digest": "sha256:../x"}}]}}',
            DamagedError,
            "leads to no weights$",
        ),
        (f'{{"layers": [{{"mediaType": "{WEIGHTS}", "digest": "sha256:{"0" * 64}"}}]}}', DamagedError, "No such file"),
    ],
)
def test_a_manifest_that_leads_nowhere_is_refused(library, store, manifest, error, message):
    store.add(f"{OWN}/tiny/latest")
    (store.folder / OWN / "tiny" / "latest").write_text(manifest)
    with pytest.raises(error, match=message):
        library.source("ollama:tiny")


def test_a_file_of_another_size_than_its_manifest_says_is_damaged(library, store):
    store.add(f"{OWN}/tiny/latest", {**store.layer(b"GGUF"), "size": 5})
    with pytest.raises(DamagedError, match="has 4 bytes; Ollama's manifest of ollama:tiny:latest says 5") as caught:
        library.source("ollama:tiny")
    assert caught.value.hint == "ollama pull tiny:latest"


def test_a_model_with_an_adapter_is_not_taken_for_its_base(library, store):
    adapter = store.layer(b"lora", "application/vnd.ollama.image.adapter")
    store.add(f"{OWN}/tiny/latest", store.layer(b"GGUF"), adapter)
    with pytest.raises(MisuseError, match="ollama:tiny:latest is a model with an adapter, which is not read"):
        library.source("ollama:tiny")


def test_a_folder_that_may_not_be_looked_into_is_as_one_that_is_not_there(library, tmp_path, monkeypatch):
    monkeypatch.delenv("OLLAMA_MODELS", raising=False)
    monkeypatch.setattr(ollama.Path, "home", lambda: tmp_path)
    stat = os.stat

    def denied(path, *arguments, **more):
        if "ollama" in os.fspath(path):
            raise PermissionError(13, "Permission denied", path)
        return stat(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", denied)
    with pytest.raises(MissingError, match="no models of Ollama in"):
        ollama.find("ollama:tiny")
