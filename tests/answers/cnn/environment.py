"""Right and plausible wrong answers to the exercises of `book/cnn/environment.ipynb`."""

RIGHT = {
    "driver": [
        "def driver_suffices(driver, cuda):\n"
        "    branch, _, _ = driver.partition('.')\n"
        "    return int(branch) >= environment.OLDEST_DRIVER[int(float(cuda))]",
        "def driver_suffices(driver, cuda):\n"
        "    have = [int(part) for part in driver.split('.')]\n"
        "    return have >= [environment.OLDEST_DRIVER[int(cuda[:2])]]",
    ],
    "cards": [
        "runs = [True, True, True, False, False]",
        "cards = (7, 5), (8, 6), (9, 0), (7, 0), (12, 0)\n"
        "code = (7, 5), (8, 0), (9, 0)\n"
        "runs = [any(a == c and b >= d for c, d in code) for a, b in cards]",
    ],
    "error": [
        "def relative_error_of(computed, exact):\n"
        "    return ((computed - exact).square().sum() / exact.square().sum()).sqrt()",
        "def relative_error_of(computed, exact):\n"
        "    difference = torch.dist(computed, exact)\n"
        "    return (difference / torch.dist(exact, torch.zeros_like(exact))).item()",
    ],
    "first": ['first = "Python"', 'first = "python "'],
}

WRONG = {
    "driver": [
        (
            "def driver_suffices(driver, cuda):\n"
            "    oldest = environment.OLDEST_DRIVER[int(cuda.split('.')[0])]\n"
            "    return driver.split('.')[0] >= str(oldest)",
            "driver = '1000.10'",
        ),
        (
            "def driver_suffices(driver, cuda):\n"
            "    major = int(cuda.split('.')[0])\n"
            "    return int(driver.split('.')[0]) > environment.OLDEST_DRIVER[major]",
            "driver = '580.65.06'",
        ),
        (
            "def driver_suffices(driver, cuda):\n"
            "    return float(driver) >= environment.OLDEST_DRIVER[int(float(cuda))]",
            "raised ValueError",
        ),
        # whatever CUDA it is
        (
            "def driver_suffices(driver, cuda):\n"
            "    return int(driver.split('.')[0]) >= environment.OLDEST_DRIVER[13]",
            "cuda = '12.6'",
        ),
    ],
    "cards": [
        ("runs = (True, False, True, False, False)", "RTX 3090: False is wrong"),
        ("runs = (True, True, True, False, True)", "RTX 5090: True is wrong"),
        ("runs = (True, True, True)", "values are needed here"),
        (
            "runs = (True, True, True, True, False)",
            "V100: True is wrong",
        ),
    ],
    "error": [
        (
            "def relative_error_of(computed, exact):\n    return (computed - exact).norm()",
            "is needed",
        ),
        (
            "def relative_error_of(computed, exact):\n"
            "    return (computed - exact).norm() / computed.norm()",
            "is needed",
        ),
        (
            "def relative_error_of(computed, exact):\n"
            "    return ((computed - exact) / exact).abs().mean()",
            "is needed",
        ),
        (
            "def relative_error_of(computed, exact):\n"
            "    return (computed - exact).abs().max() / exact.abs().max()",
            "the largest numbers",
        ),
    ],
    "first": [
        ('first = "driver"', "which driver?"),
        ('first = "card"', "7.5"),
        ('first = "disk"', "verdict"),
        (
            "first = 'torch'",
            "Choose one of",
        ),
    ],
}
