"""The log-probability of a text, in nats: transformers_prob.py MODEL_FOLDER TEXT"""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, text = sys.argv[1:]
ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids
model = AutoModelForCausalLM.from_pretrained(folder)
with torch.inference_mode():
    logprobs = model(ids).logits[0, :-1].log_softmax(-1)
print(logprobs.gather(1, ids[0, 1:, None]).sum().item())
