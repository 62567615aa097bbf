"""Right and plausible wrong answers to the exercises of `book/cuda/tradeoffs.ipynb`."""

RIGHT = {
    "joules": [
        "def training_kwh(busy_w, idle_w, hours, share):\n"
        "    busy_h = hours * share\n"
        "    return (busy_h * busy_w + (hours - busy_h) * idle_w) * 1e-3",
        # in joules, of which a kilowatt-hour has 3.6 million
        "def training_kwh(busy_w, idle_w, hours, share):\n"
        "    mean_w = idle_w + share * (busy_w - idle_w)\n"
        "    return mean_w * hours * 3600 / 3.6e6",
    ],
    "cheapest": [
        "def cheapest(offers):\n"
        "    k = min(range(len(offers)), key=lambda i: offers[i][0] / offers[i][1])\n"
        "    return offers[k][0] / offers[k][1], k",
        "def cheapest(offers):\n"
        "    price, results = torch.tensor(offers, dtype=torch.float64).T\n"
        "    lowest = (price / results).min(0)\n"
        "    return lowest.values, lowest.indices",
    ],
    "portable": [
        "def normalise(x):\n    std, mean = torch.std_mean(x, dim=0)\n    return (x - mean) / std",
        "def normalise(x):\n"
        "    centred = x - x.sum(0) / len(x)\n"
        "    return centred / (centred.square().sum(0) / (len(x) - 1)).sqrt()",
    ],
    "own": [
        "import math\n"
        "def hours_to_buy(price, power_w, kwh_price, rent):\n"
        "    running = power_w * kwh_price / 1000\n"
        "    return math.inf if running >= rent else price / (rent - running)",
        "def hours_to_buy(price, power_w, kwh_price, rent):\n"
        "    saved = max(1000 * rent - power_w * kwh_price, 0)\n"
        "    return torch.tensor(1000 * price) / saved",
    ],
}

WRONG = {
    "joules": [
        (
            "def training_kwh(busy_w, idle_w, hours, share):\n"
            "    return hours * share * busy_w / 1000",
            "4.1 is needed",
        ),
        (
            "def training_kwh(busy_w, idle_w, hours, share):\n"
            "    return hours * (share * busy_w + (1 - share) * idle_w)",
            "4.1 is needed",
        ),
        # as if it were always busy
        (
            "def training_kwh(busy_w, idle_w, hours, share):\n    return hours * busy_w / 1000",
            "7, and 4.1 is needed",
        ),
        # right where it is busy half of the time
        (
            "def training_kwh(busy_w, idle_w, hours, share):\n"
            "    return hours * (busy_w + idle_w) / 2 / 1000",
            "hours = 24",
        ),
    ],
    "cheapest": [
        (
            "def cheapest(offers):\n"
            "    prices = [price for price, _ in offers]\n"
            "    k = prices.index(min(prices))\n"
            "    return prices[k] / offers[k][1], k",
            "is needed",
        ),
        (
            "def cheapest(offers):\n"
            "    each = [price / results for price, results in offers]\n"
            "    return max(each), each.index(max(each))",
            "is needed",
        ),
        # results for a dollar
        (
            "def cheapest(offers):\n"
            "    each = [results / price for price, results in offers]\n"
            "    return max(each), each.index(max(each))",
            "the price is",
        ),
        (
            "def cheapest(offers):\n"
            "    each = [price / results for price, results in offers]\n"
            "    return each.index(min(each)), min(each)",
            "First the price",
        ),
    ],
    "portable": [
        ("def normalise(x):\n    return (x - x.mean()) / x.std()", "is needed"),
        (
            "def normalise(x):\n    x -= x.mean(0)\n    return x / x.std(0)",
            "Your function changes its input",
        ),
        (
            "def normalise(x):\n"
            "    return (x - x.mean(0)) / x.std(0) + torch.zeros(x.shape[1], device='cpu')",
            "On another device",
        ),
        # in float32, whatever the input's type is
        (
            "def normalise(x):\n    y = x.double()\n    return (y - y.mean(0)) / y.std(0)",
            "The result is torch.float64, and the input torch.float32",
        ),
    ],
    "own": [
        (
            "def hours_to_buy(price, power_w, kwh_price, rent):\n    return price / rent",
            "is needed",
        ),
        (
            "def hours_to_buy(price, power_w, kwh_price, rent):\n"
            "    return price / (rent - power_w * kwh_price)",
            "is needed",
        ),
        (
            "def hours_to_buy(price, power_w, kwh_price, rent):\n"
            "    return price / (rent - power_w / 1000 * kwh_price)",
            "rent = 0.1",
        ),
        (
            "def hours_to_buy(price, power_w, kwh_price, rent):\n"
            "    return price / (rent + power_w / 1000 * kwh_price)",
            "You pay the electricity",
        ),
    ],
}
