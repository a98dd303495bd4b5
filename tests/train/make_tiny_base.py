"""make_tiny_base.py DIR DATA [--no-template]: a Mistral of random weights and a tokenizer made from DATA's records."""

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %}{{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)


def made(place: Path, data: Path, template: str | None = TEMPLATE) -> None:
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = bytes_of, decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained = trainers.BpeTrainer(vocab_size=2048, special_tokens=SPECIAL, initial_alphabet=alphabet)
    lines = (data / "train.jsonl").read_text().splitlines()
    tokenizer.train_from_iterator((m["content"] for line in lines for m in json.loads(line)["messages"]), trained)
    own = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>"
    )
    own.chat_template = template
    own.save_pretrained(place)
    torch.manual_seed(0)
    # Heads of 64: vLLM's attention on the CPU takes none of 16.
    MistralForCausalLM(
        MistralConfig(
            vocab_size=len(own), hidden_size=128, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, max_position_embeddings=2048, bos_token_id=own.bos_token_id,
            eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id,
        )
    ).save_pretrained(place)  # fmt: skip


if __name__ == "__main__":
    made(Path(sys.argv[1]), Path(sys.argv[2]), None if "--no-template" in sys.argv else TEMPLATE)
