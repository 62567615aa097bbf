"""What `book/cnn/model.ipynb` checks its exercises with."""

from helpers.check import Case, Function, Properties, Value

prediction = Value(
    ("fc1", "conv2"),
    names=["most_parameters", "most_arithmetic"],
    hints={
        "most_parameters": "A linear layer has a weight for each pair of an input and an output.",
        "most_arithmetic": "A convolution uses its weights again at every pixel.",
    },
    reason="fc1 has a weight for each pair of numbers; conv2 uses its few at 256 places.",
)


def counted_by_torch(c_in, c_out, k, bias):
    from torch import nn

    return sum(p.numel() for p in nn.Conv2d(c_in, c_out, k, bias=bias).parameters())


parameters = Function(
    counted_by_torch,
    [(3, 16, 3, True), (16, 32, 5, True), Case((1, 8, 3, False), "This one has no bias.")],
    mistakes=[
        (lambda c_in, c_out, k, bias: c_out * c_in * k**2, "And the bias?"),
        (lambda c_in, c_out, k, bias: c_out * (c_in * k + bias), "A kernel is k high and k wide."),
        (
            lambda c_in, c_out, k, bias: c_in * (c_out * k**2 + bias),
            "One bias for each output channel.",
        ),
    ],
    hints=[
        "Every output channel has a kernel that reaches through all input channels.",
        "The bias is one number for each output channel, if there is one.",
    ],
)


def by_torch():
    import torch

    layer = torch.nn.Conv2d(3, 10, kernel_size=5, stride=2, padding=1)
    return tuple(layer(torch.zeros(8, 3, 64, 48)).shape)


shape = Value(
    by_torch,
    names=["the batch", "the channels", "the height", "the width"],
    hints={
        "the channels": "The channels become those of the layer.",
        "the height": "Apply the formula to 64: how often does a step of 2 fit? Round down.",
        "the width": "Apply the formula to 48, and round down.",
        "else": "The batch stays: (batch, channels, height, width).",
    },
)


def field_of(layers):
    field, step = 1, 1
    for k, s in layers:
        field, step = field + (k - 1) * step, step * s
    return field


def steps_too_early(layers):
    field, step = 1, 1
    for k, s in layers:
        step *= s
        field += (k - 1) * step
    return field


field = Function(
    field_of,
    [
        ([(3, 1)],),
        ([(3, 1), (3, 1)],),
        ([(3, 1), (2, 2), (3, 1), (2, 2)],),
        ([(7, 2), (3, 2), (3, 1)],),
    ],
    mistakes=[
        (steps_too_early, "A stride counts for the layers that follow, not for its own."),
        (
            lambda layers: 1 + sum(k - 1 for k, _ in layers),
            "Behind a stride of 2, one step is worth two pixels.",
        ),
        (lambda layers: layers[-1][0], "That is what the last layer sees of the one before it."),
    ],
    hints=[
        "Each layer adds (k − 1) times the pixels that one of its steps is worth.",
        "What a step is worth grows by the stride, but only for the layers that follow.",
    ],
)


def _both_matter(small):
    """Tell whether a gradient reaches the first two convolutions."""
    import torch
    from torch import nn

    first = [module for module in small.modules() if isinstance(module, nn.Conv2d)][:2]
    images = torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    loss = small(images).square().sum()
    if not loss.requires_grad:
        return False
    weights = [layer.weight for layer in first]
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    return all(gradient is not None and gradient.any() for gradient in gradients)


def small_enough(small):
    import torch
    from torch import nn

    network = isinstance(small, nn.Module)
    yield network, "`small` must be a network, such as `nn.Sequential(…)`.", "type"
    shapes = [tuple(m.weight.shape) for m in small.modules() if isinstance(m, nn.Conv2d)]
    kept = shapes[:2] == [(16, 3, 3, 3), (32, 16, 3, 3)]
    text = "The first two convolutions are not the article's: 3 to 16 and 16 to 32, kernel 3."
    yield kept, text, "convolutions"
    size = sum(p.numel() for p in small.parameters())
    yield size <= 10_000, f"It has {size:,} parameters, more than 10,000.", "size"
    result = tuple(small(torch.zeros(5, 3, 32, 32)).shape)
    yield result == (5, 10), f"Five images must give a (5, 10) result, and give {result}.", "shape"
    yield _both_matter(small), "The first two convolutions do not change the result.", "unused"


shrink = Properties(
    small_enough,
    hints={
        "size": "`nn.AdaptiveAvgPool2d(1)` averages each channel over the whole image.",
        "unused": "What goes in must pass through both of them.",
        "shape": "`nn.Flatten()` comes before the linear layer, which ends in ten classes.",
        "raised": "How many numbers are left of an image before the linear layer?",
    },
)
