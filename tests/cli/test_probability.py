"""prob, next, compare, orders, cloze, choose, pairs, perplexity: what is typed, and what comes of it."""

import json

import pytest
import tiny

QUESTIONS = (
    b'{"context": "a", "choices": [" b", " c"], "answer": 1}\n{"context": "b", "choices": [" a", " d"], "answer": 0}'
)


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("prob 'The cat' MODEL", b"", ["P(The cat)", "log P = ", "perplexity = ", "torch, float32, after <s>"]),
        ("prob 'The cat' GGUF", b"", ["P(The cat)", "llama.cpp, F32, after <s>"]),
        ("prob a b MODEL", b"", ["x next"]),
        ("prob - MODEL", b"cat\r\ndog\n", ["x next", "cat", "dog"]),
        ("prob 'The cat' --by word --word-correction --unit bits MODEL", b"", ["corrected (bits)"]),
        ("prob 今天天气很好 --by character --formula MODEL", b"", ["p(今天天气很好) = p("]),
        ("prob 'The cat' --strip MODEL", b"", ["\nThe cat\n", "█ 16 or more"]),
        ("prob - MODEL", "天气\u2028很好".encode(), ["P(天气<2028>很好)"]),  # one line
        (r"prob 'a\nb\\n' MODEL", b"", [r"P(a↵b\n)"]),
        (r"prob 'a\nb' --no-escapes MODEL", b"", [r"P(a\nb)"]),
        ("prob - MODEL", rb"a\nb", [r"P(a\nb)"]),  # stdin is taken as it is
        ("prob '<s>' MODEL", b"", ["P(<s>)", "\n<"]),
        ("prob '\x1b[31m[red]' MODEL", b"", ["P(<1B>[31m[red])"]),
        ("compare 'The cat' 'A cat' MODEL", b"", ["A - B", " likelier than "]),
        ("compare - MODEL", b"The cat\nA cat\n", ["A - B"]),
        ("next The -k 3 -t 0.5 MODEL", b"", ["under the temperature 0.5"]),
        ("next 今天 -k 3 MODEL", b"", ["今天 ...", "these 3 hold", "entropy"]),
        ("next - -k 3 MODEL", b"a\nThe cat\n", ["a↵The cat ..."]),  # all of stdin is the text
        ("next The -t 0.5 MODEL", b"", ["under the temperature 0.5: softmax", "exp(H)", "top-k 50"]),
        ("next The -t 0 MODEL", b"", ["under the temperature 0: argmax"]),
        ("choose - -c ' cat' -c re MODEL", b"The\n", ["The ...", "␣cat"]),
        ("next a -k 3 GGUF", b"", ["these 3 hold"]),
        ("next The -t 0,0.5,2 MODEL", b"", ["T=0.5", "exp(H)", "top-k 50"]),
        ("next The --sweep 0:1:0.5 MODEL", b"", ["T=0", "T=0.5", "T=1"]),
        ("next Où --preset qa -t 0,1 MODEL", b"", ["Question: Où↵Answer:"]),
        (r"choose The -c ' cat' --choice ' a\nb' MODEL", b"", ["␣cat", "␣a↵b", "share"]),
        ("choose - MODEL", b'{"context": "a", "choices": [" b", " c"], "answer": " c"}', ["acc_norm"]),
        (
            r"choose - --shots 0,1 --template 'Q: {prompt}\nA:' MODEL",
            QUESTIONS,
            ["Q: b↵A: a↵↵Q: a↵A:", "without examples"],
        ),
        ("choose - --template '{prompt}' --template '{prompt} is' MODEL", QUESTIONS, ["the worst wording to the best"]),
        ("cloze 'The [?] sat' MODEL", b"", ["word | left", "words proposed by both sides of the blank"]),
        ("cloze 'The [?] sat' --candidate cat MODEL", b"", ["right | word", "1.0000"]),
        (r"cloze 'The [?] sat' -c 'a\nb' MODEL", b"", [" a↵b "]),
        ("orders 'The cat sat.' MODEL", b"", ["The original is ", "all 6 orders"]),
        ("pairs - MODEL", b'{"sentence_good": "a b", "sentence_bad": "b a"}\n', ["all", "95 %"]),
        ("perplexity - MODEL", b"the cat\n", ["bits per byte", "windows: 1"]),
        ("calibration - --bins 2 MODEL", b"the cat\n", ["stdin: the likeliest token", "positions are few"]),
    ],
)
def test_a_command_prints_what_was_asked(tells, line, stdin, expected):
    tells(line, stdin, expected)


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("prob ''", b"", "the text is empty; give at least one character"),
        ("prob a ''", b"", "text 2 is empty"),
        ("prob -", b"", "no text is given"),
        ("prob -", b"\n \n", "no text is given"),
        ("prob -", b"good\nb\xffad\n", "stdin is not UTF-8 (line 2); put before llmlab: iconv -f"),
        ("prob a b --strip", b"", "--strip is for one text; see `llmlab prob --help`"),
        ("prob a b --by word", b"", "--by is for one text"),
        ("prob a b --formula", b"", "--formula is for one text"),
        ("prob a b --word-correction", b"", "--word-correction is for one text"),
        ("prob a --word-correction MODEL", b"", "use it with --by word"),
        ("prob a --format foo", b"", "'foo' is not one of 'table', 'json', 'jsonl', 'csv', 'tsv'"),
        ("prob a --engine abacus", b"", "'abacus' is not one of"),
        ("prob a --dtype int3", b"", "'int3' is not one of"),
        ("prob a --model nonsense", b"", "no model is called 'nonsense'; give one of: gemma-3-270m"),
        ("prob a --model /no/folder", b"", "no model is called '/no/folder'"),
        ("prob a ENCODER", b"", "is a sentence encoder; this needs a causal language model"),
        ("prob a --model glove-6b-50d", b"", "glove-6b-50d is word vectors; this needs"),
        ("prob a MODEL --engine llama.cpp", b"", "is not a GGUF file, which the engine llama.cpp needs"),
        ("prob a MODEL --engine ctranslate2", b"", "the engine ctranslate2 cannot score"),
        ("next a b", b"", "Got unexpected extra argument(s) (b); see `llmlab next --help`"),
        ("next ''", b"", "the text is empty"),
        ("next a --chat MODEL", b"", "has no chat template; leave out --chat"),
        ("next -", b"", "no text is given"),
        ("next a -t -1", b"", "temperature -1 is not a number from 0 up"),
        ("next a -t 1,hot", b"", "temperature '1,hot' is not a list of numbers"),
        ("next a -t 1 --sweep 0:1:1", b"", "two ways to say the same"),
        ("next a -k -1", b"", "Invalid value for '-k'"),
        ("next a -k 0", b"", "Invalid value for '-k'"),
        ("next a --top-p 2", b"", "top-p 2 is outside (0, 1]"),
        ("next a --preset qq", b"", "no preset is called 'qq'; one of: qa, zh"),
        ("next -k 3 LONG MODEL", b"", "tokens; lm0 reads at most 256; shorten it"),
        ("next -k 3 LONG GGUF", b"", "tokens; tiny-f32.gguf reads at most 256; shorten it"),
        ("orders a b", b"", "Got unexpected extra argument(s) (b); see `llmlab orders --help`"),
        ("orders cat", b"", "'cat' has one word; part its words by |"),
        ("compare a", b"", "compare takes two texts"),
        ("compare a b c", b"", "compare takes two texts"),
        ("compare a ''", b"", "text 2 is empty"),
        ("choose a", b"", "'a' is no file, and no choice is given"),
        ("choose /tmp", b"", "cannot read /tmp: Is a directory"),
        ("choose a -c b -c b", b"", "a choice is given twice"),
        ("choose - -c b", b"", "no text is given"),
        ("choose '' -c a MODEL", b"", "the text is empty"),
        ("choose a -c '' MODEL", b"", "a choice needs a context and a text"),
        ("choose -", b'{"context": "a", "choices": ["b"], "answer": 1}', "stdin line 1 is no question"),
        ("choose -", b"[1]", "stdin line 1 is no question"),
        ("choose -", b'{"context": "a", "choices": ["b", "b"], "answer": 0}', "line 1 is no question"),
        ("cloze 'a b'", b"", "'a b' has no blank; mark it with [?]"),
        ("cloze 'a [?]' --kind nouns", b"", "no word class is called 'nouns'; one or more of: noun,verb,adjective"),
        ("cloze 'a [?]' --kind noun,noun", b"", "a word class is given twice"),
        ("cloze 'a [?]' --kind noun -c b", b"", "--kind and --candidate are two ways to give words"),
        ("cloze '[?] a [?]' --kind noun", b"", "word classes are for one blank"),
        ("cloze 'а [?] слово' --kind noun", b"", "no word classes are known of the language 'ru'"),
        ("cloze 'a [?]' b", b"", "Got unexpected extra argument(s) (b); see `llmlab cloze --help`"),
        ("pairs a.jsonl b.jsonl", b"", "Got unexpected extra argument"),
        ("pairs /no/file", b"", "cannot read /no/file"),
        ("pairs -", b"", "stdin holds no pairs; jsonl like {"),
        (
            "pairs -",
            b'{"sentence_good": "a"}\n',
            "stdin line 1 is no pair: it has no bad",
        ),
        ("pairs -", b'\n{"sentence_good": "a", "sentence_bad": ""}\n', "stdin line 2 is no pair"),
        ("choose - --shots 2", QUESTIONS, "2 questions leave 1 for examples, not 2; give more"),
        ("choose - --shots 1,x", QUESTIONS, "--shots '1,x' is not a list of whole numbers; for example 0,1,2,4,8"),
        ("choose - --shots=-1", QUESTIONS, "the numbers of examples go from 0 up"),
        ("choose - --template Q:", QUESTIONS, "the template 'Q:' has no {prompt}; for example"),
        ("choose - --template {prompt} --template {prompt}", QUESTIONS, "a template is given twice"),
        ("choose - --draws 3", QUESTIONS, "--draws and --seed are of examples; add --shots"),
        ("choose a -c b --shots 1", b"", "examples and wordings are for a file's questions; leave out --shots"),
        (f"choose - --shots 1 --template '{299 * 'the '}{{prompt}}' MODEL", QUESTIONS, "with 1 example a prompt has"),
        ("calibration /no/file", b"", "cannot read /no/file: No such file"),
        ("calibration - MODEL", b"", "stdin is too short for 10 bins: it has 0 tokens; give a longer text"),
        ("calibration - --tokens 5", b"a", "5 tokens do not fill 10 bins; give more; 0 is the whole text"),
        ("perplexity /no/file", b"", "cannot read /no/file: No such file"),
        ("perplexity - MODEL", b"", "stdin is empty; give at least one character"),
        ("perplexity - --window 999 MODEL", b"a", "a window of 999 tokens is not possible"),
    ],
)
def test_misuse_is_one_line_on_stderr(refuses, line, stdin, expected):
    refuses(line, stdin, expected)


def test_the_next_word_after_a_chat_message_is_that_after_the_rendered_template(lab, lm_folder, tmp_path):
    chat = tiny.gguf_of(lm_folder, tmp_path / "chat.gguf", chat_template="U:{{ messages[0]['content'] }} A:")
    asked, plain = (
        [json.loads(row) for row in lab(f"next {line} -k 5 -f jsonl --model {chat}").out.splitlines()]
        for line in ("The --chat", "'U:The A:'")
    )
    assert {(row["context"], row["rendered_context"], row["chat"]) for row in asked} == {("The", "U:The A:", True)}
    assert {row["chat"] for row in plain} == {False}
    figures = ("token_id", "logprob_nats", "entropy_bits")
    assert [[row[name] for name in figures] for row in asked] == [[row[name] for name in figures] for row in plain]
