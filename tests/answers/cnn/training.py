"""Right and plausible wrong answers to the exercises of `book/cnn/training.ipynb`."""

WRONG = {
    "first-loss": [
        ("def first_loss(classes):\n    return 1 / classes", "0.1, and 2.30259"),
        ("def first_loss(classes):\n    return math.log10(classes)", "1, and 2.30259"),
        ("def first_loss(classes):\n    return math.log(10)", "classes = 2"),
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
    ],
    "spread": [
        ('verdict = "a"', "may be luck"),
        ('verdict = "b"', "one draw"),
    ],
}
