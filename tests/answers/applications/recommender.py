"""Right and plausible wrong answers to the exercises of `book/applications/recommender.ipynb`."""

RIGHT = {
    "ndcg": [
        "def ndcg(ranked, wanted, k):\n"
        "    found = 0.0\n"
        "    for r, film in enumerate(ranked[:k], start=1):\n"
        "        if film in wanted:\n"
        "            found += 1 / math.log2(r + 1)\n"
        "    best = sum(1 / math.log2(r + 1) for r in range(1, min(k, len(wanted)) + 1))\n"
        "    return found / best",
        "def ndcg(ranked, wanted, k):\n"
        "    places = torch.arange(1, k + 1).double()\n"
        "    gains = 1 / torch.log2(places + 1)\n"
        "    hits = torch.tensor([film in wanted for film in ranked[:k]])\n"
        "    return (gains[: len(hits)][hits].sum() / gains[: len(wanted)].sum()).item()",
        "def ndcg(ranked, wanted, k):\n"
        "    def score(order):\n"
        "        hits = [r for r, film in enumerate(order[:k]) if film in wanted]\n"
        "        return sum(1 / math.log(r + 2, 2) for r in hits)\n\n"
        "    ideal = list(wanted) + [f for f in ranked if f not in wanted]\n"
        "    return score(ranked) / score(ideal)",
        "def ndcg(ranked, wanted, k):\n"
        "    hits = torch.tensor([float(film in wanted) for film in ranked[:k]])\n"
        "    gains = 1 / torch.log2(torch.arange(k) + 2.0)  # float32 is good enough\n"
        "    return (hits * gains[: len(hits)]).sum() / gains[: len(wanted)].sum()",
    ],
    "sampled": [
        "def first_of_few(r, N, m):\n"
        "    worse = N - r\n"
        "    return math.prod(worse / (N - 1) for _ in range(m))",
        "def first_of_few(r, N, m):\n    return (1 - (r - 1) / (N - 1)) ** m",
        "def first_of_few(r, N, m):\n"
        "    if r == N:\n"
        "        return 0.0\n"
        "    return math.exp(m * (math.log(N - r) - math.log(N - 1)))",
    ],
    "seconds": [
        "row = 64 * 2\nrows = 200_000 * 26 * 40\ngbs = rows * row / 10**9",
        "gbs = 26.624",
        "gbs = torch.empty(26, 40, 64, dtype=torch.float16).nbytes * 200_000 / 1e9",
    ],
    "leak": [
        "def knows_the_future(learnt, asked):\n"
        "    later = [any(p == q and t > when for t, q, _ in learnt) for when, p, _ in asked]\n"
        "    return sum(later) / len(later)",
        "def knows_the_future(learnt, asked):\n"
        "    moments = {}\n"
        "    for t, person, _ in learnt:\n"
        "        moments.setdefault(person, []).append(t)\n"
        "    n = 0\n"
        "    for t, person, _ in asked:\n"
        "        if person in moments and max(moments[person]) > t:\n"
        "            n += 1\n"
        "    return n / len(asked)",
        "def knows_the_future(learnt, asked):\n"
        "    last = {person: t for t, person, _ in sorted(learnt)}\n"
        "    return sum(t < last.get(person, -math.inf) for t, person, _ in asked) / len(asked)",
    ],
    "shard": [
        "def partial_bags(mine, ids, rank, n):\n"
        "    rows, numbers = mine.numpy(), ids.numpy()\n"
        "    own = [bag[bag % n == rank] // n for bag in numbers]\n"
        "    return [rows[places].sum(0) for places in own]",
        "def partial_bags(mine, ids, rank, n):\n"
        "    total = torch.zeros(len(ids), mine.shape[1])\n"
        "    for bag in range(len(ids)):\n"
        "        for row in ids[bag]:\n"
        "            if row % n == rank:\n"
        "                total[bag] = total[bag] + mine[row // n]\n"
        "    return total",
        "def partial_bags(mine, ids, rank, n):\n"
        "    own = (ids % n == rank).float()\n"
        "    return torch.einsum('bl,bld->bd', own, mine[(ids // n) * own.long()])",
        "def partial_bags(mine, ids, rank, n):\n"
        "    padded = torch.cat([mine, torch.zeros(1, mine.shape[1])])\n"
        "    places = torch.where(ids % n == rank, ids // n, len(mine))\n"
        "    return F.embedding_bag(places, padded, mode='sum')",
    ],
}

