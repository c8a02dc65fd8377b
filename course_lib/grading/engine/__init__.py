"""The grading engine: hostile submissions in, marks out, without running their code where marks are made."""
