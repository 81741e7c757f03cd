"""The perceptual network reads what it says it reads, and its figures are those of the textbooks."""

import numpy as np
import pytest
import torch
from torch import nn

from gesso.networks.feature_models import published
from gesso.networks.features import (
    SLIM,
    STYLE_LAYERS,
    Features,
    covariance,
    initialise,
    instance_normalised,
    moments,
    vgg19_plan,
)

ALL_LAYERS = (
    "conv11", "conv12",
    "conv21", "conv22",
    "conv31", "conv32", "conv33", "conv34",
    "conv41", "conv42", "conv43", "conv44",
    "conv51",
)  # fmt: skip


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_every_layer_has_its_channels_and_its_resolution() -> None:
    network = Features(vgg19_plan((2, 3, 4, 5, 6)))
    seen = network(random(2, 3, 48, 80), ALL_LAYERS)
    assert {name: tuple(x.shape) for name, x in seen.items()} == {
        "conv11": (2, 2, 48, 80), "conv12": (2, 2, 48, 80),
        "conv21": (2, 3, 24, 40), "conv22": (2, 3, 24, 40),
        "conv31": (2, 4, 12, 20), "conv32": (2, 4, 12, 20), "conv33": (2, 4, 12, 20), "conv34": (2, 4, 12, 20),
        "conv41": (2, 5, 6, 10), "conv42": (2, 5, 6, 10), "conv43": (2, 5, 6, 10), "conv44": (2, 5, 6, 10),
        "conv51": (2, 6, 3, 5),
    }  # fmt: skip


def test_our_own_network_has_the_channels_of_the_one_it_was_distilled_from() -> None:
    ours, teacher = dict(filter(None, SLIM)), dict(filter(None, vgg19_plan((16, 32, 64, 128, 128))))
    assert {name: ours[name] for name in (*STYLE_LAYERS, "conv51")} == {
        name: teacher[name] for name in (*STYLE_LAYERS, "conv51")
    }


def test_the_style_layers_are_read_unless_others_are_named() -> None:
    network = Features(vgg19_plan((2, 2, 2, 2, 2)))
    assert tuple(network(random(1, 3, 32, 32))) == STYLE_LAYERS
    assert tuple(network(random(1, 3, 32, 32), ("conv33",))) == ("conv33",)


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="conv44, conv99"):
        Features()(random(1, 3, 32, 32), ("conv11", "conv99", "conv44"))


def test_the_published_widths_give_the_parameters_of_vgg19_up_to_conv51() -> None:
    # 20,024,384 in all of VGG-19's convolutions, less conv5_2, conv5_3 and conv5_4 of 2,359,808 each.
    with torch.device("meta"):
        assert parameters(Features(vgg19_plan())) == 20_024_384 - 3 * 2_359_808


def test_published_weights_read_as_vgg19_does() -> None:
    layers: list[nn.Module] = []
    channels = 3
    for width, depth in ((64, 2), (128, 2), (256, 4), (512, 4), (512, 1)):
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    vgg19 = nn.Sequential(*layers)
    network = published({f"features.{name}": tensor for name, tensor in vgg19.state_dict().items()})

    picture = random(1, 3, 32, 48)
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    names = iter(ALL_LAYERS)
    with torch.inference_mode():
        seen = network(picture, ALL_LAYERS)
        x = (picture - mean) / deviation
        for layer in vgg19:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                name = next(names)
                torch.testing.assert_close(seen[name], x, msg=f"{name} differs")


def test_initialise_is_he_s_and_a_function_of_the_generator() -> None:
    networks = [Features(), Features()]
    for network in networks:
        initialise(network, torch.Generator().manual_seed(3))
    for ours, theirs in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(ours, theirs)
    weight = networks[0].convs["conv42"].weight
    assert isinstance(weight, torch.Tensor)
    assert float(weight.detach().std()) == pytest.approx((2 / (9 * 128)) ** 0.5, rel=0.02)


def test_moments_are_means_and_deviations_over_space() -> None:
    x = random(2, 5, 13, 17) * 3 + 1
    mean, deviation = moments(x)
    np.testing.assert_allclose(mean, x.numpy().mean(axis=(2, 3)), rtol=1e-5)
    np.testing.assert_allclose(deviation, x.numpy().std(axis=(2, 3)), rtol=1e-4)


def test_moments_of_a_flat_picture_have_finite_gradients() -> None:
    x = torch.full((1, 2, 8, 8), 0.5, requires_grad=True)
    mean, deviation = moments(x)
    (mean.sum() + deviation.sum()).backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_instance_normalised_is_torch_s_instance_norm() -> None:
    x = random(2, 4, 9, 11) * 5 - 2
    torch.testing.assert_close(instance_normalised(x), nn.functional.instance_norm(x), rtol=1e-3, atol=1e-4)


def test_covariance_is_numpy_s() -> None:
    x = random(2, 4, 7, 9).numpy()
    reference = np.stack([np.cov(picture.reshape(4, -1), bias=True) for picture in x])
    np.testing.assert_allclose(covariance(torch.from_numpy(x)), reference, atol=1e-6)


def test_covariance_with_a_shift_compares_each_pixel_with_the_one_there() -> None:
    x = random(1, 3, 8, 10)
    centred = x[0].numpy() - x[0].numpy().mean(axis=(1, 2), keepdims=True)
    reference = np.zeros((3, 3))
    for row in range(8 - 2):
        for column in range(10 - 1):
            reference += np.outer(centred[:, row, column], centred[:, row + 2, column + 1])
    np.testing.assert_allclose(covariance(x, down=2, right=1)[0], reference / (6 * 9), atol=1e-6)


def test_covariance_with_a_shift_tells_stripes_apart_that_covariance_alone_does_not() -> None:
    down = torch.zeros(1, 1, 16, 16)
    down[:, :, ::2] = 1
    right = down.transpose(2, 3)
    assert torch.equal(covariance(down), covariance(right))
    assert float(covariance(down, down=1)) == pytest.approx(-0.25)
    assert float(covariance(right, down=1)) == pytest.approx(0.25)
