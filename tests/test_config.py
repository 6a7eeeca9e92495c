"""Settings: who wins, and what an error names."""

from pathlib import Path

import pytest

from llmlab import config
from llmlab.cli.world import World
from llmlab.config import load
from llmlab.errors import MisuseError
from llmlab.packaged import packaged


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "llmlab" / "config.toml"
    path.parent.mkdir()
    return path


def test_each_layer_wins_over_the_one_before(user_file, tmp_path, monkeypatch):
    monkeypatch.setattr(config, "packaged", lambda: tmp_path / "configs")
    (tmp_path / "configs").mkdir()
    for file in packaged().glob("*.toml"):
        (tmp_path / "configs" / file.name).write_bytes(file.read_bytes())
    settings = tmp_path / "configs" / "llmlab.toml"
    settings.write_text(settings.read_text().replace('engine = "auto"', "").replace("samples = 1", "samples = 2"))
    other = tmp_path / "other.toml"
    other.write_text("generate.samples = 4")

    assert load(None, {}).engine == "auto"  # the default, which no file gives
    assert load(None, {}).generate.samples == 2  # configs
    user_file.write_text('engine = "torch"\n[generate]\nsamples = 3')
    assert load(None, {}).generate.samples == 3  # the user's file
    assert load(None, {}).generate.max_tokens == 20  # which leaves what it does not name
    assert load(other, {}).generate.samples == 4  # --config replaces it
    assert load(other, {}).engine == "auto"
    assert load(None, {"LLMLAB_CONFIG": str(other)}).generate.samples == 4
    assert load(user_file, {"LLMLAB_CONFIG": str(other)}).generate.samples == 3
    world = World(environ={"LLMLAB_ENGINE": "llama.cpp"})  # environment
    assert world.library().config.engine == "llama.cpp"
    assert world.library(engine="ctranslate2").config.engine == "ctranslate2"  # options


