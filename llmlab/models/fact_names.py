"""What the facts of a model and of a space are called: in records by their keys, in tables in words."""

from llmlab.language import later, tr

FACTS = {  # of models, and of their files
    "kind": later("kind"),
    "source": later("source"),
    "runs_as": later("runs as"),
    "runs_on": later("runs on"),
    "revision": later("revision"),
    "licence": later("licence"),
    "licence_url": later("licence url"),
    "languages": later("languages"),
    "distance_to_float32": later("distance to float32"),
    "architecture": later("architecture"),
    "layers": later("layers"),
    "hidden_size": later("hidden size"),
    "attention_heads": later("attention heads"),
    "key_value_heads": later("key value heads"),
    "feed_forward_dimension": later("feed forward dimension"),
    "vocabulary": later("vocabulary"),
    "context": later("context"),
    "dtype": later("dtype"),
    "memory_mib": later("memory mib"),
    "file_mib": later("file mib"),
    "served_as": later("served as"),
    "servers": later("servers"),
    "key_variable": later("key"),
    # of spaces
    "name": later("name"),
    "model": later("model"),
    "engine": later("engine"),
    "words": later("words"),
    "dimension": later("dimension"),
    "case": later("case"),
    "stored": later("stored"),
    "same_ten_in_float16": later("same ten in float16"),
    "longest": later("longest"),
    "unicode": later("unicode"),
    "index": later("index"),
    "lists": later("lists"),
    "visited": later("visited"),
    "recall_at_10": later("recall at 10"),
    "recall_sampled": later("recall sampled"),
    "format": later("format"),
    "dimensions": later("dimensions"),
    "means": later("means"),
    "deviations": later("deviations"),
    "notes": later("notes"),
    "left_out": later("left out"),
    "unknown": later("unknown"),
    "alike": later("alike"),
    "words_read": later("words read"),
    "training": later("training"),
    "folder": later("folder"),
    "mib": later("mib"),
}


def fact_name(key: str) -> str:
    """A fact's name for the eye."""
    return tr(FACTS.get(key, key.replace("_", " ")))
