"""Tiny language models with random weights: what they say is noise, how they say it is real."""

import json
from pathlib import Path

from jlac_mapper.llm import choice_template, generation_template

CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def save_general(folder: Path, *, chat: bool) -> Path:
    """Save a model that reads any text (byte-level BPE), with or without a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [choice_template.prompt(choice_template.content_free(count)) for count in range(2, 9)]
    tokenizer.train_from_iterator(texts, trainer)
    return _save(folder, tokenizer, CHAT_TEMPLATE if chat else None)


def save_reranker(folder: Path) -> Path:
    """Save a model of our own formulation, one token a character; it was never trained."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    characters = [chr(code) for code in (*range(33, 127), *range(0x3041, 0x30FF))]
    characters += [*generation_template.MARKS.values(), *generation_template.ENDS.values()]
    words = ["<s>", "</s>", "<unk>", *dict.fromkeys(characters)]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    _save(folder, tokenizer, None)
    mark = {"template": generation_template.GENERATION_TEMPLATE}
    (folder / "jlac_reranker.json").write_text(json.dumps(mark), encoding="utf-8")
    return folder


def _save(folder: Path, tokenizer: object, chat_template: str | None) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    fast.chat_template = chat_template
    fast.save_pretrained(str(folder))
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,  # the smallest that vLLM has for the CPU
        max_position_embeddings=4096,
        bos_token_id=0,
        eos_token_id=1,
        initializer_range=0.3,  # large, so that the noise has opinions
    )
    LlamaForCausalLM(config).to(torch.float32).save_pretrained(str(folder))
    return folder
