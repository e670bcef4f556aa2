"""Writes the small language model as an ONNX graph that computes only what an answer needs."""

from pathlib import Path
from typing import Any

import numpy as np

OPSET, IR_VERSION = 17, 9
"""Old enough for every ONNX Runtime that the `cpu` extra allows."""

_FAR_BELOW = -1e9
_TO_THE_END = 2**31 - 1
_FLOAT = 1  # onnx.TensorProto.FLOAT


def write(model: Any, path: Path, first: int, end: int) -> None:
    """
    Write a trained decoder; its weights must be exact in float16, as which they are stored.

    Inputs: `ids` int64 (rows, longest), padded at the end, and `last` int64 (rows,), the position to read.
    Output: `log_probabilities` float32 (rows, end - first): of the next token, for the tokens from *first*
    to before *end*, normalised over all tokens.

    Raises:
        ValueError: A weight is not exact in float16.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph()
    _decoder(graph, model, first, end)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "reranker",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "longest"]),
                helper.make_tensor_value_info("last", TensorProto.INT64, ["rows"]),
            ],
            [helper.make_tensor_value_info("log_probabilities", _FLOAT, ["rows", end - first])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="jlac-mapper",
    )
    onnx.checker.check_model(made)
    path.write_bytes(made.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and constants; every method returns the name of a tensor."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        from onnx import helper

        output = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def integers(self, *values: int) -> str:
        """Add a vector of int64."""
        return self._constant(np.array(values, np.int64))

    def floats(self, values: Any) -> str:
        """Add a float32 tensor."""
        return self._constant(np.asarray(values, np.float32))

    def weight(self, parameter: Any) -> str:
        """Add a parameter in float16, turned for MatMul; the runtime widens it once, when it loads."""
        values = parameter.detach().numpy().astype(np.float32).T
        half = np.ascontiguousarray(values.astype(np.float16))
        if not np.array_equal(half.astype(np.float32), values):
            raise ValueError("the weights are not exact in float16: round them first")
        return self.op("Cast", self._constant(half), to=_FLOAT)

    def _constant(self, values: Any) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name


def _decoder(graph: _Graph, model: Any, first: int, end: int) -> None:
    import torch

    body, op = model.model, graph.op
    size = model.config.hidden_size // model.config.num_attention_heads
    places = torch.arange(model.config.max_position_embeddings)[None]
    with torch.no_grad():
        cos, sin = (graph.floats(t[0].numpy()) for t in body.rotary_emb(torch.zeros(1), places))
    longest = op("Slice", op("Shape", "ids"), graph.integers(1), graph.integers(2))
    turned = [op("Slice", table, graph.integers(0), longest) for table in (cos, sin)]
    steps = op("Range", *(op("Squeeze", v) for v in (graph.integers(0), longest, graph.integers(1))))
    causal = op("LessOrEqual", steps, op("Unsqueeze", steps, graph.integers(1)))
    table = graph.weight(body.embed_tokens.weight)
    hidden = op("Gather", op("Transpose", table), "ids")
    for number, layer in enumerate(body.layers):
        keys = _normed(graph, hidden, layer.input_layernorm)
        queries, query_turn, seen = keys, turned, causal
        if number == len(body.layers) - 1:
            # The answer stands at one position: the last layer is computed there only.
            where = op("Unsqueeze", "last", graph.integers(1))
            queries, hidden = (
                op("Unsqueeze", op("GatherND", t, where, batch_dims=1), graph.integers(1))
                for t in (keys, hidden)
            )
            query_turn = [
                op("Unsqueeze", op("Gather", table, "last"), graph.integers(1, 2)) for table in (cos, sin)
            ]
            seen = op("Unsqueeze", op("LessOrEqual", steps, where), graph.integers(1, 2))
        mixed = _attention(graph, layer.self_attn, size, (queries, query_turn), (keys, turned), seen)
        hidden = op("Add", hidden, mixed)
        hidden = op(
            "Add", hidden, _inner(graph, layer.mlp, _normed(graph, hidden, layer.post_attention_layernorm))
        )
    logits = op("MatMul", _normed(graph, hidden, body.norm), table)
    said = op("LogSoftmax", op("Squeeze", logits, graph.integers(1)), axis=-1)
    bounds = (graph.integers(n) for n in (first, end, 1))
    op("Slice", said, *bounds, name="log_probabilities")


def _normed(graph: _Graph, hidden: str, norm: Any) -> str:
    op = graph.op
    mean = op("ReduceMean", op("Mul", hidden, hidden), axes=[-1], keepdims=1)
    length = op("Sqrt", op("Add", mean, graph.floats(norm.variance_epsilon)))
    return op("Mul", op("Div", hidden, length), graph.weight(norm.weight))


def _attention(
    graph: _Graph,
    attention: Any,
    size: int,
    asking: tuple[str, list[str]],
    asked: tuple[str, list[str]],
    seen: str,
) -> str:
    """Return the attention's output; *asking* and *asked* are states with their rotary tables."""
    op = graph.op
    split = graph.integers(0, 0, -1, size)
    (queries, query_turn), (keys, key_turn) = asking, asked

    def heads(states: str, projection: Any) -> str:
        flat = op("MatMul", states, graph.weight(projection.weight))
        return op("Transpose", op("Reshape", flat, split), perm=[0, 2, 1, 3])

    def rotated(states: str, turn: list[str]) -> str:
        ends = (graph.integers(n) for n in (0, size // 2, 3))
        low = op("Slice", states, *ends)
        high = op("Slice", states, *(graph.integers(n) for n in (size // 2, _TO_THE_END, 3)))
        swapped = op("Concat", op("Neg", high), low, axis=-1)
        return op("Add", op("Mul", states, turn[0]), op("Mul", swapped, turn[1]))

    query = rotated(heads(queries, attention.q_proj), query_turn)
    key = rotated(heads(keys, attention.k_proj), key_turn)
    scores = op("MatMul", query, op("Transpose", key, perm=[0, 1, 3, 2]))
    scores = op("Mul", scores, graph.floats(size**-0.5))
    weights = op("Softmax", op("Where", seen, scores, graph.floats(_FAR_BELOW)), axis=-1)
    mixed = op("Transpose", op("MatMul", weights, heads(keys, attention.v_proj)), perm=[0, 2, 1, 3])
    joined = op("Reshape", mixed, graph.integers(0, 0, -1))
    return op("MatMul", joined, graph.weight(attention.o_proj.weight))


def _inner(graph: _Graph, mlp: Any, states: str) -> str:
    op = graph.op
    gate = op("MatMul", states, graph.weight(mlp.gate_proj.weight))
    raised = op("MatMul", states, graph.weight(mlp.up_proj.weight))
    opened = op("Mul", op("Mul", gate, op("Sigmoid", gate)), raised)
    return op("MatMul", opened, graph.weight(mlp.down_proj.weight))
