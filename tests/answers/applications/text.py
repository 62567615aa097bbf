"""Right and plausible wrong answers to the exercises of `book/applications/text.ipynb`."""

RIGHT = {
    "pairs": [
        "def clean_pairs(text):\n"
        "    found = []\n"
        "    for first, second in zip(text, text[1:]):\n"
        "        if first.isalnum() and second.isalnum():\n"
        "            found.append(first + second)\n"
        "    return found",
        "import re\n"
        "def clean_pairs(text):\n"
        "    runs = re.split(r'[\\W_]+', text)\n"
        "    return [run[i : i + 2] for run in runs for i in range(len(run) - 1)]",
        "import re\ndef clean_pairs(text):\n    return re.findall(r'(?=([^\\W_]{2}))', text)",
        "def clean_pairs(text):\n"
        "    return [p for p in map(''.join, zip(text, text[1:])) if p.isalnum()]",
        "def clean_pairs(text):\n"
        "    a = np.array(list(text), dtype=str)\n"
        "    pairs = np.char.add(a[:-1], a[1:])\n"
        "    return pairs[np.char.isalnum(pairs)] if len(pairs) else pairs",
    ],
    "leak": [
        "import re, unicodedata\n"
        "def find_leaks(learn, test):\n"
        "    bare = lambda t: re.sub(r'[\\W_]+', '', unicodedata.normalize('NFKC', t)).lower()\n"
        "    known = {bare(t) for t in learn}\n"
        "    return [n for n, t in enumerate(test) if bare(t) in known]",
        "import unicodedata\n"
        "def find_leaks(learn, test):\n"
        "    def letters(text):\n"
        "        text = unicodedata.normalize('NFKC', text.lower())\n"
        "        return [c for c in text if c.isalnum()]\n"
        "    known = [letters(t) for t in learn]\n"
        "    return [n for n in range(len(test)) if letters(test[n]) in known]",
        "import unicodedata\n"
        "def find_leaks(learn, test):\n"
        "    found, met = [], set()\n"
        "    for place, text in enumerate([*learn, *test], -len(learn)):\n"
        "        text = unicodedata.normalize('NFKC', text).upper()\n"
        "        key = tuple(filter(str.isalnum, text))\n"
        "        if place < 0:\n"
        "            met.add(key)\n"
        "        elif key in met:\n"
        "            found.append(place)\n"
        "    return found",
    ],
    "hidden": [
        "guessed, changed = 300, 270",
        "guessed = 2000 * 15 // 100\nchanged = guessed - guessed // 10",
        "changed = 0.15 * 2000 * 0.8 + 0.15 * 2000 * 0.1\nguessed = changed / 0.9",
    ],
    "negate": [
        "def mood_of(tokens, weights, nots):\n"
        "    total = 0\n"
        "    for n, token in enumerate(tokens):\n"
        "        if token in nots:\n"
        "            continue\n"
        "        sign, back = 1, n - 1\n"
        "        while back >= 0 and tokens[back] in nots:\n"
        "            sign, back = -sign, back - 1\n"
        "        total += sign * weights.get(token, 0)\n"
        "    return total",
        "import itertools\n"
        "def mood_of(tokens, weights, nots):\n"
        "    total, odd = 0, False\n"
        "    for is_not, run in itertools.groupby(tokens, nots.__contains__):\n"
        "        run = list(run)\n"
        "        if is_not:\n"
        "            odd = len(run) % 2 == 1\n"
        "        else:\n"
        "            values = [weights.get(t, 0) for t in run]\n"
        "            total += sum(values) - 2 * odd * values[0]\n"
        "    return total",
        "def mood_of(tokens, weights, nots):\n"
        "    if not tokens:\n"
        "        return 0\n"
        "    *before, last = tokens\n"
        "    rest = mood_of(before, weights, nots)\n"
        "    if last in nots:\n"
        "        return rest\n"
        "    n = 0\n"
        "    while n < len(before) and before[-1 - n] in nots:\n"
        "        n += 1\n"
        "    return rest + (-1) ** n * weights.get(last, 0)",
    ],
    "look-up": [
        "def look_up_bytes(n_texts, n_tokens, width):\n"
        "    return 8 * n_texts * n_tokens + 4 * width * n_texts * (n_tokens + 1)",
        "def look_up_bytes(n_texts, n_tokens, width):\n"
        "    ids = np.zeros((n_texts, n_tokens), np.int64)\n"
        "    rows = np.zeros((n_texts, n_tokens, width), np.float32)\n"
        "    return ids.nbytes + rows.nbytes + rows.sum(1).nbytes",
        "def look_up_bytes(n_texts, n_tokens, width):\n"
        "    ids = torch.zeros(n_texts, n_tokens, dtype=torch.long)\n"
        "    row = torch.zeros(width)\n"
        "    return ids.nbytes + (ids.numel() + n_texts) * row.nbytes",
    ],
}

