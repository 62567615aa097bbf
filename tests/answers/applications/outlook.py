"""Right and plausible wrong answers to the exercises of `book/applications/outlook.ipynb`."""

RIGHT = {
    "doubling": [
        "def doubling_years(y0, v0, y1, v1):\n"
        "    return (y1 - y0) * np.log(2) / (np.log(v1) - np.log(v0))",
        "def doubling_years(y0, v0, y1, v1):\n"
        "    factor = (v1 / v0) ** (1 / (y1 - y0))\n"
        "    return 1 / np.log2(factor)",
        "def doubling_years(y0, v0, y1, v1):\n"
        "    slope, _ = np.polyfit([y0, y1], np.log2([v0, v1]), 1)\n"
        "    return float(1 / slope)",
    ],
    "fair": [
        "def fair_ratio(new, old):\n"
        "    times = new['tflops'] / old['tflops']\n"
        "    times *= old['chips'] / new['chips'] * new['bits'] / old['bits']\n"
        "    return times * (1 + old['sparse']) / (1 + new['sparse'])",
        "def fair_ratio(new, old):\n"
        "    rates = []\n"
        "    for card in (new, old):\n"
        "        rate = card['tflops'] / card['chips']\n"
        "        if card['sparse']:\n"
        "            rate = rate / 2\n"
        "        rates.append(rate * card['bits'])\n"
        "    return rates[0] / rates[1]",
        "def fair_ratio(new, old):\n"
        "    one = lambda c: c['tflops'] / c['chips'] / [1, 2][c['sparse']] / 2 ** np.log2(16 / "
        "c['bits'])\n"
        "    return one(new) / one(old)",
    ],
    "missed": [
        "def missed(years, values, year, true):\n"
        "    n = miss = 0\n"
        "    for i in range(len(years)):\n"
        "        for j in range(i):\n"
        "            if years[i] == years[j]:\n"
        "                continue\n"
        "            yearly = (values[i] / values[j]) ** (1 / (years[i] - years[j]))\n"
        "            said = values[i] * yearly ** (year - years[i])\n"
        "            n += 1\n"
        "            miss += said > 2 * true or said < true / 2\n"
        "    return miss / n",
        "def missed(years, values, year, true):\n"
        "    i, j = np.triu_indices(len(years), 1)\n"
        "    keep = years[i] != years[j]\n"
        "    i, j = i[keep], j[keep]\n"
        "    logs = np.log(values)\n"
        "    said = logs[i] + (logs[j] - logs[i]) / (years[j] - years[i]) * (year - years[i])\n"
        "    return float((abs(said - np.log(true)) > np.log(2)).mean())",
        "def missed(years, values, year, true):\n"
        "    bad = []\n"
        "    for i, j in itertools.permutations(range(len(years)), 2):\n"
        "        if years[i] < years[j]:\n"
        "            b, a = np.polyfit([years[i], years[j]], np.log2([values[i], values[j]]), 1)\n"
        "            bad.append(not -1 - 1e-6 <= a + b * year - np.log2(true) <= 1 + 1e-6)\n"
        "    return sum(bad) / len(bad)",
    ],
    "batch": [
        "ridge = 1e15 / 4e12\nbatch = ridge / 2",
        "batch = 125",
        "batch = np.float64(1000) * 1000 / 4000 / 2",
    ],
}

WRONG = {
    "doubling": [
        (
            "def doubling_years(y0, v0, y1, v1):\n    return (y1 - y0) / (v1 / v0 - 1)",
            "no constant factor",
        ),
        (
            "def doubling_years(y0, v0, y1, v1):\n    return (y1 - y0) / np.log(v1 / v0)",
            "factor of e",
        ),
        (
            "def doubling_years(y0, v0, y1, v1):\n    return np.log2(v1 / v0) / (y1 - y0)",
            "doublings per year",
        ),
        (
            "def doubling_years(y0, v0, y1, v1):\n    return (y1 - y0) / np.log10(v1 / v0)",
            "tenfold",
        ),
    ],
    "fair": [
        (
            "def fair_ratio(new, old):\n"
            "    return new['tflops'] / new['chips'] / (old['tflops'] / old['chips'])",
            "",
        ),
        (
            "def fair_ratio(new, old):\n"
            "    one = lambda c: c['tflops'] / c['chips'] * c['bits']\n"
            "    return one(new) / one(old)",
            "halve it",
        ),
        (
            "def fair_ratio(new, old):\n"
            "    one = lambda c: c['tflops'] * c['bits'] / (2 if c['sparse'] else 1)\n"
            "    return one(new) / one(old)",
            "divide by `chips`",
        ),
        (
            "def fair_ratio(new, old):\n"
            "    one = lambda c: c['tflops'] / c['chips'] / (2 if c['sparse'] else 1) / c['bits']\n"
            "    return one(new) / one(old)",
            "slower, not faster",
        ),
    ],
    "missed": [
        (
            "def missed(years, values, year, true):\n"
            "    said = []\n"
            "    for i, j in itertools.combinations(range(len(years)), 2):\n"
            "        if years[i] != years[j]:\n"
            "            step = (values[j] - values[i]) / (years[j] - years[i])\n"
            "            said.append(values[j] + step * (year - years[j]))\n"
            "    return np.mean([s > 2 * true or s < true / 2 for s in said])",
            "equal factors",
        ),
        (
            "def missed(years, values, year, true):\n"
            "    said = []\n"
            "    for i, j in itertools.combinations(range(len(years)), 2):\n"
            "        if years[i] != years[j]:\n"
            "            b = np.log2(values[j] / values[i]) / (years[j] - years[i])\n"
            "            said.append(np.log2(values[j]) + b * (year - years[j]))\n"
            "    return np.mean(np.array(said) - np.log2(true) > 1)",
            "Too low",
        ),
        (
            "def missed(years, values, year, true):\n"
            "    n, bad = len(years), 0\n"
            "    for i, j in itertools.combinations(range(n), 2):\n"
            "        if years[i] != years[j]:\n"
            "            b = np.log2(values[j] / values[i]) / (years[j] - years[i])\n"
            "            bad += abs(np.log2(values[j] / true) + b * (year - years[j])) > 1\n"
            "    return bad / (n * (n - 1) / 2)",
            "denominator",
        ),
        (
            "def missed(years, values, year, true):\n"
            "    wrong = pairs = 0\n"
            "    for i, j in itertools.combinations(range(len(years)), 2):\n"
            "        if years[i] != years[j]:\n"
            "            b = np.log2(values[j] / values[i]) / (years[j] - years[i])\n"
            "            pairs += 1\n"
            "            wrong += abs(np.log2(values[j] / true) + b * (year - years[j])) <= 1\n"
            "    return wrong / pairs",
            "share that hits",
        ),
    ],
    "batch": [
        ("batch = 250", "two operations"),
        ("batch = 1000 / 4000 / 2", "10¹²"),
        ("batch = 62.5", "one byte"),
        (
            "batch = 500",
            "divide by 2",
        ),
    ],
}
