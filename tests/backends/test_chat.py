"""Chat templates of the kinds that models carry, rendered as transformers renders them."""

import resource
import sys

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from llmlab.backends import chat
from llmlab.backends.base import Message
from llmlab.backends.chat import render
from llmlab.errors import DamagedError, LabError, MisuseError

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
CHATML = """\
{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\\nYou are a helpful AI assistant<|im_end|>\\n' }}{% endif %}\
{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
LLAMA_3 = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""
GEMMA = """\
{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}\
{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}\
{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}\
{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}\
{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"""
MISTRAL = """\
{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if not (message.tool_calls is defined and message.tool_calls is not none) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported!") }}
    {%- endif %}
{%- endfor %}
"""
LOOPING = """\
{% for message in messages %}
    {% if message.role == 'system' %}
        {% continue %}
    {% endif %}
    {% generation %}
    {{ dict(message, n=loop.index) | tojson(indent=1) }}
    {% endgeneration %}
{% endfor %}
{{ messages | tojson }}{{ unk_token }}{{ messages[0].content | upper }}
"""
TEMPLATES = {"ChatML": CHATML, "Llama 3": LLAMA_3, "Gemma": GEMMA, "Mistral": MISTRAL, "other tags": LOOPING}
CONVERSATIONS = {
    "a question": ["user: Où est <b> 'Paris' & \"Rome\"? {{ x }}\n "],
    "a system's": ["system:  Be terse.", "user: Hi"],
    "several turns": ["user: Hi ", "assistant: Hello!\n", "user: 爱"],
    "all": ["system: ", "user: a", "assistant: b", "user: <s> c </s>"],
    "out of turn": ["user: a", "user: b"],
}


def messages(name):
    said = [one.partition(": ") for one in CONVERSATIONS[name]]
    return [Message(role, content) for role, _, content in said]


def by_transformers(template, said):
    """Its rendering, or what it raises."""
    conversation = [{"role": one.role, "content": one.content} for one in said]
    try:
        ((text,), _) = render_jinja_template(
            [conversation], chat_template=template, add_generation_prompt=True, **TOKENS
        )
    except Exception as error:
        return f"{error}"
    return text


def rendered(template, said, bos="<s>", puts_bos=None):
    return render(template, said, "tiny", bos=bos, puts_bos=puts_bos, tokens=TOKENS)


FOUND = {(kind, name): by_transformers(TEMPLATES[kind], messages(name)) for kind in TEMPLATES for name in CONVERSATIONS}
REFUSED = {place: found for place, found in FOUND.items() if "supported" in found or "must alternate" in found}


@pytest.mark.parametrize(("kind", "name"), sorted(set(FOUND) - set(REFUSED)))
def test_a_template_gives_what_transformers_gives(kind, name):
    assert rendered(TEMPLATES[kind], messages(name)) == FOUND[kind, name]


@pytest.mark.parametrize(("kind", "name"), sorted(REFUSED))
def test_a_conversation_that_a_template_refuses_is_misuse_and_its_reason_said(kind, name):
    with pytest.raises(MisuseError) as refused:
        rendered(TEMPLATES[kind], messages(name))
    assert refused.value.message == f"the chat template of tiny refuses the conversation: {REFUSED[kind, name]}"


def test_gemma_refuses_a_system_and_others_read_it():
    assert REFUSED["Gemma", "a system's"] == "System role not supported"
    assert len(REFUSED) == 4
    assert "[INST]  Be terse.\n\nHi[/INST]" in FOUND["Mistral", "a system's"]


@pytest.mark.parametrize("template", [GEMMA, "<s>{{ messages[0].content }}"], ids=["its variable", "its text"])
@pytest.mark.parametrize(("puts_bos", "begins"), [(None, True), (True, False), (False, False)])
def test_bos_is_left_to_the_engine_or_out_or_to_the_template(template, puts_bos, begins):
    for text in ("Hi", "<s>Hi"):  # the user's own is no BOS
        with_bos = by_transformers(template, [Message("user", text)])
        found = rendered(template, [Message("user", text)], puts_bos=puts_bos)
        assert found == (with_bos if begins else with_bos.removeprefix("<s>"))


def test_a_users_own_mark_stays_in_a_template_that_puts_none_itself():
    said = [Message("user", "<s>Hi")]
    assert rendered("{{ messages[0].content }}", said, puts_bos=True) == "<s>Hi"


def test_a_mark_that_begins_every_message_stays_where_no_bos_is_wanted():
    said = messages("several turns")
    whole = by_transformers(CHATML, said)
    assert rendered(CHATML, said, bos="<|im_start|>", puts_bos=False) == whole
    assert "<|im_start|>" + rendered(CHATML, said, bos="<|im_start|>", puts_bos=True) == whole


@pytest.mark.parametrize(
    "template",
    [
        "{{ undefined.attribute }}",
        "{% for %}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ dict.__class__ }}{{ dict.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ namespace(__call__=1) }}",
        "{% set it = namespace() %}{% set it.__class__ = 1 %}",
        "{{ raise_exception.__globals__.json }}",
        "{% include '/etc/hostname' %}",
        "{{ range(999999999) | list }}",
        "{{ messages | tojson(cls=namespace, encode=range) }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{{ ''.join.__self__.x }}",
        "{{ messages[0].content.format.__globals__.x }}",
        "{{ '{0.__class__.__mro__}'.format(messages) }}",
        "{{ self._TemplateReference__context.eval_ctx.environment.globals }}",
    ],
)
def test_a_template_that_fails_or_leaves_its_sandbox_is_damaged(template):
    with pytest.raises(DamagedError, match="the chat template of tiny fails") as refused:
        rendered(template, [Message("user", "Hi")])
    assert refused.value.hint == "use --raw"


SLOW = 3 * "{% for i in range(99999) %}" + "X" + 3 * "{% endfor %}"
ENDLESS = [
    SLOW.replace("X", ""),
    SLOW.replace("X", "{% set x = i * i %}"),
    "{{ 9 ** (9 ** 9) }}",
    "{% macro f(n) %}{% if n %}{% set x = f(n - 1) %}{% set y = f(n - 1) %}{% endif %}{% endmacro %}{{ f(99) }}",
]
LARGE = [
    SLOW.replace("X", "x" * 99),
    "{{ 'x' * 10 ** 10 }}",
    "{{ 'x'.ljust(10 ** 10) }}",
    "{{ 'x' | center(10 ** 10) }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ [1] * 10 ** 10 }}",
    "{% set it = namespace(x='x') %}{% for i in range(64) %}{% set it.x = it.x ~ it.x %}{% endfor %}{{ it.x }}",
    "{{ messages | tojson(indent=10 ** 10) }}",
]


@pytest.mark.parametrize("template", ENDLESS)
def test_a_template_that_does_not_end_is_stopped_and_the_next_one_answered(monkeypatch, template):
    monkeypatch.setattr(chat, "SECONDS", 0.3)
    with pytest.raises(DamagedError, match=r"the chat template of tiny does not end in 0\.3 seconds") as stopped:
        rendered(template, [Message("user", "Hi")])
    assert stopped.value.hint == "use --raw"
    monkeypatch.undo()
    assert rendered("{{ messages[0].content }}", [Message("user", "Hi")]) == "Hi"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process")
@pytest.mark.parametrize("template", LARGE)
def test_a_template_that_makes_gigabytes_is_stopped(template):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedError, match=r"the chat template of tiny (makes a text without end|fails)"):
        rendered(template, [Message("user", "Hi")])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**18  # KiB: nothing of it comes here
    assert rendered("{{ messages[0].content }}", [Message("user", "Hi")]) == "Hi"


def test_a_template_sees_nothing_of_the_folder_where_it_is_rendered(tmp_path, monkeypatch):
    (tmp_path / "jinja2.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setattr(chat, "_renderer", chat._Renderer())
    assert rendered("{{ messages[0].content }}", [Message("user", "Hi")]) == "Hi"
    assert not (tmp_path / "ran").exists()


def test_halves_of_characters_and_line_ends_come_back_as_they_went():
    said = "a\n\r\u2028\ud800 爱 \0"
    assert rendered("{{ messages[0].content }}", [Message("user", said)]) == said


def test_an_interrupt_leaves_no_answer_to_the_next_question(monkeypatch):
    def interrupted(process, question):
        process.stdin.write(question.encode() + b"\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(chat, "_exchanged", interrupted)
        with pytest.raises(KeyboardInterrupt):
            rendered("first", [Message("user", "Hi")])
    assert rendered("second", [Message("user", "Hi")]) == "second"


def test_a_process_that_cannot_be_started_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setattr(chat, "_renderer", chat._Renderer())
    with pytest.raises(LabError, match="no process can be started for the chat template: No such file"):
        rendered("a", [Message("user", "Hi")])
