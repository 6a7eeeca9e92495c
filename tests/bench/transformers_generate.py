"""20 tokens from softmax(z / T), then the seconds they took: as batches, or one sample at a time.

transformers_generate.py MODEL_FOLDER PROMPT TEMPERATURES SAMPLES batch|loop
"""

import sys
import time

from transformers import AutoModelForCausalLM, AutoTokenizer

folder, prompt, temperatures, samples, how = sys.argv[1:]
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
inputs = tokenizer(prompt, return_tensors="pt")
calls, rows = (1, int(samples)) if how == "batch" else (int(samples), 1)
options = {"do_sample": True, "top_k": 0, "top_p": 1.0, "max_new_tokens": 20, "num_return_sequences": rows}
outs = []
start = time.perf_counter()
for temperature in map(float, temperatures.split(",")):
    outs += [model.generate(**inputs, **options, temperature=temperature) for _ in range(calls)]
seconds = time.perf_counter() - start
for out in outs:
    print(*tokenizer.batch_decode(out[:, inputs.input_ids.shape[1] :], skip_special_tokens=True), sep="\n")
print(seconds)
