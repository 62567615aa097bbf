"""Right and plausible wrong answers to the exercises of `book/cnn/evaluation.ipynb`."""

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
    ],
    "enough": [
        ("images_needed = 1.96 * 0.55 * 0.45 / 0.005**2", "too small"),
        ("images_needed = 1.96**2 * 0.55 * 0.45 / 0.5**2", "too small"),
        ("images_needed = 4 * 1.96**2 * 0.55 * 0.45 / 0.005**2", "too large"),
    ],
}
