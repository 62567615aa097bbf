"""Right and plausible wrong answers to the exercises of `book/math/optimisation.ipynb`."""

RIGHT = {
    "stable": [
        "def cross_entropy(z, y):\n"
        "    right = z.gather(1, y[:, None]).squeeze(1)\n"
        "    return (z.logsumexp(1) - right).mean()",
        "def cross_entropy(z, y):\n"
        "    logs = z.log_softmax(1)\n"
        "    return -sum(row[label] for row, label in zip(logs, y)) / len(y)",
    ],
    "temperature": [
        "def gradient(z, y, T):\n"
        "    onehot = F.one_hot(torch.tensor(y), len(z))\n"
        "    return (F.softmax(z / T, dim=0) - onehot) / T",
        "def gradient(z, y, T):\n"
        "    z = z.clone().requires_grad_()\n"
        "    loss = F.cross_entropy(z[None] / T, torch.tensor([y]))\n"
        "    return torch.autograd.grad(loss, z)[0]",
    ],
    "adam": [
        # in closed form
        "def two_steps(g1, g2, eta):\n"
        "    m = (0.09 * g1 + 0.1 * g2) / 0.19\n"
        "    v = (0.999 * g1**2 + g2**2) / 1.999\n"
        "    return -eta * (g1 / abs(g1) + m / v**0.5)",
        "def two_steps(g1, g2, eta):\n"
        "    w = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
        "    adam = torch.optim.Adam([w], lr=eta, eps=0)\n"
        "    for g in (g1, g2):\n"
        "        adam.zero_grad()\n"
        "        (g * w).backward()\n"
        "        adam.step()\n"
        "    return w",
    ],
    "reach": [
        "def largest_rate(A):\n    return 2 / torch.linalg.norm(A, 2)",
        # by power iteration
        "def largest_rate(A):\n"
        "    v = torch.linspace(1, 2, len(A), dtype=A.dtype)\n"
        "    for _ in range(2000):\n"
        "        v = A @ v\n"
        "        v = v / v.norm()\n"
        "    return 2 / (v @ A @ v)",
    ],
}

WRONG = {
    "stable": [
        (
            "def cross_entropy(z, y):\n"
            "    p = torch.exp(z) / torch.exp(z).sum(1, keepdim=True)\n"
            "    return -torch.log(p[range(len(y)), y]).mean()",
            "the value is inf, and 20000 is needed",
        ),
        (
            "def cross_entropy(z, y):\n"
            "    z = z - z.max(1, keepdim=True).values\n"
            "    return (torch.log(torch.exp(z).sum(1)) - z[range(len(y)), y]).sum()",
            "is needed",
        ),
        (
            "def cross_entropy(z, y):\n"
            "    z = z - z.max()\n"
            "    return (torch.log(torch.exp(z).sum(1)) - z[range(len(y)), y]).mean()",
            "is needed",
        ),
        (
            "def cross_entropy(z, y):\n"
            "    p = torch.softmax(z, 1)[range(len(y)), y]\n"
            "    return -torch.log(p + 1e-9).mean()",
            "caps the loss",
        ),
        # in a wider format, which only overflows later
        (
            "def cross_entropy(z, y):\n"
            "    import numpy as np\n"
            "    e = z.numpy().astype('longdouble')\n"
            "    losses = np.log(np.exp(e).sum(1)) - e[range(len(y)), y.numpy()]\n"
            "    return float(losses.mean())",
            "For z = [[20000, 0], [-20000, 0]]",
        ),
    ],
    "temperature": [
        (
            "def gradient(z, y, T):\n    p = torch.softmax(z / T, 0)\n    p[y] -= 1\n    return p",
            "T = 3.0",
        ),
        (
            "def gradient(z, y, T):\n"
            "    p = torch.softmax(z / T, 0)\n"
            "    p[y] -= 1\n"
            "    return p / len(z)",
            "T = 1.0",
        ),
        (
            "def gradient(z, y, T):\n    p = torch.softmax(z, 0)\n    p[y] -= 1\n    return p / T",
            "T = 3.0",
        ),
        # the way down
        (
            "def gradient(z, y, T):\n"
            "    p = torch.softmax(z / T, 0)\n"
            "    return (torch.eye(len(z))[y] - p) / T",
            "points uphill",
        ),
    ],
    "adam": [
        ("def two_steps(g1, g2, eta):\n    return -eta * (g1 + g2)", "-0.2 is needed"),
        (
            "def two_steps(g1, g2, eta):\n"
            "    w = m = v = 0.0\n"
            "    for g in (g1, g2):\n"
            "        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
            "        w -= eta * m / v**0.5\n"
            "    return w",
            "-0.2 is needed",
        ),
        ("def two_steps(g1, g2, eta):\n    return -2 * eta", "g2 = -1.0"),
        (
            "def two_steps(g1, g2, eta):\n"
            "    w = m = v = 0.0\n"
            "    for g in (g1, g2):\n"
            "        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2\n"
            "        w -= eta * (m / 0.1) / (v / 0.001) ** 0.5\n"
            "    return w",
            "the powers are squares",
        ),
    ],
    "reach": [
        ("def largest_rate(A):\n    return 2 / A.trace()", "0.08 is needed"),
        ("def largest_rate(A):\n    return 1 / torch.linalg.eigvalsh(A)[-1]", "0.08 is needed"),
        ("def largest_rate(A):\n    return 2 / A.diagonal().max()", "is needed"),
        (
            "def largest_rate(A):\n    return 2 / torch.linalg.eigvalsh(A)[0]",
            "Which one allows least?",
        ),
    ],
}
