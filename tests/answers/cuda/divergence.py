"""Right and plausible wrong answers to the exercises of `book/cuda/divergence.ipynb`."""

MAX = "@cuda.jit\ndef block_max(x, best):\n"
#: A tree over a block; `{...}` are the places where it can go wrong.
TREE = """
    shared = cuda.shared.array(256, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = {load}
    cuda.syncthreads()
    step = 128
    while step > 0:
        if t < step:
            shared[t] = max(shared[t], shared[t + step])
        {barrier}
        step //= 2
    if t == 0:
        best[cuda.blockIdx.x] = shared[0]
"""
PIECES = {
    "load": "x[i] if i < x.size else np.float32(-np.inf)",
    "barrier": "cuda.syncthreads()",
}
SPREAD = """
    shared = cuda.shared.array(256, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else np.float32(-np.inf)
    cuda.syncthreads()
    step = 1
    while step < 256:
        {pair}
        if {chosen}:
            shared[k] = max(shared[k], shared[k + step])
        cuda.syncthreads()
        step *= 2
    if t == 0:
        best[cuda.blockIdx.x] = shared[0]
"""
COUNT = "@cuda.jit\ndef count_above(x, limit, total):\n    i = cuda.grid(1)\n"
WARP = "@cuda.jit\ndef warp_sums(x, sums):\n    i = cuda.grid(1)\n"
SHUFFLES = """
    for step in (16, 8, 4, 2, 1):
        value += cuda.shfl_down_sync(0xFFFFFFFF, value, step)
"""

RIGHT = {
    "which": ["divergent_warps = [4, 0, 1, 0, 4]", "divergent_warps = np.array([4, 0, 1, 0, 4])"],
    "block-max": [
        # shuffles within a warp, then among the eight warps
        MAX
        + """
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    value = x[i] if i < x.size else np.float32(-np.inf)
    for step in (16, 8, 4, 2, 1):
        value = max(value, cuda.shfl_down_sync(0xFFFFFFFF, value, step))
    if cuda.laneid == 0:
        shared[t // 32] = value
    cuda.syncthreads()
    if t < 32:
        value = shared[t] if t < 8 else np.float32(-np.inf)
        for step in (4, 2, 1):
            value = max(value, cuda.shfl_down_sync(0xFFFFFFFF, value, step))
        if t == 0:
            best[cuda.blockIdx.x] = value
""",
        # compares with an `if`
        MAX
        + TREE.format(**PIECES).replace(
            "shared[t] = max(shared[t], shared[t + step])",
            "if shared[t + step] > shared[t]:\n                shared[t] = shared[t + step]",
        ),
        # the last element stands in for what is missing
        MAX + TREE.format(**PIECES | {"load": "x[min(i, x.size - 1)]"}),
    ],
    "count": [
        # counts in shared memory
        COUNT
        + """
    found = cuda.shared.array(1, np.int32)
    if cuda.threadIdx.x == 0:
        found[0] = 0
    cuda.syncthreads()
    if i < x.size and x[i] > limit:
        cuda.atomic.add(found, 0, 1)
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        cuda.atomic.add(total, 0, found[0])
""",
        # each warp counts the bits of a ballot, and the block adds eight numbers
        COUNT
        + """
    counts = cuda.shared.array(8, np.int32)
    above = i < x.size and x[i] > limit
    votes = cuda.popc(cuda.ballot_sync(0xFFFFFFFF, above))
    if cuda.laneid == 0:
        counts[cuda.threadIdx.x // 32] = votes
    cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        found = 0
        for k in range(8):
            found += counts[k]
        cuda.atomic.add(total, 0, found)
""",
        # votes with an `if`, and adds only if there is something to add
        COUNT
        + """
    above = 0
    if i < x.size:
        if limit < x[i]:
            above = 1
    found = cuda.syncthreads_count(above)
    if cuda.threadIdx.x == 0 and found > 0:
        cuda.atomic.add(total, 0, found)
""",
    ],
    "warp-sums": [
        # every lane gets the sum
        WARP
        + """
    value = x[i] if i < x.size else np.float32(0)
    for step in (1, 2, 4, 8, 16):
        value += cuda.shfl_xor_sync(0xFFFFFFFF, value, step)
    if i % 32 == 0:
        sums[i // 32] = value
""",
        # upwards: the last lane has the sum
        WARP
        + """
    value = x[i] if i < x.size else np.float32(0)
    for k in range(5):
        below = cuda.shfl_up_sync(0xFFFFFFFF, value, 1 << k)
        if cuda.laneid >= 1 << k:
            value += below
    if cuda.laneid == 31:
        sums[i // 32] = value
""",
        # one lane after the other is asked
        WARP
        + """
    value = np.float32(0)
    if i < x.size:
        value = x[i]
    total = np.float32(0)
    for lane in range(32):
        total += cuda.shfl_sync(0xFFFFFFFF, value, lane)
    if cuda.laneid == 31:
        sums[i // 32] = total
""",
    ],
}

