"""A small transformer: encoder, decoder, or both. Taught in `applications/language_model`.

Letters in the shapes: B sequences in a batch, T tokens in each, S tokens in a source, W the width
of a token's vector, H heads of size D = W / H, K keys to look at, V tokens in the vocabulary.
Each layer normalises first, as `torch.nn.TransformerEncoderLayer(norm_first=True)` does.
"""

import contextlib
import math

import torch
import torch.nn.functional as F
from torch import nn


class KeysAndValues:
    """Keys and values of one attention, kept so that no token is projected twice."""

    def __init__(self, length: int):
        """Leave room for `length` tokens; the memory is taken when the first ones come."""
        self.length, self.n, self.k, self.v = length, 0, None, None

    def add(self, k, v):
        """Keep those of new tokens, (B, H, new, D); return those of all: (B, H, n, D)."""
        if self.k is None:
            self.k, self.v = (x.new_empty(*x.shape[:2], self.length, x.shape[3]) for x in (k, v))
        start, self.n = self.n, self.n + k.shape[2]
        self.k[:, :, start : self.n], self.v[:, :, start : self.n] = k, v
        return self.all()

    def all(self):
        """Return the keys and values kept so far, each (B, H, n, D)."""
        return self.k[:, :, : self.n], self.v[:, :, : self.n]


class Cache:
    """What a decoder keeps between calls, without gradients: keys and values of each layer."""

    def __init__(self, layers: int, length: int):
        """Room for `length` tokens in each of `layers`; `Decoder.cache` makes a fitting one."""
        self.own = [KeysAndValues(length) for _ in range(layers)]
        self.across = [None] * layers  # of a source, whose length is known when it comes

    @property
    def n(self) -> int:
        """Tokens read so far."""
        return self.own[0].n

    def filled(self) -> list[KeysAndValues]:
        """Return those that hold something."""
        return [kept for kept in (*self.own, *self.across) if kept is not None and kept.n]

    @property
    def nbytes(self) -> int:
        """Bytes of the keys and values of the tokens read, without the room left for others."""
        return sum(x.numel() * x.element_size() for kept in self.filled() for x in kept.all())

    def select(self, rows) -> None:
        """Go on with the sequences `rows` of the batch, in this order, as a beam search does."""
        for kept in self.filled():
            kept.k, kept.v = kept.k[rows], kept.v[rows]


class Attention(nn.Module):
    """Attention of several heads: each token collects from the tokens that it may look at."""

    def __init__(self, width: int, heads: int):
        """Raise ValueError where `heads` does not divide `width`."""
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads cannot share a width of {width}: it must divide.")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.watched = None  # a list while `watch` looks on

    def forward(self, x, source=None, *, allowed=None, causal=False, kept=None):
        """Return what each token of `x` collects, (B, T, W).

        Args:
            x: the tokens that ask, (B, T, W).
            source: the tokens that answer, (B, S, W); by default `x` itself.
            allowed: True where a token may look, broadcast to (B, H, T, K); default everywhere.
            causal: look only at oneself and at those before.
            kept: keys and values of earlier tokens, to which those of `x` are added. Those of a
                `source` are computed by the first call and used by all.
        """
        q = self._split(self.query(x))  # (B, H, T, D)
        if kept is not None and source is not None and kept.n:
            k, v = kept.all()  # (B, H, S, D)
        else:
            k, v = self.key_value(x if source is None else source).chunk(2, dim=-1)  # (B, K, W)
            k, v = self._split(k), self._split(v)  # (B, H, K, D)
            if kept is not None:
                k, v = kept.add(k, v)  # (B, H, K, D), now K with the earlier ones
        mixed = self._mix(q, k, v, allowed, causal and x.shape[1] > 1)  # (B, H, T, D)
        return self.out(mixed.transpose(1, 2).flatten(2))  # (B, T, W)

    def _split(self, x):
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, K, W) -> (B, H, K, D)

    def _mix(self, q, k, v, allowed, causal):
        tokens, keys = q.shape[2], k.shape[2]
        known = causal and allowed is None and tokens == keys  # the kernel has this mask built in
        if causal and not (known and self.watched is None):
            order = torch.ones(tokens, keys, dtype=torch.bool, device=q.device)
            order = order.tril(keys - tokens)  # (T, K): the last of the keys are the tokens
            allowed = order if allowed is None else allowed & order  # (…, T, K)
        if self.watched is None:  # one kernel, which never stores the weights
            return F.scaled_dot_product_attention(q, k, v, allowed, is_causal=known)
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])  # (B, H, T, K)
        if allowed is not None:
            scores = scores.masked_fill(~allowed, -math.inf)  # (B, H, T, K)
        self.watched.append(scores.softmax(-1))  # (B, H, T, K)
        return self.watched[-1] @ v  # (B, H, T, D)


