"""The spaces there are, and all that is known of one."""

import pytest
from lab_spaces import take
from msgspec.structs import replace

from llmlab import cache
from llmlab.errors import DamagedError
from llmlab.models.library import Library
from llmlab.spaces.listing import listing, sheet
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.space import WORDS


def test_the_listing_holds_the_spaces_of_the_settings_and_the_users_own(shelf, vec):
    made = take(shelf, "mine", vec)
    take(shelf, "b-2", vec)
    shelf.open(str(vec))  # a file has no name of its own
    found = listing(shelf, {})
    assert [one.name for one in found.entries] == [*shelf.config.spaces, "b-2", "mine"]
    *settings, _, mine = found.records()
    assert {(one["own"], one["ready"], one["words"]) for one in settings} == {(False, False, None)}
    size = sum(file.stat().st_size for file in made.folder.iterdir()) / 2**20
    assert mine == {
        "name": "mine",
        "made_from": "v.vec",
        "own": True,
        "ready": True,
        "words": 5,
        "dimension": 3,
        "state": "flat",
        "mib": round(size, 1),
    }
    assert found.views()[0].rows[-1][:5] == ["mine", "5", 3, "v.vec", "flat"]


def test_the_listing_says_which_space_answers_for_which_language(config, ear):
    def said(**settings):
        shelf = Shelf(Library(replace(config, **settings), ear))
        return listing(shelf, {"zh": "Chinese", "ko": "Korean", "ja": "Japanese"}).views()[0].conclusion

    spread = {"zh": "bilingual", "ja": "gemma", "ko": "gemma", "fr": "gemma"}
    told = "minilm answers when no other is named, bilingual for Chinese, gemma for Japanese, Korean."
    assert said(languages=spread).endswith(f"; {told}")
    assert said(languages=spread, space="bilingual").endswith(
        "; bilingual answers when no other is named, gemma for Japanese, Korean."
    )
    for space in ("gemma", "mine"):
        assert said(languages=spread, space=space).endswith(f"; {space} answers when no other is named.")


def test_a_damaged_space_is_listed_and_no_first_use_of_it_is_promised(shelf, vec):
    made = take(shelf, "mine", vec)
    (made.folder / WORDS).write_text("")
    found = listing(shelf, {})
    assert found.records()[-1]["name"] == "mine"
    assert not found.records()[-1]["ready"]
    assert "at first use" not in found.views()[0].rows[-1]


def test_a_space_of_another_version_is_listed_as_damaged_and_refused_by_name(shelf, vec, ear):
    cache.make(shelf.config.spaces_folder / "old", {"format": "1"}, lambda folder: {"words": 3}, ear)
    assert listing(shelf, {}).records()[-1] == {**listing(shelf, {}).records()[-1], "name": "old", "state": "damaged"}
    with pytest.raises(DamagedError, match="the space old was made by another version of llmlab"):
        shelf.open("old")


def test_a_sheet_says_where_a_space_comes_from_and_where_it_lies(shelf, vec):
    made = take(shelf, "mine", vec)
    facts = sheet(shelf, "mine").document()
    assert {"name": "mine", "words": 5, "format": "word2vec text", "folder": str(made.folder)}.items() <= facts.items()
    shown = {row[0]: row[1] for row in sheet(shelf, "mine").views()[0].rows}
    assert shown["model"] == "v.vec"
    assert (shown["words"], shown["longest"]) == ("5", f"{facts['longest']:.4g}")
    assert sheet(shelf, "mine").views()[0].conclusion == "5 words, each a vector of 3 numbers, from v.vec."
    assert "notes" not in shown  # there are none
