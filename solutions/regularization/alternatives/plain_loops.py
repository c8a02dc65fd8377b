"""Lists, loops and the standard library; max-norm with renorm in PyTorch and a loop of its own in Keras."""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    import math

    penalty, after = 0.0, {}
    for name in params:
        new = []
        shape = np.shape(params[name])
        for w, g in zip(np.ravel(params[name]).tolist(), np.ravel(grads[name]).tolist()):
            if name[0] == "W":
                penalty += l1 * abs(w) + 0.5 * l2 * w * w
                g += l2 * w + (math.copysign(l1, w) if w else 0.0)
            new.append(w - lr * g)
        after[name] = np.reshape(new, shape).tolist()
    return {"penalty": penalty, "params": after}


# cell: adam_decay
def adam_decay(grads, w, lr, decay, decoupled, beta_1=0.9, beta_2=0.999, eps=1e-8):
    columns = []
    for j, weight in enumerate(w):
        weight, m, v, column = float(weight), 0.0, 0.0, []
        for t, row in enumerate(grads, start=1):
            g = float(row[j])
            if decoupled:
                shrunk = weight * (1 - lr * decay)
            else:
                g, shrunk = g + decay * weight, weight
            m += (1 - beta_1) * (g - m)
            v += (1 - beta_2) * (g * g - v)
            weight = shrunk - lr * m / (1 - beta_1**t) / ((v / (1 - beta_2**t)) ** 0.5 + eps)
            column.append(weight)
        columns.append(column)
    return [list(row) for row in zip(*columns)]


# cell: dropout
def dropout(A, rate, seed, training):
    import random

    if rate < 0 or rate >= 1:
        raise ValueError("rate")
    draw = random.Random(seed)
    stays = lambda: draw.random() < 1 - rate if training else True
    scale = 1 / (1 - rate) if training else 1.0
    slope = [[scale if stays() else 0.0 for _ in row] for row in A]
    return {"out": [[float(a) * s for a, s in zip(*rows)] for rows in zip(A, slope)], "slope": slope}


# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    if convention not in ["keras", "pytorch"]:
        raise ValueError("convention")
    columns, out, means, variances = list(zip(*X)), [], [], []
    for j, column in enumerate(columns):
        n = len(column)
        mean, var = float(running["mean"][j]), float(running["var"][j])
        kept_mean, kept_var = mean, var
        if training:
            mean = sum(column) / n
            var = sum((x - mean) ** 2 for x in column) / n
            if convention == "pytorch":
                kept_mean += momentum * (mean - kept_mean)
                kept_var += momentum * (var * n / (n - 1) - kept_var)
            else:
                kept_mean = momentum * kept_mean + (1 - momentum) * mean
                kept_var = momentum * kept_var + (1 - momentum) * var
        out.append([gamma[j] * (x - mean) / (var + eps) ** 0.5 + beta[j] for x in column])
        means.append(kept_mean)
        variances.append(kept_var)
    return {"out": [list(row) for row in zip(*out)], "mean": means, "var": variances}


# cell: smoothed
def smoothed_loss(Z, y, epsilon, over):
    import math

    if over == "others":
        epsilon = epsilon * len(Z[0]) / (len(Z[0]) - 1)
    elif over != "all":
        raise ValueError(over)
    labels, grads, loss = [], [], 0.0
    for z, target in zip(Z, y):
        top, k = max(z), len(z)
        total = top + math.log(sum(math.exp(v - top) for v in z))
        soft = [epsilon / k + (1 - epsilon) * (j == target) for j in range(k)]
        loss += sum(s * (total - v) for s, v in zip(soft, z)) / len(y)
        labels.append(soft)
        grads.append([(math.exp(v - total) - s) / len(y) for s, v in zip(soft, z)])
    return {"labels": labels, "loss": loss, "grad": grads}


# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, bad, epochs, reason = None, None, 0, 0, "end"
    while epochs < len(val_losses) and reason == "end":
        loss = float(val_losses[epochs])
        epochs += 1
        if loss != loss or loss in (float("inf"), float("-inf")):
            reason = "not finite"
        elif best is None or best - loss > min_delta:
            best, best_epoch, bad = loss, epochs - 1, 0
        else:
            bad += 1
            reason = "patience" if bad == patience else "end"
    return dict(epochs=epochs, best_epoch=best_epoch, reason=reason)


# cell: torch_capped
def torch_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, y = torch.tensor(X).double(), torch.tensor(y)
    W, b = torch.tensor(W).double().requires_grad_(), torch.tensor(b).double().requires_grad_()
    losses = []
    for _ in range(steps):
        log_p = torch.log_softmax(X @ W + b, dim=1)
        loss = -((1 - epsilon) * log_p[range(len(y)), y] + epsilon * log_p.mean(dim=1)).mean()
        dW, db = torch.autograd.grad(loss, (W, b))
        losses.append(loss.detach())
        W = torch.renorm((W - lr * dW).detach(), p=2, dim=1, maxnorm=limit).requires_grad_()
        b = (b - lr * db).detach().requires_grad_()
    return {"W": W.detach(), "b": b.detach(), "losses": losses}


# cell: keras_capped
def keras_capped(X, y, W, b, epsilon, limit, lr, steps):
    import tensorflow as tf

    X, W, b = tf.constant(X, tf.float32), tf.Variable(W, dtype=tf.float32), tf.Variable(b, dtype=tf.float32)
    soft, losses = (1 - epsilon) * tf.one_hot(y, W.shape[1]) + epsilon / W.shape[1], []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(soft, X @ W + b))
        dW, db = tape.gradient(loss, (W, b))
        W.assign(tf.clip_by_norm(W - lr * dW, limit, axes=[0]))
        b.assign_sub(lr * db)
        losses.append(float(loss))
    return {"W": W.numpy(), "b": b.numpy(), "losses": losses}
