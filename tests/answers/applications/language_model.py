"""Right and plausible wrong answers to `book/applications/language_model.ipynb`."""

RIGHT = {
    "leak": [
        # a regular expression
        "import re\n"
        "def leaked(train, test):\n"
        "    form = lambda p: re.sub(r'\\s+', ' ', p.strip()).casefold()\n"
        "    known = set(map(form, train))\n"
        "    return [n for n, p in enumerate(test) if form(p) in known]",
        # without a set, and as a tuple
        "def leaked(train, test):\n"
        "    words = [p.upper().split() for p in train]\n"
        "    return tuple(i for i in range(len(test)) if test[i].upper().split() in words)",
    ],
    "bits": [
        "def judged(loss, tokens, n_bytes):\n"
        "    per_token = loss * math.log2(math.e)\n"
        "    return per_token * (tokens / n_bytes), 2**per_token",
        "def judged(loss, tokens, n_bytes):\n"
        "    perplexity = torch.tensor(loss, dtype=torch.float64).exp()\n"
        "    return float(perplexity.log2()) * tokens / n_bytes, float(perplexity)",
    ],
    "pair": [
        "def best_pair(words):\n"
        "    counts = defaultdict(int)\n"
        "    for word in words:\n"
        "        for i in range(len(word) - 1):\n"
        "            counts[word[i], word[i + 1]] += words[word]\n"
        "    ordered = sorted(counts)\n"
        "    return max(ordered, key=counts.get)",
        "from itertools import pairwise\n"
        "def best_pair(words):\n"
        "    pairs = Counter(p for word, n in words.items() for p in [*pairwise(word)] * n)\n"
        "    most = max(pairs.values())\n"
        "    return min(p for p in pairs if pairs[p] == most)",
    ],
    "temperature": [
        "def heated(scores, temperature):\n"
        "    raised = torch.exp((scores - scores.max()) / temperature)\n"
        "    return raised / raised.sum()",
        # probabilities raised to a power and made to sum to one again
        "def heated(scores, temperature):\n"
        "    logs = F.log_softmax(scores, 0) / temperature\n"
        "    return torch.exp(logs - torch.logsumexp(logs, 0))",
    ],
    "weights": [
        "def block_parameters(width):\n    return 12 * width**2 + 13 * width",
        "def block_parameters(width):\n"
        "    block = transformer.Block(width, 1)\n"
        "    return sum(p.numel() for p in block.parameters())",
    ],
}

