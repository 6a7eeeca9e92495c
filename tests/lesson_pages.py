"""Two lessons in both languages, as those of configs/lessons are, in a folder of their own; and a check of one."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from llmlab.lessons import pages
from llmlab.lessons.replies import Reply, Verdict

COMMANDS = (
    "llmlab next The -k 3",
    "printf 'b\\na\\n' | sort | head -1",
    "llmlab embed 小明 小红 --space configs/exercises/people.csv",
)
ENGLISH = """# 6 The next word

[中文](06-next.zh.md) · before [The product](05-product.en.md) · after [Temperature](07-temperature.en.md)

The lecture says: a model gives every candidate a *probability*, and
looks for the next word.

## Think first

After `The`, which word would you write? <b>Guess</b> before you look.

## Try it

The likeliest of all tokens:

```console
$ llmlab next The -k 3
The ...
## 1  cat  0.5
```

A shell sorts, and a table is a space:

```console
$ printf 'b\\na\\n' | sort | head -1
a
$ llmlab embed 小明 小红 --space configs/exercises/people.csv
小明
```

What follows stands on a slide of its own.

## What to look for

- the first row, which is the likeliest
- the sum of P, which is [below](05-product.en.md) 1

## One idea

P(w1 ... wm) is `P(w1) x P(w2 | w1) x ...`, a product.

| T | P |
|---|---|
| 1 | 0.5 |

## Task

How much is 1 + 1? Answer with:

```sh
llmlab lesson 6 --check ANSWER
```

## Hint

Use your fingers.
"""
CHINESE = """# 6 下一个词

[English](06-next.en.md) · 上一课 [连乘](05-product.zh.md) · 下一课 [温度](07-temperature.zh.md)

课上说：模型给每个候选词一个*概率*，
找的就是下一个词。

## 先想一想

`The` 后面你会写哪个词？先猜，再看。

## 动手

所有词元里概率最高的三个：

```console
$ llmlab next The -k 3
The ……
## 1  cat  0.5
```

排序交给 shell，表就是一个空间：

```console
$ printf 'b\\na\\n' | sort | head -1
a
$ llmlab embed 小明 小红 --space configs/exercises/people.csv
小明
```

## 看什么

- 第一行，概率最高
- P 之和，小于 1

## 一个道理

P(w1 ... wm) 是 `P(w1) x P(w2 | w1) x ...`，一个连乘。

## 任务

1 + 1 是多少？这样作答：

```sh
llmlab lesson 6 --check 答案
```

## 提示

掰手指。
"""
ROWS = "# 11 Rows\n\n## Try it\n\n```console\n$ llmlab prob\n```\n"


def check(reply: Reply, lab: object) -> Verdict:
    """The task of `next`: how much is 1 + 1?"""
    right = reply.number == 2
    return Verdict(right, "1 + 1 = 2" if right else "count again")


@pytest.fixture
def lessons(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of these lessons, which are now all there are; beside them lies a chapter without a number."""
    folder = tmp_path_factory.mktemp("lessons")
    texts = {"06-next.en": ENGLISH, "06-next.zh": CHINESE, "11-rows.en": ROWS, "11-rows.zh": ROWS.replace("Rows", "行")}
    for name, text in {**texts, "play.en": "# Play\n", "play.zh": "# 玩\n"}.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(pages, "folder", lambda: folder)
    module = ModuleType("llmlab.lessons.checks.next")
    module.check = check  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return folder
