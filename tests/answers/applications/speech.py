"""Right and plausible wrong answers to the exercises of `book/applications/speech.ipynb`."""

RIGHT = {
    "frames": [
        "columns = len(range(0, 40_000 - 400 + 1, 160))",
        "columns = torch.zeros(40_000).unfold(0, 400, 160).shape[0]",
    ],
    "shortest": [
        "def shortest(word):\n"
        "    frames = len(word)\n"
        "    for n in range(1, len(word)):\n"
        "        if word[n] == word[n - 1]:\n"
        "            frames += 1\n"
        "    return frames",
        # all symbols with a blank between each two, without the blanks that are not needed
        "def shortest(word):\n"
        "    word = np.array(word, int)\n"
        "    return len(word) + int((np.diff(word) == 0).sum())",
    ],
    "rate": [
        "def word_error_rate(rows):\n"
        "    edits = spoken = 0\n"
        "    for wrong, n, _ in rows:\n"
        "        edits += wrong\n"
        "        spoken += n\n"
        "    return 0.0 if spoken == 0 else edits / spoken",
        "def word_error_rate(rows):\n"
        "    table = np.array(rows, float).reshape(-1, 3)\n"
        "    edits, spoken, _ = table.sum(0)\n"
        "    return float(edits / spoken) if spoken else 0.0",
    ],
    "leak": [
        "def leaked(learn, test):\n"
        "    known = set()\n"
        "    for who, what in learn:\n"
        "        known |= {('who', who), ('what', what)}\n"
        "    found = [clip for clip in test\n"
        "             if ('who', clip[0]) in known or ('what', clip[1]) in known]\n"
        "    return len(found) / len(test)",
        "def leaked(learn, test):\n"
        "    share = [any(who == w or what == s for w, s in learn) for who, what in test]\n"
        "    return float(np.mean(share))",
    ],
    "paths": [
        # by what each frame may add, with a memory
        "import functools\n\n\n"
        "def count_paths(word, frames):\n"
        "    @functools.cache\n"
        "    def ways(done, last, left):\n"
        "        if left == 0:\n"
        "            return int(done == len(word))\n"
        "        total = ways(done, None, left - 1)\n"
        "        if last is not None:\n"
        "            total += ways(done, last, left - 1)\n"
        "        if done < len(word) and word[done] != last:\n"
        "            total += ways(done + 1, word[done], left - 1)\n"
        "        return total\n"
        "    return ways(0, None, frames)",
        # by torch's own loss, where every symbol has the same probability
        "def count_paths(word, frames):\n"
        "    if not word:\n"
        "        return 1\n"
        "    names = [None, *dict.fromkeys(word)]\n"
        "    logp = torch.zeros(frames, len(names), dtype=torch.float64).log_softmax(1)\n"
        "    target = torch.tensor([names.index(s) for s in word])\n"
        "    sizes = torch.tensor(frames), torch.tensor(len(word))\n"
        "    loss = nn.functional.ctc_loss(logp, target, *sizes, reduction='sum')\n"
        "    return round(float((frames * np.log(len(names)) - loss).exp()))",
    ],
}

GRID = (
    "def count_paths(word, frames):\n"
    "    states = [None]\n"
    "    for symbol in word:\n"
    "        states += [symbol, None]\n"
    "    ways = [int(s < {first}) for s in range(len(states))]\n"
    "    for _ in range(frames - 1):\n"
    "        ways = [ways[s] + (ways[s - 1] if s else 0)\n"
    "                + (ways[s - 2] if s > 1 and {jump} else 0) for s in range(len(states))]\n"
    "    return sum(ways[-{last}:])"
)
RULE = "states[s] is not None and states[s] != states[s - 2]"

