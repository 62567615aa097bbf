"""Right and plausible wrong answers to the exercises of `book/cuda/machine_code.ipynb`."""

BESIDE = "def multiply_adds(rows, columns, width):\n"

RIGHT = {
    "beside": [
        BESIDE + "    return width / (1 / rows + 1 / columns)",
        # counted over 32 turns of k
        BESIDE + "    made = sum(rows * columns for k in range(32))\n"
        "    return made / (32 * rows / width + 32 * columns / width)",
    ],
    "matrix": [
        "hmma, ffma = 512, 32_768",
        "multiply_adds = 128 * 128 * 64\n"
        "hmma, ffma = multiply_adds / (16 * 8 * 16), multiply_adds / 32",
    ],
    "tile": [
        "widest, intensity = 128, 32",
        "import math\n"
        "widest = 2 ** int(math.log2(48 * 1024 / (2 * 2 * 16 * 4)))\n"
        "intensity = 2 * widest * widest / (4 * (widest + widest))",
    ],
}

WRONG = {
    "beside": [
        (BESIDE + "    return 2 * rows * columns * width / (rows + columns)", "one instruction"),
        (BESIDE + "    return rows * columns / (rows + columns)", "A load brings `width` numbers"),
        (BESIDE + "    return (rows + columns) / width / (rows * columns)", "not loads beside"),
        (BESIDE + "    return rows * width / 2", "both sides count"),
        # only one of the two factors is read
        (BESIDE + "    return rows * columns / (rows / width)", "is needed"),
    ],
    "matrix": [
        # the step along k forgotten
        ("hmma, ffma = 128, 32_768", "64 are four of them"),
        # 16 × 16 results taken for 16 × 8
        ("hmma, ffma = 256, 32_768", "not 16 × 16"),
        # of each lane
        ("hmma, ffma = 512, 128 * 128 * 64", "with one `FFMA`"),
        ("hmma, ffma = 512, 2 * 128 * 128 * 64 // 32", "`FFMA` makes 32"),
        ("hmma, ffma = 512, 128 * 128 // 32", "ffma: 512 is wrong"),
        ("hmma, ffma = 32_768, 512", "which number comes first"),
        ("hmma, ffma = 2 * 128 * 128 * 64 // 2048, 65_536", "`HMMA` makes 2,048"),
    ],
    "tile": [
        ("widest, intensity = 256, 64", "Two pairs are kept"),
        ("widest, intensity = 128, 128", "intensity: 128 is wrong"),
        ("widest, intensity = 192, 48", "no power of two"),  # the largest, no power of two
        ("widest, intensity = 64, 16", "widest: 64 is wrong"),
        ("widest, intensity = 128, 4 / 128", "not bytes per FLOP"),
    ],
}
