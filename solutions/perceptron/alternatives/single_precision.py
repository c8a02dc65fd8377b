"""Everything in float32, written in place, with a naive sigmoid that warns."""

# cell: neuron
def neuron(X, w, b):
    Z = np.empty(len(X), dtype=np.float32)
    np.dot(np.asarray(X, dtype=np.float32), np.asarray(w, dtype=np.float32), out=Z)
    Z += b
    return Z


# cell: units
def fires(X, w, threshold):
    return np.heaviside(neuron(X, w, -threshold), 0)


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.asarray(Z, dtype=np.float32)))


# cell: perceptron
def perceptron(X, y, epochs):
    X = np.hstack([np.asarray(X, dtype=np.float32), np.ones((len(X), 1), np.float32)])
    w = np.zeros(X.shape[1], np.float32)
    mistakes = np.zeros(0, int)
    for _ in range(epochs):
        count = 0
        for x, label in zip(X, y):
            if np.sign(x @ w) != label:
                w += np.float32(label) * x
                count += 1
        mistakes = np.append(mistakes, count)
        if count == 0:
            break
    return {"w": w[:-1], "b": w[-1], "mistakes": mistakes}


# cell: torch_neuron
class Neuron(torch.nn.Module):
    def __init__(self, w, b):
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor(w, dtype=torch.float32))
        self.b = torch.nn.Parameter(torch.tensor(b, dtype=torch.float32))

    def forward(self, X):
        return torch.sigmoid(X @ self.w + self.b)


def torch_neuron(X, y, w, b, lr, steps):
    model = Neuron(w, b)
    optimizer = torch.optim.SGD(model.parameters(), lr)
    X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    losses = []
    for _ in range(steps):
        loss = torch.nn.BCELoss()(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().numpy())
    return {"w": model.w.detach().numpy(), "b": model.b.item(), "losses": losses}


# cell: keras_neuron
def keras_neuron(X, y, w, b, lr, steps):
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.build((None, X.shape[1]))
    model.layers[0].set_weights([w.reshape(-1, 1), np.array([b])])
    model.compile(keras.optimizers.SGD(learning_rate=lr), loss="binary_crossentropy")
    losses = [model.train_on_batch(X, y.reshape(-1, 1)) for _ in range(steps)]
    return {"w": model.layers[0].kernel.numpy().ravel(), "b": model.layers[0].bias.numpy(), "losses": losses}
