"""The trunk of GPT-2 in JAX, written so that what it keeps for the way back can be counted: no data, no training.

Layer norm, attention and a feed-forward part, twice a residual sum, as often as there are layers; no dropout. The
weights of all layers lie in one array each, with the layer as the first axis, so that `jax.lax.scan` can run over them.
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
from jax import lax


@dataclasses.dataclass(frozen=True)
class Model:
    """Sizes; those of the largest GPT-2 (Radford and others, 2019) if nothing else is said, with ZeRO's batch of 32."""

    layers: int = 48
    width: int = 1600
    heads: int = 25
    tokens: int = 1024
    batch: int = 32
    vocabulary: int = 50257
    dtype: str = "bfloat16"

    @property
    def state(self) -> int:
        """Bytes of what one layer hands to the next."""
        return self.batch * self.tokens * self.width * jnp.dtype(self.dtype).itemsize


@dataclasses.dataclass(frozen=True)
class Way:
    """How the gradient is computed.

    `segments` is the number of checkpoints, 0 for none; `inside` puts one around every layer of a segment as well.
    Without `attention` every token looks at itself alone: the same arrays, but none of size tokens x tokens.
    `unrolled` writes the layers out one by one, instead of a loop that the compiler sees as a loop.
    """

    segments: int = 0
    inside: bool = False
    attention: bool = True
    vocabulary: bool = False
    unrolled: bool = False


def weights(model: Model, vocabulary: bool = False) -> dict:
    """Shapes and dtypes of the weights; nothing is allocated."""

    def of(*shape):
        return jax.ShapeDtypeStruct((model.layers, *shape), model.dtype)

    d = model.width
    layers = {
        "norm1": (of(d), of(d)),
        "qkv": of(d, 3 * d),
        "out": of(d, d),
        "norm2": (of(d), of(d)),
        "up": of(d, 4 * d),
        "down": of(4 * d, d),
    }
    if not vocabulary:
        return {"layers": layers}
    return {"layers": layers, "embedding": jax.ShapeDtypeStruct((model.vocabulary, d), model.dtype)}


def inputs(model: Model, vocabulary: bool = False) -> jax.ShapeDtypeStruct:
    """What the trunk reads: states, or the numbers of words where the vocabulary takes part."""
    if vocabulary:
        return jax.ShapeDtypeStruct((model.batch, model.tokens + 1), "int32")
    return jax.ShapeDtypeStruct((model.batch, model.tokens, model.width), model.dtype)


def norm(x, scale, shift):
    """Layer norm, in float32 as usual."""
    wide = x.astype("float32")
    centred = wide - wide.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)  # `jnp.square` would keep one more array
    return (centred * lax.rsqrt(variance + 1e-5)).astype(x.dtype) * scale + shift


def attention(q, k, v, heads):
    """Causal attention, its softmax in float32; the scores are the only arrays that grow with the square of the tokens."""
    batch, tokens, width = q.shape
    q, k, v = (a.reshape(batch, tokens, heads, width // heads) for a in (q, k, v))
    scores = jnp.einsum("bqhe,bkhe->bhqk", q, k).astype("float32") / math.sqrt(width // heads)
    causal = jnp.tril(jnp.ones((tokens, tokens), bool))
    shares = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf), axis=-1).astype(v.dtype)
    return jnp.einsum("bhqk,bkhe->bqhe", shares, v).reshape(batch, tokens, width)


def layer(p, x, heads, with_attention=True):
    """One layer: a state in, the next state out."""
    q, k, v = jnp.split(norm(x, *p["norm1"]) @ p["qkv"], 3, axis=-1)
    x = x + (attention(q, k, v, heads) if with_attention else q * k * v) @ p["out"]
    return x + jax.nn.gelu(norm(x, *p["norm2"]) @ p["up"]) @ p["down"]


def trunk(p, x, model: Model, way: Way):
    """All layers, with checkpoints where `way` puts them."""

    def body(x, p):
        return layer(p, x, model.heads, way.attention), None

    if way.unrolled:
        one = jax.checkpoint(lambda x, p: body(x, p)[0]) if way.segments else lambda x, p: body(x, p)[0]
        for number in range(model.layers):
            x = one(x, jax.tree.map(lambda a: a[number], p))  # noqa: B023
        return x
    # Inside a scan nothing merges the second run with the first, so the guard against that is not needed.
    if not way.segments:
        return lax.scan(body, x, p)[0]
    if model.layers % way.segments:
        raise ValueError(f"{way.segments} segments do not divide {model.layers} layers; take a divisor")
    inner = jax.checkpoint(body, prevent_cse=False) if way.inside else body
    length = model.layers // way.segments
    p = jax.tree.map(lambda a: a.reshape(way.segments, length, *a.shape[1:]), p)
    return lax.scan(jax.checkpoint(lambda x, p: lax.scan(inner, x, p), prevent_cse=False), x, p)[0]


def loss(p, x, model: Model, way: Way):
    """A number of the last state: its mean square, or the mean of what the next words cost."""
    if not way.vocabulary:
        return jnp.mean(jnp.square(trunk(p["layers"], x, model, way).astype("float32")))
    y = trunk(p["layers"], p["embedding"][x[:, :-1]], model, way)
    logits = (y @ p["embedding"].T).astype("float32")
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), x[:, 1:, None], axis=-1)
    return -jnp.mean(chosen)


def gradient(model: Model, way: Way):
    """The gradient of the loss in all weights, to be compiled."""
    return jax.jit(jax.grad(lambda p, x: loss(p, x, model, way)))


def kept(model: Model, with_attention: bool = True) -> list:
    """Shapes and dtypes of what reverse mode keeps of one layer, weights left out; nothing is computed."""
    p = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), weights(model)["layers"])

    def way_back(p, x):
        return jax.vjp(lambda p, x: layer(p, x, model.heads, with_attention), p, x)[1]

    # The way back is a tree whose leaves are what it keeps. Weights have no batch as their first axis.
    leaves = jax.tree.leaves(jax.eval_shape(way_back, p, inputs(model)))
    return [leaf for leaf in leaves if leaf.shape[:1] == (model.batch,)]
