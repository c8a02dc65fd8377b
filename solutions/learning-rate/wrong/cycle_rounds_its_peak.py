"""Rounds the peak to a whole update.

test: test_cycle
message: so do not round it
"""

# cell: cycle
def one_cycle(t, lr_max, steps, share=0.3, start=25.0, end=1e4, high=0.95, low=0.85):
    def between(first, last, progress):
        return last + (first - last) * (1 + np.cos(np.pi * progress)) / 2

    peak = int(share * steps) - 1
    if t < peak:
        return {"lr": between(lr_max / start, lr_max, t / peak), "momentum": between(high, low, t / peak)}
    progress = min((t - peak) / (steps - 1 - peak), 1.0)
    return {"lr": between(lr_max, lr_max / start / end, progress), "momentum": between(low, high, progress)}
