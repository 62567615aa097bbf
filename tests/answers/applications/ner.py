"""Right and plausible wrong answers to the exercises of `book/applications/ner.ipynb`."""

RIGHT = {
    "whole": ["whole_share = 0.8145", "import math\nwhole_share = math.exp(4 * math.log(0.95))"],
    "mend": [
        "def mend(tags):\n"
        "    kind, found = '', []\n"
        "    for tag in tags:\n"
        "        if tag.startswith('I-') and tag[2:] != kind:\n"
        "            tag = 'B-' + tag[2:]\n"
        "        kind = tag[2:]\n"
        "        found.append(tag)\n"
        "    return found",
        # what an I needs before it: a B or an I of the same kind
        "def mend(tags):\n"
        "    return [\n"
        "        f'B-{t[2:]}' if t[0] == 'I' and b not in (t, 'B' + t[1:]) else t\n"
        "        for b, t in zip(['O'] + tags, tags)\n"
        "    ]",
    ],
    "leak": [
        "def find_leaks(learn, test):\n"
        "    leaks = []\n"
        "    for place, (template, names) in enumerate(test):\n"
        "        for other, others in learn:\n"
        "            same = {n.casefold() for n in names} & {n.casefold() for n in others}\n"
        "            if template == other or same:\n"
        "                leaks.append(place)\n"
        "                break\n"
        "    return leaks",
        "def find_leaks(learn, test):\n"
        "    met = {x.lower() for t, names in learn for x in names}\n"
        "    known = [t for t, _ in learn]\n"
        "    bad = lambda t, names: t in known or any(n.lower() in met for n in names)\n"
        "    return [i for i in range(len(test)) if bad(*test[i])]",
    ],
    "surface": [
        "def surface_f1(true, said):\n"
        "    a, b = set(true), set(said)\n"
        "    hits = len(a & b)\n"
        "    if hits == 0:\n"
        "        return 0.0\n"
        "    p, r = hits / len(b), hits / len(a)\n"
        "    return 2 * p * r / (p + r)",
        "def surface_f1(true, said):\n"
        "    a, b = dict.fromkeys(true), dict.fromkeys(said)\n"
        "    return 2 * sum(e in b for e in a) / max(1, len(a) + len(b))",
    ],
    "intensity": [
        "def intensity(n, k, m):\n    return 1 / (2 * (1 / n + 1 / k + 1 / m))",
        "def intensity(n, k, m):\n"
        "    x, w, y = torch.empty(n, k), torch.empty(k, m), torch.empty(n, m)\n"
        "    return 2 * n * k * m / (x.nbytes + w.nbytes + y.nbytes)",
    ],
}

WRONG = {
    "whole": [
        ("whole_share = 0.95", "one tag"),
        ("whole_share = 0.95**3", "tag behind"),
        ("whole_share = 1 - 4 * 0.05", "multiply"),
        ("whole_share = 100 * 0.95**4", "between 0 and 1"),
    ],
    "mend": [
        (
            "def mend(tags):\n"
            "    return ['B' + t[1:] if t[0] == 'I' and b == 'O' else t\n"
            "            for b, t in zip(['O'] + tags, tags)]",
            "another kind",
        ),
        (
            "def mend(tags):\n"
            "    return [t if t[0] != 'I' or b[2:] == t[2:] else 'O'\n"
            "            for b, t in zip(['O'] + tags, tags)]",
            "begins a name",
        ),
        # forgets the first one
        (
            "def mend(tags):\n"
            "    found = list(tags[:1])\n"
            "    for b, t in zip(tags, tags[1:]):\n"
            "        found.append('B' + t[1:] if t[0] == 'I' and b[2:] != t[2:] else t)\n"
            "    return found",
            "nothing before it",
        ),
        # looks at the last tag before the first
        (
            "def mend(tags):\n"
            "    tags = list(tags)\n"
            "    for i, t in enumerate(tags):\n"
            "        if t[0] == 'I' and tags[i - 1][2:] != t[2:]:\n"
            "            tags[i] = 'B' + t[1:]\n"
            "    return tags",
            "is the last one",
        ),
        # every I becomes a B
        (
            "def mend(tags):\n    return [t.replace('I-', 'B-') for t in tags]",
            "goes on with it",
        ),
    ],
    "leak": [
        (
            "def find_leaks(learn, test):\n"
            "    return [n for n, sentence in enumerate(test) if sentence in learn]",
            "smallest part",
        ),
        (
            "def find_leaks(learn, test):\n"
            "    known = {t for t, _ in learn}\n"
            "    return [n for n, (t, _) in enumerate(test) if t in known]",
            "a leak, too",
        ),
        # capitals
        (
            "def find_leaks(learn, test):\n"
            "    known, met = {t for t, _ in learn}, {x for _, names in learn for x in names}\n"
            "    return [n for n, (t, names) in enumerate(test) if t in known or met & set(names)]",
            "Capitals",
        ),
        # parts of names
        (
            "def find_leaks(learn, test):\n"
            "    known = {t for t, _ in learn}\n"
            "    met = {w for _, names in learn for x in names for w in x.lower().split()}\n"
            "    return [n for n, (t, names) in enumerate(test) if t in known\n"
            "            or any(w in met for x in names for w in x.lower().split())]",
            "Ada alone",
        ),
    ],
    "surface": [
        (
            "def surface_f1(true, said):\n"
            "    hits = sum(e in said for e in true)\n"
            "    return 2 * hits / max(1, len(true) + len(said))",
            "one name",
        ),
        (
            "def surface_f1(true, said):\n"
            "    a, b = {t for _, t in true}, {t for _, t in said}\n"
            "    return 2 * len(a & b) / max(1, len(a) + len(b))",
            "kind",
        ),
        (
            "def surface_f1(true, said):\n"
            "    a, b = set(true), set(said)\n"
            "    return 2 * len(a & b) / (len(a) + len(b))",
            "ZeroDivisionError",
        ),
        # recall
        (
            "def surface_f1(true, said):\n"
            "    return len(set(true) & set(said)) / max(1, len(set(true)))",
            "That is recall",
        ),
        (
            "def surface_f1(true, said):\n"
            "    a, b = set(true), set(said)\n"
            "    return len(a & b) / len(a | b) if a or b else 0",
            "sum of both sizes",
        ),
        (
            "def surface_f1(true, said):\n"
            "    hits = len(set(true) & set(said))\n"
            "    return 2 * hits / max(1, len(true) + len(said))",
            "in the sizes, too",
        ),
    ],
    "intensity": [
        (
            "def intensity(n, k, m):\n    return 2 * n * k * m / (n * k + k * m + n * m)",
            "four bytes",
        ),
        (
            "def intensity(n, k, m):\n    return 2 * n * k * m / (4 * (n * k + n * m))",
            "weights",
        ),
        (
            "def intensity(n, k, m):\n    return n * k * m / (4 * (n * k + k * m + n * m))",
            "2 FLOP",
        ),
        ("def intensity(n, k, m):\n    return 2 * n * k * m / (4 * k * m)", "outputs move, too"),
    ],
}
