"""Lines whose records test_records.py checks: those of several models, and what lines of one share with them."""

PAIRS = '{"sentence_good": "The cat sat", "sentence_bad": "sat cat", "UID": "u"}\n{"sentence_good": "a", '
PAIRS += '"sentence_bad": "b"}\n'
QUESTIONS = '{"context": "今天", "choices": [" 天气", "好"], "answer": 0, "group": "g"}\n'
DRAW = "The --seed 1 --max-tokens 3"
BOTH = "LM WITHOUT_BOS"  # two models, of which one has a BOS
BESIDE: list[tuple[str, str, str]] = [  # kind, what stands after the verb, stdin
    ("prob.models", f"'The cat' 'a cat' T {BOTH}", ""),
    ("prob.models", f"- {BOTH}", "The cat\nsat\n"),
    *(("next.models", f"'The c' -k 40 -t 0.5 --by {part} {BOTH}", "") for part in ("token", "character", "word")),
    ("compare.models", f"'The cat' 'The mat sat' {BOTH}", ""),
    ("pairs", f"- {BOTH}", PAIRS),
    ("perplexity.models", f"- {BOTH} --window 8", "The cat sat " * 9),
    ("generate", f"{DRAW} -t 0,1.5 -n 2 --expect cat {BOTH}", ""),
    ("generate", f"--prompts - --seed 1 --max-tokens 2 {BOTH}", "The\nA cat\n"),
]
