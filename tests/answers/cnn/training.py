"""Right and plausible wrong answers to the exercises of `book/cnn/training.ipynb`."""

RIGHT = {
    "first-loss": [
        "def first_loss(classes):\n    return -math.log(1 / classes)",
        "def first_loss(classes):\n    return torch.logsumexp(torch.zeros(classes), 0)",
    ],
    "momentum": [
        # every gradient acts on all later steps
        "def descend(w, gradients, learning_rate, momentum):\n"
        "    n = len(gradients)\n"
        "    for i, g in enumerate(gradients):\n"
        "        w -= learning_rate * g * sum(momentum**k for k in range(n - i))\n"
        "    return w",
        "def descend(w, gradients, learning_rate, momentum):\n"
        "    parameter = torch.tensor(w, dtype=torch.float64, requires_grad=True)\n"
        "    optimiser = torch.optim.SGD([parameter], lr=learning_rate, momentum=momentum)\n"
        "    for gradient in gradients:\n"
        "        optimiser.zero_grad()\n"
        "        (gradient * parameter).backward()\n"
        "        optimiser.step()\n"
        "    return parameter",
    ],
    "accuracy": [
        "def accuracy(scores, labels):\n"
        "    hits = [row.tolist().index(max(row)) == y for row, y in zip(scores, labels)]\n"
        "    return sum(hits) / len(hits)",
        "def accuracy(scores, labels):\n"
        "    right = scores.gather(1, labels[:, None]).squeeze(1)\n"
        "    return (right == scores.max(1).values).double().mean()",
    ],
    "spread": ['verdict = "C"', 'verdict = "c "'],
}

WRONG = {
    "first-loss": [
        ("def first_loss(classes):\n    return 1 / classes", "0.1, and 2.30259"),
        ("def first_loss(classes):\n    return math.log10(classes)", "1, and 2.30259"),
        ("def first_loss(classes):\n    return math.log(10)", "classes = 2"),
        (
            "def first_loss(classes):\n    return math.log2(classes)",
            "natural logarithm",
        ),
    ],
    "momentum": [
        (
            "def descend(w, gradients, learning_rate, momentum):\n"
            "    for g in gradients:\n"
            "        w = w - learning_rate * g\n"
            "    return w",
            "is needed",
        ),
        (
            "def descend(w, gradients, learning_rate, momentum):\n"
            "    for g in gradients:\n"
            "        v = 0.0\n"
            "        v = momentum * v + g\n"
            "        w = w - learning_rate * v\n"
            "    return w",
            "is needed",
        ),
        (
            "def descend(w, gradients, learning_rate, momentum):\n"
            "    v = 0.0\n"
            "    for g in gradients:\n"
            "        v = momentum * v + (1 - momentum) * g\n"
            "        w = w - learning_rate * v\n"
            "    return w",
            "is needed",
        ),
        (
            "def descend(w, gradients, learning_rate, momentum):\n"
            "    v = 0.0\n"
            "    for g in gradients:\n"
            "        v = momentum * v + g\n"
            "        w = w - learning_rate * (g + momentum * v)\n"
            "    return w",
            "Nesterov",
        ),
    ],
    "accuracy": [
        (
            "def accuracy(scores, labels):\n"
            "    return (scores.max(1).values == labels).float().mean().item()",
            "is needed",
        ),
        (
            "def accuracy(scores, labels):\n    return (scores.argmax(1) == labels).sum().item()",
            "is needed",
        ),
        (
            "def accuracy(scores, labels):\n"
            "    return 100 * (scores.argmax(1) == labels).float().mean().item()",
            "is needed",
        ),
        # the wrong axis
        (
            "def accuracy(scores, labels):\n"
            "    return (scores.argmax(0) == labels).float().mean().item()",
            "one class for each image",
        ),
    ],
    "spread": [
        ('verdict = "a"', "may be luck"),
        ('verdict = "b"', "one draw"),
        ('verdict = "B is better"', 'Choose one of "a", "b", "c"'),
        (
            "verdict = 'A'",
            "may be luck",
        ),
    ],
}
