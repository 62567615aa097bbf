"""What `book/math/optimisation.ipynb` checks its exercises with."""

from helpers.check import Choice, Function


def nearest(fewer):
    return "a" if fewer > 32 else "b" if fewer > 10 else "c"


def reasons(fewer):
    seen = f"{fewer:.1f} times fewer here"
    enough = f"{seen}: once the mean is good enough, more images are wasted."
    some = f"{seen}. Averaging takes noise away. What if noise is no longer what limits the step?"
    perfect = f"{seen}. 64 would be perfect scaling: every image helps as in a small batch."
    return {"a": perfect, "b": some, "c": enough}


prediction = Choice(nearest, reasons)


def by_torch(z, y):
    import torch

    return torch.nn.functional.cross_entropy(z, y)


def scored():
    import torch

    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(6, 10, generator=generator)
    large = torch.tensor([[20_000.0, 0.0], [-20_000.0, 0.0]])
    return [
        (scores, torch.randint(0, 10, (6,), generator=generator)),
        (large, torch.tensor([1, 0])),
    ]


stable = Function(
    by_torch,
    scored,
    tolerance=1e-5,
    mistakes=[
        (lambda z, y: by_torch(z, y) * len(y), "The mean over the examples, not the sum."),
        (
            lambda z, y: -(z.softmax(1)[range(len(y)), y] + 1e-9).log().mean(),
            "The small number caps the loss: the true one is far larger.",
        ),
        (
            lambda z, y: (
                (z - z.max()).exp().sum(1).log() - (z - z.max())[range(len(y)), y]
            ).mean(),
            "One row's largest score is far above another row's: take off each row's own.",
        ),
    ],
    hints=[
        "Subtract each row's largest score first: z - z.max(1, keepdim=True).values.",
        "Then log(sum of exp) minus the score of the right class, z[range(N), y]; the mean last.",
    ],
)


def nudged(z, y, T, h=1e-6):
    import torch

    def loss(z):
        return torch.logsumexp(z / T, 0) - z[y] / T

    steps = h * torch.eye(len(z), dtype=z.dtype)
    return torch.stack([(loss(z + step) - loss(z - step)) / (2 * h) for step in steps])


def one_example():
    import torch

    generator = torch.Generator().manual_seed(2)
    z = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    return [(scores, 2, T) for scores, T in zip(z, (1.0, 3.0, 0.5), strict=True)]


temperature = Function(
    nudged,
    one_example,
    mistakes=[
        (lambda z, y, T: nudged(z, y, T) * T, "The chain rule gives a factor 1 / T."),
        (lambda z, y, T: nudged(z, y, 1.0) / T, "T stands inside the softmax, too."),
        (lambda z, y, T: nudged(z, y, T) / len(z), "One example: there is nothing to average."),
        (lambda z, y, T: -nudged(z, y, T), "The gradient points uphill: p − onehot."),
    ],
    hints=[
        "Let u = z / T. The gradient with respect to u is p - onehot. How fast does u follow z?",
        "The chain rule gives a factor 1 / T.",
    ],
)


def by_adam(g1, g2, eta):
    import torch

    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([w], lr=eta, eps=0)
    for g in (g1, g2):
        w.grad = torch.tensor([g], dtype=torch.float64)
        optimiser.step()
    return w.item()


def corrected_once(g1, g2, eta, once=1.0):
    w = m = v = 0.0
    for g in (g1, g2):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w -= eta * (m / (0.1 * once)) / (v / (0.001 * once)) ** 0.5
    return w


def not_corrected(g1, g2, eta):
    return corrected_once(g1, g2, eta) * 0.1 / 0.001**0.5


adam = Function(
    by_adam,
    [(1.0, 1.0, 0.1), (1e-6, 1e-6, 0.1), (4.0, -1.0, 0.01)],
    tolerance=1e-9,
    mistakes=[
        (lambda g1, g2, eta: -by_adam(g1, g2, eta), "Against the gradient: the weight falls."),
        (lambda g1, g2, eta: -eta * (g1 + g2), "That is plain gradient descent."),
        (not_corrected, "Both means start at 0: divide m by 1 - β₁ᵗ, and v by 1 - β₂ᵗ."),
        (corrected_once, "In the second step the powers are squares: 1 - 0.9² and 1 - 0.999²."),
        (lambda g1, g2, eta: -2 * eta, "Only equal gradients give two equal steps."),
    ],
    hints=[
        "After one step the means, divided by 1 - β, are g1 and g1². So what is the first step?",
        "Second: m = 0.9 · 0.1 g1 + 0.1 g2 over 1 - 0.9², v likewise with 0.999 and squares.",
    ],
)


def found_by_halving(A):
    import torch

    low, high = 0.0, 1e3
    identity = torch.eye(len(A), dtype=A.dtype)
    for _ in range(80):  # does (1 - eta A) shrink every vector?
        middle = (low + high) / 2
        shrinks = torch.linalg.matrix_norm(identity - middle * A, 2) < 1
        low, high = (middle, high) if shrinks else (low, middle)
    return low


def of_the_flattest(A):
    import torch

    return 2 / torch.linalg.eigvalsh(A)[0]


def landscapes():
    import torch

    generator = torch.Generator().manual_seed(3)
    root = torch.randn(4, 4, dtype=torch.float64, generator=generator)
    return [
        (torch.diag(torch.tensor([1.0, 25.0], dtype=torch.float64)),),
        (root @ root.T + torch.eye(4, dtype=torch.float64),),
    ]


reach = Function(
    found_by_halving,
    landscapes,
    mistakes=[
        (
            lambda A: found_by_halving(A) / 2,
            "1 / λ lands on the bottom in one step; twice that is where it stops shrinking.",
        ),
        (lambda A: 2 / A.trace(), "The trace adds the curvatures up: only one of them limits."),
        (of_the_flattest, "The flattest direction allows most. Which one allows least?"),
        (
            lambda A: 2 / A.diagonal().max(),
            "The diagonal holds the curvatures along the axes only.",
        ),
    ],
    hints=[
        "Along a direction with curvature λ the limit is 2 / λ. Which direction is the strictest?",
        "torch.linalg.eigvalsh(A) gives the curvatures, the largest last.",
    ],
)
