"""A BERT with mean pooling as a GGUF file in float32, as llama.cpp's convert_hf_to_gguf.py writes it.

(https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py, BertModel)
"""

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

BEGINS = "\u2581"  # how llama.cpp writes that a piece begins a word; BERT writes ## where it does not


def gguf_of_bert(folder: Path, path: Path) -> Path:
    """The file at `path` of the transformers folder."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    layers = config["num_hidden_layers"]
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(layers)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    _add_word_pieces(writer, folder, config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, layers)
    for name, weight in load_file(folder / "model.safetensors").items():
        if not name.startswith("pooler.") and not name.endswith("position_ids"):
            own = names.get_name(name, try_suffixes=(".weight", ".bias"))
            assert own, name
            writer.add_tensor(own, weight.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_word_pieces(writer: gguf.GGUFWriter, folder: Path, config: dict[str, int]) -> None:
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    marks = [one.startswith("[") and one.endswith("]") and len(one) > 2 for one in pieces]
    spelt = [one if mark else _spelt(one) for one, mark in zip(pieces, marks, strict=True)]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_token_list(spelt)
    writer.add_token_types([gguf.TokenType.CONTROL if mark else gguf.TokenType.NORMAL for mark in marks])
    writer.add_bos_token_id(vocabulary["[CLS]"])
    writer.add_unk_token_id(vocabulary["[UNK]"])
    writer.add_sep_token_id(vocabulary["[SEP]"])
    writer.add_pad_token_id(vocabulary["[PAD]"])


def _spelt(piece: str) -> str:
    return piece[2:] if piece.startswith("##") else BEGINS + piece
