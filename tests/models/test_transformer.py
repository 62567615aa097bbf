"""The transformer against torch's own layers, and its cache against none."""

import pytest
import torch
from torch import nn

from helpers.models import Decoder, Encoder, EncoderDecoder
from helpers.models.transformer import Attention, Block, watch

WIDTH, HEADS = 32, 4
SIZE = {"width": WIDTH, "heads": HEADS, "layers": 3, "length": 24}
CLOSE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def stirred(module):
    """Give every parameter some value of its own, so that no bias is 0 and no scale is 1."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    return module.eval()


def copy_attention(theirs, ours):
    with torch.no_grad():
        weights = torch.cat([ours.query.weight, ours.key_value.weight])
        theirs.in_proj_weight.copy_(weights)
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())


def torch_block(ours):
    """Return torch's layer with our weights; it is a decoder layer where ours looks across."""
    across = hasattr(ours, "across")
    kind = nn.TransformerDecoderLayer if across else nn.TransformerEncoderLayer
    options = {"activation": "gelu", "batch_first": True, "norm_first": True, "dropout": 0.0}
    theirs = kind(WIDTH, HEADS, ours.net[0].out_features, **options)
    copy_attention(theirs.self_attn, ours.own)
    norms = [ours.norm_own, ours.norm_net]
    if across:
        copy_attention(theirs.multihead_attn, ours.across)
        norms.insert(1, ours.norm_across)
    pairs = [(getattr(theirs, f"norm{n}"), norm) for n, norm in enumerate(norms, 1)]
    for copied, own in (*pairs, (theirs.linear1, ours.net[0]), (theirs.linear2, ours.net[2])):
        copied.load_state_dict(own.state_dict())
    return theirs.eval()


def ids(rows, tokens, vocabulary=50):
    return torch.randint(vocabulary, (rows, tokens))


def padded(lengths):
    """Return True where a sequence of these lengths holds no token."""
    return torch.arange(max(lengths))[None] >= torch.tensor(lengths)[:, None]


def test_attention_and_its_weights_equal_those_of_torch():
    ours = stirred(Attention(WIDTH, HEADS))
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).eval()
    copy_attention(theirs, ours)
    x, source = torch.randn(2, 5, WIDTH), torch.randn(2, 7, WIDTH)
    padding = padded([7, 4])
    for ask, answer, options in (
        (x, x, {}),
        (x, source, {"key_padding_mask": padding}),
        (x, x, {"attn_mask": torch.ones(5, 5).triu(1).bool()}),
    ):
        expected, weights = theirs(ask, answer, answer, average_attn_weights=False, **options)
        mine = {"causal": "attn_mask" in options}
        if "key_padding_mask" in options:
            mine = {"source": source, "allowed": ~padding[:, None, None]}
        torch.testing.assert_close(ours(ask, **mine), expected, **CLOSE)
        with watch(ours) as seen:
            torch.testing.assert_close(ours(ask, **mine), expected, **CLOSE)
        torch.testing.assert_close(seen[""][0], weights, **CLOSE)


@pytest.mark.parametrize("hidden", [None, 48])
def test_a_layer_of_an_encoder_equals_that_of_torch(hidden):
    ours = stirred(Block(WIDTH, HEADS, hidden=hidden))
    theirs = torch_block(ours)
    x, padding = torch.randn(2, 6, WIDTH), padded([6, 3])
    real = ~padding
    expected = theirs(x, src_key_padding_mask=padding)[real]
    torch.testing.assert_close(ours(x, allowed=real[:, None, None])[real], expected, **CLOSE)
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    expected = theirs(x, src_mask=mask, is_causal=True)
    torch.testing.assert_close(ours(x, causal=True), expected, **CLOSE)
    both = theirs(x, src_mask=mask < 0, src_key_padding_mask=padding)[real]
    mine = ours(x, causal=True, allowed=real[:, None, None])[real]
    torch.testing.assert_close(mine, both, **CLOSE)


def test_a_layer_of_a_decoder_equals_that_of_torch():
    ours = stirred(Block(WIDTH, HEADS, across=True))
    theirs = torch_block(ours)
    x, source, padding = torch.randn(2, 5, WIDTH), torch.randn(2, 7, WIDTH), padded([7, 2])
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    expected = theirs(x, source, mask, memory_key_padding_mask=padding, tgt_is_causal=True)
    mine = ours(x, source, causal=True, source_allowed=~padding[:, None, None])
    torch.testing.assert_close(mine, expected, **CLOSE)


