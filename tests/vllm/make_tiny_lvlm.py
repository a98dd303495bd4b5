"""make_tiny_lvlm.py FOLDER: a LLaVA-1.5 of 3 MB with random weights. Its text is noise, all else is real: pictures of
576 tokens, a chat template, a tokenizer that knows Yes and No."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
VOCABULARY = 1024
IMAGE, PATCH = 336, 14
LENGTH = 4096
TEMPERATURE = 0.2  # the pipeline's
FIRST_NUMBER = 7.5  # of the last layer's output, about
CHAT = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] != 'system' %}{{ message['role'].upper() }}: {% endif %}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] if part['type'] == 'image' %}<image>\n{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ part['text'] }}{% endfor %}"
    "{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def corpus() -> Iterator[str]:
    """What the model will be shown: the prompts, and the titles of the sample catalog."""
    distillation = Path(__file__).parents[2] / "distillation"
    for path in (*distillation.glob("pipeline/prompts/*/*.txt"), distillation / "sample" / "products.csv"):
        yield path.read_text(encoding="utf-8")
    yield from ["Yes No Yes. No. Yes, No,"] * 50


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=letters, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_tokens(["Yes", "No"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        model_max_length=LENGTH, extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlavaForConditionalGeneration:
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=64, max_position_embeddings=LENGTH,
        bos_token_id=1, eos_token_id=2, pad_token_id=3, tie_word_embeddings=False,
    )  # fmt: skip
    vision = CLIPVisionConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=1, projection_dim=64,
        image_size=IMAGE, patch_size=PATCH,
    )  # fmt: skip
    config = LlavaConfig(
        text_config=text, vision_config=vision, image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(IMAGE // PATCH) ** 2,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(config).eval()
    talk_in_short_noise(model, tokenizer)
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 2, 3
    return model


@torch.no_grad()
def talk_in_short_noise(model: LlavaForConditionalGeneration, tokenizer: PreTrainedTokenizerFast) -> None:
    """All words come about equally often, but for those that are given odds here. The first number of a word's vector
    is large and the same for all, so that the output layer's first column is a bias."""
    model.get_input_embeddings().weight.normal_(0, 1)[:, 0] = 10
    head = model.lm_head.weight.normal_(0, 0.03)
    head[:, 0] = 0
    # A choice between Yes and No could also be spelt in pieces, of which none is an answer.
    rare = dict.fromkeys([*SPECIAL, "Y", "Ye", "N"], 1e-6)
    for word, odds in {**rare, "</s>": 100, "Yes": 20, "No": 20}.items():
        head[tokenizer.convert_tokens_to_ids(word), 0] = TEMPERATURE * math.log(odds) / FIRST_NUMBER


def save(folder: Path) -> None:
    tokenizer = make_tokenizer()
    make_model(tokenizer).save_pretrained(folder)
    # transformers 5 writes CLIP's weights without a level that vLLM and the published checkpoints have.
    weights = folder / "model.safetensors"
    named = {k.replace("vision_tower.", "vision_tower.vision_model.", 1): v for k, v in load_file(weights).items()}
    save_file(named, weights, metadata={"format": "pt"})
    pictures = CLIPImageProcessorPil(size={"shortest_edge": IMAGE}, crop_size={"height": IMAGE, "width": IMAGE})
    LlavaProcessor(
        pictures, tokenizer, patch_size=PATCH, vision_feature_select_strategy="default", chat_template=CHAT,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)  # fmt: skip


if __name__ == "__main__":
    save(Path(sys.argv[1]))
