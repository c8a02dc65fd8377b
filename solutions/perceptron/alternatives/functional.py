"""Functional style: autograd on plain arrays in double precision, and gradients written out for Keras."""

# cell: units
def fires(X, w, threshold):
    return neuron(X, w, 0.0) > threshold


def sigmoid(Z):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(Z)))


# cell: margin
def margin(X, y, w, b):
    unit = np.asarray(w) / np.sqrt(np.dot(w, w))
    distances = np.asarray(X) @ unit + b / np.sqrt(np.dot(w, w))
    return np.where(np.asarray(y) == 1, distances, -distances).min()


# cell: torch_neuron
def torch_neuron(X, y, w, b, lr, steps):
    theta = torch.tensor([*w, b], dtype=torch.float64)
    design = torch.tensor(np.column_stack([X, np.ones(len(X))]))
    sign = torch.tensor(2 * y - 1)
    loss = lambda theta: torch.nn.functional.softplus(-sign * (design @ theta)).mean()
    losses = []
    for _ in range(steps):
        grad, value = torch.func.grad_and_value(loss)(theta)
        theta = theta - lr * grad
        losses.append(value.item())
    return {"w": theta[:-1].numpy(), "b": theta[-1].item(), "losses": losses}


# cell: keras_neuron
def keras_neuron(X, y, w, b, lr, steps):
    ops = keras.ops
    X, y, w = (ops.convert_to_tensor(a, "float32") for a in (X, y, w))
    losses = []
    for _ in range(steps):
        Z = ops.matmul(X, w) + b
        losses.append(ops.mean(ops.softplus(Z) - y * Z))
        error = ops.sigmoid(Z) - y
        w = w - lr * ops.mean(error[:, None] * X, axis=0)
        b = b - lr * ops.mean(error)
    return {
        "w": ops.convert_to_numpy(w),
        "b": float(b),
        "losses": [float(loss) for loss in losses],
    }


# cell: exactly_one
def exactly_one():
    # at least two inputs on, at least one input on
    return {
        "W1": np.full((3, 2), 4.0),
        "b1": np.array([-6.0, -2.0]),
        "w2": np.array([-3.0, 2.0]),
        "b2": -1.0,
    }
