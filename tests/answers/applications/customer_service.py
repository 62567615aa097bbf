"""Right and plausible wrong answers to the exercises of `customer_service.ipynb`."""

RIGHT = {
    "line": [
        "line = (50 - 4) / 50",
        "line = 0.92",
        "wrong_costs = 50 / 4\nline = 1 - 1 / wrong_costs",
    ],
    "rank": [
        "from collections import defaultdict\n"
        "def fuse(rankings, k=60):\n"
        "    total = defaultdict(float)\n"
        "    for ranking in rankings:\n"
        "        for n in range(len(ranking)):\n"
        "            total[ranking[n]] += 1 / (k + n + 1)\n"
        "    return [name for name, _ in sorted(total.items(), key=lambda x: (-x[1], x[0]))]",
        "def fuse(rankings, k=60):\n"
        "    names = sorted(set().union(*rankings))\n"
        "    def score(name):\n"
        "        return sum(1 / (k + r.index(name) + 1) for r in rankings if name in r)\n"
        "    return sorted(names, key=score, reverse=True)",  # sorting is stable
        "def fuse(rankings, k=60):\n"
        "    names = sorted({n for r in rankings for n in r})\n"
        "    scores = np.zeros(len(names))\n"
        "    for r in rankings:\n"
        "        for place, n in enumerate(r):\n"
        "            scores[names.index(n)] += 1 / (k + 1 + place)\n"
        "    return [names[n] for n in np.argsort(-scores, kind='stable')]",
    ],
    "leak": [
        "def clean_share(learnt, test):\n"
        "    if len(test) == 0:\n"
        "        return 0.0\n"
        "    clean = 0\n"
        "    for message, template in test:\n"
        "        for other, form in learnt:\n"
        "            same = other.strip().casefold() == message.strip().casefold()\n"
        "            if same or form == template:\n"
        "                break\n"
        "        else:\n"
        "            clean += 1\n"
        "    return clean / len(test)",
        "def clean_share(learnt, test):\n"
        "    texts = [m.strip().lower() for m, _ in learnt]\n"
        "    forms = [t for _, t in learnt]\n"
        "    left = [m for m, t in test if not (m.strip().lower() in texts or t in forms)]\n"
        "    return len(left) / max(1, len(test))",
        "def clean_share(learnt, test):\n"
        "    met = {('text', m.strip().lower()) for m, _ in learnt}\n"
        "    met |= {('form', t) for _, t in learnt}\n"
        "    asked = [{('text', m.strip().lower()), ('form', t)} for m, t in test]\n"
        "    return np.mean([met.isdisjoint(a) for a in asked]) if test else 0",
    ],
    "bill": [
        "def least_cost(scores, good, w):\n"
        "    scores, good = np.array(scores), np.array(good, bool)\n"
        "    lines = np.append(scores, np.inf)\n"
        "    taken = scores >= lines[:, None]\n"
        "    return (w * (taken & ~good) + ~taken).sum(1).min()",
        "def least_cost(scores, good, w):\n"
        "    best = len(scores)\n"
        "    for line in set(scores):\n"
        "        below = sum(s < line for s in scores)\n"
        "        wrong = sum(s >= line and not g for s, g in zip(scores, good))\n"
        "        best = min(best, below + w * wrong)\n"
        "    return best",
        "def least_cost(scores, good, w):\n"
        "    # from handing everything off, take the scores in, group by group\n"
        "    cost = best = len(scores)\n"
        "    for line in sorted(set(scores), reverse=True):\n"
        "        group = [g for s, g in zip(scores, good) if s == line]\n"
        "        cost += sum(-1 if g else w - 1 for g in group)\n"
        "        best = min(best, cost)\n"
        "    return best",
    ],
}

