"""--system, --chat and the presets on models with a chat template: what is typed, and what the model reads."""

import json

import pytest
import tiny
from jsonschema import Draft202012Validator
from transformers import AutoTokenizer

from llmlab.packaged import packaged

TEMPLATE = (
    "{% for one in messages %}<{{ one['role'] }}>{{ one['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
TERSE = "{{ raise_exception('no system, please') if messages[0]['role'] == 'system' }}" + TEMPLATE
TURNS = [("system", "Be terse."), ("user", "The cat"), ("assistant", "sat"), ("user", "Where?")]
CHAT = json.dumps([{"role": role, "content": content} for role, content in TURNS], indent=1).encode()


@pytest.fixture(scope="module")
def files(lm_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    return {
        name: tiny.gguf_of(lm_folder, folder / f"{name}.gguf", chat_template=template)
        for name, template in (("CHATS", TEMPLATE), ("TERSE", TERSE))
    }


@pytest.fixture
def models(models, files):
    """CHATS has a chat template, TERSE one that refuses a system's message."""
    return models | {name: ["--model", str(path)] for name, path in files.items()}


@pytest.fixture
def told(lab):
    def told(line, stdin=b""):
        done = lab(f"{line} -t 0 --max-tokens 3 -f json", stdin)
        assert done.code == 0, done.err
        return json.loads(done.out)["prompts"]

    return told


@pytest.mark.parametrize(
    ("line", "stdin", "asked", "reads"),
    [
        ("generate Hi CHATS", b"", "Hi", "<user>Hi\n<assistant>"),
        ("generate Hi --system 'Be\\nterse.' CHATS", b"", "Hi", "<system>Be\nterse.\n<user>Hi\n<assistant>"),
        ("generate Hi --system '' CHATS", b"", "Hi", "<system>\n<user>Hi\n<assistant>"),
        ("generate Hi --system x --no-escapes CHATS", b"", "Hi", "<system>x\n<user>Hi\n<assistant>"),
        ("generate --chat - CHATS", CHAT, "Where?", "".join(f"<{a}>{b}\n" for a, b in TURNS) + "<assistant>"),
        ("generate --chat - TERSE", b'{"role": "user", "content": "a"}', "a", "<user>a\n<assistant>"),
        ("generate --prompts - --system x CHATS", b"Hi\n", "Hi", "<system>x\n<user>Hi\n<assistant>"),
        ("generate Hi --raw CHATS", b"", "Hi", "Hi"),
        ("generate Hi --preset qa CHATS", b"", "Hi", "Question: Hi\nAnswer:"),
    ],
)
def test_a_chat_model_reads_its_template_unless_another_is_named(told, line, stdin, asked, reads):
    (found,) = told(line, stdin)
    assert (found["prompt"], found["rendered_prompt"]) == (asked, reads)
    assert found["chat"] == reads.startswith("<")


@pytest.mark.parametrize("verb", ["trace", "tree"])
def test_other_verbs_read_a_conversation_too(lab, verb):
    (found,) = [json.loads(lab(f"{verb} --chat - CHATS -f json", CHAT).out)]
    assert found["rendered_prompt"].endswith("<user>Where?\n<assistant>")


def test_the_settings_question_is_asked_alone_and_its_answer_is_not_cut_off(told):
    question = "What is the capital of France?"
    (alone,), (wrapped,), (stopped,) = (
        told(f"generate CHATS {rest}") for rest in ("", "--preset qa", "--stop x --expect-regex .")
    )
    assert (alone["prompt"], alone["rendered_prompt"]) == (question, f"<user>{question}\n<assistant>")
    assert (alone["stop"], wrapped["stop"], stopped["stop"]) == ([], ["\n"], ["x"])
    assert wrapped["rendered_prompt"] == f"Question: {question}\nAnswer:"
    assert told("generate LM")[0]["rendered_prompt"] == f"Question: {question}\nAnswer:"
    assert "right" in alone["samples"][0]  # the preset knows what is right


def test_the_models_own_words_follow_the_rendered_conversation(told, lm_folder):
    (found,) = told("generate --chat - CHATS", CHAT)
    ids = AutoTokenizer.from_pretrained(lm_folder)(found["rendered_prompt"])["input_ids"]
    logprobs, expected = tiny.plain_torch(lm_folder), []
    for _ in range(3):
        expected.append(int(logprobs([*ids, *expected])[-1].argmax()))
    assert found["samples"][0]["token_ids"] == expected


def test_records_of_a_conversation_are_what_the_schema_says(lab):
    schema = json.loads((packaged() / "records.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": "#/$defs/generate", "$defs": schema["$defs"]})
    validator.validate(json.loads(lab("generate --chat - CHATS -t 0 --max-tokens 2 --expect a -f jsonl", CHAT).out))


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("generate Hi --system x LM", b"", "has no chat template; name a chat model with --model, or leave out"),
        ("generate --system x LM", b"", "has no chat template"),
        ("generate --chat - LM", CHAT, "has no chat template"),
        ("generate Hi --system x TERSE", b"", "refuses the conversation: no system, please; change it, or use --raw"),
        ("generate Hi --system x --raw", b"", "--system is read in a chat template, which --raw leaves out"),
        ("generate --chat - --preset qa", CHAT, "--chat is read in a chat template, which --preset leaves out"),
        ("generate Hi --chat -", CHAT, "PROMPT and --chat are two ways to say the same"),
        ("generate --prompts - --chat -", CHAT, "--prompts and --chat are two ways to say the same"),
        ("generate --chat - --system x", CHAT, "stdin has a system's message, and so does --system; give one of them"),
        ("generate --chat /no/file", b"", "cannot read /no/file"),
        ("generate --chat -", b"[]", "stdin holds no messages"),
        ("generate --chat -", b'[{"role": "user", "content": ""}]', "the last message of stdin is empty"),
        ("trace --chat -", b'{"role": "bot", "content": "a"}', "stdin line 1 is no message: its role is 'bot'"),
        ("tree --chat -", CHAT.replace(b"Where?", b'"'), "stdin line 16 breaks the JSON list off"),
        ("generate --chat -", CHAT[: CHAT.rindex(b",\n {")] + b"]", "the last message of stdin is the assistant's"),
    ],
)
def test_misuse_is_one_line_on_stderr(refuses, line, stdin, expected):
    refuses(line, stdin, expected)
