"""What `book/background/why_gpus.ipynb` checks its exercises with."""

from helpers.check import Case, Function, Value

flight = Function(
    lambda gb_per_s, latency_ns: gb_per_s * latency_ns / 4,
    [(900, 200), (320, 500), (4800, 600)],
    mistakes=[
        (lambda gb_per_s, latency_ns: gb_per_s * latency_ns, "Those are bytes. Count numbers."),
        (
            lambda gb_per_s, latency_ns: gb_per_s * 1e9 * latency_ns / 4,
            "A nanosecond is 1e-9 seconds: giga and nano cancel.",
        ),
        (
            lambda gb_per_s, latency_ns: gb_per_s / latency_ns / 4,
            "In flight is throughput times latency.",
        ),
        (
            lambda gb_per_s, latency_ns: gb_per_s * latency_ns * 4,
            "Bytes into numbers: four of them make one, so divide.",
        ),
    ],
    hints=[
        "In flight is throughput times latency. In which unit does your product come out?",
        "Giga and nano cancel: the product of the two numbers is bytes. A number takes four.",
    ],
)


def pays_from(cpu_flops, gpu_flops, link_bytes):
    if gpu_flops <= cpu_flops:
        return float("inf")
    return 6 / link_bytes / (1 / cpu_flops - 1 / gpu_flops)


even = Function(
    pays_from,
    [
        (1e11, 1e13, 12e9),
        (2e12, 8e12, 12e9),
        Case((1e12, 5e11, 25e9), "This GPU is slower than the CPU: it never pays."),
    ],
    mistakes=[
        (lambda *case: pays_from(*case) * 2, "A product takes 2 n³ operations, not n³."),
        (lambda *case: pays_from(*case) * 2 / 3, "The result has to come back, too."),
        (lambda *case: pays_from(*case) / 4, "The link counts bytes: four for each number."),
        (
            lambda cpu_flops, gpu_flops, link_bytes: 6 * cpu_flops / link_bytes,
            "The GPU computes for some time, too: 2 n³ / gpu.",
        ),
    ],
    hints=[
        "Set both sides of the inequality equal, without the start, and divide by n².",
        "12 / link = 2 n (1 / cpu − 1 / gpu). What if the bracket is not positive?",
    ],
)


def left_for_the_method():
    from helpers.facts import registry

    cards = {card.name: card for card in registry.load()}
    peaks = cards["A100 SXM4 40 GB"].tensor_tflops / cards["Tesla P100 SXM2"].fp32_tflops
    return 9101 / 1.99 / peaks


method = Value(
    left_for_the_method,
    tolerance=0.02,
    unit="times",
    mistakes={
        9101 / 1.99: "That is machine and method together. What does the machine explain?",
        312 / 10.6: "That is the machine's part. What is left for the method?",
        9101 / 1.99 * 312 / 10.6: "The machine's part is in the first factor already: divide.",
        312
        / 10.6
        / (9101 / 1.99): "The other way round: what the machine cannot explain is large.",
    },
    hints=[
        "First the factor between the two times, then the one between the two peaks.",
        "What the machine cannot explain is left when you divide the first by the second.",
    ],
)

amdahl = Function(
    lambda stays, faster: 1 / (stays + (1 - stays) / faster),
    [(0.1, 100), (0.5, 2), (0.0, 31), (0.02, 1000)],
    mistakes=[
        (
            lambda stays, faster: 1 / (1 - stays + stays / faster),
            "`stays` is the share that is not made faster.",
        ),
        (
            lambda stays, faster: stays + (1 - stays) * faster,
            "Times add up, speed-ups do not: add the times of both parts.",
        ),
        (
            lambda stays, faster: 1 / stays if stays else float("inf"),
            "The rest does not vanish: it takes its time divided by `faster`.",
        ),
        (
            lambda stays, faster: stays + (1 - stays) / faster,
            "That is the time that is left. How many times as fast is it?",
        ),
    ],
    hints=[
        "Take a program of one second. How long is the part that stays, and how long the rest now?",
        "The speed-up is the old time, 1, over the new one.",
    ],
)
