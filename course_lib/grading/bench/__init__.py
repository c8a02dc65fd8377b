"""`course bench grading`: stock nbgrader and this engine on the same files, measured in one run."""
