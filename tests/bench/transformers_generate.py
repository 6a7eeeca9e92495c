"""20 samples of 20 tokens from softmax(z), then the seconds they took: transformers_generate.py MODEL_FOLDER PROMPT"""

import sys
import time

from transformers import AutoModelForCausalLM, AutoTokenizer

folder, prompt = sys.argv[1:]
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
inputs = tokenizer(prompt, return_tensors="pt")
start = time.perf_counter()
out = model.generate(**inputs, do_sample=True, top_k=0, top_p=1.0, num_return_sequences=20, max_new_tokens=20)
seconds = time.perf_counter() - start
print(*tokenizer.batch_decode(out[:, inputs.input_ids.shape[1] :], skip_special_tokens=True), sep="\n")
print(seconds)
