"""Right and plausible wrong answers to the exercises of `book/applications/vision.ipynb`."""

RIGHT = {
    "shift": ["shift = 3.3333", "at = 0.5\nshift = 10 * (1 - at) / (1 + at)"],
    "clip": [
        "def clip(boxes, width, height):\n"
        "    kept = []\n"
        "    for a, b, c, d in boxes:\n"
        "        a, b, c, d = max(a, 0), max(b, 0), min(c, width), min(d, height)\n"
        "        if c > a and d > b:\n"
        "            kept.append([a, b, c, d])\n"
        "    return kept",
        "def clip(boxes, width, height):\n"
        "    cut = np.reshape(np.array(boxes, int), (-1, 4))\n"
        "    cut = cut.clip(0, [width, height] * 2)\n"
        "    return cut[(cut[:, :2] < cut[:, 2:]).all(1)].tolist()",
        # tensors, and an array without rows where nothing is left
        "def clip(boxes, width, height):\n"
        "    import torchvision\n"
        "    boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)\n"
        "    cut = torchvision.ops.clip_boxes_to_image(boxes, (height, width))\n"
        "    return cut[torchvision.ops.box_area(cut) > 0]",
    ],
    "recall": [
        "def recall(rows):\n"
        "    hits = true = 0\n"
        "    for _, hit, n in rows:\n"
        "        hits += hit\n"
        "        true += n\n"
        "    return 0.0 if true == 0 else hits / true",
        # the mean over pictures, each weighed by its objects
        "def recall(rows):\n"
        "    rows = [row for row in rows if row[2]]\n"
        "    if not rows:\n"
        "        return 0.0\n"
        "    return float(np.average([h / n for _, h, n in rows], weights=[n for *_, n in rows]))",
    ],
    "match": [
        "def count_hits(overlaps, at):\n"
        "    rows, hits = [list(row) for row in overlaps], 0\n"
        "    for row in rows:\n"
        "        if row and max(row) >= at:\n"
        "            best = row.index(max(row))\n"
        "            hits += 1\n"
        "            for other in rows:\n"
        "                other[best] = -1\n"
        "    return hits",
        "def count_hits(overlaps, at):\n"
        "    left = np.array(overlaps, float)\n"
        "    if left.size == 0:\n"
        "        return 0\n"
        "    hits = 0\n"
        "    for n in range(len(left)):\n"
        "        best = left[n].argmax()\n"
        "        if left[n, best] >= at:\n"
        "            left[:, best] = -1\n"
        "            hits += 1\n"
        "    return hits",
    ],
    "bits": ["import math\nmask_bytes = 1000 * math.ceil(1000 / 64) * 8", "mask_bytes = 128_000"],
}