WRONG = {
    "which": [
        ("divergent_warps = (4, 1, 1, 0, 4)", "(b): 1 is wrong"),
        ("divergent_warps = (4, 0, 2, 0, 4)", "(c): 2 is wrong"),
        ("divergent_warps = (4, 0, 1, 2, 4)", "(d): 2 is wrong"),
        ("divergent_warps = (4, 0, 1, 0, 0)", "(e): 0 is wrong"),
    ],
    "block-max": [
        # zero is larger than a negative number
        (
            MAX + TREE.format(**PIECES | {"load": "x[i] if i < x.size else np.float32(0)"}),
            "With 1000 numbers: best[3] is 0",
        ),
        # no bounds check
        (
            MAX + TREE.format(**PIECES | {"load": "x[i]"}),
            "With 1000 numbers: line 6: out of bounds",
        ),
        # a race: no barrier in the loop
        (
            MAX + TREE.format(**PIECES | {"barrier": "pass"}),
            "depends on luck: read-after-write shared[",
        ),
        # hard-coded for the array that the page shows
        (
            MAX + "    if cuda.threadIdx.x == 0:\n        best[cuda.blockIdx.x] = np.float32(-1.0)",
            "best[0] is -1",
        ),
        # diverges in every round
        (
            MAX + SPREAD.format(pair="k = t", chosen="t % (2 * step) == 0"),
            "More than 20 branches of a block diverge",
        ),
        # packed, with bank conflicts
        (
            MAX + SPREAD.format(pair="k = 2 * step * t", chosen="k < 256"),
            "Reads of shared memory collide",
        ),
        # two barriers in each round
        (
            MAX + TREE.format(**PIECES | {"barrier": "cuda.syncthreads(); cuda.syncthreads()"}),
            "more than 9 barriers",
        ),
        # the first thread of a block looks at all numbers
        (
            MAX + "    first = cuda.blockIdx.x * 256\n"
            "    if cuda.threadIdx.x == 0:\n"
            "        largest = x[first]\n"
            "        for i in range(first, min(first + 256, x.size)):\n"
            "            largest = max(largest, x[i])\n"
            "        best[cuda.blockIdx.x] = largest",
            "requests for reads where 64 are enough",
        ),
        # fetched together, compared by one
        (
            "@cuda.jit\n"
            "def block_max(x, best):\n"
            "    shared = cuda.shared.array(256, np.float32)\n"
            "    i, t = cuda.grid(1), cuda.threadIdx.x\n"
            "    shared[t] = x[i] if i < x.size else np.float32(-np.inf)\n"
            "    cuda.syncthreads()\n"
            "    if t == 0:\n"
            "        largest = shared[0]\n"
            "        for k in range(256):\n"
            "            largest = max(largest, shared[k])\n"
            "        best[cuda.blockIdx.x] = largest",
            "does one thread go through it alone?",
        ),
    ],
    "count": [
        # a race: everybody adds
        (
            COUNT + "    if i < x.size and x[i] > limit:\n        total[0] += 1",
            "depends on luck: write-after-read total",
        ),
        # an atomic for each number
        (
            COUNT + "    if i < x.size and x[i] > limit:\n        cuda.atomic.add(total, 0, 1)",
            "More than one atomic request",
        ),
        # no bounds check
        (
            COUNT + "    found = cuda.syncthreads_count(np.int32(x[i] > limit))\n"
            "    if cuda.threadIdx.x == 0:\n        cuda.atomic.add(total, 0, found)",
            "out of bounds",
        ),
        # every thread adds what the block counted
        (
            COUNT + "    found = cuda.syncthreads_count(np.int32(i < x.size and x[i] > limit))\n"
            "    cuda.atomic.add(total, 0, found)",
            "and 535 is needed",
        ),
        # hard-coded
        (COUNT + "    if i == 0:\n        total[0] = 512", "total[0] is 512"),
        # sets the total, and does not add to it
        (
            COUNT + "    found = cuda.syncthreads_count(np.int32(i < x.size and x[i] > limit))\n"
            "    if i == 0:\n        total[0] = 0\n"
            "    if cuda.threadIdx.x == 0:\n        cuda.atomic.add(total, 0, found)",
            "total",
        ),
        # one thread counts for all
        (
            COUNT + "    if i == 0:\n"
            "        n = 0\n"
            "        for k in range(x.size):\n"
            "            if x[k] > limit:\n"
            "                n += 1\n"
            "        total[0] = n",
            "and 535 is needed",
        ),
        (
            COUNT + "    if i == 0:\n"
            "        n = 0\n"
            "        for k in range(x.size):\n"
            "            if x[k] > limit:\n"
            "                n += 1\n"
            "        total[0] += n",
            "requests for reads where 64 are enough",
        ),
        # counts what equals the limit
        (
            COUNT + "    found = cuda.syncthreads_count(np.int32(i < x.size and x[i] >= limit))\n"
            "    if cuda.threadIdx.x == 0:\n        cuda.atomic.add(total, 0, found)",
            "is 536, and 535 is needed",
        ),
        # right, with lanes far apart
        (
            COUNT + "    k = cuda.threadIdx.x * cuda.gridDim.x + cuda.blockIdx.x\n"
            "    found = cuda.syncthreads_count(np.int32(k < x.size and x[k] > limit))\n"
            "    if cuda.threadIdx.x == 0:\n        cuda.atomic.add(total, 0, found)",
            "Reads need more than 4 sectors",
        ),
        # fetched together, added up by one
        (
            "@cuda.jit\n"
            "def count_above(x, limit, total):\n"
            "    i = cuda.grid(1)\n"
            "    shared = cuda.shared.array(256, np.int32)\n"
            "    shared[cuda.threadIdx.x] = 1 if i < x.size and x[i] > limit else 0\n"
            "    cuda.syncthreads()\n"
            "    if cuda.threadIdx.x == 0:\n"
            "        n = 0\n"
            "        for k in range(256):\n"
            "            n += shared[k]\n"
            "        cuda.atomic.add(total, 0, n)",
            "does one thread go through it alone?",
        ),
    ],
    "warp-sums": [
        # lanes beyond the end stay away from the shuffle
        (
            WARP
            + "    if i < x.size:\n        value = x[i]"
            + SHUFFLES.replace("\n    ", "\n        ")
            + "        if cuda.laneid == 0:\n            sums[i // 32] = value",
            "waits for lanes of its warp",
        ),
        # no bounds check
        (
            WARP
            + "    value = x[i]"
            + SHUFFLES
            + "    if cuda.laneid == 0:\n        sums[i // 32] = value",
            "out of bounds",
        ),
        # the number of the warp within its block: blocks overwrite each other
        (
            WARP
            + "    value = x[i] if i < x.size else np.float32(0)"
            + SHUFFLES
            + "    if cuda.laneid == 0:\n        sums[cuda.threadIdx.x // 32] = value",
            "depends on luck: write-write sums",
        ),
        # through atomics
        (
            WARP + "    if i < x.size:\n        cuda.atomic.add(sums, i // 32, x[i])",
            "It uses atomics",
        ),
        # only the lower half shuffles, and asks the upper one
        (
            WARP + "    value = x[i] if i < x.size else np.float32(0)\n"
            "    if cuda.laneid < 16:\n"
            "        for step in (16, 8, 4, 2, 1):\n"
            "            value += cuda.shfl_down_sync(0xFFFF, value, step)\n"
            "    if cuda.laneid == 0:\n        sums[i // 32] = value",
            "a lane asks another that does not take part in the shuffle",
        ),
        # one round too few
        (
            WARP
            + "    value = x[i] if i < x.size else np.float32(0)"
            + SHUFFLES.replace("16, ", "")
            + "    if cuda.laneid == 0:\n        sums[i // 32] = value",
            "sums[0] is",
        ),
        # a tree in shared memory
        (
            WARP + "    shared = cuda.shared.array(128, np.float32)\n"
            "    t = cuda.threadIdx.x\n"
            "    shared[t] = x[i] if i < x.size else np.float32(0)\n"
            "    for step in (16, 8, 4, 2, 1):\n"
            "        cuda.syncthreads()\n"
            "        if t % 32 < step:\n"
            "            shared[t] += shared[t + step]\n"
            "    if t % 32 == 0:\n        sums[i // 32] = shared[t]",
            "It uses shared memory",
        ),
        # the first lane adds up all 32
        (
            WARP + "    if cuda.laneid == 0:\n"
            "        total = np.float32(0)\n"
            "        for k in range(i, min(i + 32, x.size)):\n"
            "            total += x[k]\n"
            "        sums[i // 32] = total",
            "requests for reads where 32 are enough",
        ),
    ],
}
