"""What `book/background/anatomy.ipynb` checks its exercises with."""

from helpers.check import Function, Properties, Value

prediction = Value(
    names=["threads_held", "operations_started"],
    hints={
        "threads_held": "Multiply the SMs by the threads that each holds.",
        "operations_started": "Multiply the SMs by their FP32 lanes: one operation each.",
    },
    reason="{expected[0]:,} threads share {expected[1]:,} lanes: most of them wait at any time.",
)

needed = Function(
    lambda latency, lanes, independent: latency * lanes / independent,
    [(4, 64, 1), (400, 64, 1), (400, 128, 25), (20, 128, 2)],
    mistakes=[
        (
            lambda latency, lanes, independent: latency * lanes,
            "That many operations must be under way. How many of them does one thread supply?",
        ),
        (
            lambda latency, lanes, independent: latency * lanes * independent,
            "Threads that start more at once are needed in smaller number, not larger.",
        ),
        (
            lambda latency, lanes, independent: latency / independent,
            "That many for one lane. How many lanes are there?",
        ),
    ],
    hints=[
        "Little's law again: in flight is throughput times latency. What is the throughput here?",
        "`lanes` operations a clock, for `latency` clocks. How many of them does a thread supply?",
    ],
)


def most_registers():
    from warptrace.occupancy import occupancy

    def most(capability):
        return max(r for r in range(1, 256) if occupancy(capability, r, 0, 256).fraction == 1)

    return most("9.0"), most("8.9")


registers = Value(
    most_registers,
    names=["on_h100", "on_rtx_4090"],
    mistakes={
        42: "256 registers for 32 threads are 8 each: the number is a multiple of 8.",
        48: "48 · 1,536 registers are more than there are: round down.",
    },
    hints=[
        "Divide the registers among the threads. A part of a register is of no use.",
        "256 registers for 32 threads are 8 each: the number per thread is a multiple of 8.",
    ],
)


def fills_the_sm(block_threads):
    from helpers.check.compare import to_number
    from warptrace.occupancy import occupancy

    threads = to_number(block_threads)
    whole = threads in range(1, 1025)
    yield whole, "A block has a whole number of threads from 1 to 1,024.", "type"
    text = "The last warp of each block is not full: its lanes idle, and count as held."
    yield threads % 32 == 0, text, "warp"
    found = occupancy("9.0", 32, 24 * 1024, int(threads))
    yield found.fraction == 1, f"The SM holds {found.warps} of 64 warps: {found.limiter}."


block = Properties(
    fills_the_sm,
    hints={
        "warp": "A warp has 32 threads.",
        "else": [
            "Shared memory allows nine blocks. How many threads must each have to make 2,048?",
            "Nine blocks of 256 threads would be more than enough; 192 would not.",
        ],
    },
)


def share_of_peak(n, time_ms, peak_tflops):
    return 2 * n**3 / (time_ms / 1e3) / (peak_tflops * 1e12)


share = Function(
    share_of_peak,
    [(8192, 5.0, 312), (4096, 20.0, 8.1), (1024, 0.25, 67)],
    mistakes=[
        (lambda *case: share_of_peak(*case) / 2, "A multiply-add counts as two operations."),
        (lambda *case: share_of_peak(*case) / 1e3, "The time is in milliseconds."),
        (lambda *case: share_of_peak(*case) * 100, "A share lies between 0 and 1."),
        (lambda *case: 1 / share_of_peak(*case), "The peak is what you divide by."),
    ],
    hints=[
        "How many operations has the product? A multiply-add counts as two.",
        "Milliseconds are 1e-3 seconds, and a TFLOP/s is 1e12 operations per second.",
    ],
)