WRONG = {
    "leak": [
        (
            "def leaked(train, test):\n    return [n for n, p in enumerate(test) if p in train]",
            "letter for letter",
        ),
        (
            "def leaked(train, test):\n"
            "    form = lambda p: ' '.join(p.split())\n"
            "    return [n for n, p in enumerate(test) if form(p) in map(form, train)]",
            "Capitals do not count",
        ),
        (
            "def leaked(train, test):\n"
            "    form = lambda p: ' '.join(p.lower().split())\n"
            "    text = ' '.join(map(form, train))\n"
            "    return [n for n, p in enumerate(test) if form(p) in text]",
            "A part of a passage is not the passage",
        ),
        (
            "def leaked(train, test):\n"
            "    form = lambda p: ' '.join(p.lower().split())\n"
            "    return [n for n, p in enumerate(train) if form(p) in map(form, test)]",
            "the ones in `test` are asked for",
        ),
        (  # the same words in any order
            "def leaked(train, test):\n"
            "    form = lambda p: frozenset(p.lower().split())\n"
            "    known = {form(p) for p in train}\n"
            "    return [n for n, p in enumerate(test) if form(p) in known]",
            "another order",
        ),
        (
            "def leaked(train, test):\n"
            "    form = lambda p: p.lower().replace('\\n', ' ')\n"
            "    return [n for n, p in enumerate(test) if form(p) in map(form, train)]",
            "count as one space",
        ),
        (
            "def leaked(train, test):\n"
            "    form = lambda p: ' '.join(p.lower().split())\n"
            "    known = {form(p) for p in train}\n"
            "    return [n for n, p in enumerate(test, 1) if form(p) in known]",
            "counted from 0",
        ),
    ],
    "bits": [
        (
            "def judged(loss, tokens, n_bytes):\n"
            "    return loss * tokens / n_bytes, math.exp(loss)",
            "a nat is 1.44 bits",
        ),
        (
            "def judged(loss, tokens, n_bytes):\n    return loss / math.log(2), math.exp(loss)",
            "bits per token",
        ),
        (
            "def judged(loss, tokens, n_bytes):\n"
            "    return loss * tokens / math.log(2) / n_bytes, 2**loss",
            "the loss is in nats",
        ),
        (
            "def judged(loss, tokens, n_bytes):\n"
            "    return loss * n_bytes / math.log(2) / tokens, math.exp(loss)",
            "more bytes for the same bits",
        ),
        (
            "def judged(loss, tokens, n_bytes):\n"
            "    bits = loss * tokens / math.log(2) / n_bytes\n"
            "    return bits, 2**bits",
            "perplexity per byte",
        ),
    ],
    "pair": [
        (
            "def best_pair(words):\n"
            "    counts = Counter(p for word in words for p in zip(word, word[1:]))\n"
            "    return min(counts, key=lambda p: (-counts[p], p))",
            "as often as it occurs",
        ),
        (
            "def best_pair(words):\n"
            "    counts = Counter()\n"
            "    for word, n in words.items():\n"
            "        for p in zip(word, word[1:]):\n"
            "            counts[p] += n\n"
            "    return counts.most_common(1)[0][0]",
            "the smallest is asked for",
        ),
        (
            "def best_pair(words):\n"
            "    counts = Counter()\n"
            "    for word, n in words.items():\n"
            "        for p in zip(word, word[1:]):\n"
            "            counts[tuple(sorted(p))] += n\n"
            "    return min(counts, key=lambda p: (-counts[p], p))",
            "A pair has an order",
        ),
        (
            "def best_pair(words):\n"
            "    counts = {p: n for word, n in words.items() for p in zip(word, word[1:])}\n"
            "    return min(counts, key=lambda p: (-counts[p], p))",
            "add up",
        ),
        (
            "def best_pair(words):\n"
            "    counts = Counter()\n"
            "    for word, n in words.items():\n"
            "        for p in set(zip(word, word[1:])):\n"
            "            counts[p] += n\n"
            "    return min(counts, key=lambda p: (-counts[p], p))",
            "twice counts twice",
        ),
    ],
    "temperature": [
        (
            "def heated(scores, temperature):\n    return torch.softmax(scores * temperature, 0)",
            "not multiplied",
        ),
        (
            "def heated(scores, temperature):\n    return torch.softmax(scores, 0) / temperature",
            "do not sum to 1",
        ),
        (
            "def heated(scores, temperature):\n"
            "    raised = torch.exp(scores / temperature)\n"
            "    return raised / raised.sum()",
            "fits into no float",
        ),
        ("def heated(scores, temperature):\n    return torch.softmax(scores, 0)", "no effect"),
        (  # safe in double for a while only
            "def heated(scores, temperature):\n"
            "    raised = torch.exp(scores.double() / temperature)\n"
            "    return raised / raised.sum()",
            "fits into no float",
        ),
        (  # the wrong number is taken off
            "def heated(scores, temperature):\n"
            "    raised = torch.exp(scores / temperature - scores.max())\n"
            "    return raised / raised.sum()",
            "the largest of *those*",
        ),
    ],
    "weights": [
        ("def block_parameters(width):\n    return 12 * width**2", "products alone"),
        (
            "def block_parameters(width):\n    return 12 * width**2 + 9 * width",
            "4 · width are missing",
        ),
        (
            "def block_parameters(width):\n    return 11 * width**2 + 12 * width",
            "an output layer",
        ),
        (
            "def block_parameters(width):\n"
            "    return 4 * (width**2 + width) + 2 * (4 * width**2 + width) + 4 * width",
            "a number for each output",
        ),
    ],
}
