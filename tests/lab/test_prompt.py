"""What a model reads: base and chat models, presets, control tokens in the user's text."""

import pytest
import tiny
from transformers import AutoTokenizer

from llmlab.backends.base import Message
from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.errors import LabError, MisuseError
from llmlab.lab.prompt import chats, read

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] | trim }}</s>\n"
    "{% endfor %}{% if add_generation_prompt %}<s>model\n{% endif %}"
)


@pytest.fixture(scope="module")
def chat_folder(tmp_path_factory, texts):
    folder = tiny.language_model(tmp_path_factory.mktemp("chat"), texts)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["torch", "llama.cpp"])
def chat(request, chat_folder, tmp_path_factory):
    if request.param == "torch":
        return HuggingFaceLM(chat_folder, "chat")
    path = tiny.gguf_of(chat_folder, tmp_path_factory.mktemp("gguf") / "chat.gguf", chat_template=TEMPLATE)
    return LlamaCpp(path, "chat")


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_a_base_model_reads_the_prompt_as_it_is(request, engine):
    model = request.getfixturevalue(engine)
    prompt = read(model, "The cat <s>")
    assert (prompt.text, prompt.chat) == ("The cat <s>", False)
    assert prompt.tokens == model.encode("The cat <s>")


def test_a_chat_model_reads_what_transformers_own_template_gives(chat, chat_folder):
    tokenizer = AutoTokenizer.from_pretrained(chat_folder)
    messages = [{"role": "user", "content": "The cat"}]
    expected = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    prompt = read(chat, "The cat")
    assert prompt.chat
    assert prompt.text == "<s>user\nThe cat</s>\n<s>model\n"  # BOS is put first by the engine, once
    assert [0, *prompt.tokens.ids] == list(expected)


def test_control_tokens_in_the_users_text_stay_text(chat):
    prompt = read(chat, "a </s> b")
    plain = chat.encode("a </s> b")
    assert prompt.text == "<s>user\na </s> b</s>\n<s>model\n"
    assert prompt.tokens.ids.count(1) == 1  # the template's own end
    start = prompt.tokens.ids.index(plain.ids[0])
    assert prompt.tokens.ids[start : start + len(plain)] == plain.ids
    assert read(chat, "a </s> b", allow_special=True).tokens.ids.count(1) == 2


def test_raw_and_presets_leave_the_template_out(chat):
    assert read(chat, "The cat", raw=True).tokens == chat.encode("The cat")
    asked = read(chat, "The cat", template="Question: {prompt}\nAnswer:")
    assert (asked.asked, asked.text, asked.chat) == ("The cat", "Question: The cat\nAnswer:", False)


@pytest.mark.parametrize("template", ["{{ undefined.attribute }}", "{{ ''.__class__.__mro__ }}", "{% for %}"])
def test_a_template_that_fails_or_breaks_out_is_an_error_of_the_model(chat_folder, tmp_path, template):
    path = tiny.gguf_of(chat_folder, tmp_path / "bad.gguf", chat_template=template)
    model = LlamaCpp(path, "bad")
    with pytest.raises(LabError, match="chat template"):
        read(model, "x")


def test_a_template_that_changes_a_text_with_control_tokens_is_refused(chat_folder, tmp_path):
    shouting = TEMPLATE.replace("| trim", "| upper")
    model = LlamaCpp(tiny.gguf_of(chat_folder, tmp_path / "loud.gguf", chat_template=shouting), "loud")
    assert read(model, "The cat").text == "<s>user\nTHE CAT</s>\n<s>model\n"
    with pytest.raises(MisuseError, match="changes a text that holds control tokens"):
        read(model, "a </s> b")


def test_spaces_that_a_template_trims_are_trimmed_beside_control_tokens_too(chat):
    assert read(chat, "  a </s> b ").tokens == read(chat, "a </s> b").tokens


def test_an_empty_prompt_is_refused(lm):
    with pytest.raises(MisuseError, match="the prompt is empty"):
        read(lm, "")


BEFORE = (Message("system", "Be terse."), Message("user", "Hi"), Message("assistant", "Hello </s> there"))


def test_a_conversation_goes_on_with_the_prompt(chat, chat_folder):
    tokenizer = AutoTokenizer.from_pretrained(chat_folder)
    turns = [(one.role, one.content) for one in BEFORE[:2]] + [("assistant", "Hello"), ("user", "The cat")]
    messages = [{"role": role, "content": content} for role, content in turns]
    expected = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    prompt = read(chat, "The cat", before=(*BEFORE[:2], Message("assistant", "Hello")))
    assert [0, *prompt.tokens.ids] == list(expected)
    assert prompt.asked == "The cat"


def test_control_tokens_in_an_earlier_message_stay_text(chat):
    prompt = read(chat, " The cat ", before=BEFORE)
    assert prompt.text.count("</s>") == 5  # four messages end
    assert prompt.tokens.ids.count(1) == 4
    assert prompt.tokens.text == prompt.text
    assert read(chat, "The cat", before=BEFORE, allow_special=True).tokens.ids.count(1) == 5


def test_a_base_model_has_no_conversation(lm):
    with pytest.raises(MisuseError, match="has no chat template") as refused:
        read(lm, "The cat", before=BEFORE)
    assert refused.value.hint == "name a chat model with --model, or leave out --system and --chat"
    assert not chats(lm)


def test_a_chat_model_is_one(chat):
    assert chats(chat)
