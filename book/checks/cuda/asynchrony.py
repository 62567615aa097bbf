"""What `book/cuda/asynchrony.ipynb` checks its exercises with."""

from helpers.check import Case, Choice, Function, Value

prediction = Choice(
    "b",
    {
        "a": "The call does not wait for the product.",
        "b": "The clock shows what it costs to put the product into the queue.",
        "c": "Not with an idle queue: only when a queue is full does a launch wait.",
    },
)


class Queue:
    """A queue of work with a clock of its own: times are exact, and nobody waits."""

    def __init__(self, cost):
        self.now, self.end, self.runs, self.cost = 100.0, 0.0, 0, cost

    def launch(self, work):
        self.now += 1
        self.runs += 1
        self.end = max(self.now, self.end) + (500 if self.runs < 3 else self.cost)

    def synchronise(self):
        self.now = max(self.now, self.end)

    def clock(self):
        return self.now


def on_a_queue(time_per_run, cost, n):
    queue = Queue(cost)
    return time_per_run(None, n, queue.launch, queue.synchronise, queue.clock)


timer = Function(
    lambda cost, n: (n * cost + 1) / n,
    [(50, 10), (7, 100), (3, 1)],
    tolerance=0.02,
    run=on_a_queue,
    mistakes=[
        (lambda cost, n: n * cost + 1, "Divide by n."),
        (lambda cost, n: 1, "The clock was read while the work was still in the queue."),
        (lambda cost, n: ((n - 2) * cost + 1001) / n, "The first two runs are slow: warm up."),
        (lambda cost, n: (n * cost + 999) / n, "Wait until the two slow runs are done."),
    ],
    hints=[
        "Warm up: launch twice, and wait until it is done.",
        "Start the clock when the queue is empty, launch n times, wait, and look again.",
        "Divide by n.",
    ],
)


def both_ways():
    end = host = 0
    for _ in range(400):
        host += 5
        end = max(end, host) + 3
    return end, 20 + 400 * 3


bound = Value(
    both_ways,
    names=["one_by_one", "as_graph"],
    hints={
        "one_by_one": [
            "The host is slower than the GPU: a kernel starts when its launch is done.",
            "The last launch ends after 400 · 5 µs, and its kernel follows.",
        ],
        "as_graph": "The graph: its launch, and then 400 kernels.",
    },
)


def quickest(copy, compute, each):
    def total(k):
        return copy / k + (k - 1) * max(copy, compute) / k + compute / k + k * each

    return min(range(1, 257), key=total)


pieces = Function(
    quickest,
    [
        (8.0, 8.0, 0.01),
        (8.0, 2.0, 0.05),
        Case((1.0, 1.0, 2.0), "Here a piece costs more than it saves."),
        (20.0, 5.0, 0.001),
    ],
    mistakes=[
        (lambda copy, compute, each: 256, "Every piece costs `each`: many of them cost much."),
    ],
    hints=[
        "Write t(k) as a function of its own, with the cost of the pieces.",
        "`min(range(1, 257), key=...)` returns the first of the smallest.",
    ],
)


def summary_of(times):
    ordered, n = sorted(times), len(times)
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return median, sum(times) / n / median


summary = Function(
    summary_of,
    [
        ([1.0, 1.1, 0.9, 1.0, 9.0],),
        Case(
            ([5.0, 3.0, 1.0, 2.0],),
            "The median of an even number of times is the mean of the two in the middle.",
        ),
        ([2.0],),
    ],
    results=["the median", "the factor"],
    hints={
        "the median": "Sort first, then take the middle.",
        "the factor": "The mean divided by the median.",
    },
)
