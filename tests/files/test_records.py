"""Pairs, questions and scored words in every form they may come in."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.probability.pairs import PAIRS, Pair
from llmlab.lab.probability.quiz import QUESTIONS, Item
from llmlab.lab.vectors.judgements import SCORED, WordPair


def read(text, kind, name="-", folder=None):
    """The records of a text that is on stdin, or in a file of this name."""
    content = text.encode() if isinstance(text, str) else text
    if name != "-":
        (folder / name).write_bytes(content)
        name = folder / name
    return Files(io.TextIOWrapper(io.BytesIO(content)), print).records(name, kind)


@pytest.mark.parametrize(
    "text",
    [
        '{"sentence_good": "a, b", "sentence_bad": "b\\t", "UID": "u", "field": "f"}\n',
        '\n{"Good": "a, b", "BAD": "b\\t", "group": "u", "pair_id": 3}',
        '[{"good": "a, b", "bad": "b\\t", "group": "u"}]',
        '\n[\n  {"good": "a, b", "bad": "b\\t",\n   "group": "u"}\n]\n',
        'sentence_good,sentence_bad,group\n"a, b",b\t,u\n',
        'UID;Sentence Bad;other;Sentence-Good\r\nu;b\t;x;"a, b"\r\n',
        '"a, b",b\t,u\n',
        "sep=;\na, b;b\t;u",
        "坏;好;组\nb\t;a, b;u\n",
        '错误,组,正确\nb\t,u,"a, b"\n',
        'good,bad,group\r"a, b",b\t,u\r',
    ],
)
def test_pairs_are_the_same_in_every_form(text):
    assert read(text, PAIRS) == [Pair("a, b", "b\t", "u")]


@pytest.mark.parametrize(
    "text",
    [
        '{"context": "c", "choices": ["x", "y", "z"], "answer": 0, "group": ""}',
        '{"question": "c", "choices": ["x", "y", "z"], "answer": "x"}\n',
        '{"context": "c", "choices": ["x", "y", "z"], "answer": "A"}\n',
        '{"context": "c", "answer": "x", "others": ["y", "z"]}\n',
        "c\tx\ty\tz\n",
        "answer,others,context,others\nx,y,c,z\n",
        "Question,B,C,A,Answer\nc,y,z,x,A\n",
        "choice 2,choice 10,choice 1,question,answer\ny,z,x,c,A\n",
        "问题,答案,其他1,其他2\nc,x,y,z\n",
    ],
)
def test_questions_are_the_same_in_every_form(text):
    (found,) = read(text, QUESTIONS)
    assert (found.context, found.offered, found.truth, found.group) == ("c", ("x", "y", "z"), "x", "")


@given(st.lists(st.sampled_from(["sentence_bad", "UID", "note", "more"]), unique=True), st.data())
def test_the_order_case_and_number_of_columns_change_nothing(others, data):
    columns = data.draw(st.permutations(["sentence_good", "sentence_bad", *(set(others) - {"sentence_bad"})]))
    cells = {"sentence_good": "He sees, it.", "sentence_bad": "He see; it.", "UID": "u", "note": "n", "more": ""}
    names = [data.draw(st.sampled_from([name, name.upper(), name.title(), name.replace("_", " ")])) for name in columns]
    lines = [names, [cells[name] for name in columns]]
    text = "\n".join("\t".join(line) for line in lines)
    assert read(text, PAIRS) == [Pair("He sees, it.", "He see; it.", "u" if "UID" in columns else "")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "p.jsonl",
            '{"good": "a", "bad": "b"}\n{"good": 1, "bad": "b"}',
            "line 2 is no pair: its good is no text",
        ),
        ("p.jsonl", '{"good": "a"}', "line 1 is no pair: it has no bad"),
        ("p.jsonl", "not json", "line 1 is no pair: it is no JSON object on one line"),
        ("p.jsonl", "[1]", "line 1 is no pair: it is no JSON object on one line"),
        ("p.tsv", "a b\tb\n\nonly one\n", "line 3 is no pair: it has no bad"),
        ("p.csv", "a b.,\n", "line 1 is no pair: its bad is empty"),
        ("p.csv", "good,bad\na,b,c\n", "line 2 is no pair: it has 3 cells, not 2"),
        ("p.csv", 'good,bad\n"a,b\n', "line 2 is no row of a table: unexpected end of data"),
        ("p.csv", "sentence,label\nHe sees it.,1\n", "are not those of pairs: 'sentence', 'label'"),
        ("p.csv", "richtig,falsch\nEr sieht es.,Er siehst es.\n", "are not those of pairs: 'richtig', 'falsch'"),
        ("p.csv", "good,bad\n\n,\n", "holds no pairs"),
        ("p.csv", "good,Good,bad\na b,c d,d c\n", "has several columns called 'Good'"),
        ("p.csv", "id,text a,text b\n1,She eats.,She eat.\n", "line 2 is no pair: a number and a text are no pair"),
        ("p.jsonl", "", "holds no pairs"),
        ("p.json", "[]", "holds no pairs"),
        ("p.json", '\n[{"good": "a", "bad": "b"},\n\n {"good": "a"}]', "line 4 is no pair: it has no bad"),
        ("p.json", '[{"good": "a",\n "bad": "b"}, 7]', "line 2 is no pair: it is no JSON object"),
        ("p.json", '[{"good": "a",\n\n "bad" "b"}]', "line 3 breaks the JSON list off: Expecting ':' delimiter"),
        ("p.jsonl", '[{"good": "a", "bad": "b"}\n', "line 1 breaks the JSON list off"),
    ],
)
def test_what_is_no_pair_is_named_with_its_line(tmp_path, name, text, message):
    with pytest.raises(MisuseError) as caught:
        read(text, PAIRS, name, tmp_path)
    assert message in caught.value.message
    assert str(tmp_path / name) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("only a context", "it has no answer"),
        ("c\tx\tx", "a choice is there twice"),
        ("c\tx\t", "give the choices, or else the others"),
        ("\tx\ty", "its context is empty"),
        ('{"context": "c", "choices": ["x", "y"], "answer": 2}', "the answer 2 is none of the choices"),
        ('{"context": "c", "choices": ["x", "y"], "answer": -1}', "the answer -1 is none of the choices"),
        ('{"context": "c", "choices": ["x", "y"], "answer": "z"}', "the answer 'z' is none of the choices"),
        ('{"context": "c", "choices": ["x"], "others": ["y"], "answer": 0}', "give the choices, or else the others"),
    ],
)
def test_what_is_no_question_says_why(text, why):
    with pytest.raises(MisuseError, match="stdin line 1 is no question") as caught:
        read(text, QUESTIONS)
    assert why in caught.value.message


def test_a_table_may_begin_with_a_bracket():
    assert read("[a] b\tc\n[d]\te\n", PAIRS) == [Pair("[a] b", "c"), Pair("[d]", "e")]


def test_a_column_of_a_question_that_may_or_may_not_be_a_choice_is_refused():
    with pytest.raises(MisuseError, match=r"the columns of stdin are not those of questions: .*'source'"):
        read("context,answer,others,source\nc,x,y,z\n", QUESTIONS)


def test_an_answer_that_is_a_choice_is_not_read_as_a_number():
    (found,) = read("context,choice1,choice2,choice3,answer\n1+1=,0,1,2,2\n", QUESTIONS)
    assert found.truth == "2"
    (found,) = read('{"context": "1+1=", "choices": ["3", "2", "1", "0"], "answer": 1}', QUESTIONS)
    assert found.truth == "2"
    with pytest.raises(MisuseError, match="the answer '1' is none of the choices"):  # which, of choice1 and choice2?
        read("context,answer,choice1,choice2\n1+1=,1,two,three\n", QUESTIONS)
    assert read("1+1=,2,0,1\n", QUESTIONS) == [Item("1+1=", "2", others=("0", "1"))]


@pytest.mark.parametrize(
    "text",
    [
        "cat\tdog\t7.5\nold\tnew\t1\n",
        "\ufeffcat\tdog\t7.5\r\nold\tnew\t1\r\n",
        "cat dog 7.5\n# a comment\nold   new 1\n",
        "Word 1,Word 2,Human (mean)\ncat,dog,7.5\nold, new ,1\n",
        "word1\tword2\tPOS\tSimLex999\tSD\ncat\tdog\tN\t7.5\t2\nold\tnew\tA\t1\t0\n",
        "score;word2;word1\n7.5;dog;cat\n1;new;old\n",
        "Word1,Word2,points\ncat,dog,7.5\nold,new,1\n",
        "cat\tdog\t7.5\t8\t7\nold\tnew\t1\t1\t1\n",
    ],
)
def test_scored_pairs_are_the_same_in_every_form(text):
    assert read(text, SCORED) == [WordPair("cat", "dog", 7.5), WordPair("old", "new", 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat dog 1\nold new x\n", "line 2 is no scored pair: its score is no number"),
        ("cat dog nan\nold new 1\ncat old 2", "scored pairs: 'cat', 'dog', 'nan'"),
        ("old new 1\ncat dog nan\n", "line 2 is no scored pair: nan is no score"),
        ("cat dog 1\nold new\n", "line 2 is no scored pair: it has no score"),
        ("w1,w2,n,mine\ncat,dog,1,2\n", "the columns of stdin are not those of scored pairs"),
        ("this,that,n,mine\ncat,dog,1,2\n", "the columns of stdin are not those of scored pairs"),
    ],
)
def test_what_is_no_scored_pair_is_named(text, message):
    with pytest.raises(MisuseError, match=message):
        read(text, SCORED)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).map("x{}".format)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=8), st.sampled_from(",;\t"))
def test_any_texts_in_a_table_are_those_of_the_same_objects(pairs, separator):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(
        [("bad", "good"), *(two[::-1] for two in pairs)]
    )
    objects = "\n".join(json.dumps({"good": good, "bad": bad}) for good, bad in pairs)
    expected = [Pair(good, bad) for good, bad in pairs]
    assert read(out.getvalue(), PAIRS) == read(objects, PAIRS) == expected


def test_a_table_without_names_says_that_its_first_line_is_a_record():
    said = []
    run = Files(io.TextIOWrapper(io.BytesIO("正面,反面\n我喜欢猫,我猫喜欢\n".encode())), said.append)
    assert len(run.records("-", PAIRS)) == 2
    assert said == ["stdin has no names of columns: line 1 is read as a pair"]
    for text, kind in (("good,bad\na b,b a\n", PAIRS), ("cat dog 1\nold new 2\n", SCORED)):
        run = Files(io.TextIOWrapper(io.BytesIO(text.encode())), said.append)
        assert run.records("-", kind)
    assert len(said) == 1


def test_a_long_cell_is_read():
    assert read(f"good,bad\n{'a ' * 100_000},b a\n", PAIRS)[0].good == "a " * 100_000


@pytest.mark.parametrize("text", ['[{"good": ' + "[" * 100_000, '{"good": ' + "[" * 100_000])
def test_what_is_nested_deeply_is_named(text):
    with pytest.raises(MisuseError, match=r"stdin .*nested too deeply"):
        read(text, PAIRS)
