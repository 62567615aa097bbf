"""What `book/cuda/tradeoffs.ipynb` checks its exercises with."""

from helpers.check import Case, Function, Value

prediction = Value(
    tolerance=1 / 3,
    hints=["Two reductions over a block, each with a loop and barriers."],
    reason="It has {expected}: two reductions over a block, each with a loop and barriers.",
)


def kwh(busy_w, idle_w, hours, share):
    return hours * (share * busy_w + (1 - share) * idle_w) / 1000


joules = Function(
    kwh,
    [(700, 120, 10, 0.5), (400, 50, 24, 1.0), (70, 10, 2, 0.25)],
    mistakes=[
        (lambda *case: 1000 * kwh(*case), "Those are watt-hours."),
        (
            lambda busy_w, idle_w, hours, share: hours * share * busy_w / 1000,
            "The card draws power while it waits, too.",
        ),
        (
            lambda busy_w, idle_w, hours, share: hours * busy_w / 1000,
            "It is busy for a share of the time only.",
        ),
    ],
    hints=[
        "Mean power is a weighted mean of both.",
        "Watts times hours are watt-hours; a thousand of them make a kilowatt-hour.",
    ],
)


def lowest(offers):
    each = [price / results for price, results in offers]
    return min(each), each.index(min(each))


cheapest = Function(
    lowest,
    [
        ([(0.2, 100), (1.3, 900), (3.0, 2500)],),
        ([(0.2, 100), (1.3, 500)],),
        ([(2.0, 10)],),
    ],
    results=["the price", "the position"],
    mistakes=[
        (
            lambda offers: (lowest(offers)[1], lowest(offers)[0]),
            "First the price, then the position.",
        ),
        (
            lambda offers: (1 / lowest(offers)[0], lowest(offers)[1]),
            "Dollars for a result, not results for a dollar.",
        ),
    ],
    hints=[
        "Divide, offer by offer: dollars per hour over results per hour.",
        "min(range(len(offers)), key=…) gives the position of the smallest.",
    ],
)


def columns_normalised(x):
    return (x - x.mean(0)) / x.std(0)


def matrices():
    import torch

    generator = torch.Generator().manual_seed(5)
    doubles = torch.randn(4, 2, dtype=torch.float64, generator=generator)
    return [(torch.randn(6, 3, generator=generator),), (doubles,)]


def wherever_it_lies(normalise):
    import torch

    for (given,) in matrices():
        kept = given.clone()
        result = normalise(given)
        yield torch.equal(given, kept), "Your function changes its input.", "changed"
        text = f"The result is {result.dtype}, and the input {given.dtype}."
        yield result.dtype == given.dtype, text, "dtype"
    try:
        away = normalise(torch.empty(6, 3, device="meta"))
    except Exception as error:
        yield False, f"On another device: {type(error).__name__}: {error}", "device"
    yield away.device.type == "meta", "The result lies on another device than the input.", "device"


portable = Function(
    columns_normalised,
    matrices,
    also=wherever_it_lies,
    hints={
        "changed": "x - x.mean(0) makes a new tensor; x -= … changes the caller's.",
        "device": "The mean of x already lies where x lies. What does adding zeros do?",
        "else": "Each column has its own mean and deviation: `x.mean(0)`.",
    },
)


def hours(price, power_w, kwh_price, rent):
    saved = rent - power_w / 1000 * kwh_price
    return price / saved if saved > 0 else float("inf")


own = Function(
    hours,
    [
        (2000, 450, 0.30, 0.50),
        (30000, 700, 0.20, 2.5),
        Case((500, 300, 0.40, 0.10), "If an hour saves nothing, buying never pays."),
    ],
    mistakes=[
        (
            lambda price, power_w, kwh_price, rent: price / rent,
            "Your own card costs electricity in each hour.",
        ),
        (
            lambda price, power_w, kwh_price, rent: price / (rent - power_w * kwh_price),
            "A kilowatt has a thousand watts.",
        ),
        (
            lambda price, power_w, kwh_price, rent: price / (rent + power_w / 1000 * kwh_price),
            "You pay the electricity: it makes an hour of your own card save less.",
        ),
    ],
    hints=[
        "Each hour of your own card saves the rent and costs its electricity.",
        "Divide the price by what an hour saves. If an hour saves nothing, it never pays.",
    ],
)