WRONG = {
    "line": [
        ("line = 4 / 50", "can afford"),
        ("line = 50 / (50 + 4)", "not added up"),
        ("line = 92", "between 0 and 1"),
        ("line = 1 - 1 / 50", "only the ratio"),
        ("line = 50 / 4", "between 0 and 1"),
    ],
    "rank": [
        # counts places from 0
        (
            "def fuse(rankings, k=60):\n"
            "    scores = {}\n"
            "    for ranking in rankings:\n"
            "        for place, name in enumerate(ranking):\n"
            "            scores[name] = scores.get(name, 0) + 1 / (k + place)\n"
            "    return sorted(scores, key=lambda name: (-scores[name], name))",
            "not 0",
        ),
        # forgets the alphabet
        (
            "def fuse(rankings, k=60):\n"
            "    scores = {}\n"
            "    for ranking in rankings:\n"
            "        for place, name in enumerate(ranking, 1):\n"
            "            scores[name] = scores.get(name, 0) + 1 / (k + place)\n"
            "    return sorted(scores, key=scores.get, reverse=True)",
            "lower number",
        ),
        (
            "def fuse(rankings, k=60):\n"
            "    names = sorted({n for r in rankings for n in r})\n"
            "    place = lambda n: min(r.index(n) for r in rankings if n in r)\n"
            "    return sorted(names, key=lambda n: (place(n), n))",
            "All lists count",
        ),
        # keeps what all lists have
        (
            "def fuse(rankings, k=60):\n"
            "    names = sorted(set(rankings[0]).intersection(*rankings[1:]))\n"
            "    score = lambda n: sum(1 / (k + r.index(n) + 1) for r in rankings)\n"
            "    return sorted(names, key=score, reverse=True)",
            "one list alone",
        ),
        # k is not used
        (
            "def fuse(rankings, k=60):\n"
            "    scores = {}\n"
            "    for ranking in rankings:\n"
            "        for place, name in enumerate(ranking, 1):\n"
            "            scores[name] = scores.get(name, 0) + 1 / (60 + place)\n"
            "    return sorted(scores, key=lambda name: (-scores[name], name))",
            "k that is given",
        ),
        # the last list wins
        (
            "def fuse(rankings, k=60):\n"
            "    scores = {}\n"
            "    for ranking in rankings:\n"
            "        for place, name in enumerate(ranking, 1):\n"
            "            scores[name] = 1 / (k + place)\n"
            "    return sorted(scores, key=lambda name: (-scores[name], name))",
            "overwrite",
        ),
        (
            "def fuse(rankings, k=60):\n"
            "    scores = {}\n"
            "    for ranking in rankings:\n"
            "        for place, name in enumerate(ranking, 1):\n"
            "            scores[name] = scores.get(name, 0) + 1 / k + place\n"
            "    return sorted(scores, key=lambda name: (-scores[name], name))",
            "Mind the brackets",
        ),
        (
            "def fuse(rankings, k=60):\n"
            "    names = set().union(*rankings)\n"
            "    place = lambda n, r: r.index(n) + 1 if n in r else len(r) + 1\n"
            "    scores = {n: sum(1 / (k + place(n, r)) for r in rankings) for n in names}\n"
            "    return sorted(names, key=lambda name: (-scores[name], name))",
            "gets nothing from it",
        ),
    ],
    "leak": [
        (
            "def clean_share(learnt, test):\n"
            "    texts = {m.strip().lower() for m, _ in learnt}\n"
            "    return sum(m.strip().lower() not in texts for m, _ in test) / max(1, len(test))",
            "template that was learnt",
        ),
        (
            "def clean_share(learnt, test):\n"
            "    forms = {t for _, t in learnt}\n"
            "    return sum(t not in forms for _, t in test) / max(1, len(test))",
            "another template",
        ),
        (
            "def clean_share(learnt, test):\n"
            "    return sum(pair not in learnt for pair in test) / max(1, len(test))",
            "need not go together",
        ),
        # capitals
        (
            "def clean_share(learnt, test):\n"
            "    texts, forms = {m for m, _ in learnt}, {t for _, t in learnt}\n"
            "    clean = [m not in texts and t not in forms for m, t in test]\n"
            "    return sum(clean) / max(1, len(clean))",
            "no other message",
        ),
        (
            "def clean_share(learnt, test):\n"
            "    texts = {m.strip().lower() for m, _ in learnt}\n"
            "    forms = {t for _, t in learnt}\n"
            "    bad = [m.strip().lower() in texts or t in forms for m, t in test]\n"
            "    return sum(bad) / max(1, len(bad))",
            "share that leaks",
        ),
        # all spaces go
        (
            "def clean_share(learnt, test):\n"
            "    plain = lambda m: m.replace(' ', '').lower()\n"
            "    texts, forms = {plain(m) for m, _ in learnt}, {t for _, t in learnt}\n"
            "    clean = [plain(m) not in texts and t not in forms for m, t in test]\n"
            "    return sum(clean) / max(1, len(clean))",
            "within a message",
        ),
    ],
    "bill": [
        # sorts and cuts between equal scores
        (
            "def least_cost(scores, good, w):\n"
            "    flags = [g for _, g in sorted(zip(scores, good), reverse=True)]\n"
            "    costs = [w * flags[:n].count(False) + len(flags) - n\n"
            "             for n in range(len(flags) + 1)]\n"
            "    return min(costs)",
            "same side",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    cost = lambda t: sum(1 if s < t else w * (not g) for s, g in zip(scores, good))\n"
            "    return min(cost(t) for t in scores)",
            "everything off is allowed",
        ),
        (
            "def least_cost(scores, good, w):\n    return sum(not g for g in good) * min(1, w)",
            "does not know",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    line = 1 - 1 / w\n"
            "    return sum(1 if s < line else w * (not g) for s, g in zip(scores, good))",
            "honest probabilities",
        ),
        # hundredths between 0 and 1
        (
            "def least_cost(scores, good, w):\n"
            "    cost = lambda t: sum(1 if s < t else w * (not g) for s, g in zip(scores, good))\n"
            "    return min(cost(n / 100) for n in range(102))",
            "close together",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    cost = lambda t: sum(w if s < t else (not g) for s, g in zip(scores, good))\n"
            "    return min(cost(t) for t in [*scores, 2])",
            "from it on a wrong one costs w",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    cost = lambda t: sum(g if s < t else w * (not g) for s, g in zip(scores, good))\n"
            "    return min(cost(t) for t in [*scores, 2])",
            "would have been wrong",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    cost = lambda t: sum(1 if s < t else w * (not g) for s, g in zip(scores, good))\n"
            "    return min([*scores, 2], key=cost)",
            "the threshold",
        ),
        (
            "def least_cost(scores, good, w):\n"
            "    return min(len(scores), w * sum(not g for g in good))",
            "between answering all",
        ),
    ],
}