WRONG = {
    "shift": [
        ("shift = 5", "IoU 1/3"),
        ("shift = 2.5", "cover more"),
        ("shift = 20 / 3", "what they share"),
        ("shift = 10", "share nothing"),
        ("shift = 1 / 3", "question is pixels"),
        ("shift = 3.3", "Rounded"),
    ],
    "clip": [
        (
            "def clip(boxes, width, height):\n"
            "    return [[max(a, 0), max(b, 0), min(c, width), min(d, height)]\n"
            "            for a, b, c, d in boxes]",
            "leave it out",
        ),
        (
            "def clip(boxes, width, height):\n"
            "    return [[a, b, c, d] for a, b, c, d in boxes\n"
            "            if a >= 0 and b >= 0 and c <= width and d <= height]",
            "cut, not left out",
        ),
        (
            "def clip(boxes, width, height):\n"
            "    return [[max(a, 0), max(b, 0), c, d] for a, b, c, d in boxes]",
            "have a border, too",
        ),
        # width and height in each other's place
        (
            "def clip(boxes, width, height):\n"
            "    cut = [[max(a, 0), max(b, 0), min(c, height), min(d, width)]\n"
            "           for a, b, c, d in boxes]\n"
            "    return [x for x in cut if x[0] < x[2] and x[1] < x[3]]",
            "go with the width",
        ),
        # beyond a corner two negative sides have a positive product
        (
            "def clip(boxes, width, height):\n"
            "    cut = [[max(a, 0), max(b, 0), min(c, width), min(d, height)]\n"
            "           for a, b, c, d in boxes]\n"
            "    return [x for x in cut if (x[2] - x[0]) * (x[3] - x[1]) > 0]",
            "product positive",
        ),
        # a box without area stays
        (
            "def clip(boxes, width, height):\n"
            "    cut = [[max(a, 0), max(b, 0), min(c, width), min(d, height)]\n"
            "           for a, b, c, d in boxes]\n"
            "    return [x for x in cut if x[0] <= x[2] and x[1] <= x[3]]",
            "nothing is left",
        ),
    ],
    "recall": [
        # the author's own
        (
            "def recall(rows):\n"
            "    parts = [h / n for s, h, n in rows if s and n]\n"
            "    return sum(parts) / len(parts) if parts else 0.0",
            "author's number",
        ),
        (
            "def recall(rows):\n"
            "    parts = [h / n for _, h, n in rows if n]\n"
            "    return sum(parts) / len(parts) if parts else 0.0",
            "weighs as much",
        ),
        (
            "def recall(rows):\n"
            "    said = sum(s for s, _, _ in rows)\n"
            "    return sum(h for _, h, _ in rows) / said if said else 0.0",
            "precision",
        ),
        (
            "def recall(rows):\n"
            "    rows = [row for row in rows if row[0]]\n"
            "    n = sum(row[2] for row in rows)\n"
            "    return sum(row[1] for row in rows) / n if n else 0.0",
            "hold true boxes as well",
        ),
        (
            "def recall(rows):\n"
            "    true = sum(n for _, _, n in rows)\n"
            "    return sum(said for said, _, _ in rows) / true if true else 0.0",
            "in the middle",
        ),
        (
            "def recall(rows):\n"
            "    true = sum(n for _, _, n in rows)\n"
            "    return 100 * sum(h for _, h, _ in rows) / true if true else 0.0",
            "in percent",
        ),
        (
            "def recall(rows):\n"
            "    _, hits, true = np.array(rows).T\n"
            "    return hits.sum() / true.sum() if true.sum() else 0.0",
            "no picture at all",
        ),
    ],
    "match": [
        (
            "def count_hits(overlaps, at):\n"
            "    return sum(max(row, default=0) >= at for row in overlaps)",
            "counts once",
        ),
        (
            "def count_hits(overlaps, at):\n"
            "    return sum(value >= at for row in overlaps for value in row)",
            "not pairs",
        ),
        (
            "def count_hits(overlaps, at):\n"
            "    taken = set()\n"
            "    for row in overlaps:\n"
            "        for n, value in enumerate(row):\n"
            "            if value >= at and n not in taken:\n"
            "                taken.add(n)\n"
            "                break\n"
            "    return len(taken)",
            "overlaps *most*",
        ),
        # equal is not enough
        (
            "def count_hits(overlaps, at):\n"
            "    taken = set()\n"
            "    for row in overlaps:\n"
            "        free = [(v, n) for n, v in enumerate(row) if n not in taken and v > at]\n"
            "        if free:\n"
            "            taken.add(max(free)[1])\n"
            "    return len(taken)",
            "equal is enough",
        ),
        # the best one or none
        (
            "def count_hits(overlaps, at):\n"
            "    taken = set()\n"
            "    for row in overlaps:\n"
            "        best = int(np.argmax(row)) if row else None\n"
            "        if row and row[best] >= at:\n"
            "            taken.add(best)\n"
            "    return len(taken)",
            "still free",
        ),
        # no bound
        (
            "def count_hits(overlaps, at):\n"
            "    taken = set()\n"
            "    for row in overlaps:\n"
            "        free = [(v, n) for n, v in enumerate(row) if n not in taken]\n"
            "        if free:\n"
            "            taken.add(max(free)[1])\n"
            "    return len(taken)",
            "less than `at`",
        ),
        # the best pair first, whoever said it
        (
            "def count_hits(overlaps, at):\n"
            "    left, hits = np.array(overlaps, float), 0\n"
            "    while left.size and left.max() >= at:\n"
            "        row, column = np.unravel_index(left.argmax(), left.shape)\n"
            "        left[row], left[:, column], hits = -1, -1, hits + 1\n"
            "    return hits",
            "Each in turn, surest first",
        ),
    ],
    "bits": [
        ("mask_bytes = 1000 * 1000 / 8", "whole"),
        ("mask_bytes = 1000 * 16", "8 bytes"),
        ("mask_bytes = 1000 * 1000", "not one byte"),
        ("mask_bytes = 128", "kilobytes"),
        ("mask_bytes = 1000 * 64 * 8", "how many words"),
        ("mask_bytes = 1000 * (1000 // 64) * 8", "need a word"),
    ],
}