@pytest.mark.parametrize(
    ("variable", "text", "read"),
    [
        ("LLMLAB_MODEL", "other", lambda c: c.model == "other"),
        ("LLMLAB_THREADS", "2", lambda c: c.threads == 2),
        ("LLMLAB_CACHE", "~/x", lambda c: c.cache_folder == Path.home() / "x"),
        ("LLMLAB_GENERATE_TOP_K", "5", lambda c: c.generate.top_k == 5),
        ("LLMLAB_GENERATE_TEMPERATURE", "0, 0.7", lambda c: c.generate.temperature == (0, 0.7)),
        ("LLMLAB_GENERATE_STOP", "a,b", lambda c: c.generate.stop == ("a", "b")),
        ("LLMLAB_NEIGHBORS_METRIC", "l1", lambda c: c.neighbors.metric == "l1"),
        ("LLMLAB_NEIGHBORS_K", "3", lambda c: c.neighbors.k == 3),
    ],
)
def test_a_variable_sets_what_it_names(user_file, variable, text, read):
    assert read(load(None, {variable: text, "PATH": "/bin"}))


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("LLMLAB_COLOUR", "red", "LLMLAB_COLOUR names no setting"),
        ("LLMLAB_GENERATE_BEAMS", "2", "LLMLAB_GENERATE_BEAMS names no setting"),
        ("LLMLAB_MODELS", "x", "LLMLAB_MODELS names no setting"),
        ("LLMLAB_GENERATE", "x", "LLMLAB_GENERATE names no setting"),
        ("LLMLAB_PROB_NEXT", "3", "LLMLAB_PROB_NEXT names no setting"),
        ("LLMLAB_THREADS", "-1", "LLMLAB_THREADS: .*threads"),
        ("LLMLAB_THREADS", "two", "LLMLAB_THREADS: Expected `int`"),
        ("LLMLAB_ENGINE", "gpu", "LLMLAB_ENGINE: Invalid enum value 'gpu'"),
        ("LLMLAB_GENERATE_SAMPLES", "0", "LLMLAB_GENERATE_SAMPLES: .*>= 1"),
    ],
)
def test_a_wrong_variable_is_named(user_file, variable, text, message):
    with pytest.raises(MisuseError, match=message):
        load(None, {variable: text})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"modle = 'x'", "config.toml: Object contains unknown field `modle`"),
        (b"[generate]\nbeams = 3", r"config.toml: .*unknown field `beams` - at `\$\.generate`"),
        (b"threads = -1", r"config.toml: Expected `int` >= 0 - at `\$\.threads`"),
        (b"[models.mine]\nkind = 'causal'", r"config.toml: .*missing required field"),
        (b"[spaces.mine]\nmodel = 3", "config.toml: Expected `str`"),
        (b"model = ", r"config.toml is not valid TOML: .*Invalid value"),
        (b"model = '\xff'", "config.toml is not valid TOML"),
        (b"a = " + b"[" * 100_000, "config.toml is not valid TOML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(user_file, text, message):
    user_file.write_bytes(text)
    with pytest.raises(MisuseError, match=message):
        load(None, {})


SPACE = "model = 'm'\nvectors = 'static'\nvocabulary = 'model'\nlanguages = ['en']\n"
MODEL = "kind = 'causal'\ndescription = 'd'\nsource = 'folder'\nlicence = 'MIT'\npath = '/m'\n"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (f"[spaces.'my space']\n{SPACE}", "a space cannot be called 'my space'"),
        (f"[spaces.'../..']\n{SPACE}", "a space cannot be called '../..'"),
        (f"[spaces.'']\n{SPACE}", "a space cannot be called ''"),
        (f"[spaces.nul]\n{SPACE}", "a space cannot be called 'nul'"),
        (f"[spaces.Glove]\n{SPACE}", "a space cannot be called 'Glove': there is glove already"),
        (f"[spaces.'e\u0301']\n{SPACE}[spaces.'\u00e9']\n{SPACE}", "there is \u00e9 already"),
        (f"[models.'a/b']\n{MODEL}", "a model cannot be called 'a/b'"),
        (f"[models.'.git']\n{MODEL}", "a model cannot be called '.git'"),
        (f"[models.GEMMA-3-270m]\n{MODEL}", "there is gemma-3-270m already"),
    ],
)
def test_an_entry_whose_name_can_be_no_folders_is_named(user_file, entry, message):
    user_file.write_text(entry, encoding="utf-8")
    with pytest.raises(MisuseError) as caught:
        load(None, {})
    assert caught.value.message.startswith(f"{user_file}: ")
    assert message in caught.value.message


def test_an_entry_is_found_however_its_letters_are_composed(user_file):
    user_file.write_text(f"[spaces.'e\u0301']\n{SPACE}[spaces.'我的']\n{SPACE}", encoding="utf-8")
    assert {"\u00e9", "我的"} < set(load(None, {}).spaces)


def test_settings_may_begin_with_the_mark_of_an_editor_and_end_their_lines_as_windows_does(tmp_path):
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbfthreads = 3\r\n[generate]\r\nsamples = 4\r\n")
    config = load(tmp_path / "own.toml", {})
    assert (config.threads, config.generate.samples) == (3, 4)


@pytest.mark.parametrize("environment", [{}, {"LLMLAB_CONFIG": "/no/such.toml"}])
def test_a_file_that_was_asked_for_must_be_there(user_file, environment):
    with pytest.raises(MisuseError, match=r"cannot read /no/such\.toml: No such file"):
        load(None if environment else Path("/no/such.toml"), environment)


def test_a_users_own_model_and_space_join_the_catalogue(user_file):
    user_file.write_text(
        "[models.mine]\nkind = 'encoder'\ndescription = 'd'\nsource = 'folder'\nlicence = 'MIT'\npath = '/m'\n"
        "[spaces.german]\nmodel = 'mine'\nvectors = 'encoder'\nvocabulary = 'wordfreq:de:9'\nlanguages = ['de']\n"
    )
    found = load(None, {})
    assert (found.models["mine"].path, found.spaces["german"].model) == ("/m", "mine")
    assert "gemma-3-270m" in found.models
