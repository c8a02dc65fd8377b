"""Goes up and down in straight lines.

test: test_cycle
message: is no half cosine
"""

# cell: cycle
def one_cycle(t, lr_max, steps, share=0.3, start=25.0, end=1e4, high=0.95, low=0.85):
    def between(first, last, progress):
        return first + (last - first) * progress

    peak = share * steps - 1
    if t < peak:
        return {"lr": between(lr_max / start, lr_max, t / peak), "momentum": between(high, low, t / peak)}
    progress = min((t - peak) / (steps - 1 - peak), 1.0)
    return {"lr": between(lr_max, lr_max / start / end, progress), "momentum": between(low, high, progress)}
