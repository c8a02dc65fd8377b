"""torch.where trick and detach in PyTorch, stop_gradient in Keras, einsum in NumPy."""

# cell: backward
def backward(X, y, params):
    out = forward(X, params)
    blame = (out["y_hat"] - y) / len(y)
    inner = np.einsum("n,hk,nh->nh", blame, params["W2"], 1 / np.cosh(out["Z1"]) ** 2)
    return {
        "W1": np.einsum("nd,nh->dh", X, inner), "b1": np.einsum("nh->h", inner),
        "W2": np.einsum("nh,n->h", out["A1"], blame)[:, None], "b2": np.array([blame.sum()]),
    }

# cell: torch_gradients
def torch_gradients(X, y, params):
    leaves = [torch.nn.Parameter(torch.as_tensor(params[k], dtype=torch.float32)) for k in ("W1", "b1", "W2", "b2")]
    W1, b1, W2, b2 = leaves
    z = torch.as_tensor(X, dtype=torch.float32) @ W1 + b1
    line = torch.clamp(z, -1, 1)
    a = line + ((z > 0).float() - line).detach()
    logits = (a @ W2 + b2).squeeze(1)
    t = torch.as_tensor(y, dtype=torch.float32)
    loss = (torch.nn.functional.softplus(logits) - t * logits).mean()
    loss.backward()
    return {"loss": loss.detach().numpy(), **{k: p.grad for k, p in zip(("W1", "b1", "W2", "b2"), leaves)}}

# cell: keras_gradients
def keras_gradients(X, y, params):
    import tensorflow as tf

    v = {k: tf.Variable(tf.cast(value, tf.float32)) for k, value in params.items()}
    with tf.GradientTape() as tape:
        z = tf.cast(X, tf.float32) @ v["W1"] + v["b1"]
        line = tf.where(tf.abs(z) < 1, z, tf.stop_gradient(z))
        a = line + tf.stop_gradient(tf.cast(z > 0, tf.float32) - line)
        logits = tf.squeeze(a @ v["W2"] + v["b2"], 1)
        t = tf.cast(y, tf.float32)
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=logits))
    return {"loss": loss.numpy()} | {k: g for k, g in tape.gradient(loss, v).items()}
