"""Right and plausible wrong answers to `book/applications/finetuning.ipynb`."""

RIGHT = {
    "leak": [
        "def seen_before(train, test):\n"
        "    known = set()\n"
        "    for name in train:\n"
        "        known |= set(name.casefold().split())\n"
        "    seen = [all(w in known for w in name.casefold().split()) for name in test]\n"
        "    return [place for place, one in enumerate(seen) if one]",
        # without a set
        "def seen_before(train, test):\n"
        "    known = ' '.join(train).upper().split()\n"
        "    found = []\n"
        "    for place, name in enumerate(test):\n"
        "        if not [word for word in name.upper().split() if word not in known]:\n"
        "            found.append(place)\n"
        "    return found",
    ],
    "adapters": [
        "def adapter_parameters(width, middle, layers):\n"
        "    return layers * (4 * middle * width + 6 * width + 2 * middle)",
        # counted in torch's own layers
        "def adapter_parameters(width, middle, layers):\n"
        "    parts = [nn.Linear(width, middle), nn.Linear(middle, width), nn.LayerNorm(width)]\n"
        "    return 2 * layers * sum(p.numel() for part in parts for p in part.parameters())",
    ],
    "memory": [
        "def training_bytes(total, trained, bytes_each):\n"
        "    frozen = total - trained\n"
        "    return frozen * bytes_each + trained * (2 * bytes_each + 8)",
        "def training_bytes(total, trained, bytes_each):\n"
        "    weights, gradients = total * bytes_each, trained * bytes_each\n"
        "    return weights + gradients + trained * 4 * 2",
    ],
    "merge": [
        "def merged(weight, down, up, alpha):\n"
        "    return torch.addmm(weight, up, down, alpha=alpha / up.shape[1])",
        # what it does to each unit vector
        "def merged(weight, down, up, alpha):\n"
        "    x = torch.eye(weight.shape[1])\n"
        "    h = x @ weight.T + alpha / len(down) * (x @ down.T @ up.T)\n"
        "    return h.T",
    ],
}

WRONG = {
    "leak": [
        (
            "def seen_before(train, test):\n"
            "    return [place for place, name in enumerate(test) if name in train]",
            "seen whole",
        ),
        (
            "def seen_before(train, test):\n"
            "    words = {w for name in train for w in name.lower().split()}\n"
            "    form = [n.lower().split() for n in test]\n"
            "    return [i for i, n in enumerate(form) if any(w in words for w in n)]",
            "every word is asked for",
        ),
        (
            "def seen_before(train, test):\n"
            "    words = {w for name in train for w in name.split()}\n"
            "    return [i for i, n in enumerate(test) if words.issuperset(n.split())]",
            "Capitals do not count",
        ),
        (
            "def seen_before(train, test):\n"
            "    text = ' '.join(train).lower()\n"
            "    form = [n.lower().split() for n in test]\n"
            "    return [i for i, n in enumerate(form) if all(w in text for w in n)]",
            "A part of a word",
        ),
        (  # each word at its old place only
            "def seen_before(train, test):\n"
            "    first, last = ({n.lower().split()[k] for n in train} for k in (0, -1))\n"
            "    form = [n.lower().split() for n in test]\n"
            "    return [i for i, n in enumerate(form) if n[0] in first and n[-1] in last]",
            "may stand last here",
        ),
        (
            "def seen_before(train, test):\n"
            "    words = {w for name in train for w in name.lower().split()}\n"
            "    return [i for i, n in enumerate(test, 1) if words.issuperset(n.lower().split())]",
            "counted from 0",
        ),
    ],
    "adapters": [
        (
            "def adapter_parameters(width, middle, layers):\n"
            "    return layers * (2 * middle * width + width + middle + 4 * width)",
            "Two adapters",
        ),
        (
            "def adapter_parameters(width, middle, layers):\n"
            "    return 2 * layers * (2 * middle * width + width + middle)",
            "normalisations are trained",
        ),
        (
            "def adapter_parameters(width, middle, layers):\n"
            "    return 4 * layers * (middle * width + width)",
            "has a bias",
        ),
        (
            "def adapter_parameters(width, middle, layers):\n"
            "    return layers * 2 * (2 * middle * width + width + middle + width)",
            "a scale and a shift",
        ),
    ],
    "memory": [
        (
            "def training_bytes(total, trained, bytes_each):\n"
            "    return bytes_each * (total + trained) + 4 * trained",
            "two numbers",
        ),
        (
            "def training_bytes(total, trained, bytes_each):\n"
            "    return bytes_each * total + 8 * trained",
            "a gradient of as many",
        ),
        (
            "def training_bytes(total, trained, bytes_each):\n"
            "    return 2 * bytes_each * total + 8 * total",
            "Only trained weights",
        ),
        (
            "def training_bytes(total, trained, bytes_each):\n"
            "    return bytes_each * (total + 3 * trained)",
            "four bytes whatever",
        ),
        (
            "def training_bytes(total, trained, bytes_each):\n"
            "    return bytes_each * total + 12 * trained",
            "as many bytes as the weights",
        ),
    ],
    "merge": [
        ("def merged(weight, down, up, alpha):\n    return weight + up @ down", "is missing"),
        (
            "def merged(weight, down, up, alpha):\n    return weight + alpha * (up @ down)",
            "divided by the rank",
        ),
        (
            "def merged(weight, down, up, alpha):\n    return alpha / down.shape[0] * (up @ down)",
            "the weight itself",
        ),
        (
            "def merged(weight, down, up, alpha):\n"
            "    weight += alpha / down.shape[0] * up @ down\n"
            "    return weight",
            "has changed",
        ),
        (
            "def merged(weight, down, up, alpha):\n"
            "    return weight + alpha / down.shape[1] * up @ down",
            "not of its columns",
        ),
    ],
}