def test_an_encoder_is_torchs_layers_between_embedding_and_norm():
    ours = stirred(Encoder(50, **SIZE))
    read, padding = ids(3, 9), padded([9, 5, 1])
    x = ours.tokens(read) + ours.places.weight[:9]
    for block in ours.blocks:
        x = torch_block(block)(x, src_key_padding_mask=padding)
    expected = ours.norm(x)
    torch.testing.assert_close(ours(read, padding)[~padding], expected[~padding], **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("cut", [[12], [1] * 12, [5, 1, 1, 4, 1], [11, 1]])
def test_a_decoder_gives_the_same_scores_with_a_cache(cut):
    model = stirred(Decoder(50, **SIZE))
    read, cache, found = ids(2, 12), model.cache(), []
    for part in read.split(cut, dim=1):
        found.append(model(part, cache=cache))
    torch.testing.assert_close(torch.cat(found, dim=1), model(read), rtol=1e-5, atol=1e-5)
    assert cache.n == 12
    assert cache.nbytes == 2 * 4 * 2 * 12 * WIDTH * SIZE["layers"]  # k and v, 4 bytes, 2 rows


@torch.no_grad()
def test_both_halves_give_the_same_scores_with_a_cache_and_padded_sources():
    model = stirred(EncoderDecoder(40, 50, **SIZE))
    read, written, padding = ids(2, 8, 40), ids(2, 6), padded([8, 3])
    expected = model(read, written, source_padding=padding)
    source, cache = model.encoder(read, padding), model.decoder.cache(6)
    options = {"source_padding": padding, "cache": cache}
    found = [model.decoder(one, source, **options) for one in written.split(1, dim=1)]
    torch.testing.assert_close(torch.cat(found, dim=1), expected, rtol=1e-5, atol=1e-5)
    short = model(read[1:, :3], written[1:])
    torch.testing.assert_close(expected[1:], short, rtol=1e-5, atol=1e-5)
    assert cache.nbytes == 2 * 4 * 2 * (6 + 8) * WIDTH * SIZE["layers"]


@torch.no_grad()
def test_a_cache_goes_on_with_chosen_sequences():
    model = stirred(EncoderDecoder(40, 50, **SIZE))
    read, written, rows = ids(3, 8, 40), ids(3, 6), torch.tensor([2, 0, 0, 1])
    source, cache = model.encoder(read), model.decoder.cache()
    model.decoder(written[:, :5], source, cache=cache)
    cache.select(rows)
    found = model.decoder(written[rows, 5:], source[rows], cache=cache)
    expected = model(read[rows], written[rows])[:, 5:]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_decoder_never_looks_ahead_and_an_encoder_does():
    before = ids(1, 10)
    after = before.clone()
    after[0, 6] = (before[0, 6] + 1) % 50
    decoder, encoder = stirred(Decoder(50, **SIZE)), stirred(Encoder(50, **SIZE))
    torch.testing.assert_close(decoder(before)[:, :6], decoder(after)[:, :6])
    assert not torch.allclose(decoder(before)[:, 6:], decoder(after)[:, 6:])
    assert not torch.allclose(encoder(before)[:, :6], encoder(after)[:, :6])


def test_a_fresh_model_knows_nothing_and_its_gradients_reach_every_parameter():
    model = EncoderDecoder(40, 50, **SIZE)
    scores = model(ids(4, 8, 40), ids(4, 6))
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), ids(4, 6).flatten())
    assert abs(loss.item() - torch.tensor(50.0).log().item()) < 0.05
    loss.backward()
    assert all(values.grad is not None for values in model.parameters())


def test_dropout_is_at_work_in_training_alone():
    model, read = Decoder(50, dropout=0.5, **SIZE), ids(1, 8)
    assert not torch.equal(model(read), model(read))
    model.eval()
    assert torch.equal(model(read), model(read))


@torch.no_grad()
def test_watching_names_every_attention_shows_its_weights_and_ends():
    model = stirred(EncoderDecoder(40, 50, **SIZE))
    read, written = ids(2, 8, 40), ids(2, 6)
    expected = model(read, written)
    with watch(model) as seen:
        torch.testing.assert_close(model(read, written), expected, rtol=1e-5, atol=1e-5)
    assert len(seen) == 3 * SIZE["layers"]
    (own,), (across,) = seen["decoder.blocks.1.own"], seen["decoder.blocks.1.across"]
    assert own.shape == (2, HEADS, 6, 6) and across.shape == (2, HEADS, 6, 8)
    assert not own.triu(1).any()
    torch.testing.assert_close(across.sum(-1), torch.ones(2, HEADS, 6))
    model(read, written)
    assert len(seen["decoder.blocks.1.own"]) == 1


def test_what_does_not_fit_is_refused_with_its_numbers():
    with pytest.raises(ValueError, match="5 heads cannot share a width of 32"):
        Attention(WIDTH, 5)
    model = Decoder(50, **SIZE)
    with pytest.raises(ValueError, match="25 tokens do not fit into the model's length of 24"):
        model(ids(1, 25))
    with torch.no_grad(), pytest.raises(ValueError, match="25 tokens do not fit"):
        cache = model.cache()
        model(ids(1, 24), cache=cache)
        model(ids(1, 1), cache=cache)