WRONG = {
    "pairs": [
        (
            "def clean_pairs(text):\n    return [text[i : i + 2] for i in range(len(text) - 1)]",
            "a mark or a space in them",
        ),
        # joins what a mark parts
        (
            "def clean_pairs(text):\n"
            "    text = [c for c in text if c.isalnum()]\n"
            "    return [a + b for a, b in zip(text, text[1:])]",
            "no neighbours",
        ),
        (
            "import re\ndef clean_pairs(text):\n    return re.findall(r'[^\\W_]{2}', text)",
            "Neighbouring pairs overlap",
        ),
        # digits are left out
        (
            "def clean_pairs(text):\n"
            "    return [p for p in map(''.join, zip(text, text[1:])) if p.isalpha()]",
            "not `isalpha`",
        ),
        # goes on to the last character
        (
            "def clean_pairs(text):\n"
            "    pairs = [text[i : i + 2] for i in range(len(text))]\n"
            "    return [p for p in pairs if p.isalnum()]",
            "stop one before the end",
        ),
        (
            "def clean_pairs(text):\n"
            "    return [p for p in zip(text, text[1:]) if all(c.isalnum() for c in p)]",
            "one string",
        ),
        (
            "def clean_pairs(text):\n"
            "    return sorted({p for p in map(''.join, zip(text, text[1:])) if p.isalnum()})",
            "Keep their order",
        ),
    ],
    "leak": [
        (
            "def find_leaks(learn, test):\n"
            "    return [n for n, text in enumerate(test) if text in learn]",
            "smallest part",
        ),
        # forgets the width
        (
            "def find_leaks(learn, test):\n"
            "    bare = lambda t: ''.join(c for c in t.lower() if c.isalnum())\n"
            "    known = {bare(t) for t in learn}\n"
            "    return [n for n, t in enumerate(test) if bare(t) in known]",
            "normalise",
        ),
        # forgets capitals
        (
            "import unicodedata\n"
            "def find_leaks(learn, test):\n"
            "    bare = lambda t: [c for c in unicodedata.normalize('NFKC', t) if c.isalnum()]\n"
            "    known = [bare(t) for t in learn]\n"
            "    return [n for n, t in enumerate(test) if bare(t) in known]",
            "Capitals",
        ),
        # a part is enough
        (
            "import unicodedata\n"
            "def find_leaks(learn, test):\n"
            "    def bare(t):\n"
            "        t = unicodedata.normalize('NFKC', t).lower()\n"
            "        return ''.join(c for c in t if c.isalnum())\n"
            "    known = '|'.join(bare(t) for t in learn)\n"
            "    return [n for n, t in enumerate(test) if bare(t) in known]",
            "whole ones",
        ),
        # English marks alone
        (
            "import string, unicodedata\n"
            "def find_leaks(learn, test):\n"
            "    def bare(t):\n"
            "        t = unicodedata.normalize('NFKC', t).casefold()\n"
            "        return ''.join(c for c in t if c not in string.punctuation + ' ')\n"
            "    known = {bare(t) for t in learn}\n"
            "    return [n for n, t in enumerate(test) if bare(t) in known]",
            "marks of its own",
        ),
        # forgets the order
        (
            "import unicodedata\n"
            "def find_leaks(learn, test):\n"
            "    plain = lambda t: unicodedata.normalize('NFKC', t).casefold()\n"
            "    bare = lambda t: sorted(c for c in plain(t) if c.isalnum())\n"
            "    known = [bare(t) for t in learn]\n"
            "    return [n for n, t in enumerate(test) if bare(t) in known]",
            "order of the characters",
        ),
        (
            "import unicodedata\n"
            "def find_leaks(learn, test):\n"
            "    plain = lambda t: unicodedata.normalize('NFKC', t).casefold()\n"
            "    bare = lambda t: [c for c in plain(t) if c.isalnum()]\n"
            "    known = [bare(t) for t in learn]\n"
            "    return [bare(t) in known for t in test]",
            "not a yes or no",
        ),
    ],
    "hidden": [
        ("guessed, changed = 300, 240", "become another token"),
        ("guessed, changed = 2000, 270", "Only what is chosen"),
        ("guessed, changed = 300, 1800", "of those chosen"),
        ("guessed, changed = 300, 30", "other nine"),
        ("guessed, changed = 270, 270", "count in the loss, too"),
        ("guessed, changed = 300, 300", "stays as it was"),
    ],
    "negate": [
        (
            "def mood_of(tokens, weights, nots):\n"
            "    return sum(weights.get(t, 0) for t in tokens)",
            "turn its weight",
        ),
        # never turns back
        (
            "def mood_of(tokens, weights, nots):\n"
            "    total, sign = 0, 1\n"
            "    for token in tokens:\n"
            "        if token in nots:\n"
            "            sign = -sign\n"
            "        total += sign * weights.get(token, 0)\n"
            "    return total",
            "then the sign is as before",
        ),
        # one step back
        (
            "def mood_of(tokens, weights, nots):\n"
            "    pairs = zip([''] + tokens, tokens)\n"
            "    return sum(weights.get(t, 0) * (-1 if b in nots else 1) for b, t in pairs)",
            "look further back",
        ),
        (
            "def mood_of(tokens, weights, nots):\n"
            "    total = sum(weights.get(t, 0) for t in tokens)\n"
            "    return -total if sum(t in nots for t in tokens) % 2 else total",
            "not the whole sum",
        ),
    ],
    "look-up": [
        (
            "def look_up_bytes(n_texts, n_tokens, width):\n"
            "    return n_texts * n_tokens * (8 + 4 * width)",
            "writes a row",
        ),
        (
            "def look_up_bytes(n_texts, n_tokens, width):\n"
            "    return 4 * n_texts * width * (n_tokens + 1)",
            "ids are read",
        ),
        # a copy of each row
        (
            "def look_up_bytes(n_texts, n_tokens, width):\n"
            "    return n_texts * n_tokens * (8 + 2 * 4 * width)",
            "not for a token",
        ),
        (
            "def look_up_bytes(n_texts, n_tokens, width):\n"
            "    return n_texts * (n_tokens * (8 + width) + width)",
            "four bytes",
        ),
        (
            "def look_up_bytes(n_texts, n_tokens, width):\n"
            "    return n_texts * n_tokens * (8 + 4 * width) + 4 * width",
            "not the batch",
        ),
    ],
}
