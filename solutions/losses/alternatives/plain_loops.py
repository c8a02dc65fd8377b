"""Loops over samples and plain Python numbers."""

# cell: robust
def robust_loss(y_hat, y, delta, share):
    shape = np.shape(y_hat)
    predictions, targets = np.ravel(y_hat), np.ravel(y)
    n, loss, grad = len(predictions), 0.0, []
    for p, t in zip(predictions, targets, strict=True):
        r = float(p) - float(t)
        if abs(r) <= delta:
            part, pull = 0.5 * r * r, r
        else:
            part, pull = delta * abs(r) - 0.5 * delta * delta, delta if r > 0 else -delta
        loss += (share * part + (1 - share) * r * r) / n
        grad.append((share * pull + (1 - share) * 2 * r) / n)
    return {"loss": loss, "grad": np.array(grad).reshape(shape)}

# cell: weights
def class_weights(y, k):
    y = list(map(int, y))
    counts = [y.count(c) for c in range(k)]
    occurring = sum(1 for c in counts if c)
    return np.array([len(y) / (occurring * c) if c else 0.0 for c in counts])

# cell: focal
import math


def focal_loss(logits, y, weights, gamma):
    rows = np.asarray(logits, dtype=float).tolist()
    n, loss, grad = len(rows), 0.0, []
    for row, label in zip(rows, y, strict=True):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(v - top) for v in row))
        probs = [math.exp(v - log_sum) for v in row]
        log_p, p, w = row[label] - log_sum, probs[label], float(weights[label])
        loss -= w * (1 - p) ** gamma * log_p / n
        by = -w * (1 - p) ** gamma
        if gamma > 0:
            by += w * gamma * (1 - p) ** (gamma - 1) * p * log_p
        grad.append([by * ((j == label) - q) / n for j, q in enumerate(probs)])
    return {"loss": loss, "grad": np.array(grad)}

# cell: penalty
def penalty(params, l1, l2):
    loss, grads = 0.0, []
    for w in params:
        grad = np.zeros(np.shape(w))
        if np.ndim(w) == 2:
            for i, row in enumerate(w):
                for j, v in enumerate(row):
                    loss += l1 * abs(v) + l2 * v * v
                    grad[i, j] = l1 * (float(v > 0) - float(v < 0)) + 2 * l2 * v
        grads.append(grad)
    return {"loss": loss, "grads": grads}
