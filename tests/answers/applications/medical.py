"""Right and plausible wrong answers to the exercises of `book/applications/medical.ipynb`."""

RIGHT = {
    "leak": [
        "def leaks(learn, test, size):\n"
        "    n = 0\n"
        "    for picture, left, top in test:\n"
        "        for other, x, y in learn:\n"
        "            if picture == other and -size < left - x < size and -size < top - y < size:\n"
        "                n += 1\n"
        "                break\n"
        "    return n",
        # by painting what was learnt from
        "def leaks(learn, test, size):\n"
        "    seen = {(p, x + i, y + j) for p, x, y in learn\n"
        "            for i in range(size) for j in range(size)}\n"
        "    return sum(any((p, x + i, y + j) in seen for i in range(size) for j in range(size))\n"
        "               for p, x, y in test)",
    ],
    "alarms": ["share_ill = 90 / (90 + 995)", "share_ill = 0.083", "share_ill = 1 / 12"],
    "line": [
        "def yes_from(cost, learnt, here):\n"
        "    shift = np.log(here / (1 - here)) - np.log(learnt / (1 - learnt))\n"
        "    return 1 / (1 + np.exp(np.log(cost) + shift))",
        # by search: the smallest claim at which a yes is no dearer than a no
        "def yes_from(cost, learnt, here):\n"
        "    low, high = 0.0, 1.0\n"
        "    for _ in range(100):\n"
        "        p = (low + high) / 2\n"
        "        ill, well = p * here / learnt, (1 - p) * (1 - here) / (1 - learnt)\n"
        "        low, high = (low, p) if cost * ill >= well else (p, high)\n"
        "    return high",
    ],
    "followed": [
        "def recall(rows):\n"
        "    hits = ill = 0\n"
        "    for rung, _, is_ill in rows:\n"
        "        ill += is_ill\n"
        "        hits += rung and is_ill\n"
        "    return hits / ill if ill else 0.0",
        "def recall(rows):\n"
        "    rows = np.array(rows).reshape(-1, 3)\n"
        "    ill = rows[rows[:, 2] == 1]\n"
        "    return float(ill[:, 0].mean()) if len(ill) else 0.0",
    ],
}

