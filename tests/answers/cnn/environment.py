"""Right and plausible wrong answers to the exercises of `book/cnn/environment.ipynb`."""

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
    ],
    "cards": [
        ("runs = (True, False, True, False, False)", "RTX 3090: False is wrong"),
        ("runs = (True, True, True, False, True)", "RTX 5090: True is wrong"),
        ("runs = (True, True, True)", "values are needed here"),
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
    ],
    "first": [
        ('first = "driver"', "which driver?"),
        ('first = "card"', "7.5"),
        ('first = "disk"', "verdict"),
    ],
}
