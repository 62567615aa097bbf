"""Right and plausible wrong answers to the exercises of `book/applications/finance.ipynb`."""

RIGHT = {
    "tests": [
        "a_month = 30 * 24\npairs = 4 * 9\neach = 1 / (a_month * pairs)",
        "each = (1 / 30) / 24 / 36",
        "each = 1 / 25_920",
    ],
    "past": [
        "def usual_shares(n, k):\n"
        "    return [sum(k[:i]) / sum(n[:i]) if sum(n[:i]) else 0 for i in range(len(n))]",
        "def usual_shares(n, k):\n"
        "    titles, hits = np.cumsum(n) - n, np.cumsum(k) - k\n"
        "    return [float(h / t) if t else 0 for t, h in zip(titles, hits)]",
        "def usual_shares(n, k):\n"
        "    found = [0]\n"
        "    for i in range(1, len(n)):\n"
        "        total = math.fsum(n[:i])\n"
        "        found.append(math.fsum(k[:i]) / total if total > 0 else 0)\n"
        "    return found",
        "def usual_shares(n, k):\n"
        "    n, k = torch.tensor(n), torch.tensor(k)\n"
        "    titles, hits = n.cumsum(0) - n, k.cumsum(0) - k\n"
        "    return torch.where(titles > 0, hits / titles.clamp(min=1), 0.0).tolist()",
    ],
    "rate": [
        "def false_a_month(rang, events, days):\n"
        "    quiet = set(days) - set(events)\n"
        "    return len(quiet & set(rang)) * 30 / len(quiet)",
        "def false_a_month(rang, events, days):\n"
        "    return 30 * float(np.mean([day in rang for day in days if day not in events]))",
        "def false_a_month(rang, events, days):\n"
        "    false = quiet = 0\n"
        "    for day in days:\n"
        "        if day in events:\n"
        "            continue\n"
        "        quiet += 1\n"
        "        false += day in rang\n"
        "    return false / (quiet / 30)",
        "def false_a_month(rang, events, days):\n"
        "    alarm = torch.tensor([day in rang for day in days])\n"
        "    quiet = torch.tensor([day not in events for day in days])\n"
        "    return 30 * (alarm & quiet).sum() / quiet.sum()",
    ],
    "share": [
        "def bad_share(seen, found, wrong):\n"
        "    q = (seen - wrong) / (found - wrong)\n"
        "    return 0 if q < 0 else 1 if q > 1 else q",
        "def bad_share(seen, found, wrong):\n"
        "    return float(np.clip((seen - wrong) / (found - wrong), 0, 1))",
        "def bad_share(seen, found, wrong):\n"
        "    seen = max(wrong, min(found, seen))\n"
        "    return 1 - (found - seen) / (found - wrong)",
        "def bad_share(seen, found, wrong):\n"
        "    return torch.tensor((seen - wrong) / (found - wrong)).clamp(0, 1).item()",
    ],
}

WRONG = {
    "tests": [
        ("each = 1 / 30", "one test a day"),
        ("each = 1 / (30 * 4 * 9)", "every hour"),
        ("each = 1 / (4 * 9)", "every round"),
        ("each = 30 * 24 * 4 * 9", "One of them may ring"),
        ("each = 1 / (24 * 4 * 9)", "one false alarm a day"),
        ("each = 1 / (30 * 24 * 9)", "Four topics"),
    ],
    "past": [
        (
            "def usual_shares(n, k):\n"
            "    titles, hits = np.cumsum(n), np.cumsum(k)\n"
            "    return [float(h / t) if t else 0 for t, h in zip(titles, hits)]",
            "its own bar",
        ),
        (
            "def usual_shares(n, k):\n"
            "    whole = sum(k) / sum(n)\n"
            "    return [0] + [whole] * (len(n) - 1)",
            "knows the future",
        ),
        (
            "def usual_shares(n, k):\n"
            "    shares = [b / a for a, b in zip(n, k) if a]\n"
            "    return [sum(shares[:i]) / i if i else 0 for i in range(len(n))]",
            "as much as one of a hundred",
        ),
        (
            "def usual_shares(n, k):\n"
            "    return [0] + [b / a if a else 0 for a, b in zip(n[:-1], k[:-1])]",
            "not yesterday alone",
        ),
        (
            "def usual_shares(n, k):\n    return [b / a if a else 0 for a, b in zip(n, k)]",
            "the day's own share",
        ),
        (
            "def usual_shares(n, k):\n"
            "    return [sum(k[:i]) / max(sum(n[:i]), 1) for i in range(1, len(n))]",
            "The first day needs",
        ),
        ("def usual_shares(n, k):\n    return [sum(k) / sum(n)] * len(n)", "knows the future"),
    ],
    "rate": [
        (
            "def false_a_month(rang, events, days):\n"
            "    return 30 * sum(day not in events for day in rang) / len(days)",
            "divide by the quiet days",
        ),
        (
            "def false_a_month(rang, events, days):\n    return 30 * len(rang) / len(days)",
            "is not false",
        ),
        (
            "def false_a_month(rang, events, days):\n"
            "    return len(rang - events) / len(rang) if rang else 0",
            "about quiet days",
        ),
        (
            "def false_a_month(rang, events, days):\n"
            "    quiet = [day for day in days if day not in events]\n"
            "    return sum(day in rang for day in quiet) / len(quiet)",
            "thirty are asked",
        ),
        ("def false_a_month(rang, events, days):\n    return len(rang - events)", "their number"),
        (
            "def false_a_month(rang, events, days):\n"
            "    quiet = [day for day in days if day not in events and day not in rang]\n"
            "    return 30 * len(rang - events) / len(quiet)",
            "is a quiet day, too",
        ),
        (
            "def false_a_month(rang, events, days):\n"
            "    return 30 * len(rang - events) / len(rang) if rang else 0",
            "Divided by the alarms",
        ),
    ],
    "share": [
        (
            "def bad_share(seen, found, wrong):\n    return (seen - wrong) / (found - wrong)",
            "between 0 and 1",
        ),
        (
            "def bad_share(seen, found, wrong):\n    return min(1, seen / found)",
            "take those away",
        ),
        (
            "def bad_share(seen, found, wrong):\n    return min(1, max(0, (seen - wrong) / found))",
            "no others would be left",
        ),
        (
            "def bad_share(seen, found, wrong):\n    return seen * found + (1 - seen) * wrong",
            "goes the other way",
        ),
        ("def bad_share(seen, found, wrong):\n    return seen", "Flagged is not bad"),
        (
            "def bad_share(seen, found, wrong):\n    return min(1, max(0, seen - wrong))",
            "not by 1",
        ),
        (
            "def bad_share(seen, found, wrong):\n    return min(1, max(0, seen / (found - wrong)))",
            "flagged already",
        ),
    ],
}