class Block(nn.Module):
    """One layer: attention, attention to a source if `across`, and a network for each token."""

    def __init__(self, width: int, heads: int, *, across=False, hidden=None, dropout=0.0):
        """`hidden` is the width inside the network, by default four times that of a token."""
        super().__init__()
        self.norm_own, self.own = nn.LayerNorm(width), Attention(width, heads)
        if across:
            self.norm_across, self.across = nn.LayerNorm(width), Attention(width, heads)
        hidden = hidden or 4 * width
        self.norm_net = nn.LayerNorm(width)
        self.net = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, source=None, *, source_allowed=None, kept=(None, None), **own):
        """Return the tokens `x` (B, T, W) as the layer leaves them; `own` is for `Attention`."""
        x = x + self.dropout(self.own(self.norm_own(x), kept=kept[0], **own))  # (B, T, W)
        if source is not None:
            options = {"allowed": source_allowed, "kept": kept[1]}
            x = x + self.dropout(self.across(self.norm_across(x), source, **options))  # (B, T, W)
        return x + self.dropout(self.net(self.norm_net(x)))  # (B, T, W)


class _Stack(nn.Module):
    """Embeddings, layers and a last norm: what encoder and decoder have in common."""

    def __init__(self, vocabulary: int, *, width, heads, layers, length, **block):
        """Start as GPT-2 does: small weights, smaller still where a layer adds to its input.

        `length` is how many tokens a sequence may have, `block` the options of `Block`.
        """
        super().__init__()
        self.length = length
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width, heads, **block) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(block.get("dropout", 0.0))
        for name, values in self.named_parameters():
            if values.dim() == 2:
                adds = name.endswith(("out.weight", "net.2.weight"))
                nn.init.normal_(values, std=0.02 / math.sqrt(2 * layers) if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(values)

    def embed(self, ids, before: int = 0):
        """Return a vector for each token at its place, (B, T) -> (B, T, W)."""
        end = before + ids.shape[1]
        if end > self.length:
            raise ValueError(f"{end} tokens do not fit into the model's length of {self.length}.")
        places = self.places.weight[before:end]  # (T, W)
        return self.dropout(self.tokens(ids) + places)  # (B, T, W)


class Encoder(_Stack):
    """Reads whole sequences: each token looks at all. Token ids (B, T) -> vectors (B, T, W)."""

    def forward(self, ids, padding=None):
        """Return a vector for each token; `padding` (B, T) is True at places without a token."""
        x = self.embed(ids)  # (B, T, W)
        for block in self.blocks:
            x = block(x, allowed=_not(padding))  # (B, T, W)
        return self.norm(x)  # (B, T, W)


class Decoder(_Stack):
    """Reads from left to right and scores what comes next. Token ids (B, T) -> scores (B, T, V)."""

    def forward(self, ids, source=None, *, source_padding=None, cache=None):
        """Return the scores of each next token; the embedding serves as the last layer, too.

        Args:
            ids: token ids, (B, T); with a cache, only those it has not read. Padding at the end
                changes nothing before it, since no token looks ahead.
            source: what an encoder made, (B, S, W), for a decoder that looks `across`.
            source_padding: True at the places of the source that hold no token, (B, S).
            cache: from `self.cache()`; the keys and values of these tokens are added to it.
        """
        x = self.embed(ids, cache.n if cache else 0)  # (B, T, W)
        allowed = _not(source_padding)  # (B, 1, 1, S)
        for number, block in enumerate(self.blocks):
            kept = self._kept(cache, number, source)
            x = block(x, source, source_allowed=allowed, kept=kept, causal=True)  # (B, T, W)
        return self.norm(x) @ self.tokens.weight.T  # (B, T, V)

    def cache(self, length: int | None = None) -> Cache:
        """Return an empty cache with room for `length` tokens, by default as many as fit."""
        return Cache(len(self.blocks), length or self.length)

    @staticmethod
    def _kept(cache, number, source):
        if cache is None:
            return None, None
        if source is not None and cache.across[number] is None:
            cache.across[number] = KeysAndValues(source.shape[1])
        return cache.own[number], cache.across[number]


class EncoderDecoder(nn.Module):
    """Reads a source sequence and scores what comes next in a target, as in translation."""

    def __init__(self, source_vocabulary: int, target_vocabulary: int, **size):
        """`size` is that of each half: width, heads, layers, length, and options of `Block`."""
        super().__init__()
        self.encoder = Encoder(source_vocabulary, **size)
        self.decoder = Decoder(target_vocabulary, across=True, **size)

    def forward(self, source_ids, ids, *, source_padding=None):
        """Return scores (B, T, V) from source ids (B, S) and the target's ids so far (B, T)."""
        source = self.encoder(source_ids, source_padding)  # (B, S, W)
        return self.decoder(ids, source, source_padding=source_padding)


def _not(padding):
    return None if padding is None else ~padding[:, None, None, :]  # (B, K) -> (B, 1, 1, K)


@contextlib.contextmanager
def watch(model):
    """Yield `{name of each attention: weights of each call}`, filled while the model runs inside.

    Weights are (B, H, T, K) and each row sums to 1. To watch takes time and changes no result.
    """
    parts = {name: part for name, part in model.named_modules() if isinstance(part, Attention)}
    for part in parts.values():
        part.watched = []
    try:
        yield {name: part.watched for name, part in parts.items()}
    finally:
        for part in parts.values():
            part.watched = None
