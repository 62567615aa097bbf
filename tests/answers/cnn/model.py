"""Right and plausible wrong answers to the exercises of `book/cnn/model.ipynb`."""

RIGHT = {
    "parameters": [
        "def count_parameters(c_in, c_out, k, bias):\n"
        "    layer = nn.Conv2d(c_in, c_out, k, bias=bias)\n"
        "    return layer.weight.numel() + (layer.bias.numel() if bias else 0)",
        "def count_parameters(c_in, c_out, k, bias):\n"
        "    weights = c_in * c_out * k * k\n"
        "    if bias:\n"
        "        weights += c_out\n"
        "    return weights",
    ],
    "shape": [
        "def out(n):\n    return (n + 2 * 1 - 5) // 2 + 1\nshape = [8, 10, out(64), out(48)]",
        "shape = nn.Conv2d(3, 10, 5, 2, 1)(torch.empty(8, 3, 64, 48)).shape",
    ],
    "field": [
        # backwards, from one number to the pixels that it needs
        "def receptive_field(layers):\n"
        "    pixels = 1\n"
        "    for k, s in reversed(layers):\n"
        "        pixels = (pixels - 1) * s + k\n"
        "    return pixels",
        "import math\n"
        "def receptive_field(layers):\n"
        "    strides = [s for _, s in layers]\n"
        "    reach = [(k - 1) * math.prod(strides[:i]) for i, (k, _) in enumerate(layers)]\n"
        "    return sum(reach, 1)",
    ],
    "shrink": [
        "class Small(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv1 = nn.Conv2d(3, 16, 3)\n"
        "        self.conv2 = nn.Conv2d(16, 32, 3)\n"
        "        self.out = nn.Linear(32, 10)\n"
        "    def forward(self, x):\n"
        "        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))\n"
        "        return self.out(x.mean((2, 3)))\n"
        "small = Small()",
        "small = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3),\n"
        "    nn.MaxPool2d(28), nn.Flatten(), nn.Linear(32, 10))",
    ],
}

WRONG = {
    "parameters": [
        (
            "def count_parameters(c_in, c_out, k, bias):\n    return c_out * c_in * k**2",
            "432, and 448 is needed",
        ),
        (
            "def count_parameters(c_in, c_out, k, bias):\n    return c_out * (c_in * k**2 + 1)",
            "bias = False",
        ),
        (
            "def count_parameters(c_in, c_out, k, bias):\n"
            "    return c_out * (c_in * k + bool(bias))",
            "is needed",
        ),
        (
            "def count_parameters(c_in, c_out, k, bias):\n    return c_in * (c_out * k**2 + bias)",
            "for each output channel",
        ),
    ],
    "shape": [
        ("shape = (8, 10, 32, 24)", "the height: 32 is wrong"),
        ("shape = (8, 3, 31, 23)", "the channels: 3 is wrong"),
        ("shape = (10, 31, 23)", "values are needed here"),
        # no padding
        (
            "shape = (8, 10, 30, 22)",
            "the height: 30 is wrong",
        ),
    ],
    "field": [
        (
            "def receptive_field(layers):\n    return 1 + sum(k - 1 for k, _ in layers)",
            "is needed",
        ),
        (
            "def receptive_field(layers):\n"
            "    field, step = 1, 1\n"
            "    for k, s in layers:\n"
            "        step *= s\n"
            "        field += (k - 1) * step\n"
            "    return field",
            "is needed",
        ),
        ("def receptive_field(layers):\n    return layers[-1][0]", "5 is needed"),
        # right for one layer
        (
            "def receptive_field(layers):\n"
            "    field = 1\n"
            "    for k, _ in layers:\n"
            "        field *= k\n"
            "    return field",
            "9, and 5 is needed",
        ),
    ],
    "shrink": [
        (
            "from helpers.models import ArticleCNN\nsmall = ArticleCNN()",
            "more than 10,000",
        ),
        (
            "small = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),"
            " nn.Linear(8, 10))",
            "are not the article's",
        ),
        (
            "small = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Conv2d(16, 32, 3),"
            " nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))",
            "(5, 10)",
        ),
        ("small = 5418", "must be a network"),
        # has the convolutions, and goes around them
        (
            "class Blind(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.first, self.second = nn.Conv2d(3, 16, 3), nn.Conv2d(16, 32, 3)\n"
            "        self.out = nn.Linear(3, 10)\n"
            "    def forward(self, x):\n"
            "        return self.out(x.mean((2, 3)))\n"
            "small = Blind()",
            "do not change the result",
        ),
    ],
}
