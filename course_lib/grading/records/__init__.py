"""What grading leaves behind: the gradebook and the graded notebooks, in nbgrader's own formats."""
