"""Right and plausible wrong answers to the exercises of `book/cuda/tradeoffs.ipynb`."""

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
    ],
}
