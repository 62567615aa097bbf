"""Right and plausible wrong answers to the exercises of `book/applications/translation.ipynb`."""

RIGHT = {
    "share": [
        "def shares(word, sentence, t):\n"
        "    found = torch.tensor([t.get((word, z), 0.0) for z in sentence], dtype=torch.double)\n"
        "    if found.sum() == 0:\n"
        "        found += 1\n"
        "    return (found / found.sum()).tolist()",
        "def shares(word, sentence, t):\n"
        "    total = 0\n"
        "    for z in sentence:\n"
        "        if (word, z) in t:\n"
        "            total += t[word, z]\n"
        "    result = []\n"
        "    for z in sentence:\n"
        "        if total:\n"
        "            result.append(t.get((word, z), 0) / total)\n"
        "        else:\n"
        "            result.append(1 / len(sentence))\n"
        "    return result",
    ],
    "leak": [
        "def leaks(test, train):\n"
        "    def bare(text):\n"
        "        return ''.join(c for c in text if c.isalnum()).casefold()\n\n"
        "    found = []\n"
        "    for place, (chinese, english) in enumerate(test):\n"
        "        for other_chinese, other_english in train:\n"
        "            if bare(chinese) == bare(other_chinese) or bare(english) == "
        "bare(other_english):\n"
        "                found.append(place)\n"
        "                break\n"
        "    return found",
        "def leaks(test, train):\n"
        "    bare = lambda text: tuple(re.findall(r'\\w', text.lower()))\n"
        "    zh, en = ({bare(text) for text in side} for side in zip(*train))\n"
        "    return [n for n, (a, b) in enumerate(test) if bare(a) in zh or bare(b) in en]",
    ],
    "clip": [
        "def group_share(text, reference, n):\n"
        "    def groups(words):\n"
        "        return [' '.join(words[i : i + n]) for i in range(len(words) - n + 1)]\n\n"
        "    left, found = groups(reference), 0\n"
        "    for group in groups(text):\n"
        "        if group in left:\n"
        "            left.remove(group)\n"
        "            found += 1\n"
        "    return found / len(groups(text)) if groups(text) else 0",
        "def group_share(text, reference, n):\n"
        "    mine = Counter(zip(*(text[i:] for i in range(n))))\n"
        "    theirs = Counter(zip(*(reference[i:] for i in range(n))))\n"
        "    if not mine:\n"
        "        return 0.0\n"
        "    missed = (mine - theirs).total()\n"
        "    return 1 - missed / mine.total()",
    ],
    "beam": [
        "import heapq\nimport math\n\n\n"
        "def beam_search(after, width, length):\n"
        "    beams = [(0.0, ())]\n"
        "    for _ in range(length):\n"
        "        longer = []\n"
        "        for score, words in beams:\n"
        "            for word, p in after(words).items():\n"
        "                if p > 0:\n"
        "                    longer.append((score + math.log(p), (*words, word)))\n"
        "        beams = heapq.nlargest(width, longer)\n"
        "    return beams[0][1]",
        # every extension is put in its place
        "def beam_search(after, width, length, beams=((1.0, ()),)):\n"
        "    if length == 0:\n"
        "        return beams[0][1]\n"
        "    longer = [(p * q, w + (v,)) for p, w in beams for v, q in after(w).items()]\n"
        "    longer.sort(key=lambda pair: pair[0], reverse=True)\n"
        "    return beam_search(after, width, length - 1, longer[:width])",
    ],
    "bytes": [
        "def bytes_per_word(texts, weights, kept, written, source):\n"
        "    step = weights\n"
        "    for _ in range(texts):\n"
        "        step += kept * written + kept * source\n"
        "    return step / texts",
        "def bytes_per_word(texts, weights, kept, written, source):\n"
        "    return (weights + texts * kept * (source + written)) / texts",
    ],
}

