"""Right and plausible wrong answers to the exercises of `book/cnn/evaluation.ipynb`."""

RIGHT = {
    "f1": [
        "from fractions import Fraction\n"
        "def f1(tp, fp, fn):\n"
        "    return Fraction(2 * tp, 2 * tp + fp + fn) if tp + fp + fn else 0",
        "def f1(tp, fp, fn):\n"
        "    if tp == 0:\n"
        "        return 0.0\n"
        "    precision, recall = tp / (tp + fp), tp / (tp + fn)\n"
        "    return 2 / (1 / precision + 1 / recall)",
    ],
    "without": [
        "def micro_f1_without(matrix, ignore):\n"
        "    tp = fp = fn = 0\n"
        "    for c in range(len(matrix)):\n"
        "        if c != ignore:\n"
        "            tp += matrix[c, c]\n"
        "            fp += matrix[:, c].sum() - matrix[c, c]\n"
        "            fn += matrix[c].sum() - matrix[c, c]\n"
        "    return 2 * tp / (2 * tp + fp + fn)",
        "def micro_f1_without(matrix, ignore):\n"
        "    hits = np.trace(matrix) - matrix[ignore, ignore]\n"
        "    guessed = np.delete(matrix, ignore, 1).sum()\n"
        "    true = np.delete(matrix, ignore, 0).sum()\n"
        "    precision, recall = hits / guessed, hits / true\n"
        "    return 2 * precision * recall / (precision + recall)",
    ],
    "entities": [
        # sentences as text, entities by a regular expression
        "import re\n"
        "def entities_found(true, guess):\n"
        "    def parts(tags):\n"
        "        text = ''.join(tag[0] for tag in tags)\n"
        "        return {(m.span(), tags[m.start()][2:]) for m in re.finditer('BI*', text)}\n"
        "    return len(parts(true).intersection(parts(guess)))",
        # token by token, both at once
        "def entities_found(true, guess):\n"
        "    found, agree = 0, False\n"
        "    for t, g in zip([*true, 'O'], [*guess, 'O']):\n"
        "        if t[0] != 'I' and g[0] != 'I':\n"
        "            found += agree\n"
        "            agree = False\n"
        "        if t[0] == 'B':\n"
        "            agree = t == g\n"
        "        elif g[0] == 'B' or (t[0] == 'I') != (g[0] == 'I'):\n"
        "            agree = False\n"
        "    return found",
    ],
    "enough": ["images_needed = 38_032", "images_needed = (1.96 * 0.5 / 0.005) ** 2"],
}

WRONG = {
    "f1": [
        (
            "def f1(tp, fp, fn):\n"
            "    return tp / (tp + fp + fn) if tp + fp + fn else 0.0",  # Jaccard's index
            "0.818182 is needed",
        ),
        (
            "def f1(tp, fp, fn):\n    return (tp / (tp + fp) + tp / (tp + fn)) / 2",
            "tp = 90",
        ),
        ("def f1(tp, fp, fn):\n    return 2 * tp / (2 * tp + fp + fn)", "ZeroDivisionError"),
        (
            "def f1(tp, fp, fn):\n"
            "    p, r = tp / (tp + fp), tp / (tp + fn)\n"
            "    return 2 * p * r / (p + r)",
            "ZeroDivisionError",
        ),
    ],
    "without": [
        (
            "def micro_f1_without(matrix, ignore):\n"
            "    return matrix.diagonal().sum() / matrix.sum()",
            "is needed",
        ),
        (
            "def micro_f1_without(matrix, ignore):\n"
            "    kept = np.delete(np.delete(matrix, ignore, 0), ignore, 1)\n"
            "    return kept.diagonal().sum() / kept.sum()",
            "is needed",
        ),
        (
            "def micro_f1_without(matrix, ignore):\n"
            "    rows = np.delete(matrix, ignore, 0)\n"
            "    hits = matrix.diagonal().sum() - matrix[ignore, ignore]\n"
            "    return hits / rows.sum()",  # recall
            "is needed",
        ),
        (
            "def micro_f1_without(matrix, ignore):\n"
            "    f1 = 2 * matrix.diagonal() / (matrix.sum(0) + matrix.sum(1))\n"
            "    return np.delete(f1, ignore).mean()",  # macro
            "is needed",
        ),
    ],
    "entities": [
        (
            "def entities_found(true, guess):\n"
            "    pairs = zip(true, guess)\n"
            "    return sum(t == g and t[0] == 'B' for t, g in pairs)",
            "1, and 0 is needed",
        ),
        (
            "def entities_found(true, guess):\n"
            "    return sum(t == g and t != 'O' for t, g in zip(true, guess))",
            "3, and 2 is needed",
        ),
        (
            "def entities_found(true, guess):\n"
            "    def parts(tags):\n"
            "        starts = [i for i, t in enumerate(tags) if t[0] == 'B']\n"
            "        ends = [next(j for j in range(i + 1, len(tags) + 1)\n"
            "                if j == len(tags) or tags[j][0] != 'I') for i in starts]\n"
            "        return set(zip(starts, ends))\n"
            "    return len(parts(true) & parts(guess))",  # forgets the class
            "1, and 0 is needed",
        ),
        # class and length, at any place
        (
            "def entities_found(true, guess):\n"
            "    def parts(tags):\n"
            "        found = []\n"
            "        for tag in tags:\n"
            "            if tag[0] == 'B':\n"
            "                found.append([tag])\n"
            "            elif tag[0] == 'I':\n"
            "                found[-1].append(tag)\n"
            "        return {tuple(e) for e in found}\n"
            "    return len(parts(true) & parts(guess))",
            "is needed",
        ),
    ],
    "enough": [
        ("images_needed = 1.96 * 0.55 * 0.45 / 0.005**2", "too small"),
        ("images_needed = 1.96**2 * 0.55 * 0.45 / 0.5**2", "too small"),
        ("images_needed = 4 * 1.96**2 * 0.55 * 0.45 / 0.005**2", "too large"),
        (
            "images_needed = 1.96 * 0.5 / 0.005",
            "the root of n",
        ),
    ],
}
