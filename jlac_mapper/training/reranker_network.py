"""The small language model: a Llama-style decoder that transformers and vLLM both load."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the decoder; the head dimension is width / heads."""

    layers: int = 1
    width: int = 192
    heads: int = 6
    inner: int = 512
    longest: int = 1024


def build(shape: Shape, tokens: int, padding: int, seed: int) -> Any:
    """Return an untrained `LlamaForCausalLM` with tied embeddings."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokens,
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=shape.longest,
            tie_word_embeddings=True,
            pad_token_id=padding,
            bos_token_id=None,
            eos_token_id=None,
        )
    )


def logits_at(model: Any, ids: Any, positions: Any) -> Any:
    """Return the logits of the next token at a few positions, shape (rows, k, tokens); see `states_at`."""
    return states_at(model, ids, positions) @ model.lm_head.weight.T


def states_at(model: Any, ids: Any, positions: Any) -> Any:
    """
    Return the last states at a few positions: the model's own, computed nowhere else.

    The last layer, and for one layer nearly everything, is needed there only.

    Args:
        ids: Token numbers, shape (rows, longest), padded at the end.
        positions: Shape (rows, k): where to read, each before the padding.

    Returns:
        Float32, shape (rows, k, width); the model's head turns them into logits.
    """
    import torch
    from transformers.models.llama.modeling_llama import rotate_half

    body = model.model
    rows, longest = ids.shape
    heads = model.config.num_attention_heads
    size = model.config.hidden_size // heads
    hidden = body.embed_tokens(ids)
    places = torch.arange(longest)[None]
    cos, sin = body.rotary_emb(hidden, places)
    for layer in body.layers[:-1]:
        hidden = layer(hidden, position_ids=places, position_embeddings=(cos, sin))
    last = body.layers[-1]
    attention = last.self_attn
    normed = last.input_layernorm(hidden)
    picked = positions[:, :, None].expand(-1, -1, hidden.shape[-1])
    keys = attention.k_proj(normed).view(rows, longest, heads, size).transpose(1, 2)
    values = attention.v_proj(normed).view(rows, longest, heads, size).transpose(1, 2)
    queries = attention.q_proj(normed.gather(1, picked)).view(rows, -1, heads, size).transpose(1, 2)
    keys = keys * cos[:, None] + rotate_half(keys) * sin[:, None]
    queries = queries * cos[0][positions][:, None] + rotate_half(queries) * sin[0][positions][:, None]
    seen = (places[:, None] <= positions[:, :, None])[:, None]
    mixed = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
    state = hidden.gather(1, picked) + attention.o_proj(mixed.transpose(1, 2).reshape(rows, -1, heads * size))
    state = state + last.mlp(last.post_attention_layernorm(state))
    return body.norm(state).float()
