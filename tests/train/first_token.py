"""first_token.py BASE ADAPTER QUESTION: what PEFT says of the first token of an answer, by base and by adapter."""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, adapter, question = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(base)
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), adapter).eval()
chat = [{"role": "user", "content": question}]
text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])


def best() -> list:
    with torch.no_grad():
        told = torch.log_softmax(model(ids).logits[0, -1].float(), dim=-1)
    token = int(told.argmax())
    return [tokenizer.decode([token]), float(told[token])]


tuned = best()
with model.disable_adapter():
    print(json.dumps({"base": best(), "adapter": tuned}))
