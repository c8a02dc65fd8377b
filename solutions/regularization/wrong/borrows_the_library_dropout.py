"""Lets PyTorch drop.

test: test_dropout
message: is not available in its test
"""

# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(rate)
    torch.manual_seed(seed)
    slope = torch.nn.functional.dropout(torch.ones(np.shape(A)), rate, training)
    return {"out": np.asarray(A) * slope.numpy(), "slope": slope.numpy()}
