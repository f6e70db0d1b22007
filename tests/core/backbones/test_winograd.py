"""The faster convolution is the convolution, whatever the picture's size."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.backbones.networks import cnn14, winograd
from core.backbones.networks.cnn14 import Cnn14
from core.backbones.networks.winograd import WinogradConv


def conv_of(n_in: int, n_out: int, seed: int = 0) -> nn.Conv2d:
    torch.manual_seed(seed)
    conv = nn.Conv2d(n_in, n_out, 3, padding=1).requires_grad_(False)
    return conv.to(memory_format=torch.channels_last)


def direct_sum(conv: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    """The convolution in 64 bits, tap by tap."""
    height, width = x.shape[2:]
    padded = F.pad(x.double(), (1, 1, 1, 1))
    total = conv.bias.double()[:, None, None].expand(len(x), -1, height, width)
    for row in range(3):
        for column in range(3):
            taps = conv.weight[:, :, row, column].double()
            seen = padded[:, :, row : row + height, column : column + width]
            total = total + torch.einsum("kc,nchw->nkhw", taps, seen)
    return total


@pytest.mark.parametrize(
    ("n", "height", "width"),
    [(1, 1, 1), (1, 3, 5), (2, 4, 4), (3, 26, 12), (1, 107, 48), (2, 54, 24), (7, 9, 8)],
)
def test_it_is_the_direct_sum(n: int, height: int, width: int) -> None:
    conv = conv_of(64, 128)
    x = torch.randn(n, 64, height, width).contiguous(memory_format=torch.channels_last)
    expected = direct_sum(conv, x)
    found = WinogradConv(conv)(x)
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) < 1e-5 * float(expected.abs().max())
    # So is the one PyTorch makes, or this test's sum is wrong.
    torch.testing.assert_close(conv(x).double(), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("tiles_at_once", [1, 5, 40])
def test_how_many_tiles_go_at_once_changes_nothing(
    tiles_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    conv = WinogradConv(conv_of(64, 128))
    x = torch.randn(3, 64, 30, 21).contiguous(memory_format=torch.channels_last)
    expected = conv(x)
    monkeypatch.setattr(winograd, "TILES_AT_ONCE", tiles_at_once)
    torch.testing.assert_close(conv(x), expected, atol=1e-5, rtol=1e-5)


def test_at_lower_precision_it_is_the_convolution_itself() -> None:
    conv = conv_of(64, 128)
    x = torch.randn(1, 64, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = WinogradConv(conv)(x)
        assert found.dtype == torch.bfloat16
        torch.testing.assert_close(found, conv(x), atol=0, rtol=0)


def test_a_network_made_ready_hears_what_it_heard_while_learning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where a block takes its clips a few at a time."""
    torch.manual_seed(1)
    network = Cnn14((64, 128, 160), pooling="average", last_pooled=False).eval()
    for block in network.children():
        for norm in (block.bn1, block.bn2):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.0)
    log_mel = torch.randn(5, 24, 36)
    layers = tuple(network.strides)
    with torch.inference_mode():
        expected = network(log_mel, layers)
        ready = network.ready()
        assert isinstance(ready.conv_block2.conv1, WinogradConv)
        for at_once in (cnn14.CPU_BYTES_AT_ONCE, 1, 500_000):
            monkeypatch.setattr(cnn14, "CPU_BYTES_AT_ONCE", at_once)
            for layer, values in ready(log_mel, layers).items():
                torch.testing.assert_close(values, expected[layer], atol=1e-4, rtol=1e-4)
