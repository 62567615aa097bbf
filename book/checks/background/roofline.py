"""What `book/background/roofline.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value


def longer(relu_ms, product_ms):
    return "relu" if relu_ms > product_ms else "product"


def reasons(relu_ms, product_ms):
    times = f"ReLU {relu_ms:.3g} ms, product {product_ms:.3g} ms."
    if longer(relu_ms, product_ms) == "relu":
        relu = f"{times} ReLU moves 128 MB for its few operations; the product moves 3 MB."
        product = f"{times} The product has more operations, and forty times fewer bytes to fetch."
    else:
        relu = f"{times} Its 128 MB came fast enough here. Where arithmetic is faster, they do not."
        product = f"{times} Arithmetic sets the pace on this machine, as long as it is this busy."
    return {"relu": relu, "product": product, "same": f"{times} Look at both, work and bytes."}


prediction = Choice(longer, reasons)


def flops_per_byte(m, k, n, size):
    return 2 * m * k * n / (size * (m * k + k * n + m * n))


intensity = Function(
    flops_per_byte,
    [(512, 512, 512, 4), (1, 4096, 4096, 2), (64, 1024, 4096, 1)],
    mistakes=[
        (lambda *case: flops_per_byte(*case) / 2, "A multiply-add counts as two operations."),
        (
            lambda m, k, n, size: 2 * m * k * n / (size * (m * k + k * n)),
            "The result has to be written, too.",
        ),
        (lambda *case: 1 / flops_per_byte(*case), "FLOP per byte, not bytes per FLOP."),
    ],
    hints=[
        "Each of the M · N results is a sum of K multiply-adds, and a multiply-add counts as two.",
        "Three matrices are touched: what is the shape of each?",
    ],
)


def time_and_limit(flops, n_bytes, peak_flops, bandwidth):
    compute, memory = flops / peak_flops, n_bytes / bandwidth
    return 1e3 * max(compute, memory), int(compute >= memory)


least = Function(
    time_and_limit,
    [
        (1e9, 1e9, 1e12, 1e11),
        (1e12, 1e9, 1e12, 1e11),
        Case((1e10, 1e9, 1e12, 1e11), "Here both take equally long. What does the task say then?"),
    ],
    results=["ms", "what sets it"],
    mistakes=[
        (
            lambda *case: (time_and_limit(*case)[0] / 1e3, time_and_limit(*case)[1]),
            "Those are seconds: a second has a thousand milliseconds.",
        ),
        (
            lambda flops, n_bytes, peak_flops, bandwidth: (
                1e3 * min(flops / peak_flops, n_bytes / bandwidth),
                int(flops / peak_flops >= n_bytes / bandwidth),
            ),
            "That is the shorter of the two. When is the work done?",
        ),
    ],
    hints={
        "ms": [
            "Work out both times. They run side by side, so they do not add up.",
            "Seconds times a thousand are milliseconds.",
        ],
        "what sets it": "The longer of the two times sets it: 0 for memory, 1 for compute.",
    },
)


def crossing():
    from helpers.facts import registry

    a100 = next(card for card in registry.load() if card.name == "A100 SXM4 80 GB")
    width = 4096
    return next(
        batch
        for batch in range(1, width)
        if 2 * batch * width**2 / (2 * (width**2 + 2 * batch * width)) >= a100.ridge()
    )


batch = Value(
    crossing,
    mistakes={
        154: "Those are the weights alone. Inputs and outputs are bytes, too.",
        165: "With that many the time is still memory's: round up.",
        307: "A weight has two bytes here and brings two operations: I is about N, not N / 2.",
        77: "A weight has two bytes here and brings two operations: I is about N, not 2 N.",
    },
    hints=[
        "The ridge is 312e12 / 2039e9, about 153. Neglect inputs and outputs for a first guess.",
        "With them, the intensity is N · 4096 / (4096 + 2 N). Solve for N and round up.",
    ],
)


decode = Function(
    lambda query_heads, kv_heads, size: 4 * query_heads / (2 * kv_heads * size),
    [(32, 32, 4), (32, 8, 2), (64, 1, 1)],
    mistakes=[
        (
            lambda query_heads, kv_heads, size: query_heads / (kv_heads * size),
            "A query does a multiply-add with the key and another with the value.",
        ),
        (
            lambda query_heads, kv_heads, size: 2 / size,
            "Several queries use what is fetched for one stored head.",
        ),
        (
            lambda query_heads, kv_heads, size: 4 * kv_heads / (2 * query_heads * size),
            "More queries are more operations, and the same bytes.",
        ),
    ],
    hints=[
        "Take one stored word, and one number of its key and of its value, for each stored head.",
        "Each query does a multiply-add with the one and another with the other: four operations.",
    ],
)
