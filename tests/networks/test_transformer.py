"""The transformer: no token reads those after it, and decoding step by step is the same as reading at once."""

import math
from typing import Any, Literal

import pytest
import torch
import torch.nn.functional as F

from gesso.core.errors import GessoError
from gesso.networks.transformer import Attention, Layers, Pass, RMSNorm, Transformer, rotated, rotations

MLP = Literal["swiglu", "gelu", "squared-relu"]


def fresh(seed: int = 0, **settings: Any) -> Transformer:
    sizes: dict[str, Any] = {"vocabulary": 11, "width": 24, "heads": 3, "layers": 2}
    network = Transformer(**(sizes | settings))
    network.initialise(torch.Generator().manual_seed(seed))
    return network


def some_tokens(batch: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(11, (batch, length), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("mlp", ["swiglu", "gelu", "squared-relu"])
@pytest.mark.parametrize("causal", [True, False])
def test_shapes_and_gradients(mlp: MLP, causal: bool) -> None:
    network = fresh(mlp=mlp, causal=causal, normalised=causal)
    for batch, length in ((1, 1), (3, 17)):
        assert network(some_tokens(batch, length)).shape == (batch, length, 11)
    F.cross_entropy(network(some_tokens(3, 17)).flatten(0, 1), some_tokens(3, 17, seed=1).flatten()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


@pytest.mark.parametrize("parts", [(1,) * 12, (12,), (5, 1, 1, 4, 1), (3, 9)])
def test_decoding_with_a_cache_equals_reading_all_at_once(parts: tuple[int, ...]) -> None:
    network, read = fresh(), some_tokens(2, 12)
    cache = network.empty_cache(2, 15)
    with torch.inference_mode():
        stepped = torch.cat([network(part, cache) for part in read.split(parts, dim=1)], dim=1)
        torch.testing.assert_close(stepped, network(read), atol=1e-5, rtol=0)
    assert cache.filled == 12


def test_a_decoder_reads_no_token_after_its_own_and_an_encoder_reads_all() -> None:
    read = some_tokens(1, 10)
    changed = read.clone()
    changed[0, 6] = (read[0, 6] + 1) % 11
    for causal in (True, False):
        network = fresh(causal=causal)
        gap = (network(read) - network(changed)).detach().abs().amax((0, 2))  # by position
        assert (float(gap[:6].max()) == 0) == causal
        assert float(gap[6:].min()) > 0


def test_silent_layers_say_nothing_at_first_and_learn() -> None:
    layers = Layers(width=24, heads=3, layers=2, mlp="squared-relu", normalised=True)
    layers.initialise(torch.Generator().manual_seed(0), silent=True)
    x = torch.randn(2, 7, 24, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(layers(x), F.rms_norm(x, (24,), eps=1e-6))
    layers(x).square().sum().backward()
    last = [p for name, p in layers.named_parameters() if name.endswith(("out.weight", "down.weight"))]
    assert len(last) == 4
    assert all(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in last)


def test_values_of_the_first_layer_are_heard_in_all() -> None:
    layers = Layers(width=24, heads=3, layers=3, mixed=True)
    layers.initialise(torch.Generator().manual_seed(0))
    first, *others = (module for module in layers.modules() if isinstance(module, Attention))
    assert first.shares is None
    x = torch.randn(2, 6, 24, generator=torch.Generator().manual_seed(1))
    cache = layers.empty_cache(2, 6)
    with torch.inference_mode():
        stepped = torch.cat([layers(part, cache) for part in x.split(2, dim=1)], dim=1)
        torch.testing.assert_close(stepped, layers(x), atol=1e-5, rtol=0)
        for other in others:
            other.to_qkv.weight[48:] = 0  # those of its own values
        first(x, along := Pass(rotations(0, 6, 8, torch.device("cpu"))))
        for other in others:
            assert float(other(x, along).abs().max()) > 0
            other.get_parameter("shares")[1] = 0  # now there is nothing that they could answer
            assert float(other(x, along).abs().max()) == 0


def test_queries_and_keys_of_one_size_make_attention_blind_to_how_loud_it_is_asked() -> None:
    attention = Attention(24, 3, causal=True, normalised=True)
    x, turns = torch.randn(1, 5, 24), rotations(0, 5, 8, torch.device("cpu"))
    said = attention(x, Pass(turns))
    with torch.no_grad():
        attention.to_qkv.weight[:48] *= 7  # those of queries and keys
    torch.testing.assert_close(attention(x, Pass(turns)), said, atol=1e-4, rtol=1e-3)


def test_attention_is_the_formula_of_the_paper() -> None:
    attention = next(module for module in fresh().modules() if isinstance(module, Attention))
    x, turns = (
        torch.randn(1, 5, 24, generator=torch.Generator().manual_seed(0)),
        rotations(0, 5, 8, torch.device("cpu")),
    )
    qkv = attention.to_qkv(x).view(1, 5, 3, 3, 8)
    q, k = rotated(qkv[:, :, :2], turns).unbind(2)
    scores = (torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(8)).masked_fill(
        torch.ones(5, 5).triu(1).bool(), -torch.inf
    )
    heard = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(3), qkv[:, :, 2])
    reference = attention.out(heard.reshape(1, 5, 24))
    torch.testing.assert_close(attention(x, Pass(turns)), reference)


def test_rotations_keep_lengths_and_leave_only_the_distance_between_two_positions() -> None:
    q, k = torch.randn(2, 1, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    products = []
    for shift in (0, 5, 400):
        here, there = (rotations(start + shift, 1, 8, torch.device("cpu")) for start in (3, 7))
        torch.testing.assert_close(rotated(q, here).norm(), q.norm())
        products.append(float((rotated(q, here) * rotated(k, there)).sum()))
    assert products[0] == pytest.approx(products[1], abs=1e-4)
    assert products[0] == pytest.approx(products[2], abs=1e-3)
    assert products[0] != pytest.approx(float((q * k).sum()), abs=1e-2)


def test_weights_and_dropout_are_functions_of_their_generators() -> None:
    one, same, other = fresh(1, dropout=0.3), fresh(1), fresh(2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    read = some_tokens(2, 6)
    assert torch.equal(one(read), same(read))  # without a generator there is no dropout
    assert not torch.equal(one(read), other(read))
    drawn = [one(read, generator=torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_a_fresh_network_holds_every_token_about_as_likely() -> None:
    logits = fresh(vocabulary=64, width=64, heads=4, layers=6)(some_tokens(4, 32)).detach()
    nats = F.cross_entropy(logits.flatten(0, 1), some_tokens(4, 32, seed=1).flatten())
    assert float(nats) == pytest.approx(math.log(64), abs=0.1)


def test_it_learns_a_sequence_by_heart_and_continues_it() -> None:
    network, read = fresh(), some_tokens(2, 16)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(60):
        loss = F.cross_entropy(network(read[:, :-1]).flatten(0, 1), read[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    cache, word, said = network.empty_cache(2, 16), read[:, :4], [read[:, :4]]
    with torch.inference_mode():
        while cache.filled < 15:
            word = network(word, cache)[:, -1:].argmax(2)
            said.append(word)
    assert torch.equal(torch.cat(said, dim=1), read)


def test_the_two_mlps_are_about_as_large() -> None:
    sizes = [sum(p.numel() for p in fresh(width=96, mlp=mlp).parameters()) for mlp in ("swiglu", "gelu")]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(GessoError, match="multiple of 6"):
        Transformer(vocabulary=11, width=20, heads=3)
    with pytest.raises(GessoError, match="share"):
        fresh(dropout=1.0)
    with pytest.raises(GessoError, match="no cache"):
        fresh(causal=False).empty_cache(1, 4)
    network = fresh()
    cache = network.empty_cache(2, 4)
    with torch.inference_mode():
        network(some_tokens(2, 3), cache)
        with pytest.raises(GessoError, match=r"3 \+ 2 tokens do not fit a cache of 2 sequences of 4"):
            network(some_tokens(2, 2), cache)
        with pytest.raises(GessoError, match="1 sequences"):
            network(some_tokens(1, 1), cache)


def test_an_encoder_reads_only_where_its_mask_lets_it() -> None:
    layers = Layers(width=24, heads=3, layers=2, causal=False)
    source = torch.Generator().manual_seed(0)
    layers.initialise(source)
    x = torch.randn(2, 9, 24, generator=source)
    mask = torch.arange(9) < torch.tensor([[9], [5]])
    with torch.inference_mode():
        read = layers(x, mask=mask)
        torch.testing.assert_close(read[0], layers(x[:1])[0])
        torch.testing.assert_close(read[1, :5], layers(x[1:, :5])[0])
        assert float((read[1] - layers(x)[1]).abs().max()) > 0.01


def test_in_mixed_precision_normalisation_is_as_exact_as_its_weights() -> None:
    """And it is the fused one, which is there where input and weights are of one type."""
    norm, x = RMSNorm(8, eps=1e-6), torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        y = norm(x)
    assert y.dtype == torch.float32
    assert torch.equal(y, norm(x.float()))