WRONG = {
    "leak": [
        (
            "def leaks(learn, test, size):\n    return len(set(learn) & set(test))",
            "need not be equal",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(abs(a[1] - b[1]) < size and abs(a[2] - b[2]) < size\n"
            "                   for b in learn) for a in test)",
            "share nothing",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(a[0] == b[0] and abs(a[1] - b[1]) <= size\n"
            "                   and abs(a[2] - b[2]) <= size for b in learn) for a in test)",
            "touch",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(a[0] == b[0] and abs(a[1] - b[1]) < size\n"
            "               and abs(a[2] - b[2]) < size for b in learn for a in test)",
            "not the pairs",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    pictures = {tile[0] for tile in learn}\n"
            "    return sum(tile[0] in pictures for tile in test)",
            "another question",
        ),
        # only neighbours to the right and below
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(a[0] == b[0] and 0 <= a[1] - b[1] < size\n"
            "                   and 0 <= a[2] - b[2] < size for b in learn) for a in test)",
            "to the left, or above",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(a[0] == b[0] and abs(a[1] - b[1]) + abs(a[2] - b[2]) < size\n"
            "                   for b in learn) for a in test)",
            "not their sum",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(a[0] == b[0] and np.hypot(a[1] - b[1], a[2] - b[2]) < size\n"
            "                   for b in learn) for a in test)",
            "straight way",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(any(a[0] == b[0] and abs(a[1] - b[1]) < size / 2\n"
            "                   and abs(a[2] - b[2]) < size / 2 for b in learn) for a in test)",
            "whole `size`",
        ),
        (
            "def leaks(learn, test, size):\n"
            "    return sum(not any(a[0] == b[0] and abs(a[1] - b[1]) < size\n"
            "                       and abs(a[2] - b[2]) < size for b in learn) for a in test)",
            "do not leak",
        ),
    ],
    "alarms": [
        ("share_ill = 0.9", "others ring"),
        ("share_ill = 0.9 / (0.9 + 0.05)", "as many healthy"),
        ("share_ill = 0.9 / 200", "ill and found"),
        ("share_ill = 0.005", "before the test"),
        ("share_ill = 100 * 90 / 1085", "not a percentage"),
        ("share_ill = 0.08", "one digit more"),
        ("share_ill = 11 / 12", "are healthy"),
        ("share_ill = 0.9 * 0.005 / (0.05 * 0.995)", "count them below"),
    ],
    "line": [
        ("def yes_from(cost, learnt, here):\n    return 1 / (1 + cost)", "true probability"),
        (
            "def yes_from(cost, learnt, here):\n"
            "    odds = 1 / cost * here / (1 - here) * (1 - learnt) / learnt\n"
            "    return odds / (1 + odds)",
            "each other's place",
        ),
        (
            "def yes_from(cost, learnt, here):\n"
            "    odds = cost * learnt / (1 - learnt) * (1 - here) / here\n"
            "    return odds / (1 + odds)",
            "the earlier",
        ),
        (
            "def yes_from(cost, learnt, here):\n"
            "    return min(1.0, 1 / (1 + cost) * learnt / here)",
            "not probabilities",
        ),
        (
            "def yes_from(cost, learnt, here):\n"
            "    return 1 / cost * learnt / (1 - learnt) * (1 - here) / here",
            "the odds",
        ),
        ("def yes_from(cost, learnt, here):\n    return cost / (1 + cost)", "the earlier"),
        ("def yes_from(cost, learnt, here):\n    return 1 / cost", "true odds"),
        (
            "def yes_from(cost, learnt, here):\n"
            "    odds = 1 / (1 + cost) * learnt / (1 - learnt) * (1 - here) / here\n"
            "    return odds / (1 + odds)",
            "its odds are",
        ),
        (
            "def yes_from(cost, learnt, here):\n"
            "    odds = 1 / cost * learnt / here\n"
            "    return odds / (1 + odds)",
            "not p",
        ),
        (
            "def yes_from(cost, learnt, here):\n"
            "    odds = 1 / cost * learnt / (1 - learnt)\n"
            "    return odds / (1 + odds)",
            "odds of `here` are missing",
        ),
    ],
    "followed": [
        (
            "def recall(rows):\n"
            "    rung = [r for r, seen, ill in rows if ill and seen]\n"
            "    return sum(rung) / len(rung) if rung else 0.0",
            "author's number",
        ),
        (
            "def recall(rows):\n"
            "    ill = [i for r, _, i in rows if r]\n"
            "    return sum(ill) / len(ill) if ill else 0.0",
            "precision",
        ),
        (
            "def recall(rows):\n"
            "    ill = [row for row in rows if row[2]]\n"
            "    return sum(r and f for r, f, _ in ill) / len(ill) if ill else 0.0",
            "whether somebody followed",
        ),
        (
            "def recall(rows):\n"
            "    return sum(r and i for r, _, i in rows) / len(rows) if rows else 0.0",
            "not by everybody",
        ),
        (
            "def recall(rows):\n"
            "    ill = [row[0] for row in rows if row[2]]\n"
            "    return 1 - sum(ill) / len(ill) if ill else 0.0",
            "it missed",
        ),
        (
            "def recall(rows):\n"
            "    ill = sum(row[2] for row in rows)\n"
            "    return sum(row[0] for row in rows) / ill if ill else 0.0",
            "healthy people, too",
        ),
        (
            "def recall(rows):\n"
            "    healthy = [row[0] for row in rows if not row[2]]\n"
            "    return sum(healthy) / len(healthy) if healthy else 0.0",
            "the false alarms",
        ),
        (
            "def recall(rows):\n"
            "    return sum(r == i for r, _, i in rows) / len(rows) if rows else 0.0",
            "accuracy",
        ),
    ],
}
