"""Tiny models with random weights, made in a second: what engines say of them is checked against plain torch."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForCausalLM,
    BertConfig,
    BertModel,
    BertTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

BOS, EOS = "<s>", "</s>"
CONTEXT = 256
LAYERS, HEADS, KV_HEADS, HIDDEN = 2, 4, 2, 64


def byte_level_bpe(texts: Sequence[str], bos: bool) -> PreTrainedTokenizerFast:
    """GPT-2's kind of tokenizer, trained on `texts`; puts <s> first if `bos`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=alphabet, special_tokens=[BOS, EOS], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, 0)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS)


def language_model(folder: Path, texts: Sequence[str], bos: bool = True, tied: bool = False) -> Path:
    """A two-layer Llama and its tokenizer as a transformers folder; far from uniform, the same every time."""
    tokenizer = byte_level_bpe(texts, bos)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=128,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=tied,
        initializer_range=0.2,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def gguf_of(
    folder: Path, path: Path, bos: bool | None = True, chat_template: str = "", causal: bool = True, tensors: int = 0
) -> Path:
    """The same model as an F32 GGUF file, laid out as llama.cpp's convert_hf_to_gguf.py does; None: names no BOS.

    With so many `tensors` a file, several, of which the first has none.
    """
    model = AutoModelForCausalLM.from_pretrained(folder)
    config = model.config
    writer = gguf.GGUFWriter(path, "llama", split_max_tensors=tensors, small_first_shard=bool(tensors))
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    if not causal:
        writer.add_causal_attention(False)
    _add_tokenizer(writer, Tokenizer.from_file(str(folder / "tokenizer.json")), bos)
    if chat_template:
        writer.add_chat_template(chat_template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, parameter in model.named_parameters():  # a tied lm_head is listed once
        weight = parameter.detach().numpy()
        if "q_proj" in name:
            weight = _rope_order(weight, config.num_attention_heads)
        if "k_proj" in name:
            weight = _rope_order(weight, config.num_key_value_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), np.ascontiguousarray(weight))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer, bos: bool | None) -> None:
    words = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(words)
    writer.add_token_types([control if word in (BOS, EOS) else normal for word in words])
    writer.add_token_merges([" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_eos_token_id(1)
    if bos is not None:
        writer.add_bos_token_id(0)
        writer.add_add_bos_token(bos)


def _rope_order(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """llama.cpp rotates neighbouring pairs, transformers the two halves of a head."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def sentence_encoder(folder: Path, texts: Sequence[str]) -> Path:
    """A two-layer BERT with mean pooling and normalisation as a sentence-transformers folder."""
    bert = folder / "bert"
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=500, special_tokens=marks, show_progress=False)
    )
    BertTokenizer(vocab=tokenizer.get_vocab()).save_pretrained(bert)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(bert)
    modules = [Transformer(str(bert), max_seq_length=128), Pooling(32, pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "encoder"))
    return folder / "encoder"


def plain_torch(folder: Path) -> Callable[[Sequence[int]], NDArray[np.float64]]:
    """Log-probabilities [T, V] of the token after each of T, one text at a time, log-softmax in float64."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()

    def logprobs(ids: Sequence[int]) -> NDArray[np.float64]:
        with torch.no_grad():
            logits = model(torch.tensor([list(ids)])).logits[0]
        return torch.log_softmax(logits.double(), -1).numpy()

    return logprobs


def without_weights(folder: Path, name: str) -> None:
    """Take one array out of a folder's safetensors."""
    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
