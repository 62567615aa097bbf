"""Right and plausible wrong answers to the exercises of `book/cnn/model.ipynb`."""

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
    ],
    "shape": [
        ("shape = (8, 10, 32, 24)", "the height: 32 is wrong"),
        ("shape = (8, 3, 31, 23)", "the channels: 3 is wrong"),
        ("shape = (10, 31, 23)", "values are needed here"),
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
    ],
}
