"""Questions against plain torch, choice by choice."""

from llmlab.lab.probability import quiz


def test_a_quiz_counts_the_questions_whose_right_choice_torch_finds_best(lm, expected):
    questions = [
        quiz.Item("The cat", answer, (" sat on the mat", " is", " 今天"), group=group)
        for answer, group in ((0, "a"), (1, "a"), (2, "b"))
    ]
    questions.append(quiz.Item("The mat", 0, (" 天气", " the cat sat"), group="b"))
    scores = {
        "sum": expected,
        "per_character": lambda context, text: expected(context, text) / len(text.strip()),  # completion_len there
        "per_token": lambda context, text: expected(context, text) / len(lm.encode(text)),
    }
    found = quiz.answer(lm, questions)
    shares = {(row["group"], row["by"]): (row["right"], row["trials"]) for row in found.document()["groups"]}
    for group, members in {"all": questions, "a": questions[:2], "b": questions[2:]}.items():
        for name, score in scores.items():
            picks = [max(one.choices, key=lambda text, one=one: score(one.context, text)) for one in members]
            right = sum(pick == one.truth for pick, one in zip(picks, members, strict=True))
            assert shares[group, name] == (right, len(members))
    records = found.records()
    assert len(records) == 3 * 3 + 2
    assert [sum(row["right"] for row in records if row["question"] == number) for number in range(4)] == [1] * 4
    assert found.views()[0].rows[0][:2] == ["a", 2]
    right, share = shares["all", "sum"][0], shares["all", "sum"][0] / 4
    assert found.views()[0].conclusion == f"The right choice is the likeliest in {right} of 4 questions ({share:.1%})."