WRONG = {
    "ndcg": [
        (
            "def ndcg(ranked, wanted, k):\n"
            "    hits = [r for r, film in enumerate(ranked[:k], 1) if film in wanted]\n"
            "    return sum(1 / math.log2(r + 1) for r in hits)",
            "largest that any ranking",
        ),
        (
            "def ndcg(ranked, wanted, k):\n"
            "    gains = [1 / math.log2(r + 1) for r in range(1, k + 1)]\n"
            "    return sum(g for g, f in zip(gains, ranked) if f in wanted) / sum(gains)",
            "no ranking fills all places",
        ),
        (
            "def ndcg(ranked, wanted, k):\n"
            "    return len(set(ranked[:k]) & wanted) / min(k, len(wanted))",
            "That is recall",
        ),
        (
            "def ndcg(ranked, wanted, k):\n"
            "    best = sum(1 / math.log2(r + 1) for r in range(1, len(wanted) + 1))\n"
            "    hits = [r for r, film in enumerate(ranked[:k], 1) if film in wanted]\n"
            "    return sum(1 / math.log2(r + 1) for r in hits) / best",
            "cannot hold more",
        ),
        (
            "def ndcg(ranked, wanted, k):\n"
            "    def dcg(hits):\n"
            "        return sum(1 / math.log2(i + 2) for i, hit in enumerate(hits[:k]) if hit)\n\n"
            "    hits = [film in wanted for film in ranked]\n"
            "    return dcg(hits) / dcg(sorted(hits, reverse=True)) if dcg(hits) else 0.0",
            "also those that `ranked` lacks",
        ),
        (
            "def ndcg(ranked, wanted, k):\n    return len(set(ranked[:k]) & wanted) / k",
            "share of the places",
        ),
    ],
    "sampled": [
        ("def first_of_few(r, N, m):\n    return (N - r) / (N - 1)", "all m have to be worse"),
        ("def first_of_few(r, N, m):\n    return ((N - r) / N) ** m", "not among them"),
        (
            "def first_of_few(r, N, m):\n    return 1 - ((r - 1) / (N - 1)) ** m",
            "at least one rival",
        ),
        (
            "def first_of_few(r, N, m):\n    return ((r - 1) / (N - 1)) ** m",
            "every rival is better",
        ),
        (
            "def first_of_few(r, N, m):\n    return math.comb(N - r, m) / math.comb(N - 1, m)",
            "without repetition",
        ),
    ],
    "seconds": [
        ("gbs = 200_000 * 26 * 64 * 2 / 1e9", "40 rows"),
        ("gbs = 200_000 * 40 * 64 * 2 / 1e9", "26 bags"),
        ("gbs = 200_000 * 26 * 40 * 64 * 4 / 1e9", "2 bytes"),
        ("gbs = 200_000 * 26 * 40 * 64 * 2", "10⁹"),
        ("gbs = 200_000 * 26 * 40 * 64 * 2 / 2**30", "GiB"),
        ("gbs = 26 * 40 * 64 * 2 / 1e9", "one request"),
    ],
    "leak": [
        (
            "def knows_the_future(learnt, asked):\n"
            "    known = {p for _, p, _ in learnt}\n"
            "    return sum(p in known for _, p, _ in asked) / len(asked)",
            "A person may be known",
        ),
        (
            "def knows_the_future(learnt, asked):\n"
            "    end = max(t for t, _, _ in learnt)\n"
            "    return sum(t < end for t, _, _ in asked) / len(asked)",
            "other people",
        ),
        (
            "def knows_the_future(learnt, asked):\n"
            "    last = {p: t for t, p, _ in sorted(learnt)}\n"
            "    return sum(last.get(p, -1) > t for t, p, _ in asked)",
            "A share is asked",
        ),
        (
            "def knows_the_future(learnt, asked):\n"
            "    last = {p: t for t, p, _ in learnt}\n"
            "    return sum(last.get(p, -1) > t for t, p, _ in asked) / len(asked)",
            "later one stands first",
        ),
        (
            "def knows_the_future(learnt, asked):\n"
            "    later = [p == q and t > when for t, q, _ in learnt for when, p, _ in asked]\n"
            "    return sum(later) / len(asked)",
            "each event of `asked` once",
        ),
        (
            "def knows_the_future(learnt, asked):\n"
            "    first = {}\n"
            "    for t, person, _ in learnt:\n"
            "        first.setdefault(person, t)\n"
            "    return sum(first.get(p, t) > t for t, p, _ in asked) / len(asked)",
            "not the first",
        ),
    ],
    "shard": [
        (
            "def partial_bags(mine, ids, rank, n):\n"
            "    return mine[(ids // n).clamp(max=len(mine) - 1)].sum(1)",
            "mask them",
        ),
        (
            "def partial_bags(mine, ids, rank, n):\n"
            "    own = ids % n == rank\n"
            "    return (mine[(ids // n).where(own, 0)] * own[..., None]).mean(1)",
            "not means",
        ),
        (
            "def partial_bags(mine, ids, rank, n):\n"
            "    return mine[(ids // n).where(ids % n == rank, 0)].sum(1)",
            "multiply by the mask",
        ),
        (
            "def partial_bags(mine, ids, rank, n):\n"
            "    first = rank * len(mine)\n"
            "    own = (ids >= first) & (ids < first + len(mine))\n"
            "    return (mine[(ids - first).where(own, 0)] * own[..., None]).sum(1)",
            "not in blocks",
        ),
        (
            "def partial_bags(mine, ids, rank, n):\n"
            "    own = ids % n == rank\n"
            "    return mine[(ids // n)[own]].sum(0)",
            "shape",
        ),
    ],
}
