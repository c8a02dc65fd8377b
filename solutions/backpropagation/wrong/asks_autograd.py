"""Lets PyTorch compute the gradients.

test: test_backward
message: is not available in its test
"""

# cell: backward
def backward(X, y, params):
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    A1 = torch.tanh(torch.as_tensor(X) @ tensors["W1"] + tensors["b1"])
    Z2 = (A1 @ tensors["W2"] + tensors["b2"])[:, 0]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, torch.as_tensor(y, dtype=Z2.dtype))
    grads = torch.autograd.grad(loss, list(tensors.values()))
    return {name: grad.numpy() for name, grad in zip(tensors, grads)}