WRONG = {
    "frames": [
        ("columns = 2.5 * 16_000 / 160", "run out of the clip"),
        ("columns = 40_000 // 160 + 1", "at either end"),
        ("columns = (40_000 - 400) // 160", "sample 0"),
        ("columns = (40_000 - 400) / 160 + 1", "round down"),
        ("columns = 40_000 // 400", "overlap"),
    ],
    "shortest": [
        ("def shortest(word):\n    return len(word)", "are merged"),
        ("def shortest(word):\n    return 2 * len(word) + 1", "states of the grid"),
        ("def shortest(word):\n    return max(0, 2 * len(word) - 1)", "no blank is needed"),
        ("def shortest(word):\n    return 2 * len(word) - len(set(word))", "neighbours"),
    ],
    "rate": [
        # the colleague's own
        (
            "def word_error_rate(rows):\n"
            "    parts = [e / max(s, h) for e, s, h in rows if s or h]\n"
            "    return sum(parts) / len(parts) if parts else 0.0",
            "colleague's number",
        ),
        (
            "def word_error_rate(rows):\n"
            "    parts = [e / s for e, s, h in rows if s]\n"
            "    return sum(parts) / len(parts) if parts else 0.0",
            "mean over clips",
        ),
        (
            "def word_error_rate(rows):\n"
            "    heard = sum(h for _, _, h in rows)\n"
            "    return sum(e for e, _, _ in rows) / heard if heard else 0.0",
            "babbles pays less",
        ),
        (
            "def word_error_rate(rows):\n"
            "    n = sum(s for _, s, _ in rows)\n"
            "    return min(1.0, sum(e for e, _, _ in rows) / n) if n else 0.0",
            "may exceed 1",
        ),
        (
            "def word_error_rate(rows):\n"
            "    rows = [row for row in rows if row[1]]\n"
            "    n = sum(s for _, s, _ in rows)\n"
            "    return sum(e for e, _, _ in rows) / n if n else 0.0",
            "silence",
        ),
        (
            "def word_error_rate(rows):\n"
            "    return sum(row[0] for row in rows) / max(1, sum(row[1] for row in rows))",
            "No word was spoken",
        ),
        (
            "def word_error_rate(rows):\n"
            "    return float(np.mean([e / s if s else 0 for e, s, h in rows]))",
            "mean over clips",
        ),
    ],
    "leak": [
        (
            "def leaked(learn, test):\n"
            "    return sum(any(who == w or what == s for w, s in learn) for who, what in test)",
            "divides by the clips",
        ),
        (
            "def leaked(learn, test):\n"
            "    who, what = {w for w, _ in learn}, {s for _, s in learn}\n"
            "    return sum((w in who) != (s in what) for w, s in test) / len(test)",
            "with both is a leak",
        ),
        (
            "def leaked(learn, test):\n    return sum(clip in learn for clip in test) / len(test)",
            "very clip",
        ),
        (
            "def leaked(learn, test):\n"
            "    known = {who for who, _ in learn}\n"
            "    return sum(who in known for who, _ in test) / len(test)",
            "known sentence",
        ),
        (
            "def leaked(learn, test):\n"
            "    known = {what for _, what in learn}\n"
            "    return sum(what in known for _, what in test) / len(test)",
            "known speaker",
        ),
        (
            "def leaked(learn, test):\n"
            "    who, what = {w for w, _ in learn}, {s for _, s in learn}\n"
            "    return sum(w in who and s in what for w, s in test) / len(test)",
            "not and",
        ),
    ],
    "paths": [
        (GRID.format(first=2, last=2, jump="False"), "jump over a blank"),
        (GRID.format(first=2, last=2, jump="states[s] is not None"), "two equal letters"),
        (GRID.format(first=1, last=2, jump=RULE), "begin with a blank"),
        (GRID.format(first=2, last=1, jump=RULE), "end in the last letter"),
        (GRID.format(first=2, last=2, jump=RULE).replace(" - 1):", "):"), "first column"),
        (GRID.format(first=2, last=2, jump=RULE).replace("ways[-2:]", "ways"), "whole word"),
        (GRID.format(first=2, last=2, jump="states[s] is None or " + RULE), "letter is lost"),
    ],
}