WRONG = {
    "share": [
        (
            "def shares(word, sentence, t):\n    return [t.get((word, z), 0.0) for z in sentence]",
            "divide them by their sum",
        ),
        (
            "def shares(word, sentence, t):\n"
            "    found = [t.get((word, z), 0.0) for z in sentence]\n"
            "    return [p / (sum(found) or 1) for p in found]",
            "share alike",
        ),
        (
            "def shares(word, sentence, t):\n"
            "    found = {z: t.get((word, z), 0.0) for z in sentence}\n"
            "    total = sum(found.values())\n"
            "    return [p / total if total else 1 / len(found) for p in found.values()]",
            "two shares",
        ),
        (
            "def shares(word, sentence, t):\n"
            "    found = [t.get((word, z), 0.0) for z in sentence]\n"
            "    return [float(p == max(found)) for p in found]",
            "each gets its share",
        ),
    ],
    "leak": [
        (
            "def leaks(test, train):\n"
            "    return [n for n, pair in enumerate(test) if pair in train]",
            "in other words",
        ),
        (
            "def leaks(test, train):\n"
            "    zh, en = map(set, zip(*train))\n"
            "    return [n for n, (a, b) in enumerate(test) if a in zh or b in en]",
            "Signs and capitals",
        ),
        (
            "def leaks(test, train):\n"
            "    bare = lambda text: re.sub(r'\\W', '', text.lower())\n"
            "    en = {bare(pair[1]) for pair in train}\n"
            "    return [n for n, pair in enumerate(test) if bare(pair[1]) in en]",
            "English side alone",
        ),
        (
            "def leaks(test, train):\n"
            "    bare = lambda text: re.sub(r'\\W', '', text.lower())\n"
            "    known = {(bare(a), bare(b)) for a, b in train}\n"
            "    return [n for n, (a, b) in enumerate(test) if (bare(a), bare(b)) in known]",
            "in other words",
        ),
        (  # a part is enough
            "def leaks(test, train):\n"
            "    bare = lambda text: re.sub(r'\\W', '', text.lower())\n"
            "    return [\n"
            "        n for n, pair in enumerate(test)\n"
            "        if any(bare(pair[k]) in bare(other[k]) for other in train for k in (0, 1))\n"
            "    ]",
            "A part of a sentence",
        ),
        (  # letters in any order
            "def leaks(test, train):\n"
            "    bare = lambda text: frozenset(re.sub(r'\\W', '', text.lower()))\n"
            "    zh, en = ({bare(text) for text in side} for side in zip(*train))\n"
            "    return [n for n, (a, b) in enumerate(test) if bare(a) in zh or bare(b) in en]",
            "in another order",
        ),
        (  # signs in the middle stay
            "def leaks(test, train):\n"
            "    bare = lambda text: text.lower().strip(' .,!?。，！？')\n"
            "    zh, en = ({bare(text) for text in side} for side in zip(*train))\n"
            "    return [n for n, (a, b) in enumerate(test) if bare(a) in zh or bare(b) in en]",
            "in the middle or at the end",
        ),
    ],
    "clip": [
        (
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return sum(group in theirs for group in mine) / max(1, len(mine))",
            "clip",
        ),
        (
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return (mine & theirs).total() / max(1, theirs.total())",
            "not of the reference",
        ),
        (
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return len(mine & theirs) / max(1, len(mine))",
            "clip",
        ),
        (  # the words of a group in any order
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        Counter(tuple(sorted(words[i : i + n])) for i in range(len(words) - n + 1))\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return (mine & theirs).total() / max(1, mine.total())",
            "in the same order",
        ),
        (  # at the same place alone
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        [words[i : i + n] for i in range(len(words) - n + 1)]\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return sum(a == b for a, b in zip(mine, theirs)) / max(1, len(mine))",
            "anywhere in the reference",
        ),
        (
            "def group_share(text, reference, n):\n"
            "    mine, theirs = (\n"
            "        Counter(''.join(words[i : i + n]) for i in range(len(words) - n + 1))\n"
            "        for words in (text, reference)\n"
            "    )\n"
            "    return (mine & theirs).total() / max(1, mine.total())",
            "Cut elsewhere",
        ),
        (
            "def group_share(text, reference, n):\n"
            "    mine = Counter(zip(*(text[i:] for i in range(n))))\n"
            "    theirs = Counter(zip(*(reference[i:] for i in range(n))))\n"
            "    return (mine & theirs).total() / len(text)",
            "m - n + 1 groups",
        ),
    ],
    "beam": [
        (
            "def beam_search(after, width, length):\n"
            "    words = ()\n"
            "    for _ in range(length):\n"
            "        nexts = after(words)\n"
            "        words = (*words, max(nexts, key=nexts.get))\n"
            "    return words",
            "greedy",
        ),
        (
            "def beam_search(after, width, length):\n"
            "    beams = {(): 1.0}\n"
            "    for _ in range(length):\n"
            "        beams = {\n"
            "            (*w, v): p * q for w, p in beams.items() for v, q in after(w).items()\n"
            "        }\n"
            "    return max(beams, key=beams.get)",
            "all sentences",
        ),
        (
            "def beam_search(after, width, length):\n"
            "    beams = {(): 1.0}\n"
            "    for _ in range(length):\n"
            "        longer = {}\n"
            "        for w, p in beams.items():\n"
            "            nexts = after(w)\n"
            "            for v in sorted(nexts, key=nexts.get, reverse=True)[:width]:\n"
            "                longer[(*w, v)] = p * nexts[v]\n"
            "        beams = longer\n"
            "    return max(beams, key=beams.get)",
            "in all",
        ),
        (
            "def beam_search(after, width, length):\n"
            "    beams = [(0.0, ())]\n"
            "    for _ in range(length):\n"
            "        longer = [(p + q, (*w, v)) for p, w in beams for v, q in after(w).items()]\n"
            "        beams = sorted(longer, reverse=True)[:width]\n"
            "    return beams[0][1]",
            "not added",
        ),
        (
            "def beam_search(after, width, length):\n"
            "    beams = [(1.0, ())]\n"
            "    for _ in range(length):\n"
            "        longer = [(q, (*w, v)) for p, w in beams for v, q in after(w).items()]\n"
            "        beams = sorted(longer, reverse=True)[:width]\n"
            "    return beams[0][1]",
            "the last word",
        ),
        (
            "def beam_search(after, width, length):\n"
            "    ends = []\n"
            "    for first, p in sorted(after(()).items(), key=lambda x: -x[1])[:width]:\n"
            "        words = (first,)\n"
            "        while len(words) < length:\n"
            "            nexts = after(words)\n"
            "            best = max(nexts, key=nexts.get)\n"
            "            words, p = (*words, best), p * nexts[best]\n"
            "        ends.append((p, words))\n"
            "    return max(ends)[1]",
            "branch at every word",
        ),
    ],
    "bytes": [
        (
            "def bytes_per_word(texts, weights, kept, written, source):\n"
            "    return weights + texts * kept * (written + source)",
            "whole step",
        ),
        (
            "def bytes_per_word(texts, weights, kept, written, source):\n"
            "    return (weights + kept * (written + source)) / texts",
            "does not share them",
        ),
        (
            "def bytes_per_word(texts, weights, kept, written, source):\n"
            "    return weights / texts + kept * written",
            "source",
        ),
        # right for a single text
        (
            "def bytes_per_word(texts, weights, kept, written, source):\n"
            "    return weights + kept * (written + source)",
            "texts = 64",
        ),
    ],
}
